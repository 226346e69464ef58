//! What targets that came, went or are called by hand leave behind.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_core::Stream;
use resilience_runtime::health::{
    HealthMonitorConfig, HealthStatus, ServiceHealthChecker, ServiceHealthMonitor,
};
use resilience_runtime::targets::Target;
use resilience_runtime::{Registry, TargetPool, resilient};

use crate::errors::ApiError;
use crate::place::{Answer, Answers, Place, pool, stats};

#[test]
fn limit_holds_while_a_target_is_added() {
    #[resilient(service = "r", retry = off, rate_limit(requests_per_hour = 5), targets = pool, pick = "ordered")]
    async fn ask(#[target] to: &Place, pool: &TargetPool<Place>) -> Answer {
        to.ask().await
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .enable_all()
        .build()
        .unwrap();
    let mut over = 0;
    for _ in 0..2_000 {
        let registry = Registry::new();
        let [a, b] = [0, 1].map(|number| Arc::new(Place::new(number, Answers(0))));
        let places: &'static TargetPool<Place> = Box::leak(Box::new(
            TargetPool::of([Target::new("a", a.clone())]).unwrap(),
        ));
        let is_set = Arc::new(AtomicBool::new(false));
        runtime.block_on(async {
            let tasks: Vec<_> = (0..4)
                .map(|_| {
                    let (registry, is_set) = (registry.clone(), is_set.clone());
                    tokio::spawn(async move {
                        while !is_set.load(Ordering::Relaxed) {
                            let _ = registry.scope(ask(places)).await;
                        }
                        for _ in 0..20 {
                            let _ = registry.scope(ask(places)).await;
                        }
                    })
                })
                .collect();
            std::thread::sleep(Duration::from_micros(100));
            places
                .set([Target::new("b", b.clone()), Target::new("a", a.clone())])
                .unwrap();
            is_set.store(true, Ordering::Relaxed);
            for task in tasks {
                task.await.unwrap();
            }
        });
        over += u32::from(b.asked() > 5 || a.asked() > 5);
    }
    assert_eq!(
        over, 0,
        "rounds of 2000 in which a target got more than its 5 an hour"
    );
}

#[tokio::test(start_paused = true)]
async fn removed_target_leaves_though_another_function_is_idle() {
    #[resilient(service = "s", targets = pool)]
    async fn one(#[target] to: &Place, pool: &TargetPool<Place>) -> Answer {
        to.ask().await
    }
    #[resilient(service = "s", targets = pool)]
    async fn other(#[target] to: &Place, pool: &TargetPool<Place>) -> Answer {
        to.ask().await
    }
    let registry = Registry::new();
    let places = pool([Answers(0), Answers(0)]);
    registry.scope(one(&places)).await.unwrap();
    registry.scope(other(&places)).await.unwrap();
    registry.get("s/a").unwrap().circuit_breaker().force_open();
    places.set([("b", Place::new(1, Answers(0)))]).unwrap();
    for _ in 0..10 {
        registry.scope(one(&places)).await.unwrap();
    }
    assert_eq!(health(&registry).await, HealthStatus::Healthy);
    assert!(registry.get("s/a").is_none());
}
#[tokio::test(start_paused = true)]
async fn targets_of_a_dropped_pool_leave() {
    #[resilient(service = "s", retry = off, targets = pool)]
    async fn ask(#[target] to: &Place, pool: &TargetPool<Place>) -> Answer {
        to.ask().await
    }
    let registry = Registry::new();
    let [gone, lives] =
        ["old", "new"].map(|name| TargetPool::of([(name, Place::new(0, Answers(0)))]).unwrap());
    registry.scope(ask(&gone)).await.unwrap();
    registry.scope(ask(&lives)).await.unwrap();
    registry
        .get("s/old")
        .unwrap()
        .circuit_breaker()
        .force_open();
    drop(gone);
    for _ in 0..100 {
        registry.scope(ask(&lives)).await.unwrap();
    }
    assert_eq!(health(&registry).await, HealthStatus::Healthy);
}
#[tokio::test(start_paused = true)]
async fn function_named_like_a_target_is_not_cut_off_in_silence() {
    #[resilient(service = "s/a", retry = off)]
    async fn other() -> Answer {
        Ok(5)
    }
    #[resilient(service = "s", retry = off, targets = pool)]
    async fn ask(#[target] to: &Place, pool: &TargetPool<Place>) -> Answer {
        to.ask().await
    }
    let registry = Registry::new();
    let places = pool([Answers(0)]);
    for _ in 0..10 {
        registry.scope(other()).await.unwrap();
        registry.scope(ask(&places)).await.unwrap();
    }
    registry.get("s/a").unwrap().circuit_breaker().force_open();
    assert!(
        registry.scope(other()).await.is_err() || registry.check().is_err(),
        "`other` runs on a breaker that nobody sees: {}",
        stats(&registry, "s/a").calls
    );
}

struct Breaks(u32);
impl Stream for Breaks {
    type Item = Result<u32, ApiError>;
    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0 += 1;
        Poll::Ready(match self.0 {
            1 => Some(Ok(1)),
            2 => Some(Err(ApiError::Transient)),
            _ => None,
        })
    }
}
#[tokio::test(start_paused = true)]
async fn broken_stream_is_counted_for_the_pool() {
    #[resilient(service = "s", idempotent, stream = "first_item", targets = pool)]
    async fn items(
        #[target] to: Arc<Place>,
        pool: &TargetPool<Place>,
    ) -> Result<impl Stream<Item = Result<u32, ApiError>> + use<>, ApiError> {
        to.ask().await?;
        Ok(Breaks(0))
    }
    let registry = Registry::new();
    let places = pool([Answers(0)]);
    let mut stream = Box::pin(
        registry
            .scope(async { items(&places).await.unwrap() })
            .await,
    );
    while std::future::poll_fn(|cx| stream.as_mut().poll_next(cx))
        .await
        .is_some()
    {}
    assert_eq!(stats(&registry, "s/a").broken_streams, 1);
    assert_eq!(stats(&registry, "s").broken_streams, 1);
}

#[tokio::test(start_paused = true)]
async fn calls_by_hand_at_a_target_are_counted_once() {
    #[resilient(service = "s", targets = pool)]
    async fn ask(#[target] to: &Place, pool: &TargetPool<Place>) -> Answer {
        to.ask().await
    }
    let registry = Registry::new();
    let places = pool([Answers(0)]);
    registry.scope(ask(&places)).await.unwrap();
    let target = registry.get("s/a").unwrap();
    let denied: Result<u32, ApiError> = target.call(|| async { Err(ApiError::Permanent) }).await;
    denied.unwrap_err();
    let (of_pool, of_target) = (stats(&registry, "s"), stats(&registry, "s/a"));
    assert_eq!(
        (of_target.calls, of_target.attempts),
        (2, 2),
        "(target's calls, attempts)"
    );
    assert_eq!(of_pool.attempts, 1, "no call of the pool");
}

#[tokio::test(start_paused = true)]
async fn check_names_a_second_pool_that_was_never_filled() {
    #[resilient(service = "s", targets = pool)]
    async fn ask(#[target] to: &Place, pool: &TargetPool<Place>) -> Answer {
        to.ask().await
    }
    let registry = Registry::new();
    for _ in 0..2 {
        let empty = TargetPool::new();
        registry.scope(ask(&empty)).await.unwrap_err();
        assert!(registry.check().is_err());
    }
}
#[test]
fn check_after_sets_at_once() {
    #[resilient(service = "s", retry = off, targets = pool)]
    async fn ask(#[target] to: &Place, pool: &TargetPool<Place>) -> Answer {
        to.ask().await
    }
    let registry = Registry::new();
    let places = TargetPool::new();
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(registry.scope(ask(&places)))
        .unwrap_err();
    let x = Arc::new(Place::new(0, Answers(0)));
    let (barrier, mut wrong) = (Barrier::new(2), 0);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for _ in 0..200_000 {
                barrier.wait();
                places.set(Vec::<Target<Place>>::new()).unwrap();
                barrier.wait();
                barrier.wait();
            }
        });
        for _ in 0..200_000 {
            barrier.wait();
            places.set([Target::new("x", x.clone())]).unwrap();
            barrier.wait();
            wrong += u32::from(places.is_empty() != registry.check().is_err());
            barrier.wait();
        }
    });
    assert_eq!(wrong, 0);
}

async fn health(registry: &Registry) -> HealthStatus {
    let monitor = ServiceHealthMonitor::new(HealthMonitorConfig::default()).unwrap();
    monitor
        .add_checker("s", ServiceHealthChecker::new(registry.get("s").unwrap()))
        .unwrap();
    monitor.check_now("s").await.unwrap().status
}
