//! A future that has a place in a bulkhead, or waits for one, and is not polled does not hold up the others.

use std::cell::Cell;
use std::future::{Future, pending};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use futures_core::Stream;
use resilience_runtime::{
    BoxError, Bulkhead, Registry, ResilienceError, ServiceKind, ServiceSettings, Settings,
    config::BulkheadSettings, resilient,
};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, advance, sleep, timeout};

use crate::kept::{bound, keep, ms, poll};

const PLACES: usize = 8;
const OTHERS: u32 = 200;
const SECOND: Duration = Duration::from_secs(1);

macro_rules! calls {
    ($($name:ident: $timeout:tt, $deadline:tt, $wait:literal;)*) => { $(
        #[resilient(
            service = "places",
            retry = off,
            circuit_breaker = off,
            timeout = $timeout,
            deadline = $deadline,
            bulkhead(max_concurrent = 8, max_wait = $wait)
        )]
        async fn $name(body: Arc<Semaphore>) -> Result<(), BoxError> {
            body.acquire().await?.forget();
            Ok(())
        }
    )* };
}

calls! {
    patient: "1s", off, "60s";
    hasty: "1s", off, "0s";
    unlimited: off, off, "60s";
    due: off, "1s", "60s";
}

/// A body that never ends.
fn stuck() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(0))
}

/// A body that is ready at once.
fn ready() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(Semaphore::MAX_PERMITS))
}

fn bulkhead(registry: &Registry) -> Arc<Bulkhead> {
    let service = registry.service("places", ServiceKind::Custom);
    service.expect("it is there").bulkhead().expect("it is on")
}

fn resize(registry: &Registry, places: u32) {
    let settings = BulkheadSettings::new().max_concurrent(places);
    let settings = ServiceSettings::default().bulkhead(settings);
    let settings = Settings::new().service("places", settings);
    registry.configure(settings).expect("valid");
}

/// Lets the others pass, and returns the time that it took.
async fn others_pass(registry: &Registry) -> Duration {
    let start = Instant::now();
    let mut others = JoinSet::new();
    for _ in 0..OTHERS {
        others.spawn(registry.clone().scope(patient(ready())));
    }
    let all = others.join_all().await;
    assert!(all.into_iter().all(|outcome| outcome.is_ok()));
    start.elapsed()
}

async fn in_registry<F: Future>(test: impl FnOnce(Registry) -> F) {
    let registry = Registry::new();
    registry.scope(test(registry.clone())).await;
}

#[tokio::test(start_paused = true)]
async fn unpolled_bodies_hold_up_others_for_their_timeout_alone() {
    in_registry(|registry| async move {
        let kept: Vec<_> = (0..PLACES).map(|_| keep(patient(stuck()))).collect();
        let took = others_pass(&registry).await;
        assert!((SECOND..=SECOND + ms(2)).contains(&took), "{took:?}");
        assert_eq!(bulkhead(&registry).in_flight(), 0);
        for _ in 0..100 {
            hasty(ready()).await.expect("there is a place");
        }
        drop(kept);
        assert_eq!(bulkhead(&registry).in_flight(), 0, "nothing is freed twice");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn call_that_does_not_wait_takes_the_place_of_one_whose_time_is_over() {
    in_registry(|registry| async move {
        let mut kept: Vec<_> = (0..PLACES).map(|_| keep(hasty(stuck()))).collect();
        advance(ms(999)).await;
        hasty(ready()).await.expect_err("their time is not over");
        let bulkhead = bulkhead(&registry);
        bulkhead.try_acquire().map(drop).expect_err("it is full");
        advance(ms(1)).await;
        // As many as there are places, and no more.
        let mut second: Vec<_> = (0..PLACES).map(|_| keep(hasty(stuck()))).collect();
        hasty(ready()).await.expect_err("it is full");
        assert_eq!(bulkhead.in_flight(), PLACES);
        // Dropped or polled, the first ones free nothing.
        for mut first in kept.drain(..PLACES / 2) {
            assert!(matches!(poll(&mut first), Poll::Ready(Err(error))
                if matches!(error.downcast_ref(), Some(ResilienceError::Timeout { .. }))));
        }
        drop(kept);
        hasty(ready()).await.expect_err("it is full");
        second.pop();
        hasty(ready()).await.expect("there is a place");
        assert_eq!(bulkhead.in_flight(), PLACES - 1);
        drop(second);
        assert_eq!(bulkhead.in_flight(), 0);
        let _by_hand = bulkhead.try_acquire().expect("there is a place");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn call_past_its_deadline_gives_its_place_away() {
    in_registry(|registry| async move {
        let _kept: Vec<_> = (0..PLACES).map(|_| keep(due(stuck()))).collect();
        let took = others_pass(&registry).await;
        assert!((SECOND..=SECOND + ms(2)).contains(&took), "{took:?}");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn call_without_time_limit_keeps_its_place_until_it_is_dropped() {
    in_registry(|registry| async move {
        let kept: Vec<_> = (0..PLACES).map(|_| keep(unlimited(stuck()))).collect();
        let error = patient(ready()).await.expect_err("it is full");
        assert!(error.to_string().contains("full"), "{error}");
        let start = Instant::now();
        let other = tokio::spawn(registry.clone().scope(patient(ready())));
        sleep(ms(10)).await;
        drop(kept);
        other.await.expect("no panic").expect("there is a place");
        assert_eq!(start.elapsed(), ms(10));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn time_of_a_body_counts_from_its_start() {
    in_registry(|registry| async move {
        let mut kept = Vec::new();
        for _ in 0..PLACES {
            kept.push(keep(patient(stuck())));
            advance(ms(100)).await;
        }
        // The first one's time is over after 1 s, the next one's 100 ms later.
        let start = Instant::now();
        for turn in 0..4 {
            let next = keep(patient(stuck()));
            drop(next);
            let mut next = Box::pin(patient(stuck()));
            let entered = timeout(ms(150), &mut next).await;
            assert!(entered.is_err() && start.elapsed() == ms(150 * (turn + 1)));
            kept.push(next);
        }
        assert_eq!(bulkhead(&registry).in_flight(), PLACES);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn body_that_ends_in_time_frees_its_place_at_once() {
    in_registry(|registry| async move {
        let body = stuck();
        let mut kept: Vec<_> = (0..PLACES)
            .map(|_| keep(patient(Arc::clone(&body))))
            .collect();
        let other = tokio::spawn(registry.clone().scope(patient(ready())));
        sleep(ms(500)).await;
        body.add_permits(1);
        assert!(poll(&mut kept[0]).is_ready());
        let start = Instant::now();
        other.await.expect("no panic").expect("there is a place");
        assert_eq!(start.elapsed(), Duration::ZERO);
        // One that was passed over may still end well.
        advance(SECOND).await;
        let others: Vec<_> = (0..PLACES).map(|_| keep(patient(stuck()))).collect();
        body.add_permits(1);
        let Poll::Ready(Ok(())) = poll(&mut kept[1]) else {
            panic!("its answer is there");
        };
        assert_eq!(bulkhead(&registry).in_flight(), PLACES);
        drop(others);
        assert_eq!(bulkhead(&registry).in_flight(), 0);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn resized_bulkhead_has_exactly_its_places_beside_unpolled_bodies() {
    in_registry(|registry| async move {
        let kept: Vec<_> = (0..PLACES).map(|_| keep(hasty(stuck()))).collect();
        resize(&registry, 2);
        advance(ms(999)).await;
        hasty(ready()).await.expect_err("8 of 2 places are taken");
        advance(ms(1)).await;
        let mut second: Vec<_> = (0..2).map(|_| keep(hasty(stuck()))).collect();
        hasty(ready()).await.expect_err("it is full");
        resize(&registry, 3);
        second.push(keep(hasty(stuck())));
        hasty(ready()).await.expect_err("it is full");
        drop(kept);
        hasty(ready()).await.expect_err("it is full");
        assert_eq!(bulkhead(&registry).in_flight(), 3);
        drop(second);
        assert_eq!(bulkhead(&registry).in_flight(), 0);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn by_hand_unpolled_body_gives_its_place_away() {
    let registry = Registry::new();
    let service = registry.service("by-hand", ServiceKind::Custom);
    let service = service.expect("new");
    let settings = ServiceSettings::default()
        .timeout(SECOND)
        .bulkhead(BulkheadSettings::new().max_concurrent(1));
    let settings = Settings::new().service("by-hand", settings);
    registry.configure(settings).expect("valid");
    let mut hung = Box::pin(service.call(pending::<Result<(), BoxError>>));
    let polled = hung.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    assert!(polled.is_pending());
    let call = || service.call(|| std::future::ready(Ok::<_, BoxError>(())));
    call().await.expect_err("it is full");
    advance(SECOND).await;
    call().await.expect("its time is over");
}

/// A stream that has one item now and then none for ever.
struct One(bool);

impl Stream for One {
    type Item = Result<u32, BoxError>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if std::mem::replace(&mut self.0, false) {
            Poll::Ready(Some(Ok(1)))
        } else {
            Poll::Pending
        }
    }
}

#[resilient(
    service = "streamed",
    retry = off,
    timeout = "1s",
    stream(retry_until = "first_item"),
    bulkhead(max_concurrent = 1)
)]
async fn streamed(
    opens: Arc<Semaphore>,
) -> Result<impl Stream<Item = Result<u32, BoxError>> + Send + use<>, BoxError> {
    opens.acquire().await?.forget();
    Ok(One(true))
}

#[tokio::test(start_paused = true)]
async fn timeout_is_about_the_opening_of_a_stream_and_its_place_is_kept() {
    let test = async {
        let opens = stuck();
        let mut opening = keep(streamed(Arc::clone(&opens)));
        advance(ms(500)).await;
        opens.add_permits(1);
        let Poll::Ready(Ok(stream)) = poll(&mut opening) else {
            panic!("it is open");
        };
        advance(10 * SECOND).await;
        let second = streamed(ready()).await.map(drop);
        second.expect_err("the stream has the place");
        drop(stream);
        // One that opens when its time is over has none any more.
        let mut late = keep(streamed(Arc::clone(&opens)));
        advance(SECOND).await;
        let _second = streamed(ready()).await.expect("the place of the late one");
        opens.add_permits(1);
        let Poll::Ready(Ok(late)) = poll(&mut late) else {
            panic!("it is open");
        };
        drop(late);
        let third = streamed(ready()).await.map(drop);
        third.expect_err("the second has the place");
    };
    Registry::new().scope(test).await;
}

#[tokio::test(start_paused = true)]
async fn unpolled_bodies_and_unpolled_waiters_hold_up_others_for_the_sum() {
    in_registry(|registry| async move {
        let _bodies: Vec<_> = (0..PLACES).map(|_| keep(patient(stuck()))).collect();
        let _waiters: Vec<_> = (0..64).map(|_| keep(patient(ready()))).collect();
        let took = others_pass(&registry).await;
        assert!(took <= SECOND + bound(64) + ms(1), "{took:?}");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn buffered_calls_of_a_slow_consumer_let_others_pass() {
    in_registry(|registry| async move {
        let seen = Cell::new(0);
        let mut buffered: Vec<_> = (0..PLACES).map(|_| keep(patient(stuck()))).collect();
        for _ in 0..5 {
            // The consumer is busy, then polls all of them once.
            let took = others_pass(&registry).await;
            assert!(took <= SECOND + ms(2), "{took:?}");
            sleep(SECOND).await;
            for call in &mut buffered {
                assert!(poll(call).is_ready(), "it is cut");
                *call = keep(patient(stuck()));
                seen.set(seen.get() + 1);
            }
        }
        assert_eq!(seen.get(), 5 * PLACES);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unpolled_bodies_and_waiters_let_others_pass_in_real_time() {
    #[resilient(
        service = "places",
        retry = off,
        circuit_breaker = off,
        timeout = "50ms",
        bulkhead(max_concurrent = 8, max_wait = "30s")
    )]
    async fn short(body: Arc<Semaphore>) -> Result<(), BoxError> {
        body.acquire().await?.forget();
        Ok(())
    }
    let registry = Registry::new();
    let test = async {
        let _bodies: Vec<_> = (0..PLACES).map(|_| keep(short(stuck()))).collect();
        let _waiters: Vec<_> = (0..8).map(|_| keep(short(ready()))).collect();
        let mut others = JoinSet::new();
        for _ in 0..OTHERS {
            others.spawn(registry.clone().scope(short(ready())));
        }
        let all = timeout(ms(20_000), others.join_all()).await;
        let all = all.expect("nobody waits for the unpolled ones");
        assert!(all.into_iter().all(|outcome| outcome.is_ok()));
    };
    registry.scope(test).await;
}
