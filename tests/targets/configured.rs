//! What each target has to itself, and how it is configured.

use std::sync::Arc;
use std::time::Duration;

use resilience_runtime::config::{CircuitBreakerSettings, RateLimitSettings, TargetSettings};
use resilience_runtime::targets::Target;
use resilience_runtime::{Registry, ServiceSettings, Settings, TargetPool, resilient};

use crate::errors::ApiError;
use crate::place::{Answer, Answers, Place, Refuses, Throttles, asked, pool, stats};

#[resilient(
    service = "chat",
    retry = off,
    rate_limit(requests_per_hour = 2),
    targets = pool,
    pick = "ordered"
)]
async fn ask(#[target] to: &Place, pool: &TargetPool<Place>) -> Answer {
    to.ask().await
}

async fn answers(registry: &Registry, places: &TargetPool<Place>, calls: usize) -> Vec<usize> {
    for _ in 0..calls {
        let _ = registry.scope(ask(places)).await;
    }
    asked(places)
}

#[tokio::test(start_paused = true)]
async fn each_target_has_limits_of_its_own_by_the_attribute() {
    let registry = Registry::new();
    let places = pool([Answers(0), Answers(0)]);
    assert_eq!(answers(&registry, &places, 6).await, [2, 2]);
}

#[tokio::test(start_paused = true)]
async fn the_targets_name_comes_before_the_pools_at_each_level() {
    let registry = Registry::new();
    let limit = |limit| {
        ServiceSettings::new().rate_limit(RateLimitSettings::new().requests_per_hour(limit))
    };
    let settings = Settings::new()
        .service("chat", limit(3))
        .service("chat/b", limit(5));
    registry.configure(settings).unwrap();
    let places = pool([Answers(0), Answers(0)]);
    assert_eq!(answers(&registry, &places, 20).await, [3, 5]);

    let registry = Registry::new();
    let variables = [
        ("RATE_LIMIT_CHAT_REQUESTS_PER_HOUR", "4"),
        ("RATE_LIMIT_CHAT_B_REQUESTS_PER_HOUR", "1"),
    ];
    let settings = Settings::from_vars(variables).unwrap();
    registry
        .configure(settings.service("chat/a", limit(9)))
        .unwrap();
    let places = pool([Answers(0), Answers(0)]);
    assert_eq!(
        answers(&registry, &places, 20).await,
        [4, 1],
        "the pool's variable wins over the target's settings"
    );
}

#[tokio::test(start_paused = true)]
async fn settings_of_one_target_are_changed_live() {
    let registry = Registry::new();
    let places = pool([Refuses, Answers(0)]);
    let once = |failures| {
        let breaker = CircuitBreakerSettings::new().failure_threshold(failures);
        Settings::new().service("chat/a", ServiceSettings::new().circuit_breaker(breaker))
    };
    registry.configure(once(1)).unwrap();
    assert_eq!(answers(&registry, &places, 2).await, [1, 1]);
}

#[tokio::test(start_paused = true)]
async fn targets_of_a_group_share_limit_and_cooldown() {
    let registry = Registry::new();
    let places = TargetPool::of([
        Target::new("a", Place::new(0, Answers(0))).group("account"),
        Target::new("b", Place::new(1, Answers(0))).group("account"),
        Target::new("c", Place::new(2, Answers(0))),
    ])
    .unwrap();
    assert_eq!(answers(&registry, &places, 9).await, [2, 0, 2]);

    let registry = Registry::new();
    places.targets()[0].value().does(Throttles(Some(60)));
    let error = registry
        .scope(async { ask(&places).await.unwrap_err() })
        .await;
    assert!(matches!(error, ApiError::Throttled(_)));
    let answer = registry.scope(async { ask(&places).await.unwrap() }).await;
    assert_eq!(answer, 2, "the account has a pause");
}

#[tokio::test(start_paused = true)]
async fn targets_come_and_go_while_calls_run() {
    let registry = Registry::new();
    let shared: Vec<Arc<Place>> = (0..3)
        .map(|number| Arc::new(Place::new(number, Answers(50))))
        .collect();
    let named = |names: &[&str]| -> Vec<Target<Place>> {
        let all = ["a", "b", "c"];
        let index = |name: &str| all.iter().position(|known| *known == name).unwrap();
        names
            .iter()
            .map(|name| Target::new(*name, Arc::clone(&shared[index(name)])))
            .collect()
    };
    let places = TargetPool::of(named(&["a", "b"])).unwrap();
    let mut running = Box::pin(registry.scope(ask(&places)));
    let waker = std::task::Waker::noop();
    let _ = running
        .as_mut()
        .poll(&mut std::task::Context::from_waker(waker));
    registry
        .get("chat/b")
        .unwrap()
        .circuit_breaker()
        .force_open();
    places.set(named(&["b", "c"])).unwrap();
    let answer = registry.scope(async { ask(&places).await.unwrap() }).await;
    assert_eq!(answer, 2, "the breaker of `b` is as it was");
    assert_eq!(running.await.unwrap(), 0, "a call keeps its target");
    assert!(
        registry.get("chat/a").is_none(),
        "no function has it any more"
    );
    assert_eq!(stats(&registry, "chat").calls, 2);
    assert!(registry.remove("chat"));
    assert!(registry.get("chat/b").is_none() && registry.get("chat/c").is_none());
    let answer = registry.scope(async { ask(&places).await.unwrap() }).await;
    assert_eq!(answer, 1, "all is new");
}

#[tokio::test(start_paused = true)]
async fn weights_share_the_calls_and_change_live() {
    #[resilient(service = "chat", targets = pool)]
    async fn balanced(#[target] to: &Place, pool: &TargetPool<Place>) -> Answer {
        to.ask().await
    }
    let registry = Registry::new();
    let places = TargetPool::of([
        Target::new("a", Place::new(0, Answers(10))).weight(1.0),
        Target::new("b", Place::new(1, Answers(10))).weight(9.0),
        Target::new("c", Place::new(2, Answers(10))).weight(9.0),
    ])
    .unwrap();
    for _ in 0..300 {
        registry
            .scope(async { balanced(&places).await.unwrap() })
            .await;
    }
    let before = asked(&places);
    assert!(before[0] < 60, "{before:?}");
    let weight = ServiceSettings::new().target(TargetSettings::new().weight(1_000.0));
    registry
        .configure(Settings::new().service("chat/a", weight))
        .unwrap();
    for _ in 0..300 {
        registry
            .scope(async { balanced(&places).await.unwrap() })
            .await;
    }
    let after = asked(&places);
    assert!(after[0] - before[0] > 200, "{after:?}");
    let bad = Settings::from_vars([("TARGET_CHAT_WEIGHT", "0")]);
    let error = bad
        .and_then(|settings| registry.configure(settings))
        .unwrap_err()
        .to_string();
    assert!(error.contains("`TARGET_CHAT_WEIGHT` is `0`"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn scopes_share_a_static_pool_and_nothing_of_its_state() {
    let (one, other) = (Registry::new(), Registry::new());
    let places = pool([Answers(0)]);
    for registry in [&one, &other] {
        registry.scope(async { ask(&places).await.unwrap() }).await;
    }
    one.get("chat/a").unwrap().circuit_breaker().force_open();
    assert!(one.scope(ask(&places)).await.is_err());
    assert!(other.scope(ask(&places)).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn declared_service_gives_its_targets_their_defaults() {
    resilience_runtime::service! {
        static CHAT: Custom = "declared" { rate_limit(requests_per_hour = 1), timeout = "1s" }
    }
    #[resilient(service = CHAT, retry = off, targets = pool, pick = "ordered")]
    async fn ask(#[target] to: &Place, pool: &TargetPool<Place>) -> Answer {
        to.ask().await
    }
    let registry = Registry::new();
    registry.declare(&[&CHAT]).unwrap();
    let places = pool([Answers(0), Answers(0)]);
    for _ in 0..5 {
        let _ = registry.scope(ask(&places)).await;
    }
    assert_eq!(asked(&places), [1, 1]);
    let target = registry.get("declared/a").unwrap();
    assert_eq!(target.config().timeout, Some(Duration::from_secs(1)));
}

#[tokio::test(start_paused = true)]
async fn disabled_calls_go_to_a_target_all_the_same() {
    let registry = Registry::new();
    registry
        .configure(Settings::from_vars([("RESILIENCE_ENABLED", "false")]).unwrap())
        .unwrap();
    let places = pool([Answers(0), Answers(0)]);
    assert_eq!(answers(&registry, &places, 6).await, [6, 0]);
}
