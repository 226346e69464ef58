//! Settings from a file.

use std::time::Duration;

use resilience_runtime::{
    Registry, ServiceKind, Settings, circuit_breaker::OnAbandoned, circuit_breaker::Window,
    config::OnStoreLoss, config::PatternMode, rate_limit::RateLimitStrategy, resilient,
    retry::Jitter,
};
use tokio::time::Instant;

use crate::remote::Answer;

const FILE: &str = r#"
enabled = true

[kinds.llm]
timeout = "20s"
deadline = 90.5

[services.openai]
timeout = 15

[services.openai.retry]
max_attempts = 5
base_delay = "250ms"
max_delay = "1m"
multiplier = 1.5
jitter = "decorrelated"
max_elapsed = "1h"
max_retry_after = 30

[services.openai.retry_budget]
capacity = 12.5
refill = 0.5

[services.openai.circuit_breaker]
failure_rate = 0.25
window = "30s"
minimum_calls = 7
recovery_timeout = "5s"
abandoned = "failure"
mode = "shadow"

[services.openai.rate_limit]
requests_per_minute = 60
burst = 10
strategy = "sliding_window"
max_wait = "2s"
max_keys = 100
max_cooldown = "30s"
tokens_per_minute = 90_000
mode = "shadow"
shared = true
on_store_loss = "open"

[services.openai.bulkhead]
max_concurrent = 8
max_wait = 0.25
mode = "enforce"

[services.other.circuit_breaker]
window = 50
"#;

#[test]
fn file_can_contain_every_key() {
    let settings: Settings = toml::from_str(FILE).unwrap();
    let registry = Registry::new();
    registry.configure(settings).unwrap();
    let openai = registry
        .service("openai", ServiceKind::Llm)
        .unwrap()
        .config();
    assert_eq!(openai.timeout, Some(Duration::from_secs(15)));
    assert_eq!(openai.deadline, Some(Duration::from_millis(90_500)));
    assert_eq!(openai.retry.max_attempts, 5);
    assert_eq!(openai.retry.base_delay, Duration::from_millis(250));
    assert_eq!(openai.retry.max_delay, Duration::from_secs(60));
    assert_eq!(openai.retry.multiplier, 1.5);
    assert_eq!(openai.retry.jitter, Jitter::Decorrelated);
    assert_eq!(openai.retry.max_elapsed, Some(Duration::from_secs(3_600)));
    assert_eq!(openai.max_retry_after, Duration::from_secs(30));
    assert_eq!(openai.retry_budget.capacity, 12.5);
    assert_eq!(openai.circuit.failure_rate, Some(0.25));
    assert_eq!(openai.circuit.window, Window::Time(Duration::from_secs(30)));
    assert_eq!(openai.circuit.abandoned, OnAbandoned::Failure);
    assert_eq!(openai.circuit.mode, PatternMode::Shadow);
    let limit = openai.rate_limit.unwrap();
    assert_eq!((limit.limit, limit.burst), (60, Some(10)));
    assert_eq!(limit.strategy, RateLimitStrategy::SlidingWindow);
    assert_eq!(limit.tokens_per_minute, Some(90_000));
    assert_eq!(limit.mode, PatternMode::Shadow);
    assert_eq!(
        (limit.shared, limit.on_store_loss),
        (true, OnStoreLoss::Open)
    );
    assert_eq!(
        (limit.max_keys, limit.max_cooldown),
        (100, Duration::from_secs(30))
    );
    let bulkhead = openai.bulkhead.unwrap();
    assert_eq!(bulkhead.max_concurrent, 8);
    assert_eq!(bulkhead.mode, PatternMode::Enforce);
    assert_eq!(bulkhead.max_wait, Duration::from_millis(250));
    let other = registry
        .service("other", ServiceKind::Custom)
        .unwrap()
        .config();
    assert_eq!(other.circuit.window, Window::Calls(50));
}

#[test]
fn unknown_or_invalid_file_key_is_an_error() {
    for (file, said) in [
        ("enabeld = true", "enabeld"),
        ("[services.openai]\ntimeuot = 1", "timeuot"),
        ("[services.openai.retry]\nattempts = 1", "attempts"),
        ("[kinds.llvm]\ntimeout = 1", "llvm"),
        ("[services.a]\ntimeout = \"soon\"", "must be seconds"),
        ("[services.a]\ntimeout = -1", "must be seconds"),
        ("[services.a.retry]\njitter = \"some\"", "some"),
        ("[services.a.circuit_breaker]\nwindow = -5", "positive"),
        ("[services.a.rate_limit]\nstrategy = \"leaky\"", "leaky"),
        ("[services.a.retry]\nmax_attempts = -1", "-1"),
        (
            "[services.a.circuit]\nfailure_threshold = 3",
            "`circuit` is called `circuit_breaker` now",
        ),
        (
            "[services.a.rate_limit]\nmax_park = \"3s\"",
            "`max_park` is called `max_cooldown` now",
        ),
    ] {
        let error = toml::from_str::<Settings>(file).unwrap_err().to_string();
        assert!(error.contains(said), "{file}: {error}");
    }
}

#[tokio::test(start_paused = true)]
async fn file_precedes_attribute_and_variable_precedes_file() {
    #[resilient(service = "api", retry = off, timeout = "9s")]
    async fn hang() -> Answer {
        std::future::pending().await
    }
    let registry = Registry::new();
    let file: Settings = toml::from_str("[services.api]\ntimeout = \"5s\"").unwrap();
    registry.configure(file).unwrap();
    let began = Instant::now();
    registry.scope(hang()).await.unwrap_err();
    assert_eq!(began.elapsed(), Duration::from_secs(5));
    let variable = Settings::from_vars([("TIMEOUT_API", "2")]).unwrap();
    registry.configure(variable).unwrap();
    registry.scope(hang()).await.unwrap_err();
    assert_eq!(began.elapsed(), Duration::from_secs(7));
}
