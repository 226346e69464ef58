//! The environment of the process: these tests run themselves again, with variables set.

use std::process::Command;
use std::time::Duration;

use resilience_runtime::{
    Registry, ResilienceError, ServiceKind, Settings, llm_resilient, resilient,
};
use tokio::time::Instant;

use crate::errors::ApiError;
use crate::remote::Answer;

const CHILD: &str = "TEST_RUNS_AS_CHILD";

/// In the parent: runs the test of this path in a process with these variables, and returns whether this is
/// the parent.
pub fn in_a_child(test: &str, variables: &[(&str, &str)]) -> bool {
    if std::env::var_os(CHILD).is_some() {
        return false;
    }
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--test-threads=1"])
        .env(CHILD, "1")
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("1 passed"), "{said}");
    true
}

#[resilient(service = "api", retry = off)]
async fn hang() -> Answer {
    std::future::pending().await
}

async fn timeout(registry: &Registry) -> Duration {
    let began = Instant::now();
    let error = registry.scope(hang()).await.unwrap_err();
    assert!(error.is_timeout(), "{error:?}");
    began.elapsed()
}

#[tokio::test(start_paused = true)]
async fn registry_reads_the_environment_by_default() {
    if in_a_child(
        "child::registry_reads_the_environment_by_default",
        &[("TIMEOUT_API", "2.5")],
    ) {
        return;
    }
    assert_eq!(
        timeout(&Registry::new()).await,
        Duration::from_millis(2_500)
    );
}

#[tokio::test(start_paused = true)]
async fn the_environment_is_read_again_when_asked() {
    if in_a_child(
        "child::the_environment_is_read_again_when_asked",
        &[("TIMEOUT_API", "4s")],
    ) {
        return;
    }
    let registry = Registry::new();
    let other = Settings::from_vars([("TIMEOUT_API", "1s")]).unwrap();
    registry.configure(other).unwrap();
    assert_eq!(timeout(&registry).await, Duration::from_secs(1));
    registry.reload_env().unwrap();
    assert_eq!(timeout(&registry).await, Duration::from_secs(4));
    assert!(Settings::from_env().is_ok());
}

#[tokio::test(start_paused = true)]
async fn bad_variable_fails_check_and_first_call() {
    if in_a_child(
        "child::bad_variable_fails_check_and_first_call",
        &[
            ("RETRY_LLM_MAX_ATTEMPTS", "lots"),
            ("TIMEOUT_LLM", "-3"),
            ("TIMEOUT_API", "soon"),
        ],
    ) {
        return;
    }
    #[llm_resilient]
    async fn complete() -> Answer {
        Ok(1)
    }
    let error = Settings::from_env().unwrap_err();
    let keys: Vec<_> = error.problems().iter().map(|it| it.key()).collect();
    assert_eq!(keys, ["RETRY_LLM_MAX_ATTEMPTS", "TIMEOUT_LLM"]);
    let registry = Registry::new();
    assert!(registry.reload_env().is_err());
    for out in [
        registry.scope(complete()).await,
        registry.scope(hang()).await,
    ] {
        assert!(matches!(
            out,
            Err(ApiError::Resilience(ResilienceError::InvalidConfig(_)))
        ));
    }
}

#[tokio::test(start_paused = true)]
async fn everything_can_be_switched_off_by_a_variable() {
    if in_a_child(
        "child::everything_can_be_switched_off_by_a_variable",
        &[("RESILIENCE_ENABLED", "false"), ("TIMEOUT_API", "1s")],
    ) {
        return;
    }
    let registry = Registry::new();
    let call = registry.scope(hang());
    let hour = Duration::from_secs(3_600);
    assert!(
        tokio::time::timeout(hour, call).await.is_err(),
        "no timeout"
    );
}

#[tokio::test(start_paused = true)]
async fn off_by_a_variable_wins_over_every_bad_one() {
    if in_a_child(
        "child::off_by_a_variable_wins_over_every_bad_one",
        &[
            ("RESILIENCE_ENABLED", "false"),
            ("TIMEOUT_API", "soon"),
            ("RETRY_LLM_MAX_ATTEMPTS", "lots"),
        ],
    ) {
        return;
    }
    #[llm_resilient]
    async fn complete() -> Answer {
        Ok(1)
    }
    #[llm_resilient(service = "api")]
    async fn complete_api() -> Answer {
        Ok(2)
    }
    let registry = Registry::new();
    assert_eq!(registry.scope(complete()).await.unwrap(), 1);
    assert_eq!(registry.scope(complete_api()).await.unwrap(), 2);
    let api = registry.service("api", ServiceKind::Llm).unwrap();
    let by_hand: Answer = api.call(|| async { Ok(3) }).await;
    assert_eq!(by_hand.unwrap(), 3);
    assert!(!api.config().enabled);
    let problems = registry.check().unwrap_err().to_string();
    assert!(problems.contains("RETRY_LLM_MAX_ATTEMPTS"), "{problems}");
}
