//! A refresh ahead does not keep its caller while a fresh answer is there.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use resilience_runtime::{
    Cache, CacheConfig, Registry, ResilienceError, Service, ServiceKind, config::RefreshAhead,
    resilient,
};
use tokio::time::{Instant, advance, sleep};

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

type Answer = Result<u32, ResilienceError>;

/// Answers once, and hangs then.
#[derive(Default)]
struct Remote(AtomicU32);

impl Remote {
    fn asked(&self) -> u32 {
        self.0.load(Ordering::SeqCst)
    }

    async fn answer(&self) -> Answer {
        if self.0.fetch_add(1, Ordering::SeqCst) > 0 {
            pending::<()>().await;
        }
        Ok(7)
    }
}

#[resilient(
    service = "refreshed",
    retry = off,
    deadline = "1m",
    bulkhead(max_concurrent = 1),
    cache(key = (), ttl = "1000s", refresh_ahead = 0.1)
)]
async fn ask(remote: &Remote) -> Answer {
    remote.answer().await
}

fn service(registry: &Registry) -> Arc<Service> {
    let service = registry.service("refreshed", ServiceKind::Custom);
    service.expect("known")
}

async fn timed(call: impl Future<Output = Answer>) -> (Answer, Duration) {
    let start = Instant::now();
    (call.await, start.elapsed())
}

#[tokio::test(start_paused = true)]
async fn refresh_that_hangs_keeps_its_caller_for_a_second() {
    let (registry, remote) = (Registry::new(), Remote::default());
    let calls = async {
        ask(&remote).await.expect("healthy");
        advance(ms(200_000)).await;
        let (answer, waited) = timed(ask(&remote)).await;
        assert_eq!(answer.expect("it is fresh"), 7);
        assert!((ms(1_000)..=ms(1_001)).contains(&waited), "{waited:?}");
        let stats = service(&registry).stats();
        assert_eq!((stats.calls, stats.successes), (2, 1));
        assert_eq!((stats.abandoned, stats.timeouts), (1, 0));
        assert_eq!((stats.in_flight, stats.cache.refreshes), (0, 1));
        // Its place in the bulkhead is free, which holds one.
        let api = service(&registry);
        let other = api.call(|| async { Ok::<_, ResilienceError>(1) }).await;
        assert_eq!(other.expect("there is room"), 1);
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn refreshes_that_are_cut_pause_longer_and_longer() {
    let (registry, remote) = (Registry::new(), Remote::default());
    let calls = async {
        ask(&remote).await.expect("healthy");
        advance(ms(200_000)).await;
        let start = Instant::now();
        let mut pauses = Vec::new();
        let mut ended = start;
        while start.elapsed() < ms(300_000) {
            let before = remote.asked();
            let (answer, waited) = timed(ask(&remote)).await;
            assert_eq!(answer.expect("it is fresh"), 7);
            if remote.asked() == before {
                assert_eq!(waited, ms(0));
            } else {
                pauses.push((Instant::now() - waited - ended).as_secs());
                ended = Instant::now();
            }
            advance(ms(100)).await;
        }
        assert_eq!(pauses, [0, 1, 2, 4, 8, 16, 32, 60, 60, 60]);
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn load_after_the_ttl_has_the_whole_deadline_whatever_was_cut() {
    #[resilient(
        service = "refreshed",
        retry = off,
        timeout = off,
        deadline = "1m",
        cache(key = (), ttl = "100s", refresh_ahead = 0.1)
    )]
    async fn slow(time: Duration) -> Answer {
        sleep(time).await;
        Ok(7)
    }
    let calls = async {
        slow(ms(1)).await.expect("healthy");
        let start = Instant::now();
        while start.elapsed() < ms(85_000) {
            slow(ms(30_000)).await.expect("it is fresh");
            advance(ms(100)).await;
        }
        // A pause of 32 s or more is running, and the answer has expired.
        advance(ms(27_000)).await;
        let (answer, waited) = timed(slow(ms(30_000))).await;
        assert_eq!(answer.expect("within the deadline"), 7);
        assert!(waited >= ms(30_000), "{waited:?}");
    };
    Registry::new().scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn refresh_in_a_line_keeps_its_caller_for_a_second() {
    #[resilient(
        service = "refreshed",
        retry = off,
        rate_limit(requests_per_hour = 1, burst = 1, max_wait = "1h"),
        deadline = "1h",
        cache(key = (), ttl = "1000s", refresh_ahead = 0.1)
    )]
    async fn limited(remote: &Remote) -> Answer {
        remote.answer().await
    }
    let (registry, remote) = (Registry::new(), Remote::default());
    let calls = async {
        limited(&remote).await.expect("a token");
        advance(ms(200_000)).await;
        let (answer, waited) = timed(limited(&remote)).await;
        assert_eq!(answer.expect("it is fresh"), 7);
        assert!((ms(1_000)..=ms(1_001)).contains(&waited), "{waited:?}");
        assert_eq!(remote.asked(), 1);
        advance(ms(3_600_000)).await;
        let api = service(&registry);
        let limiter = api.rate_limiter().expect("it has one");
        assert!(limiter.check("").allowed, "it stands in no line");
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn refresh_whose_answer_is_revoked_goes_on_as_a_load() {
    #[resilient(
        service = "refreshed",
        retry = off,
        deadline = "1m",
        cache(key = (), ttl = "1000s", refresh_ahead = 0.1)
    )]
    async fn numbered(remote: &Remote) -> Answer {
        let number = remote.0.fetch_add(1, Ordering::SeqCst);
        sleep(ms(5_000)).await;
        Ok(number)
    }
    let (registry, remote) = (Registry::new(), Remote::default());
    let calls = async {
        assert_eq!(numbered(&remote).await.expect("healthy"), 0);
        advance(ms(200_000)).await;
        let revoked = async {
            sleep(ms(500)).await;
            assert_eq!(service(&registry).invalidate_all(), 1);
        };
        let ((answer, waited), ()) = tokio::join!(timed(numbered(&remote)), revoked);
        assert_eq!(answer.expect("a new one"), 1);
        assert!(waited >= ms(5_000), "{waited:?}");
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn by_hand_refresh_that_hangs_keeps_its_caller_for_a_second() {
    let config = CacheConfig::default()
        .ttl(ms(1_000_000))
        .refresh_ahead(RefreshAhead::Fraction(0.1));
    let cache = Cache::<u32>::new("refreshed", config).expect("valid");
    let remote = Remote::default();
    let load = || cache.get_or_load(&1, || remote.answer());
    load().await.expect("healthy");
    advance(ms(200_000)).await;
    for pause in [0, 1_000, 2_000] {
        advance(ms(pause)).await;
        let (answer, waited) = timed(load()).await;
        assert_eq!(answer.expect("it is fresh"), 7);
        assert!((ms(1_000)..=ms(1_001)).contains(&waited), "{waited:?}");
        assert_eq!(timed(load()).await.1, ms(0), "it pauses");
    }
    assert_eq!(remote.asked(), 4);
}
