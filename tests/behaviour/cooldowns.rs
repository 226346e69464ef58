//! Cooldowns: a server's Retry-After holds all callers of the service, or of one key.

use std::time::Duration;

use resilience_runtime::{Registry, ResilienceError, ServiceKind, resilient};
use tokio::time::{Instant, advance};

use crate::errors::ApiError;
use crate::remote::{Answer, Remote};

const HALF_A_MINUTE: Duration = Duration::from_secs(30);

fn throttled() -> Remote {
    Remote::scripted([Err(ApiError::Throttled(Some(HALF_A_MINUTE)))])
}

fn cooldown_left(out: Answer) -> Option<Duration> {
    match out {
        Err(ApiError::Resilience(ResilienceError::RateLimitExceeded { retry_after, .. })) => {
            retry_after
        }
        Ok(_) => None,
        Err(other) => panic!("{other:?}"),
    }
}

#[resilient(service = "api", retry = off)]
async fn ask(remote: &Remote) -> Answer {
    remote.answer()
}

#[resilient(service = "api", retry = off)]
async fn neighbour(remote: &Remote) -> Answer {
    remote.answer()
}

#[resilient(service = "api", retry = off, rate_limit = off)]
async fn unlimited(remote: &Remote) -> Answer {
    remote.answer()
}

#[tokio::test(start_paused = true)]
async fn cooldown_holds_all_callers_without_a_limit() {
    let calls = async {
        ask(&throttled()).await.unwrap_err();
        let remote = Remote::healthy();
        assert_eq!(cooldown_left(neighbour(&remote).await), Some(HALF_A_MINUTE));
        advance(Duration::from_secs(29)).await;
        assert_eq!(
            cooldown_left(ask(&remote).await),
            Some(Duration::from_secs(1))
        );
        assert_eq!(remote.asked(), 0);
        advance(Duration::from_secs(2)).await;
        assert_eq!(cooldown_left(neighbour(&remote).await), None);
    };
    Registry::new().scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn function_without_limiter_neither_starts_nor_obeys_cooldowns() {
    let calls = async {
        let remote = Remote::healthy();
        unlimited(&throttled()).await.unwrap_err();
        assert_eq!(cooldown_left(ask(&remote).await), None);
        ask(&throttled()).await.unwrap_err();
        assert!(cooldown_left(ask(&remote).await).is_some());
        assert_eq!(cooldown_left(unlimited(&remote).await), None);
    };
    Registry::new().scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn bulkhead_waiter_is_not_sent_during_cooldown() {
    #[resilient(
        service = "api",
        retry = off,
        rate_limit(requests_per_hour = 10, max_wait = "1m"),
        bulkhead(max_concurrent = 1, max_wait = "1m"),
        deadline = "10m"
    )]
    async fn patient(remote: &Remote) -> Answer {
        tokio::time::sleep(Duration::from_secs(1)).await;
        remote.answer()
    }
    #[resilient(service = "api", retry = off, bulkhead(max_wait = "1m"))]
    async fn impatient(remote: &Remote) -> Answer {
        remote.answer()
    }
    let registry = Registry::new();
    let calls = async {
        patient(&Remote::healthy()).await.unwrap();
        let (asks_for_peace, remote) = (throttled(), Remote::healthy());
        let (first, second, third) = tokio::join!(
            patient(&asks_for_peace),
            patient(&remote),
            impatient(&remote)
        );
        first.unwrap_err();
        second.unwrap();
        // The one in the line comes first, within a second after the cooldown.
        let left = cooldown_left(third).unwrap();
        assert!((HALF_A_MINUTE..=HALF_A_MINUTE + Duration::from_secs(1)).contains(&left));
        // The call before took a second, and this one does.
        let answered = remote.asked_at()[0];
        assert!(answered >= HALF_A_MINUTE + Duration::from_secs(2));
        let api = registry.service("api", ServiceKind::Custom).unwrap();
        let stats = api.stats();
        assert_eq!((stats.attempts, stats.in_flight), (3, 0));
        // One token for each attempt, and none for the rejected one.
        let mut left = 0;
        while cooldown_left(impatient(&remote).await).is_none() {
            left += 1;
        }
        assert_eq!(left, 7);
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn cooldown_with_key_holds_that_key_only() {
    #[resilient(service = "keyed", retry = off, rate_limit(key = user))]
    async fn keyed(user: &str, remote: &Remote) -> Answer {
        let _ = user;
        remote.answer()
    }
    let calls = async {
        keyed("a", &throttled()).await.unwrap_err();
        let remote = Remote::healthy();
        assert!(cooldown_left(keyed("a", &remote).await).is_some());
        assert_eq!(cooldown_left(keyed("b", &remote).await), None);
    };
    Registry::new().scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn cooldown_lasts_at_most_max_cooldown() {
    #[resilient(service = "capped", retry = off, rate_limit(max_cooldown = "10s"))]
    async fn capped(remote: &Remote) -> Answer {
        remote.answer()
    }
    let calls = async {
        let hour = Duration::from_secs(3_600);
        let remote = Remote::scripted([Err(ApiError::Throttled(Some(hour)))]);
        capped(&remote).await.unwrap_err();
        let retry_after = cooldown_left(capped(&remote).await);
        assert_eq!(retry_after, Some(Duration::from_secs(10)));
        advance(Duration::from_secs(12)).await;
        assert_eq!(cooldown_left(capped(&remote).await), None);
    };
    Registry::new().scope(calls).await;

    // Without a word, a minute.
    let calls = async {
        let hour = Duration::from_secs(3_600);
        let remote = Remote::scripted([Err(ApiError::Throttled(Some(hour)))]);
        ask(&remote).await.unwrap_err();
        assert_eq!(
            cooldown_left(ask(&remote).await),
            Some(Duration::from_secs(60))
        );
    };
    Registry::new().scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn waiters_pass_in_order_after_the_cooldown() {
    #[resilient(
        service = "patient",
        retry = off,
        deadline = off,
        rate_limit(max_wait = "1m")
    )]
    async fn patient(remote: &Remote) -> Answer {
        remote.answer()
    }
    let calls = async {
        patient(&throttled()).await.unwrap_err();
        let began = Instant::now();
        let remotes = std::array::from_fn::<_, 5, _>(|_| Remote::healthy());
        let (a, b, c, d, e) = tokio::join!(
            patient(&remotes[0]),
            patient(&remotes[1]),
            patient(&remotes[2]),
            patient(&remotes[3]),
            patient(&remotes[4]),
        );
        assert!([a, b, c, d, e].iter().all(Result::is_ok));
        let passed = remotes.map(|remote| remote.asked_at()[0]);
        assert!(passed.is_sorted(), "{passed:?}");
        assert!(passed[0] >= HALF_A_MINUTE, "{passed:?}");
        assert!(
            passed[4] <= HALF_A_MINUTE + Duration::from_secs(1),
            "{passed:?}"
        );
        assert!(began.elapsed() >= HALF_A_MINUTE);
    };
    Registry::new().scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn cooldown_beyond_max_wait_rejects_at_once() {
    #[resilient(service = "hasty", retry = off, rate_limit(max_wait = "29s"))]
    async fn hasty(remote: &Remote) -> Answer {
        remote.answer()
    }
    let calls = async {
        hasty(&throttled()).await.unwrap_err();
        let began = Instant::now();
        assert_eq!(
            cooldown_left(hasty(&Remote::healthy()).await),
            Some(HALF_A_MINUTE)
        );
        assert_eq!(began.elapsed(), Duration::ZERO);
    };
    Registry::new().scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn throttled_call_retries_after_retry_after() {
    #[resilient(
        service = "api",
        retry(max_attempts = 2, base_delay = "1s", jitter = "none")
    )]
    async fn comes_back(remote: &Remote) -> Answer {
        remote.answer()
    }
    let remote = throttled();
    let registry = Registry::new();
    registry.scope(comes_back(&remote)).await.unwrap();
    let again = remote.asked_at()[1];
    assert!(again >= HALF_A_MINUTE);
    assert!(again <= HALF_A_MINUTE + Duration::from_secs(1), "{again:?}");
}
