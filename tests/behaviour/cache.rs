//! The read-through cache: hits, misses, shared loads and refreshes.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use resilience_runtime::{
    Classify, Registry, ResilienceError, ServiceKind, ServiceSettings, Settings, Verdict,
    resilient, telemetry::CacheStats, telemetry::ServiceStats,
};
use tokio::time::{Instant, advance, sleep};

use crate::errors::ApiError;
use crate::poll::{poll, started};
use crate::remote::{Answer, Remote};

#[resilient(
    service = "api",
    retry = off,
    circuit_breaker = off,
    deadline = "10s",
    rate_limit(requests_per_hour = 1_000, key = user),
    cache(key = user, ttl = "100s", refresh_ahead = off)
)]
async fn ask(user: &str, remote: &Remote) -> Answer {
    let answer = remote.answer();
    sleep(Duration::from_secs(1)).await;
    answer
}

/// With a deadline of its own.
#[resilient(service = "api", retry = off, circuit_breaker = off, deadline = "3s", cache(key = time))]
async fn slow(time: Duration) -> Answer {
    sleep(time).await;
    Ok(1)
}

fn stats(registry: &Registry) -> ServiceStats {
    let api = registry.service("api", ServiceKind::Custom).unwrap();
    api.stats()
}

fn cache(registry: &Registry) -> CacheStats {
    stats(registry).cache
}

#[tokio::test(start_paused = true)]
async fn a_fresh_hit_runs_nothing_and_is_no_call() {
    let registry = Registry::new();
    let remote = Remote::scripted([Ok(1), Ok(2)]);
    let calls = async {
        assert_eq!(ask("a", &remote).await.unwrap(), 1);
        let api = registry.service("api", ServiceKind::Custom).unwrap();
        let before = api.stats();
        let tokens = api.rate_limiter().unwrap().check("a").remaining;
        let now = Instant::now();
        for _ in 0..5 {
            assert_eq!(ask("a", &remote).await.unwrap(), 1);
        }
        assert_eq!(now.elapsed(), Duration::ZERO);
        assert_eq!(remote.asked(), 1);
        assert_eq!(api.rate_limiter().unwrap().check("a").remaining, tokens - 1);
        let after = api.stats();
        assert_eq!((before.calls, after.calls), (1, 1));
        assert_eq!((after.attempts, after.abandoned), (1, 0));
        assert_eq!((after.cache.hits, after.cache.misses), (5, 1));

        assert_eq!(ask("b", &remote).await.unwrap(), 2, "another key");
        advance(Duration::from_secs(111)).await;
        assert_eq!(ask("a", &remote).await.unwrap(), 0, "expired");
        assert_eq!(remote.asked(), 3);
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn a_hit_needs_no_service() {
    let registry = Registry::new();
    let remote = Remote::healthy();
    let calls = async {
        ask("a", &remote).await.unwrap();
        let api = registry.service("api", ServiceKind::Custom).unwrap();
        api.circuit_breaker().force_open();
        ask("a", &remote).await.unwrap();
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn concurrent_misses_of_one_key_share_one_call() {
    let registry = Registry::new();
    let remote = Remote::scripted([Ok(7), Ok(8)]);
    let calls = async {
        let (a, b, c, other) = tokio::join!(
            ask("a", &remote),
            ask("a", &remote),
            ask("a", &remote),
            ask("b", &remote)
        );
        let answers = [a, b, c, other].map(Result::unwrap);
        assert_eq!(answers, [7, 7, 7, 8]);
        assert_eq!(remote.asked(), 2);
    };
    registry.scope(calls).await;
    let stats = stats(&registry);
    assert_eq!((stats.calls, stats.successes), (2, 2));
    assert_eq!((stats.cache.misses, stats.cache.shared), (2, 2));
    assert_eq!(stats.cache.hits, 0);
}

#[tokio::test(start_paused = true)]
async fn failure_of_a_load_is_shared_with_all_waiters() {
    let registry = Registry::new();
    let remote = Remote::failing();
    let calls = async {
        let (a, b, c) = tokio::join!(ask("a", &remote), ask("a", &remote), ask("a", &remote));
        assert!(matches!(a, Err(ApiError::Transient)));
        for shared in [b, c] {
            let error = shared.unwrap_err();
            let told = error.local().to_string();
            assert_eq!(
                told,
                "call to service `api` was not sent: a call whose answer it shares failed 0ns ago (transient)"
            );
        }
        assert_eq!(remote.asked(), 1);
        // Whoever comes later tries.
        ask("a", &remote).await.unwrap_err();
        assert_eq!(remote.asked(), 2);
    };
    registry.scope(calls).await;
    assert_eq!((stats(&registry).calls, cache(&registry).shared), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn waiter_keeps_its_own_deadline() {
    let registry = Registry::new();
    let deadline = |seconds| {
        let settings = ServiceSettings::default().deadline(Duration::from_secs(seconds));
        let settings = Settings::new().service("api", settings);
        registry.configure(settings).unwrap();
    };
    let calls = async {
        let time = Duration::from_secs(5);
        deadline(100);
        let leader = started(slow(time));
        deadline(3);
        let begun = Instant::now();
        assert!(slow(time).await.unwrap_err().is_deadline());
        assert_eq!(begun.elapsed(), Duration::from_secs(3));
        assert_eq!(leader.await.unwrap(), 1);
        assert_eq!(slow(time).await.unwrap(), 1, "kept all the same");
    };
    registry.scope(calls).await;
    let stats = stats(&registry);
    assert_eq!((stats.deadlines, stats.calls), (1, 2));
}

#[tokio::test(start_paused = true)]
async fn deadline_of_the_leader_fails_its_waiters() {
    let calls = async {
        let time = Duration::from_secs(4);
        let later = async {
            sleep(Duration::from_secs(2)).await;
            let begun = Instant::now();
            (slow(time).await, begun.elapsed())
        };
        let (first, (second, waited)) = tokio::join!(slow(time), later);
        assert!(first.unwrap_err().is_deadline());
        assert_eq!(waited, Duration::from_secs(1));
        assert!(matches!(
            second.unwrap_err().local(),
            ResilienceError::SharedFailure { .. }
        ));
    };
    Registry::new().scope(calls).await;
}

#[test]
fn waiter_needs_a_timer_only_for_its_deadline() {
    #[resilient(service = "api", retry = off, timeout = off, deadline = off, cache(key = ()))]
    async fn patient() -> Answer {
        tokio::task::yield_now().await;
        Ok(1)
    }
    let registry = Registry::new();
    let mut leader = started(registry.scope(patient()));
    let mut waiter = started(registry.scope(patient()));
    assert!(poll(&mut leader).is_ready() && poll(&mut waiter).is_ready());
}

#[resilient(
    service = "api",
    retry = off,
    circuit_breaker = off,
    cache(key = (), ttl = "100s", refresh_ahead = 0.5)
)]
async fn refreshed(remote: &Remote) -> Answer {
    let answer = remote.answer();
    sleep(Duration::from_secs(1)).await;
    answer
}

#[tokio::test(start_paused = true)]
async fn refresh_ahead_runs_once_while_others_get_the_fresh_value() {
    let registry = Registry::new();
    let remote = Remote::scripted([Ok(1), Ok(2), Err(ApiError::Permanent), Ok(4)]);
    let calls = async {
        assert_eq!(refreshed(&remote).await.unwrap(), 1);
        advance(Duration::from_secs(60)).await;
        let begun = Instant::now();
        let other = async {
            let answer = refreshed(&remote).await.unwrap();
            (answer, begun.elapsed())
        };
        let (refresher, (answer, when)) = tokio::join!(refreshed(&remote), other);
        assert_eq!(refresher.unwrap(), 2);
        assert_eq!((answer, when), (1, Duration::ZERO));
        assert_eq!(refreshed(&remote).await.unwrap(), 2);

        // One that fails leaves the fresh answer, and the next is put off.
        advance(Duration::from_secs(60)).await;
        assert_eq!(refreshed(&remote).await.unwrap(), 2);
        assert_eq!(refreshed(&remote).await.unwrap(), 2);
        assert_eq!(remote.asked(), 3);
        advance(Duration::from_secs(1)).await;
        assert_eq!(refreshed(&remote).await.unwrap(), 4);
    };
    registry.scope(calls).await;
    let cache = cache(&registry);
    assert_eq!((cache.hits, cache.misses, cache.refreshes), (3, 1, 3));
    assert_eq!(cache.stale, 0);
}

#[tokio::test(start_paused = true)]
async fn everything_switched_off_bypasses_the_cache() {
    let registry = Registry::new();
    registry.configure(Settings::new().enabled(false)).unwrap();
    let remote = Remote::healthy();
    let calls = async {
        for _ in 0..3 {
            ask("a", &remote).await.unwrap();
        }
        tokio::join!(ask("b", &remote), ask("b", &remote))
            .1
            .unwrap();
        assert_eq!(remote.asked(), 5);
    };
    registry.scope(calls).await;
    assert_eq!(cache(&registry), CacheStats::default());
}

#[tokio::test(start_paused = true)]
async fn invalid_config_is_returned_despite_a_cached_value() {
    const NO_TIME: Duration = Duration::ZERO;
    #[resilient(service = "api", cache(ttl = NO_TIME, refresh_ahead = "30s"))]
    async fn never() -> Answer {
        Ok(1)
    }
    let registry = Registry::new();
    let error = registry.scope(never()).await.unwrap_err();
    let ResilienceError::InvalidConfig(error) = error.local() else {
        panic!("{error}");
    };
    let keys: Vec<_> = error
        .problems()
        .iter()
        .map(|problem| problem.key())
        .collect();
    assert_eq!(keys, ["cache.ttl", "cache.refresh_ahead"]);
    assert!(error.to_string().contains("cache.rs"), "{error}");
    assert!(registry.check().is_err());
}

#[tokio::test(start_paused = true)]
async fn config_and_stats_contain_the_cache() {
    let registry = Registry::new();
    registry.scope(ask("a", &Remote::healthy())).await.unwrap();
    let api = registry.service("api", ServiceKind::Custom).unwrap();
    let config = api.config();
    let cache = config.functions[0].cache.unwrap();
    assert_eq!(cache.ttl, Duration::from_secs(100));
    assert_eq!(cache.refresh_ahead, None);
    assert_eq!(cache.stale_if_error, Some(Duration::from_secs(3_600)));
    assert_eq!(cache.negative_ttl, Some(Duration::from_secs(10)));
    assert_eq!(cache.max_entries, 1_000);
    let told = serde_json::to_string(&registry.stats()).unwrap();
    assert!(told.contains(r#""cache":{"hits":0,"misses":1"#), "{told}");
}

#[tokio::test(start_paused = true)]
async fn outer_function_does_not_retry_a_shared_failure() {
    #[resilient(service = "inner", retry = off, circuit_breaker = off, cache(key = ()))]
    async fn inner(asked: &AtomicU32) -> Result<u32, Hopeful> {
        sleep(Duration::from_secs(1)).await;
        asked.fetch_add(1, Ordering::SeqCst);
        Err(Hopeful)
    }
    /// Means always that it may be tried again.
    #[derive(Debug)]
    struct Hopeful;
    impl From<ResilienceError> for Hopeful {
        fn from(_: ResilienceError) -> Self {
            Self
        }
    }
    impl Classify for Hopeful {
        fn classify(&self) -> Verdict {
            Verdict::transient()
        }
    }
    #[resilient(service = "outer", retry(max_attempts = 3, base_delay = "1ms"))]
    async fn outer(asked: &AtomicU32) -> Result<u32, Hopeful> {
        inner(asked).await
    }
    let asked = AtomicU32::new(0);
    let calls = async {
        let both = tokio::join!(inner(&asked), outer(&asked));
        assert!(both.0.is_err() && both.1.is_err());
    };
    Registry::new().scope(calls).await;
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}
