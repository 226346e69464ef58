//! Functions of several kinds under one service name: each runs by its own kind, whichever is called first.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use resilience_runtime::config::{ConfigError, FunctionConfig, ServiceConfig};
use resilience_runtime::{
    BoxError, Registry, ServiceKind, ServiceSettings, Settings, database_resilient, llm_resilient,
};

/// Fails with an error that no rule knows.
fn unclassified(runs: &AtomicU32) -> Result<(), BoxError> {
    runs.fetch_add(1, Ordering::Relaxed);
    Err("gibberish".into())
}

#[llm_resilient(service = "model", circuit_breaker = off)]
async fn ask(runs: &AtomicU32) -> Result<(), BoxError> {
    unclassified(runs)
}

#[database_resilient(service = "model", circuit_breaker = off)]
async fn pay(runs: &AtomicU32) -> Result<(), BoxError> {
    unclassified(runs)
}

#[llm_resilient(service = "model", circuit_breaker = off, timeout = "1s", deadline = off)]
async fn hanging_ask(runs: &AtomicU32) -> Result<(), BoxError> {
    runs.fetch_add(1, Ordering::Relaxed);
    std::future::pending().await
}

#[database_resilient(
    service = "model",
    circuit_breaker = off,
    timeout = "1s",
    deadline = off,
    idempotent
)]
async fn hanging_read(runs: &AtomicU32) -> Result<(), BoxError> {
    runs.fetch_add(1, Ordering::Relaxed);
    std::future::pending().await
}

/// Calls functions of both kinds, and returns how often the bodies of both ran.
async fn both(registry: &Registry, database_first: bool, hanging: bool) -> (u32, u32) {
    let (asked, paid) = (AtomicU32::new(0), AtomicU32::new(0));
    let calls = async {
        for turn in [database_first, !database_first] {
            match (turn, hanging) {
                (true, false) => pay(&paid).await.expect_err("it fails"),
                (false, false) => ask(&asked).await.expect_err("it fails"),
                (true, true) => hanging_read(&paid).await.expect_err("it hangs"),
                (false, true) => hanging_ask(&asked).await.expect_err("it hangs"),
            };
        }
    };
    registry.scope(calls).await;
    (asked.into_inner(), paid.into_inner())
}

fn config(registry: &Registry) -> ServiceConfig {
    registry.get("model").expect("it was called").config()
}

fn function<'a>(config: &'a ServiceConfig, name: &str) -> &'a FunctionConfig {
    let mut functions = config.functions.iter();
    functions
        .find(|function| function.function.ends_with(name))
        .expect("it was called")
}

fn told(error: &ConfigError) -> String {
    error.to_string()
}

#[tokio::test(start_paused = true)]
async fn functions_of_two_kinds_run_by_their_own_kind_in_either_order() {
    for database_first in [true, false] {
        let registry = Registry::new();
        // An unknown error of a database is never repeated, one of a language model is.
        assert_eq!(both(&registry, database_first, false).await, (3, 1));

        let config = config(&registry);
        let (ask, pay) = (function(&config, "ask"), function(&config, "pay"));
        let times = |of: &FunctionConfig| {
            let seconds = |time: Option<Duration>| time.map(|time| time.as_secs());
            (
                seconds(of.timeout),
                seconds(of.deadline),
                of.max_retry_after.as_secs(),
            )
        };
        assert_eq!(times(ask), (Some(120), Some(300), 60));
        assert_eq!(times(pay), (Some(10), Some(15), 1));
        assert_eq!((ask.idempotent, pay.idempotent), (true, false));
        let delays = |of: &FunctionConfig| of.retry.as_ref().map(|it| it.base_delay.as_millis());
        assert_eq!((delays(ask), delays(pay)), (Some(1_000), Some(50)));

        // What they share is that of the first one.
        let (kind, pause) = if database_first {
            (ServiceKind::Database, 10)
        } else {
            (ServiceKind::Llm, 60)
        };
        let service = registry.get("model").expect("it was called");
        assert_eq!(service.kind(), kind);
        assert_eq!(config.circuit.recovery_timeout.as_secs(), pause);
        let ignored = (ask.ignored.is_some(), pay.ignored.is_some());
        assert_eq!(ignored, (database_first, !database_first));
    }
}

#[tokio::test(start_paused = true)]
async fn one_attempt_after_a_timeout_is_for_language_models_alone() {
    for database_first in [true, false] {
        let registry = Registry::new();
        assert_eq!(both(&registry, database_first, true).await, (2, 3));
    }
}

#[tokio::test(start_paused = true)]
async fn service_by_hand_has_the_kind_that_was_seen_first() {
    let registry = Registry::new();
    let by_hand = registry.service("model", ServiceKind::Llm).expect("new");
    assert_eq!(both(&registry, true, false).await, (3, 1));
    let again = registry.service("model", ServiceKind::Llm).expect("known");
    assert!(Arc::ptr_eq(&by_hand, &again));
    let error = registry.service("model", ServiceKind::Database);
    let error = told(&error.expect_err("one name, one kind"));
    assert!(
        error.contains("`llm`") && error.contains("`database`"),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn second_kind_is_told_by_check_until_the_service_is_removed() {
    let registry = Registry::new();
    both(&registry, false, false).await;
    let problems = registry.check().expect_err("it is reported");
    assert_eq!(problems.problems().len(), 1);
    assert!(
        told(&problems).contains("`database` is ignored"),
        "{problems}"
    );
    assert!(registry.remove("model"));
    let runs = AtomicU32::new(0);
    let call = registry.scope(pay(&runs));
    call.await.expect_err("it fails");
    assert!(registry.check().is_ok(), "it is the first one now");
}

#[tokio::test(start_paused = true)]
async fn settings_of_a_kind_reach_the_functions_of_that_kind() {
    let of_kind = || {
        let mut settings = ServiceSettings::new().timeout(Duration::from_secs(7));
        settings.bulkhead.max_concurrent = Some(3);
        settings
    };
    let settings = || Settings::new().kind(ServiceKind::Database, of_kind());
    for database_first in [true, false] {
        let registry = Registry::new();
        registry.configure(settings()).expect("it runs");
        assert_eq!(both(&registry, database_first, false).await, (3, 1));
        let config = config(&registry);
        let timeout = |name| function(&config, name).timeout.map(|it| it.as_secs());
        assert_eq!((timeout("ask"), timeout("pay")), (Some(120), Some(7)));
        // The bulkhead is the service's, so it goes by the service's kind.
        assert_eq!(config.bulkhead.is_some(), database_first);
    }
}

#[tokio::test(start_paused = true)]
async fn variable_of_the_service_wins_over_those_of_both_kinds() {
    let variables = [("TIMEOUT_DATABASE", "7"), ("TIMEOUT_MODEL", "9")];
    let registry = Registry::new();
    registry
        .configure(Settings::from_vars(variables).expect("they are good"))
        .expect("they run");
    both(&registry, false, false).await;
    let config = config(&registry);
    let timeout = |name| function(&config, name).timeout.map(|it| it.as_secs());
    assert_eq!(
        (timeout("ask"), timeout("pay")),
        (Some(9), Some(9)),
        "the service's wins"
    );
}
