//! Timeouts and deadlines that a function computes from its arguments.

use std::time::Duration;

use resilience_runtime::config::CircuitBreakerSettings;
use resilience_runtime::{
    CallContext, Registry, ResilienceError, ServiceSettings, Settings, resilient,
    resilient_methods, service,
};
use tokio::time::Instant;

use crate::errors::ApiError;
use crate::remote::Answer;

const SECOND: Duration = Duration::from_secs(1);

#[resilient(service = "api", timeout = limit, deadline = total, retry = off)]
async fn hangs(limit: Option<Duration>, total: Duration) -> Answer {
    std::future::pending().await
}

async fn cut_after(
    registry: &Registry,
    limit: Option<Duration>,
    total: Duration,
) -> (Duration, ApiError) {
    let began = Instant::now();
    let error = registry.scope(hangs(limit, total)).await.unwrap_err();
    (began.elapsed(), error)
}

#[tokio::test(start_paused = true)]
async fn arguments_cut_each_call_by_itself() {
    let registry = Registry::new();
    let minute = 60 * SECOND;
    for seconds in [1, 7, 45] {
        let (took, error) = cut_after(&registry, Some(seconds * SECOND), minute).await;
        assert_eq!(took, seconds * SECOND);
        let error = error.local().to_string();
        assert!(error.contains(&format!("{seconds}s")), "{error}");
    }
    // `None`: the level beneath decides.
    let (took, error) = cut_after(&registry, None, minute).await;
    assert!(error.is_timeout());
    assert_eq!(took, 30 * SECOND);
    // The deadline comes first.
    let (took, error) = cut_after(&registry, Some(minute), 2 * SECOND).await;
    assert_eq!(took, 2 * SECOND);
    assert!(matches!(
        error.local(),
        ResilienceError::DeadlineExceeded { after, .. } if *after == 2 * SECOND
    ));
}

#[tokio::test(start_paused = true)]
async fn zero_ends_the_call_before_its_body() {
    let registry = Registry::new();
    for (limit, total) in [(None, Duration::ZERO), (Some(Duration::ZERO), SECOND)] {
        let (took, error) = cut_after(&registry, limit, total).await;
        assert_eq!(took, Duration::ZERO);
        assert!(error.is_deadline(), "{error}");
    }
    let stats = registry.get("api").unwrap().stats();
    assert_eq!((stats.calls, stats.attempts, stats.deadlines), (2, 0, 2));
}

#[tokio::test(start_paused = true)]
async fn variables_and_settings_of_the_service_win() {
    let by_variable = Settings::from_vars([("TIMEOUT_API", "4"), ("DEADLINE_API", "9")]).unwrap();
    let four = ServiceSettings::new()
        .timeout(4 * SECOND)
        .deadline(9 * SECOND);
    for settings in [by_variable, Settings::new().service("api", four)] {
        let registry = Registry::new();
        registry.configure(settings).unwrap();
        let (took, _) = cut_after(&registry, Some(SECOND), SECOND).await;
        assert_eq!(took, 4 * SECOND);
        let (took, _) = cut_after(&registry, None, Duration::ZERO).await;
        assert_eq!(took, 4 * SECOND);
    }
    // Those of the kind are beneath the attribute.
    let registry = Registry::new();
    registry
        .configure(Settings::from_vars([("TIMEOUT_CUSTOM", "4")]).unwrap())
        .unwrap();
    let (took, _) = cut_after(&registry, Some(SECOND), 60 * SECOND).await;
    assert_eq!(took, SECOND);
    let (took, _) = cut_after(&registry, None, 60 * SECOND).await;
    assert_eq!(took, 4 * SECOND);
    // Live, and off altogether.
    registry
        .configure(Settings::from_vars([("TIMEOUT_API", "3")]).unwrap())
        .unwrap();
    let (took, _) = cut_after(&registry, Some(SECOND), 60 * SECOND).await;
    assert_eq!(took, 3 * SECOND);
}

struct Client {
    patience: Duration,
}

service! {
    static OURS: Custom = "ours" { timeout = off, deadline = off, retry(base_delay = "1s", jitter = "none") }
}

#[resilient_methods(service = OURS, timeout = self.patience / 2, deadline = self.patience * 3)]
impl Client {
    async fn ask(&self) -> Answer {
        let context = CallContext::current().unwrap();
        assert_eq!(context.remaining(), Some(self.patience / 2));
        tokio::time::sleep(self.patience / 4).await;
        Err(ApiError::Transient)
    }

    #[resilient(timeout = off)]
    async fn ask_long(&self) -> Answer {
        std::future::pending().await
    }
}

#[tokio::test(start_paused = true)]
async fn expressions_hold_for_every_attempt_of_a_method() {
    let registry = Registry::new();
    let client = Client {
        patience: 8 * SECOND,
    };
    let began = Instant::now();
    let error = registry.scope(client.ask()).await.unwrap_err();
    assert!(matches!(error, ApiError::Transient));
    assert_eq!(
        began.elapsed(),
        9 * SECOND,
        "three times two, and the pauses of 1 and 2"
    );
    let began = Instant::now();
    let error = registry.scope(client.ask_long()).await.unwrap_err();
    assert!(error.is_deadline());
    assert_eq!(began.elapsed(), 24 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn computed_timeout_is_a_failure_of_the_service() {
    let threshold = CircuitBreakerSettings::default().failure_threshold(2);
    let registry = Registry::new();
    let settings = ServiceSettings::new().circuit_breaker(threshold);
    registry
        .configure(Settings::new().service("api", settings))
        .unwrap();
    for _ in 0..2 {
        let (_, error) = cut_after(&registry, Some(SECOND), 60 * SECOND).await;
        assert!(error.is_timeout());
    }
    let (_, error) = cut_after(&registry, Some(SECOND), 60 * SECOND).await;
    assert!(error.is_open_circuit());
}

#[tokio::test(start_paused = true)]
async fn it_is_evaluated_once() {
    use std::cell::Cell;

    #[resilient(
        service = "api",
        retry(max_attempts = 3, base_delay = "1ms"),
        timeout = { asked.set(asked.get() + 1); SECOND }
    )]
    async fn counted(asked: &Cell<u32>) -> Answer {
        Err(ApiError::Transient)
    }
    let asked = Cell::new(0);
    Registry::new().scope(counted(&asked)).await.unwrap_err();
    assert_eq!(asked.get(), 1);
}

service! {
    static ENDLESS: Custom = "endless" { timeout = off, deadline = off }
}

#[resilient(service = ENDLESS, timeout = limit, deadline = total)]
async fn left_of_endless(
    limit: Option<Duration>,
    total: Option<Duration>,
) -> Result<Option<Duration>, ApiError> {
    Ok(CallContext::current().unwrap().remaining())
}

#[tokio::test(start_paused = true)]
async fn beside_a_declaration_that_says_off_none_is_off() {
    let (two, three) = (Some(2 * SECOND), Some(3 * SECOND));
    let registry = Registry::new();
    let calls = async {
        assert_eq!(left_of_endless(three, None).await.unwrap(), three);
        assert_eq!(left_of_endless(None, two).await.unwrap(), two);
        assert_eq!(left_of_endless(three, two).await.unwrap(), two);
        assert_eq!(left_of_endless(None, None).await.unwrap(), None);
    };
    registry.scope(calls).await;
    // A variable decides on what is on.
    let variables = Settings::from_vars([("TIMEOUT_ENDLESS", "8")]);
    registry.configure(variables.unwrap()).unwrap();
    let calls = async {
        let eight = Some(8 * SECOND);
        assert_eq!(left_of_endless(three, None).await.unwrap(), eight);
        assert_eq!(left_of_endless(None, None).await.unwrap(), None);
        assert_eq!(left_of_endless(None, two).await.unwrap(), two);
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn deadline_that_cuts_a_retry_has_the_failure_before_it() {
    use crate::remote::Remote;

    #[resilient(service = "api", timeout = limit, deadline = total, retry(base_delay = "1s"))]
    async fn hangs_later(
        limit: Option<Duration>,
        total: Option<Duration>,
        remote: &Remote,
    ) -> Answer {
        remote.answer()?;
        std::future::pending().await
    }
    #[resilient(service = ENDLESS, timeout = limit, deadline = total, retry(base_delay = "1s"))]
    async fn endless(limit: Option<Duration>, total: Option<Duration>, remote: &Remote) -> Answer {
        remote.answer()?;
        std::future::pending().await
    }
    let seconds = |seconds| Some(seconds * SECOND);
    for (limit, total) in [
        (None, seconds(10)),
        (seconds(100), None),
        (seconds(100), seconds(50)),
    ] {
        let failing = || Remote::scripted([Err(ApiError::Transient)]);
        let registry = Registry::new();
        let error = registry.scope(hangs_later(limit, total, &failing())).await;
        let mut errors = vec![error.unwrap_err()];
        if total.is_some() {
            let error = registry.scope(endless(limit, total, &failing())).await;
            errors.push(error.unwrap_err());
        }
        for error in errors {
            let ResilienceError::DeadlineExceeded { source, .. } = error.local() else {
                panic!("{error}");
            };
            let source = source.as_ref().expect("the failure before");
            assert_eq!(source.to_string(), "refused");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_the_answer_of_another_call_has_its_own_deadline() {
    #[resilient(service = "api", timeout = off, deadline = total, cache(key = 1, ttl = "9s"))]
    async fn load(total: Duration) -> Answer {
        tokio::time::sleep(20 * SECOND).await;
        Ok(1)
    }
    let began = Instant::now();
    let waits = async {
        let error = load(SECOND).await.unwrap_err();
        assert!(error.is_deadline(), "{error}");
        assert_eq!(began.elapsed(), SECOND);
    };
    let calls = async {
        let (leader, ()) = tokio::join!(load(30 * SECOND), waits);
        assert_eq!(leader.unwrap(), 1);
        // What is there needs no time.
        assert_eq!(load(Duration::ZERO).await.unwrap(), 1);
    };
    Registry::new().scope(calls).await;
}
