//! Retries: how many attempts, with which backoff, and what ends them.

use std::time::Duration;

use resilience_runtime::{
    Registry, RetryConfig, RetryPolicy, ServiceKind, ServiceSettings, Settings,
    config::RetrySettings, llm_resilient, resilient, retry::Jitter,
};
use tokio::time::{Instant, sleep};

use crate::errors::ApiError;
use crate::remote::{Answer, Remote};

fn seconds(seconds: impl IntoIterator<Item = u64>) -> Vec<Duration> {
    seconds.into_iter().map(Duration::from_secs).collect()
}

#[resilient(
    service = "api",
    circuit_breaker = off,
    deadline = off,
    retry(max_attempts = 6, base_delay = "1s", multiplier = 2.0, max_delay = "5s", jitter = "none")
)]
async fn six_times(remote: &Remote) -> Answer {
    remote.answer()
}

#[tokio::test(start_paused = true)]
async fn pauses_double_up_to_the_longest() {
    let remote = Remote::failing();
    let calls = six_times(&remote);
    let out = Registry::new().scope(calls).await;
    assert!(matches!(out, Err(ApiError::Transient)), "the body's own");
    assert_eq!(remote.asked_at(), seconds([0, 1, 3, 7, 12, 17]));
}

#[tokio::test(start_paused = true)]
async fn a_call_ends_with_its_first_success_or_permanent_error() {
    let registry = Registry::new();
    let remote = Remote::scripted([Err(ApiError::Transient), Ok(7)]);
    let out = registry.scope(six_times(&remote)).await;
    assert_eq!(out.unwrap(), 7);
    let remote = Remote::scripted([Err(ApiError::Transient), Err(ApiError::Permanent), Ok(7)]);
    let out = registry.scope(six_times(&remote)).await;
    assert!(matches!(out, Err(ApiError::Permanent)));
    assert_eq!(remote.asked(), 2);
}

#[resilient(
    service = "api",
    circuit_breaker = off,
    deadline = off,
    retry_budget = off,
    retry(max_attempts = 200, base_delay = "100ms", multiplier = 3.0, max_delay = "2s")
)]
async fn often(remote: &Remote) -> Answer {
    remote.answer()
}

#[tokio::test(start_paused = true)]
async fn backoff_is_at_most_max_delay_with_any_jitter() {
    for &jitter in Jitter::ALL {
        let registry = Registry::new();
        let retry = ServiceSettings::default().retry(RetrySettings::default().jitter(jitter));
        registry
            .configure(Settings::new().service("api", retry))
            .unwrap();
        let remote = Remote::failing();
        registry.scope(often(&remote)).await.unwrap_err();
        let asked = remote.asked_at();
        assert_eq!(asked.len(), 200, "{jitter}");
        let pauses = asked.windows(2).map(|pair| pair[1] - pair[0]);
        let longest = pauses.max().unwrap();
        assert!(longest <= Duration::from_secs(2), "{jitter}: {longest:?}");
        assert!(
            longest > Duration::from_millis(1_500),
            "{jitter}: {longest:?}"
        );
    }
}

#[test]
fn policy_delays_are_at_most_max_delay() {
    for &jitter in Jitter::ALL {
        let policy = RetryPolicy::new(RetryConfig::default().max_attempts(1_000).jitter(jitter));
        let longest = policy.unwrap().delays().max().unwrap();
        assert!(longest <= Duration::from_secs(30), "{jitter}: {longest:?}");
    }
}

#[resilient(
    service = "api",
    circuit_breaker = off,
    retry(max_attempts = 10, base_delay = "1s", jitter = "none", multiplier = 1.0, max_elapsed = "10s")
)]
async fn slow(remote: &Remote) -> Answer {
    sleep(Duration::from_secs(3)).await;
    remote.answer()
}

#[tokio::test(start_paused = true)]
async fn the_work_itself_counts_towards_max_elapsed() {
    let remote = Remote::failing();
    let began = Instant::now();
    let out = Registry::new().scope(slow(&remote)).await;
    assert!(matches!(out, Err(ApiError::Transient)));
    // Attempts begin at 0, 4 and 8; the next would begin at 12.
    assert_eq!(remote.asked_at(), seconds([3, 7, 11]));
    assert_eq!(began.elapsed(), Duration::from_secs(11), "nothing is slept");
}

#[tokio::test(start_paused = true)]
async fn backoff_beyond_the_deadline_is_not_slept() {
    #[resilient(
        service = "api",
        deadline = "10s",
        retry(
            max_attempts = 10,
            base_delay = "4s",
            multiplier = 1.0,
            jitter = "none"
        )
    )]
    async fn ask(remote: &Remote) -> Answer {
        remote.answer()
    }
    let remote = Remote::failing();
    let began = Instant::now();
    let out = Registry::new().scope(ask(&remote)).await;
    assert!(matches!(out, Err(ApiError::Transient)), "the body's own");
    assert_eq!(remote.asked_at(), seconds([0, 4, 8]));
    assert_eq!(began.elapsed(), Duration::from_secs(8));
}

#[tokio::test(start_paused = true)]
async fn backoff_within_an_open_circuit_is_not_slept() {
    #[resilient(
        service = "api",
        circuit_breaker(failure_threshold = 2, recovery_timeout = "3s"),
        retry(max_attempts = 4, base_delay = "1s", multiplier = 4.0, jitter = "none")
    )]
    async fn ask(remote: &Remote) -> Answer {
        remote.answer()
    }
    let registry = Registry::new();
    // The second failure opens for 3 s; the next pause takes 4 s, so it is worth waiting for the probe.
    // The probe fails at 5 s and opens for 3 s again; the next pause would take 16 s.
    let remote = Remote::failing();
    let out = registry.scope(ask(&remote)).await;
    assert!(matches!(out, Err(ApiError::Transient)));
    assert_eq!(remote.asked_at(), seconds([0, 1, 5, 21]));

    let registry = Registry::new();
    let longer = ServiceSettings::default().circuit_breaker(
        resilience_runtime::config::CircuitBreakerSettings::default()
            .recovery_timeout(Duration::from_secs(5)),
    );
    registry
        .configure(Settings::new().service("api", longer))
        .unwrap();
    let remote = Remote::failing();
    let began = Instant::now();
    let out = registry.scope(ask(&remote)).await;
    assert!(matches!(out, Err(ApiError::Transient)), "not the rejection");
    assert_eq!(remote.asked_at(), seconds([0, 1]));
    assert_eq!(began.elapsed(), Duration::from_secs(1), "nothing is slept");
}

#[resilient(
    service = "thrifty",
    circuit_breaker = off,
    deadline = off,
    retry(max_attempts = 100, base_delay = "1ms", jitter = "none", multiplier = 1.0),
    retry_budget(capacity = 2.5, refill = 0.1)
)]
async fn thrifty(remote: &Remote) -> Answer {
    remote.answer()
}

#[tokio::test(start_paused = true)]
async fn the_budget_is_exact_for_fractions() {
    let registry = Registry::new();
    let calls = async {
        // Two retries are paid for, half of a third one is left.
        let remote = Remote::failing();
        thrifty(&remote).await.unwrap_err();
        assert_eq!(remote.asked(), 3);
        // 0.5 + 4 × 0.1 does not pay, 0.5 + 5 × 0.1 does, a thousand times over without drift.
        for round in 0..1_000 {
            let successes = if round == 0 { 5 } else { 10 };
            for _ in 0..successes - 1 {
                thrifty(&Remote::healthy()).await.unwrap();
            }
            let remote = Remote::failing();
            thrifty(&remote).await.unwrap_err();
            assert_eq!(remote.asked(), 1, "round {round}");
            thrifty(&Remote::healthy()).await.unwrap();
            let remote = Remote::failing();
            thrifty(&remote).await.unwrap_err();
            assert_eq!(remote.asked(), 2, "round {round}");
        }
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn the_budget_is_shared_and_can_be_ignored() {
    #[resilient(
        service = "thrifty",
        circuit_breaker = off,
        retry_budget = off,
        retry(max_attempts = 5, base_delay = "1ms", jitter = "none")
    )]
    async fn lavish(remote: &Remote) -> Answer {
        remote.answer()
    }
    #[resilient(
        service = "thrifty",
        circuit_breaker = off,
        retry(max_attempts = 5, base_delay = "1ms", jitter = "none")
    )]
    async fn neighbour(remote: &Remote) -> Answer {
        remote.answer()
    }
    let registry = Registry::new();
    let calls = async {
        thrifty(&Remote::failing()).await.unwrap_err();
        let remote = Remote::failing();
        neighbour(&remote).await.unwrap_err();
        assert_eq!(remote.asked(), 1, "one purse for both");
        let remote = Remote::scripted([Err(ApiError::Transient)]);
        lavish(&remote).await.unwrap();
        assert_eq!(remote.asked(), 2);
        let api = registry.service("thrifty", ServiceKind::Custom).unwrap();
        assert_eq!(api.stats().retry_budget, 0.5, "its success pays nothing");
    };
    registry.scope(calls).await;
}

#[llm_resilient(
    circuit_breaker = off,
    timeout = "10s",
    retry(max_attempts = 5, base_delay = "1s", multiplier = 1.0, jitter = "none")
)]
async fn complete(remote: &Remote, hang: u64) -> Answer {
    let answer = remote.answer();
    sleep(Duration::from_secs(hang)).await;
    answer
}

#[tokio::test(start_paused = true)]
async fn llm_gets_one_more_attempt_after_a_timeout() {
    let registry = Registry::new();
    let calls = async {
        let remote = Remote::healthy();
        let error = complete(&remote, 60).await.unwrap_err();
        assert!(error.is_timeout());
        assert_eq!(remote.asked_at(), seconds([0, 11]));
        // Other errors have all attempts.
        let remote = Remote::failing();
        complete(&remote, 0).await.unwrap_err();
        assert_eq!(remote.asked(), 5);
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn llm_attempt_after_a_timeout_is_the_last() {
    #[llm_resilient(
        circuit_breaker = off,
        timeout = "10s",
        retry(max_attempts = 5, base_delay = "1s", multiplier = 1.0, jitter = "none")
    )]
    async fn hangs_first(remote: &Remote) -> Answer {
        let answer = remote.answer();
        if remote.asked() == 1 {
            std::future::pending::<()>().await;
        }
        answer
    }
    let remote = Remote::failing();
    let out = Registry::new().scope(hangs_first(&remote)).await;
    assert!(matches!(out, Err(ApiError::Transient)));
    assert_eq!(remote.asked(), 2);
}

#[tokio::test(start_paused = true)]
async fn exhausted_attempts_are_wrapped_where_asked_for() {
    #[resilient(
        service = "api",
        retry(
            max_attempts = 3,
            base_delay = "1s",
            jitter = "none",
            exhausted = "wrap"
        )
    )]
    async fn wrapped(remote: &Remote) -> Answer {
        remote.answer()
    }
    let registry = Registry::new();
    let calls = async {
        let error = wrapped(&Remote::failing()).await.unwrap_err();
        let source = std::error::Error::source(error.local()).unwrap();
        assert!(source.downcast_ref::<ApiError>().is_some());
        assert_eq!(
            error.to_string(),
            "gave up on service `api` after 3 attempt(s)"
        );
        // One that would not have been retried anyway is not exhausted.
        let permanent = Remote::always(|| Err(ApiError::Permanent));
        assert!(matches!(
            wrapped(&permanent).await,
            Err(ApiError::Permanent)
        ));
        // Where there is but one attempt, nothing was used up.
        let retry = RetrySettings::default().max_attempts(1);
        let settings = ServiceSettings::default().retry(retry);
        registry
            .configure(Settings::new().service("api", settings))
            .unwrap();
        let out = wrapped(&Remote::failing()).await;
        assert!(matches!(out, Err(ApiError::Transient)));
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn a_retry_may_begin_until_max_elapsed_is_over() {
    #[resilient(
        service = "api",
        retry(
            max_attempts = 9,
            max_elapsed = "2s",
            base_delay = "1s",
            multiplier = 1.0,
            jitter = "none"
        )
    )]
    async fn hurried(remote: &Remote) -> Answer {
        remote.answer()
    }
    let remote = Remote::failing();
    let out = Registry::new().scope(hurried(&remote)).await;
    assert!(matches!(out, Err(ApiError::Transient)));
    assert_eq!(remote.asked(), 3, "at once, after one second, after two");
}
