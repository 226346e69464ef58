//! That nothing is protected is logged, once.

use resilience_runtime::{Registry, ServiceKind, Settings};
use tracing::Level;
use tracing_subscriber::filter::LevelFilter;

use crate::capture::Capture;

#[test]
fn disabled_registry_says_so_once() {
    let (capture, _guard) = Capture::of(LevelFilter::TRACE);
    let said = || {
        let mut captured = capture.ours();
        captured.retain(|captured| captured.name.starts_with("resilience is disabled"));
        assert!(captured.iter().all(|it| it.level == Level::WARN));
        captured.len()
    };
    let registry = Registry::new();
    let off = Settings::from_vars([("RESILIENCE_ENABLED", "false")]).unwrap();
    registry.configure(off).unwrap();
    for name in ["one", "two", "three"] {
        registry.service(name, ServiceKind::Custom).unwrap();
    }
    assert_eq!(said(), 1);
    let on = Settings::from_vars([("RESILIENCE_ENABLED", "true")]).unwrap();
    registry.configure(on).unwrap();
    assert_eq!(said(), 1);
    registry
        .configure(Settings::without_env().enabled(false))
        .unwrap();
    assert_eq!(said(), 2);
    Registry::new().service("one", ServiceKind::Custom).unwrap();
    assert_eq!(said(), 2);
}
