//! A server's Retry-After parks the service, or one key of it.

use std::time::Duration;

use resilience_runtime::{Registry, ResilienceError, ServiceKind, resilient};
use tokio::time::{Instant, advance};

use crate::errors::ApiError;
use crate::remote::{Answer, Remote};

const HALF_A_MINUTE: Duration = Duration::from_secs(30);

fn throttled() -> Remote {
    Remote::scripted([Err(ApiError::Throttled(Some(HALF_A_MINUTE)))])
}

fn parked(out: Answer) -> Option<Duration> {
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
async fn it_parks_all_callers_of_the_service_also_without_a_limit() {
    let calls = async {
        ask(&throttled()).await.unwrap_err();
        let remote = Remote::healthy();
        assert_eq!(parked(neighbour(&remote).await), Some(HALF_A_MINUTE));
        advance(Duration::from_secs(29)).await;
        assert_eq!(parked(ask(&remote).await), Some(Duration::from_secs(1)));
        assert_eq!(remote.asked(), 0);
        advance(Duration::from_secs(2)).await;
        assert_eq!(parked(neighbour(&remote).await), None);
    };
    Registry::new().scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn without_the_limiter_a_function_neither_parks_nor_is_parked() {
    let calls = async {
        let remote = Remote::healthy();
        unlimited(&throttled()).await.unwrap_err();
        assert_eq!(parked(ask(&remote).await), None);
        ask(&throttled()).await.unwrap_err();
        assert!(parked(ask(&remote).await).is_some());
        assert_eq!(parked(unlimited(&remote).await), None);
    };
    Registry::new().scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_a_place_meanwhile_does_not_go_on_to_the_server() {
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
        assert_eq!(parked(third), Some(HALF_A_MINUTE));
        // The call before took a second, and this one does.
        let answered = remote.asked_at()[0];
        assert!(answered >= HALF_A_MINUTE + Duration::from_secs(2));
        let api = registry.service("api", ServiceKind::Custom).unwrap();
        let stats = api.stats();
        assert_eq!((stats.attempts, stats.in_flight), (3, 0));
        // One token for each attempt, and none for the one that was turned away.
        let mut left = 0;
        while parked(impatient(&remote).await).is_none() {
            left += 1;
        }
        assert_eq!(left, 7);
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn with_a_key_it_parks_that_key_alone() {
    #[resilient(service = "keyed", retry = off, rate_limit(key = user))]
    async fn keyed(user: &str, remote: &Remote) -> Answer {
        let _ = user;
        remote.answer()
    }
    let calls = async {
        keyed("a", &throttled()).await.unwrap_err();
        let remote = Remote::healthy();
        assert!(parked(keyed("a", &remote).await).is_some());
        assert_eq!(parked(keyed("b", &remote).await), None);
    };
    Registry::new().scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn it_parks_for_at_most_max_park() {
    #[resilient(service = "capped", retry = off, rate_limit(max_cooldown = "10s"))]
    async fn capped(remote: &Remote) -> Answer {
        remote.answer()
    }
    let calls = async {
        let hour = Duration::from_secs(3_600);
        let remote = Remote::scripted([Err(ApiError::Throttled(Some(hour)))]);
        capped(&remote).await.unwrap_err();
        let retry_after = parked(capped(&remote).await);
        assert_eq!(retry_after, Some(Duration::from_secs(10)));
        advance(Duration::from_secs(12)).await;
        assert_eq!(parked(capped(&remote).await), None);
    };
    Registry::new().scope(calls).await;

    // Without a word, a minute.
    let calls = async {
        let hour = Duration::from_secs(3_600);
        let remote = Remote::scripted([Err(ApiError::Throttled(Some(hour)))]);
        ask(&remote).await.unwrap_err();
        assert_eq!(parked(ask(&remote).await), Some(Duration::from_secs(60)));
    };
    Registry::new().scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn who_may_wait_waits_and_passes_soon_after_in_order() {
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
async fn who_cannot_wait_as_long_is_turned_away_at_once() {
    #[resilient(service = "hasty", retry = off, rate_limit(max_wait = "29s"))]
    async fn hasty(remote: &Remote) -> Answer {
        remote.answer()
    }
    let calls = async {
        hasty(&throttled()).await.unwrap_err();
        let began = Instant::now();
        assert_eq!(parked(hasty(&Remote::healthy()).await), Some(HALF_A_MINUTE));
        assert_eq!(began.elapsed(), Duration::ZERO);
    };
    Registry::new().scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn the_call_that_was_throttled_comes_back_when_it_was_told_to() {
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
