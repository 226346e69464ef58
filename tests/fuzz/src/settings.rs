//! Variables of the environment: every bad one is named with its value, what is taken can run, and what is read is
//! what stands there.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use resilience_runtime::{
    Bulkhead, CircuitBreaker, RateLimiter, Registry, ResilienceError, RetryBudget,
    RetryBudgetConfig, RetryPolicy, Service, ServiceKind, ServiceSettings, Settings,
    circuit_breaker::Window, config::ConfigError, config::ConfigSource, config::ServiceConfig,
};

use crate::bytes::Bytes;

const WORDS: [&str; 34] = [
    "RETRY_LLM_MAX_ATTEMPTS",
    "RETRY_LLM_BASE_DELAY",
    "RETRY_LLM_MAX_DELAY",
    "RETRY_LLM_MULTIPLIER",
    "RETRY_LLM_JITTER",
    "RETRY_LLM_MAX_ELAPSED",
    "RETRY_LLM_MAX_RETRY_AFTER",
    "RETRY_BUDGET_LLM_CAPACITY",
    "RETRY_BUDGET_LLM_REFILL",
    "CIRCUIT_LLM_FAILURE_THRESHOLD",
    "CIRCUIT_LLM_FAILURE_RATE",
    "CIRCUIT_LLM_WINDOW",
    "CIRCUIT_LLM_MINIMUM_CALLS",
    "CIRCUIT_LLM_SLOW_CALL_DURATION",
    "CIRCUIT_LLM_SLOW_CALL_RATE",
    "CIRCUIT_LLM_RECOVERY_TIMEOUT",
    "CIRCUIT_LLM_RECOVERY_MULTIPLIER",
    "CIRCUIT_LLM_MAX_RECOVERY_TIMEOUT",
    "CIRCUIT_LLM_SUCCESS_THRESHOLD",
    "CIRCUIT_LLM_HALF_OPEN_MAX_CALLS",
    "CIRCUIT_LLM_ABANDONED",
    "RATE_LIMIT_LLM_REQUESTS_PER_SECOND",
    "RATE_LIMIT_LLM_REQUESTS_PER_MINUTE",
    "RATE_LIMIT_LLM_REQUESTS_PER_HOUR",
    "RATE_LIMIT_LLM_BURST",
    "RATE_LIMIT_LLM_STRATEGY",
    "RATE_LIMIT_LLM_MAX_WAIT",
    "RATE_LIMIT_LLM_MAX_KEYS",
    "RATE_LIMIT_LLM_MAX_COOLDOWN",
    "RATE_LIMIT_LLM_TOKENS_PER_MINUTE",
    "BULKHEAD_LLM_MAX_CONCURRENT",
    "BULKHEAD_LLM_MAX_WAIT",
    "TIMEOUT_LLM",
    "DEADLINE_LLM",
];

const OTHERS: [&str; 7] = [
    "RESILIENCE_ENABLED",
    "HEALTH_CHECK_INTERVAL",
    "HEALTH_CHECK_TIMEOUT",
    "HEALTH_CHECK_JITTER",
    "HEALTH_CHECK_FAILURE_THRESHOLD",
    "HEALTH_CHECK_RECOVERY_THRESHOLD",
    "TIMEOUT_STOP",
];

const NAMES: [&str; 7] = ["LLM", "FUZZED", "DB", "DATABASE", "MCP", "SECRET", "LLM_EU"];

const VALUES: [&str; 32] = [
    "1",
    "3",
    "0",
    "10",
    "100",
    "1000000",
    "1000001",
    "4294967295",
    "4294967296",
    "18446744073709551615",
    "-1",
    "0.5",
    "1.0",
    "1.1",
    "1e9",
    "1e300",
    "NaN",
    "inf",
    "5s",
    "250ms",
    "2m",
    "1h",
    "1ns",
    "18446744073709551615s",
    "full",
    "decorrelated",
    "token_bucket",
    "sliding_window",
    "fixed_window",
    "failure",
    "true",
    "false",
];

/// The input chooses variables and their values.
pub fn settings(input: &[u8]) {
    let mut bytes = Bytes::new(input);
    let mut variables = BTreeMap::new();
    while !bytes.is_empty() && variables.len() < 12 {
        let name = name(&mut bytes);
        let value = match bytes.below(3) {
            0 => bytes.text(),
            _ => bytes.one_of(&VALUES).to_owned(),
        };
        variables.insert(name, value);
    }
    // Without what was refused, again and again, there is something that can run.
    for _ in 0..=variables.len() {
        match run(&variables) {
            Ok(()) => return,
            Err(error) => {
                let named = every_problem_is_of(&error, &variables);
                assert!(!named.is_empty(), "nobody knows what to change: {error}");
                variables.retain(|name, _| !named.contains(name));
            }
        }
    }
    panic!("never content");
}

fn name(bytes: &mut Bytes<'_>) -> String {
    let name = match bytes.below(8) {
        0 => return bytes.text(),
        1 => return bytes.one_of(&OTHERS).to_owned(),
        _ => bytes.one_of(&WORDS),
    };
    let mut name = name.replacen("LLM", bytes.one_of(&NAMES), 1);
    if bytes.below(16) == 15 {
        name.pop();
    }
    name
}

/// The variables that are named.
fn every_problem_is_of(error: &ConfigError, variables: &BTreeMap<String, String>) -> Vec<String> {
    assert!(!error.problems().is_empty());
    let text = error.to_string();
    let mut named = Vec::new();
    for problem in error.problems() {
        assert!(text.contains(&problem.to_string()));
        assert!(!problem.allowed().is_empty(), "{problem}");
        assert_eq!(problem.origin(), &ConfigSource::Environment, "{problem}");
        let written = variables.get(problem.key());
        let written = written.unwrap_or_else(|| panic!("not a variable that was set: {problem}"));
        assert!(
            problem
                .value()
                .is_some_and(|shown| says_the_same(written, shown)),
            "{written:?} became {problem}"
        );
        named.push(problem.key().to_owned());
    }
    named
}

/// Whether a message shows the value as it was written, or as it was read.
fn says_the_same(written: &str, shown: &str) -> bool {
    let trimmed = written.trim();
    let number = |text: &str| text.parse::<f64>().ok();
    written == shown
        || shown.starts_with(trimmed)
        || number(trimmed).is_some_and(|n| number(shown) == Some(n))
        || span(trimmed).is_some_and(|read| {
            span(shown).is_some_and(|shown| read.abs_diff(shown) <= read / 1_000_000)
        })
}

fn span(text: &str) -> Option<Duration> {
    let registry = Registry::new();
    // No time is refused, so that nobody could say how it was read.
    if text.strip_suffix("ns").unwrap_or(text).parse() == Ok(0.0) {
        return Some(Duration::ZERO);
    }
    registry
        .configure(Settings::from_vars([("TIMEOUT_SPAN", text)]).ok()?)
        .ok()?;
    registry
        .service("span", ServiceKind::Custom)
        .ok()?
        .config()
        .timeout
}

fn run(variables: &BTreeMap<String, String>) -> Result<(), ConfigError> {
    let settings = Settings::from_vars(variables.clone())?;
    for warning in settings.warnings() {
        assert!(variables.contains_key(warning.variable()), "{warning}");
        assert_ne!(warning.variable(), warning.nearest());
    }
    let registry = Registry::new();
    registry.configure(settings.service("fuzzed", ServiceSettings::default()))?;
    for &kind in ServiceKind::ALL {
        let by_kind = service(&registry, &format!("some-{kind}"), kind)?;
        holds(&by_kind.config());
        says_what_was_written(
            variables,
            &kind.to_string().to_uppercase(),
            &by_kind.config(),
        );
    }
    let service = service(&registry, "fuzzed", ServiceKind::Llm)?;
    let config = service.config();
    holds(&config);
    says_what_was_written(variables, "FUZZED", &config);
    registry.check()?;
    if config.retry.max_attempts <= 5 {
        calls_end(&service, config.enabled);
    }
    Ok(())
}

/// Only `check` shows the values that keep a service from running.
fn service(
    registry: &Registry,
    name: &str,
    kind: ServiceKind,
) -> Result<Arc<Service>, ConfigError> {
    registry.service(name, kind).map_err(|refused| {
        let hidden = refused.problems().iter().all(|it| it.value().is_none());
        assert!(hidden, "{refused}");
        registry.check().expect_err("it was refused")
    })
}

/// What runs could have been built by hand, and nothing is above its documented maximum.
fn holds(config: &ServiceConfig) {
    RetryPolicy::new(config.retry.clone()).expect("it can run");
    RetryBudget::new(config.retry_budget.clone()).expect("it can run");
    CircuitBreaker::new("by hand", config.circuit.clone()).expect("it can run");
    if let Some(limit) = &config.rate_limit {
        RateLimiter::new("by hand", limit.clone()).expect("it can run");
    }
    if let Some(bulkhead) = &config.bulkhead {
        Bulkhead::new("by hand", bulkhead.clone()).expect("it can run");
    }
    assert!(config.retry_budget.capacity <= RetryBudgetConfig::MAX_CAPACITY);
    assert!(config.retry_budget.refill <= RetryBudgetConfig::MAX_CAPACITY);
    assert!(config.retry.base_delay <= config.retry.max_delay);
    if let Window::Calls(calls) = config.circuit.window {
        assert!((1..=Window::MAX_CALLS).contains(&calls));
        assert!(config.circuit.failure_rate.is_none() || config.circuit.minimum_calls <= calls);
    }
    for rate in [config.circuit.failure_rate, config.circuit.slow_call_rate]
        .into_iter()
        .flatten()
    {
        assert!(rate > 0.0 && rate <= 1.0);
    }
    assert!(config.timeout.is_some_and(|limit| !limit.is_zero()));
    assert!(config.deadline.is_some_and(|limit| !limit.is_zero()));
}

/// Values that nothing else has a say in are those of the variables.
fn says_what_was_written(variables: &BTreeMap<String, String>, name: &str, config: &ServiceConfig) {
    let text = |prefix: &str, suffix: &str| {
        variables
            .get(&format!("{prefix}_{name}{suffix}"))
            .map(|text| text.trim())
    };
    if let Some(attempts) = text("RETRY", "_MAX_ATTEMPTS") {
        assert_eq!(attempts.parse(), Ok(config.retry.max_attempts));
    }
    if let Some(multiplier) = text("RETRY", "_MULTIPLIER") {
        assert_eq!(multiplier.parse(), Ok(config.retry.multiplier));
    }
    if let Some(threshold) = text("CIRCUIT", "_FAILURE_THRESHOLD") {
        assert_eq!(threshold.parse().ok(), config.circuit.failure_threshold);
    }
    if let Some(places) = text("BULKHEAD", "_MAX_CONCURRENT") {
        let bulkhead = config.bulkhead.as_ref().expect("it was set");
        assert_eq!(places.parse(), Ok(bulkhead.max_concurrent));
    }
    if let Some(limit) = text("RATE_LIMIT", "_REQUESTS_PER_MINUTE") {
        let rate_limit = config.rate_limit.as_ref().expect("it was set");
        assert_eq!(limit.parse(), Ok(rate_limit.limit));
        assert_eq!(rate_limit.period, Duration::from_secs(60));
    }
}

/// Whatever the numbers, a call that succeeds does, and one that fails ends.
fn calls_end(service: &Service, enabled: bool) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let good = service.call(|| async { Ok::<_, ResilienceError>(7) }).await;
        let can_pass = service.config().rate_limit.is_none();
        assert!(
            good.as_ref().is_ok_and(|it| *it == 7) || !can_pass,
            "{good:?}"
        );
        let mut attempts = 0;
        let bad = service
            .call(|| {
                attempts += 1;
                async { Err::<u8, _>(std::io::Error::from(std::io::ErrorKind::ConnectionRefused)) }
            })
            .await;
        assert!(bad.is_err());
        let most = if enabled {
            service.config().retry.max_attempts
        } else {
            1
        };
        assert!(attempts <= most, "{attempts} of {most}");
    });
}
