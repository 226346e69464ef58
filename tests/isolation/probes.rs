//! A half-open circuit does not depend on a probe that never comes back.

use std::cell::Cell;
use std::collections::VecDeque;
use std::future::{pending, poll_fn, ready};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use futures_core::Stream;

use resilience_runtime::{
    CircuitBreaker, CircuitBreakerConfig, CircuitState, Classify, Registry, ResilienceError,
    ServiceKind, resilient,
};

#[derive(Debug, thiserror::Error, Classify)]
enum Failure {
    #[error("down")]
    #[classify(transient)]
    Down,
    #[error(transparent)]
    Resilience(#[from] ResilienceError),
}

#[derive(Clone, Copy)]
enum Remote {
    Well,
    Down,
    Hangs,
}

async fn ask(remote: &Cell<Remote>) -> Result<u32, Failure> {
    match remote.get() {
        Remote::Well => Ok(1),
        Remote::Down => Err(Failure::Down),
        Remote::Hangs => pending().await,
    }
}

macro_rules! services {
    ($($name:ident($service:literal): $timeout:tt;)*) => { $(
        #[resilient(
            service = $service,
            retry = off,
            deadline = off,
            timeout = $timeout,
            circuit_breaker(
                failure_threshold = 1,
                recovery_timeout = "10s",
                half_open_max_calls = 1,
                success_threshold = 1,
            )
        )]
        async fn $name(remote: &Cell<Remote>) -> Result<u32, Failure> {
            ask(remote).await
        }
    )* };
}

services! {
    without_timeout("probed"): off;
    with_timeout("timed"): "60s";
}

const SECOND: Duration = Duration::from_secs(1);

fn poll_once(future: std::pin::Pin<&mut impl Future>) {
    let mut context = Context::from_waker(Waker::noop());
    assert!(future.poll(&mut context).is_pending());
}

#[tokio::test(start_paused = true)]
async fn hung_probe_without_timeout_gives_its_place_away() {
    let test = async {
        let remote = Cell::new(Remote::Down);
        without_timeout(&remote).await.expect_err("it is down");
        tokio::time::advance(10 * SECOND).await;
        remote.set(Remote::Hangs);
        let mut hung = pin!(without_timeout(&remote));
        poll_once(hung.as_mut());
        remote.set(Remote::Well);
        let rejected = without_timeout(&remote).await;
        assert!(
            matches!(
                rejected,
                Err(Failure::Resilience(ResilienceError::CircuitBreakerOpen {
                    retry_after: Some(wait),
                    ..
                })) if wait == 10 * SECOND
            ),
            "{rejected:?}"
        );
        tokio::time::advance(10 * SECOND).await;
        // Nobody polls the hung one, and it is not dropped.
        assert_eq!(without_timeout(&remote).await.expect("a new probe"), 1);
        for _ in 0..100 {
            without_timeout(&remote).await.expect("it is closed");
        }
    };
    Registry::new().scope(test).await;
}

#[tokio::test(start_paused = true)]
async fn probe_keeps_its_place_for_as_long_as_it_may_take() {
    let test = async {
        let remote = Cell::new(Remote::Down);
        with_timeout(&remote).await.expect_err("it is down");
        tokio::time::advance(10 * SECOND).await;
        remote.set(Remote::Hangs);
        let mut hung = pin!(with_timeout(&remote));
        poll_once(hung.as_mut());
        remote.set(Remote::Well);
        tokio::time::advance(59 * SECOND).await;
        with_timeout(&remote).await.expect_err("its place is taken");
        tokio::time::advance(SECOND).await;
        with_timeout(&remote).await.expect("its time is over");
    };
    Registry::new().scope(test).await;
}

#[tokio::test(start_paused = true)]
async fn late_probe_counts_but_frees_no_place_of_another() {
    let config = CircuitBreakerConfig::default()
        .failure_threshold(1)
        .recovery_timeout(10 * SECOND)
        .half_open_max_calls(1)
        .success_threshold(2);
    let breaker = CircuitBreaker::new("probed", config).expect("valid");
    breaker.try_acquire().expect("closed").failure();
    tokio::time::advance(10 * SECOND).await;
    let late = breaker.try_acquire().expect("a probe");
    assert!(breaker.try_acquire().is_err());
    tokio::time::advance(10 * SECOND).await;
    let second = breaker.try_acquire().expect("the late one lost its place");
    late.success();
    assert!(breaker.try_acquire().is_err(), "the second one holds it");
    second.success();
    assert_eq!(breaker.state(), CircuitState::Closed, "both were well");
    // And one of an earlier round changes nothing.
    breaker.try_acquire().expect("closed").failure();
    tokio::time::advance(10 * SECOND).await;
    let earlier = breaker.try_acquire().expect("a probe");
    tokio::time::advance(10 * SECOND).await;
    breaker.try_acquire().expect("a place").failure();
    assert_eq!(breaker.state(), CircuitState::Open);
    tokio::time::advance(10 * SECOND).await;
    let probe = breaker.try_acquire().expect("a new round");
    earlier.failure();
    assert_eq!(breaker.state(), CircuitState::HalfOpen);
    assert!(breaker.try_acquire().is_err(), "its place is not freed");
    drop(probe);
}

#[tokio::test(start_paused = true)]
async fn by_hand_hung_probe_gives_its_place_away() {
    let registry = Registry::new();
    let service = registry.service("api", ServiceKind::Custom).expect("new");
    let fail = || ready(Err::<u32, _>(Failure::Down));
    while service.circuit_breaker().state() == CircuitState::Closed {
        service.call(fail).await.expect_err("it is down");
    }
    tokio::time::advance(30 * SECOND).await;
    let mut hung: Vec<_> = (0..3)
        .map(|_| Box::pin(service.call(pending::<Result<u32, Failure>>)))
        .collect();
    for probe in &mut hung {
        poll_once(probe.as_mut());
    }
    let answer = service.call(|| ready(Ok::<_, Failure>(1))).await;
    assert!(matches!(answer, Err(Failure::Resilience(_))), "{answer:?}");
    tokio::time::advance(30 * SECOND).await;
    let answer = service.call(|| ready(Ok::<_, Failure>(1))).await;
    assert_eq!(answer.expect("a new probe"), 1);
}

/// The items of a stream; `None`: it breaks off there.
struct Items(VecDeque<Option<u32>>);

impl Stream for Items {
    type Item = Result<u32, Failure>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = self.0.pop_front();
        Poll::Ready(next.map(|item| item.ok_or(Failure::Down)))
    }
}

macro_rules! streams {
    ($($name:ident($service:literal): $retry_until:literal, $successes:literal;)*) => { $(
        #[resilient(
            service = $service,
            retry = off,
            deadline = off,
            timeout = "5s",
            stream(retry_until = $retry_until),
            circuit_breaker(
                failure_threshold = 1,
                recovery_timeout = "10s",
                half_open_max_calls = 1,
                success_threshold = $successes,
            )
        )]
        async fn $name(
            items: &[Option<u32>],
        ) -> Result<impl Stream<Item = Result<u32, Failure>> + use<>, Failure> {
            match items {
                [] => Err(Failure::Down),
                items => Ok(Items(items.iter().copied().collect())),
            }
        }
    )* };
}

streams! {
    waited_for("read"): "first_item", 1;
    passed_on("opened"): "opened", 1;
    of_two("read-twice"): "first_item", 2;
}

async fn next<T>(stream: &mut Pin<Box<impl Stream<Item = T>>>) -> Option<T> {
    poll_fn(|cx| stream.as_mut().poll_next(cx)).await
}

const ITEMS: &[Option<u32>] = &[Some(1), Some(2)];

#[tokio::test(start_paused = true)]
async fn first_item_of_a_stream_is_the_success_of_its_probe() {
    let test = async {
        let failed = waited_for(&[]).await.map(drop);
        failed.expect_err("it is down");
        tokio::time::advance(10 * SECOND).await;
        // Nobody reads it.
        let _unread = waited_for(ITEMS).await.expect("a probe");
        for _ in 0..100 {
            waited_for(ITEMS).await.map(drop).expect("it is closed");
        }
    };
    Registry::new().scope(test).await;
}

#[tokio::test(start_paused = true)]
async fn first_item_that_the_caller_reads_is_the_success_of_a_probe() {
    let test = async {
        let failed = passed_on(&[]).await.map(drop);
        failed.expect_err("it is down");
        tokio::time::advance(10 * SECOND).await;
        let mut slow = Box::pin(passed_on(ITEMS).await.expect("a probe"));
        let rejected = passed_on(ITEMS).await.map(drop);
        rejected.expect_err("its place is taken: there is no item yet");
        next(&mut slow).await.expect("an item").expect("well");
        for _ in 0..100 {
            passed_on(ITEMS).await.map(drop).expect("it is closed");
        }
    };
    Registry::new().scope(test).await;
}

#[tokio::test(start_paused = true)]
async fn stream_counts_one_success_and_frees_its_place_with_its_first_item() {
    let registry = Registry::new();
    let test = async {
        let failed = of_two(&[]).await.map(drop);
        failed.expect_err("it is down");
        let service = registry.get("read-twice").expect("it is there");
        let breaker = service.circuit_breaker();
        tokio::time::advance(10 * SECOND).await;
        let mut first = Box::pin(of_two(ITEMS).await.expect("a probe"));
        while let Some(item) = next(&mut first).await {
            item.expect("well");
        }
        drop(first);
        assert_eq!(breaker.state(), CircuitState::HalfOpen, "it is one success");
        let _unread = of_two(ITEMS).await.expect("the place is free");
        assert_eq!(breaker.state(), CircuitState::Closed);
    };
    registry.clone().scope(test).await;
}

#[tokio::test(start_paused = true)]
async fn stream_that_breaks_off_after_its_first_item_reopens_its_own_round_alone() {
    let registry = Registry::new();
    let test = async {
        let failed = of_two(&[]).await.map(drop);
        failed.expect_err("it is down");
        let service = registry.get("read-twice").expect("it is there");
        let breaker = service.circuit_breaker();
        tokio::time::advance(10 * SECOND).await;
        let breaks = &[Some(1), None];
        let mut first = Box::pin(of_two(breaks).await.expect("a probe"));
        assert_eq!(breaker.state(), CircuitState::HalfOpen);
        next(&mut first).await.expect("an item").expect("well");
        next(&mut first).await.expect("an error").expect_err("down");
        assert_eq!(breaker.state(), CircuitState::Open);
        // Of an earlier state, it changes nothing.
        tokio::time::advance(10 * SECOND).await;
        let mut late = Box::pin(of_two(breaks).await.expect("a probe"));
        let _second = of_two(ITEMS).await.expect("a probe");
        assert_eq!(breaker.state(), CircuitState::Closed);
        next(&mut late).await.expect("an item").expect("well");
        next(&mut late).await.expect("an error").expect_err("down");
        assert_eq!(breaker.state(), CircuitState::Closed);
    };
    registry.clone().scope(test).await;
}
