//! Those who wait for the load of a cache do not stand in the line of the caller that makes it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Waker};
use std::time::Duration;

use resilience_runtime::{
    Classify, Registry, ResilienceError, Service, ServiceKind, resilient, telemetry::ServiceStats,
};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

#[derive(Debug, thiserror::Error, Classify)]
enum Failure {
    #[error("down")]
    #[classify(transient)]
    Down,
    #[error(transparent)]
    Resilience(#[from] ResilienceError),
}

type Answer = Result<u32, Failure>;

#[derive(Default)]
struct Asked(AtomicU32);

impl Asked {
    fn times(&self) -> u32 {
        self.0.load(Ordering::SeqCst)
    }

    /// The first so many times it fails.
    async fn answer(&self, failures: u32) -> Answer {
        let before = self.0.fetch_add(1, Ordering::SeqCst);
        sleep(ms(10)).await;
        if before < failures {
            Err(Failure::Down)
        } else {
            Ok(7)
        }
    }
}

fn service(registry: &Registry) -> Arc<Service> {
    registry
        .service("lines", ServiceKind::Custom)
        .expect("known")
}

fn stats(registry: &Registry) -> ServiceStats {
    service(registry).stats()
}

fn take(registry: &Registry, user: &str) {
    let limiter = service(registry);
    let limiter = limiter.rate_limiter().expect("it has one");
    while limiter.check(user).allowed {}
}

async fn after<T>(delay: Duration, call: impl Future<Output = T>) -> (T, Duration) {
    sleep(delay).await;
    let start = Instant::now();
    (call.await, start.elapsed())
}

#[resilient(
    service = "lines",
    retry = off,
    rate_limit(requests_per_minute = 2, key = user, max_wait = "30s"),
    cache(key = question)
)]
async fn ask(user: &str, question: &str, asked: &Asked) -> Answer {
    asked.answer(0).await
}

#[tokio::test(start_paused = true)]
async fn question_does_not_wait_in_the_line_of_another_user() {
    let (registry, asked) = (Registry::new(), Asked::default());
    let calls = async {
        ask("alice", "first", &asked).await.expect("a token");
        take(&registry, "alice");
        let bob = after(ms(50), ask("bob", "why", &asked));
        let (alice, (bob, waited)) = tokio::join!(after(ms(0), ask("alice", "why", &asked)), bob);
        assert_eq!(bob.expect("his quota is untouched"), 7);
        assert!(waited <= ms(50 + 10 + 3), "{waited:?}");
        // She takes it as well, and no token.
        assert_eq!(alice.0.expect("it is there"), 7);
        assert!(alice.1 <= ms(100 + 10 + 4), "{:?}", alice.1);
        assert_eq!(asked.times(), 2);
        let stats = stats(&registry);
        assert_eq!((stats.calls, stats.successes, stats.in_flight), (2, 2, 0));
        assert_eq!((stats.cache.misses, stats.cache.shared), (3, 1));
        let service = service(&registry);
        let limiter = service.rate_limiter().expect("it has one");
        sleep(ms(31_000)).await;
        assert!(limiter.check("alice").allowed, "her line is empty");
    };
    registry.scope(calls).await;
}

/// `Send`, although neither the answer's error nor the arguments can be shared between threads.
#[tokio::test(start_paused = true)]
async fn future_is_send_where_the_body_is() {
    #[derive(Debug)]
    struct Local(#[allow(dead_code)] *const u8);
    impl From<ResilienceError> for Local {
        fn from(_: ResilienceError) -> Self {
            Self(std::ptr::null())
        }
    }
    impl Classify for Local {
        fn classify(&self) -> resilience_runtime::Verdict {
            resilience_runtime::Verdict::permanent()
        }
    }
    #[resilient(service = "lines", idempotent, cache(key = ()))]
    async fn cell(cell: std::cell::Cell<u32>) -> Result<u32, Local> {
        sleep(ms(1)).await;
        Ok(cell.get())
    }
    fn is_send<T: Send>(value: T) -> T {
        value
    }
    let call = Registry::new().scope(is_send(cell(std::cell::Cell::new(7))));
    assert_eq!(call.await.expect("healthy"), 7);
}

#[resilient(
    service = "lines",
    retry(max_attempts = 3, base_delay = "50ms", jitter = "none"),
    rate_limit(requests_per_minute = 2, key = user),
    cache(key = ())
)]
async fn ask_again(user: &str, asked: &Asked) -> Answer {
    asked.answer(1).await
}

#[tokio::test(start_paused = true)]
async fn rejection_of_one_user_is_not_that_of_another() {
    let (registry, asked) = (Registry::new(), Asked::default());
    let calls = async {
        let meanwhile = async {
            sleep(ms(30)).await;
            take(&registry, "alice");
        };
        let (alice, bob, carol, ()) = tokio::join!(
            ask_again("alice", &asked),
            after(ms(5), ask_again("bob", &asked)),
            after(ms(6), ask_again("carol", &asked)),
            meanwhile,
        );
        assert!(
            matches!(
                alice,
                Err(Failure::Resilience(
                    ResilienceError::RateLimitExceeded { .. }
                ))
            ),
            "{alice:?}"
        );
        assert_eq!(bob.0.expect("he has tokens"), 7);
        assert_eq!(carol.0.expect("she waits for his answer"), 7);
        assert_eq!(asked.times(), 2, "one after another");
        assert_eq!(stats(&registry).in_flight, 0);
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn users_without_tokens_are_rejected_each_by_its_own_limit() {
    let (registry, asked) = (Registry::new(), Asked::default());
    let calls = async {
        let meanwhile = async {
            sleep(ms(30)).await;
            take(&registry, "alice");
            take(&registry, "bob");
        };
        let (alice, bob, ()) = tokio::join!(
            ask_again("alice", &asked),
            after(ms(5), ask_again("bob", &asked)),
            meanwhile,
        );
        for rejected in [alice, bob.0] {
            assert!(
                matches!(
                    rejected,
                    Err(Failure::Resilience(
                        ResilienceError::RateLimitExceeded { .. }
                    ))
                ),
                "{rejected:?}"
            );
        }
        assert_eq!(asked.times(), 1);
    };
    registry.scope(calls).await;
}

#[resilient(
    service = "lines",
    retry = off,
    rate_limit(requests_per_second = 1, burst = 1, max_wait = "1s"),
    cache(key = question)
)]
async fn ask_in_one_line(question: &str, asked: &Asked) -> Answer {
    asked.answer(0).await
}

#[tokio::test(start_paused = true)]
async fn rival_without_a_token_waits_for_the_leader() {
    for callers in [2, 3, 20] {
        let (registry, asked) = (Registry::new(), &*Box::leak(Box::<Asked>::default()));
        let calls = async {
            ask_in_one_line("first", asked).await.expect("a token");
            let start = Instant::now();
            let mut all = JoinSet::new();
            for _ in 0..callers {
                all.spawn(registry.clone().scope(ask_in_one_line("why", asked)));
            }
            for answer in all.join_all().await {
                assert_eq!(answer.expect("the leader has it"), 7);
            }
            assert!(start.elapsed() <= ms(1_020), "{:?}", start.elapsed());
            assert_eq!(asked.times(), 2, "one token, one call");
            assert_eq!(stats(&registry).in_flight, 0);
        };
        registry.scope(calls).await;
    }
}

#[resilient(
    service = "lines",
    retry = off,
    timeout = off,
    deadline = "20s",
    bulkhead(max_concurrent = 1),
    cache(key = ())
)]
async fn ask_one_at_a_time(asked: &Asked) -> Answer {
    asked.answer(0).await
}

#[tokio::test(start_paused = true)]
async fn rival_that_is_rejected_beside_a_lost_leader_says_so() {
    let (registry, asked) = (Registry::new(), Asked::default());
    let calls = async {
        let mut lost = Box::pin(ask_one_at_a_time(&asked));
        let mut context = Context::from_waker(Waker::noop());
        assert!(lost.as_mut().poll(&mut context).is_pending());
        let (rejected, waited) = after(ms(0), ask_one_at_a_time(&asked)).await;
        assert!(
            matches!(
                rejected,
                Err(Failure::Resilience(ResilienceError::BulkheadFull { .. }))
            ),
            "{rejected:?}"
        );
        assert!(waited <= ms(200), "{waited:?}");
        assert_eq!(lost.await.expect("it goes on"), 7);
        assert_eq!(ask_one_at_a_time(&asked).await.expect("it is kept"), 7);
        assert_eq!(asked.times(), 1);
    };
    registry.scope(calls).await;
}
