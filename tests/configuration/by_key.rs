//! One key changed between two calls of the same function, by settings and by environment.

use std::fmt::Debug;
use std::sync::Arc;

use resilience_runtime::{CircuitBreaker, Registry, ServiceKind, ServiceSettings, Settings};

/// Looks at what a function does, changes one value, and looks again. Nothing else is looked at: no
/// getter, only behaviour.
pub async fn changes<T: PartialEq + Debug>(
    set: impl Fn(&mut ServiceSettings),
    (variable, value): (&str, &str),
    (before, after): (T, T),
    look: impl AsyncFn(&Registry) -> T,
) {
    let mut settings = ServiceSettings::default();
    set(&mut settings);
    let ways = [
        ("settings", Settings::new().service("api", settings)),
        (
            "environment",
            Settings::from_vars([(variable, value)]).unwrap(),
        ),
    ];
    for (way, change) in ways {
        let registry = Registry::new();
        let seen = registry.scope(look(&registry)).await;
        assert_eq!(seen, before, "{variable} before, by {way}");
        registry.configure(change).unwrap();
        let seen = registry.scope(look(&registry)).await;
        assert_eq!(seen, after, "{variable} after, by {way}");
    }
}

/// The breaker of the service that all of them use, as good as new.
pub fn fresh_breaker(registry: &Registry) -> Arc<CircuitBreaker> {
    let api = registry.service("api", ServiceKind::Custom).unwrap();
    let breaker = api.circuit_breaker();
    breaker.reset();
    breaker
}
