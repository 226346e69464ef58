//! A half-open circuit does not depend on a probe that never comes back.

use std::cell::Cell;
use std::future::{pending, ready};
use std::pin::pin;
use std::task::{Context, Waker};
use std::time::Duration;

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
