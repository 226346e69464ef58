//! Calls inside of others, pattern by pattern: whatever stands between the inner error and the outer body, it is recognized.

use std::cell::Cell;
use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use futures_core::Stream;
use resilience_runtime::{
    CircuitState, Classify, Registry, ResilienceError, ServiceSettings, Settings, Verdict,
    config::RetrySettings, resilient,
};
use tokio::time::{advance, sleep};

use crate::server::{Answer, Failure, Says, Server};

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn poll<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// An outer call that passes on, after an await, what an inner one answers.
macro_rules! passes_on {
    ($name:ident: $inner:expr) => {
        #[resilient(
            service = "outer",
            circuit_breaker(failure_threshold = 1),
            retry(max_attempts = 3, base_delay = "1ms", jitter = "none")
        )]
        async fn $name(server: &Server) -> Answer {
            #[allow(clippy::redundant_closure_call)]
            let answer = ($inner)(server).await;
            sleep(ms(1)).await;
            answer
        }
    };
}

/// So many requests, and an outer circuit that is still closed.
async fn asks<'a, F>(
    registry: &Registry,
    call: impl FnOnce(&'a Server) -> F,
    server: &'a Server,
) -> u32
where
    F: Future<Output = Answer>,
{
    registry.scope(call(server)).await.unwrap_err();
    let outer = registry.get("outer").expect("it was called");
    assert_eq!(outer.circuit_breaker().state(), CircuitState::Closed);
    server.asked.take()
}

macro_rules! inner {
    ($name:ident: $($with:tt)*) => {
        #[resilient(
            service = "inner",
            circuit_breaker = off,
            $($with)*
        )]
        async fn $name(server: &Server) -> Answer {
            server.answer()
        }
    };
}

#[tokio::test(start_paused = true)]
async fn fallback_function_that_is_annotated() {
    inner!(backup: retry(max_attempts = 2, base_delay = "1ms", jitter = "none"));
    inner!(first: retry(max_attempts = 2, base_delay = "1ms", jitter = "none"), fallback = backup);
    passes_on!(outer: first);
    let registry = Registry::new();
    let server = Server::new(Says::Down);
    assert_eq!(asks(&registry, outer, &server).await, 4);
}

#[tokio::test(start_paused = true)]
async fn cached_inner_call() {
    inner!(cached: retry(max_attempts = 2, base_delay = "1ms", jitter = "none"), cache(key = (), ttl = "1s"));
    passes_on!(outer: cached);
    passes_on!(twice_at_once: async |server| tokio::join!(cached(server), cached(server)).1);
    let registry = Registry::new();
    let server = Server::new(Says::Down);
    assert_eq!(asks(&registry, outer, &server).await, 2);
    assert_eq!(
        asks(&registry, twice_at_once, &server).await,
        2,
        "a shared failure"
    );
    // One that found its answer leaves nothing, nor does one that was answered with a stale one.
    server.says.set(Says::Well);
    registry.scope(outer(&server)).await.unwrap();
    server.says.set(Says::Down);
    registry.scope(outer(&server)).await.expect("still fresh");
    assert_eq!(server.asked.get(), 1);
}

#[tokio::test(start_paused = true)]
async fn wrapped_after_the_last_attempt_and_retried_by_other_rules() {
    inner!(wrapped: retry(max_attempts = 2, base_delay = "1ms", jitter = "none", exhausted = "wrap"));
    passes_on!(outer: wrapped);
    let registry = Registry::new();
    let server = Server::new(Says::Down);
    assert_eq!(asks(&registry, outer, &server).await, 2);
}

/// An `Ok` that is a failure is the outer body's to judge.
#[tokio::test(start_paused = true)]
async fn ok_that_is_a_failure_leaves_nothing() {
    fn is_failure(_: &u32) -> Option<Verdict> {
        Some(Verdict::transient())
    }
    inner!(well: retry(max_attempts = 2, base_delay = "1ms", jitter = "none"), classify_ok = is_failure);
    #[resilient(
        service = "outer",
        circuit_breaker(failure_threshold = 3),
        retry(max_attempts = 3, base_delay = "1ms", jitter = "none")
    )]
    async fn outer(server: &Server) -> Answer {
        well(server).await?;
        Err(Failure::Down)
    }
    let server = Server::new(Says::Well);
    let registry = Registry::new();
    registry.scope(outer(&server)).await.unwrap_err();
    assert_eq!(server.asked.get(), 6, "the error is its own");
    let service = registry.get("outer").expect("called");
    assert_eq!(service.circuit_breaker().state(), CircuitState::Open);
}

/// Its own policy may be changed between its attempts and those of the outer call.
#[tokio::test(start_paused = true)]
async fn reconfigured_between() {
    inner!(changing: retry(max_attempts = 3, base_delay = "10ms", jitter = "none"));
    passes_on!(outer: changing);
    let registry = Registry::new();
    let server = Server::new(Says::Down);
    assert_eq!(asks(&registry, outer, &server).await, 3);
    let test = async {
        let mut call = pin!(outer(&server));
        assert!(poll(call.as_mut()).is_pending());
        let retry = RetrySettings::default().max_attempts(5);
        let changed = ServiceSettings::default().retry(retry);
        let settings = Settings::default().service("inner", changed);
        registry.configure(settings).expect("valid");
        call.await.unwrap_err();
    };
    registry.scope(test).await;
    let asked = server.asked.take();
    assert!(asked <= 5, "{asked}: the old policy or the new one, once");
}

/// An error that borrows, of a type that is not `'static`.
#[derive(Debug)]
enum Borrowed<'a> {
    Of(&'a str),
    Resilience,
}

impl From<ResilienceError> for Borrowed<'_> {
    fn from(_: ResilienceError) -> Self {
        Self::Resilience
    }
}

impl Classify for Borrowed<'_> {
    fn classify(&self) -> Verdict {
        match self {
            Self::Of("") => Verdict::permanent(),
            Self::Of(_) => Verdict::transient(),
            Self::Resilience => Verdict::permanent(),
        }
    }
}

/// Bare, a call inside is as if it were not annotated.
#[tokio::test(start_paused = true)]
async fn everything_off() {
    inner!(bare: retry(max_attempts = 2, base_delay = "1ms", jitter = "none"));
    passes_on!(outer: bare);
    let registry = Registry::new();
    let settings = Settings::from_vars([("RESILIENCE_ENABLED", "false")]);
    let settings = settings.expect("it is good");
    registry.configure(settings).expect("they run");
    let server = Server::new(Says::Down);
    assert_eq!(asks(&registry, outer, &server).await, 1);
}

#[tokio::test(start_paused = true)]
async fn error_that_borrows() {
    #[resilient(service = "inner", circuit_breaker = off, retry(max_attempts = 2, base_delay = "1ms"))]
    async fn inner<'a>(server: &Server, text: &'a str) -> Result<u32, Borrowed<'a>> {
        server.answer().map_err(|_| Borrowed::Of(text))
    }
    #[resilient(service = "outer", retry(max_attempts = 3, base_delay = "1ms"))]
    async fn outer<'a>(server: &Server, text: &'a str) -> Result<u32, Borrowed<'a>> {
        let answer = inner(server, text).await;
        sleep(ms(1)).await;
        answer
    }
    let server = Server::new(Says::Down);
    let failed = Registry::new().scope(outer(&server, "text")).await;
    assert!(matches!(failed, Err(Borrowed::Of("text"))), "{failed:?}");
    assert_eq!(server.asked.get(), 2);
}

struct OneItem(bool);

impl Stream for OneItem {
    type Item = Answer;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Answer>> {
        Poll::Ready(std::mem::take(&mut self.0).then_some(Ok(1)))
    }
}

#[tokio::test(start_paused = true)]
async fn stream_that_is_opened_inside() {
    #[resilient(
        service = "inner",
        circuit_breaker = off,
        deadline = off,
        stream = "first_item",
        retry(max_attempts = 2, base_delay = "1ms", jitter = "none")
    )]
    async fn open(server: &Server) -> Result<impl Stream<Item = Answer> + use<>, Failure> {
        server.answer().map(|_| OneItem(true))
    }
    passes_on!(outer: async |server| open(server).await.map(|_| 1));
    let registry = Registry::new();
    let server = Server::new(Says::Down);
    assert_eq!(asks(&registry, outer, &server).await, 2);
}

#[resilient(
    service = "probed",
    retry = off,
    timeout = off,
    deadline = off,
    circuit_breaker(
        failure_threshold = 1,
        recovery_timeout = "10s",
        half_open_max_calls = 1,
        success_threshold = 1
    )
)]
async fn probed(server: &Server) -> Answer {
    tokio::task::yield_now().await;
    server.answer()
}

#[resilient(service = "probed", retry = off, timeout = off, deadline = off)]
async fn around(server: &Server, pause: &Cell<u64>) -> Answer {
    sleep(ms(pause.get())).await;
    let answer = probed(server).await?;
    sleep(ms(1)).await;
    Ok(answer)
}

/// A probe whose time is over has nothing to lend: the place is another one's.
#[tokio::test(start_paused = true)]
async fn probe_lends_no_place_that_it_has_lost() {
    let registry = Registry::new();
    let test = async {
        probed(&Server::new(Says::Down)).await.unwrap_err();
        advance(ms(10_000)).await;
        let server = Server::new(Says::Well);
        let pause = Cell::new(10_001);
        let mut slow = pin!(around(&server, &pause));
        assert!(poll(slow.as_mut()).is_pending());
        advance(ms(10_000)).await;
        // Another probe has the place now.
        let mut other = pin!(probed(&server));
        assert!(poll(other.as_mut()).is_pending());
        advance(ms(1)).await;
        let rejected = slow.await.unwrap_err();
        assert!(
            matches!(
                rejected,
                Failure::Resilience(ResilienceError::CircuitBreakerOpen { .. })
            ),
            "{rejected:?}"
        );
        other.await.unwrap();
        let breaker = registry.get("probed").expect("called").circuit_breaker();
        assert_eq!(breaker.state(), CircuitState::Closed);
    };
    registry.scope(test).await;
}

/// A call that stood in line and was turned away then has cost nothing outside either.
#[tokio::test(start_paused = true)]
async fn call_that_waited_in_line_in_vain_costs_the_outer_one_no_token() {
    #[resilient(
        service = "slow",
        retry = off,
        circuit_breaker = off,
        bulkhead(max_concurrent = 1, max_wait = "1s")
    )]
    async fn slow(server: &Server) -> Answer {
        sleep(ms(5_000)).await;
        server.answer()
    }
    #[resilient(
        service = "mine",
        retry = off,
        rate_limit(requests_per_hour = 10, key = user)
    )]
    async fn mine(server: &Server, user: &str) -> Answer {
        let _ = user;
        slow(server).await
    }
    let registry = Registry::new();
    let server = Server::new(Says::Well);
    let both = async { tokio::join!(mine(&server, "a"), mine(&server, "b")) };
    let (answered, rejected) = registry.scope(both).await;
    answered.unwrap();
    rejected.unwrap_err();
    let limiter = registry.get("mine").expect("called").rate_limiter();
    let limiter = limiter.expect("it has one");
    assert_eq!(limiter.peek("a").remaining, 9);
    assert_eq!(limiter.peek("b").remaining, 10);
}
