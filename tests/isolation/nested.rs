//! Calls inside of the bodies of other calls: neither attempts nor failures multiply.

use std::cell::Cell;
use std::error::Error;
use std::fmt;
use std::future::Future;
use std::time::Duration;

use resilience_runtime::{
    BoxError, CircuitState, Registry, ResilienceError, ServiceKind, Verdict, hint, resilient,
};
use tokio::time::{Instant, sleep};

use crate::server::{Answer, Failure, Says, Server};

/// Three attempts of a service of its own.
#[resilient(
    service = "inner",
    circuit_breaker = off,
    retry(max_attempts = 3, base_delay = "1ms", jitter = "none")
)]
async fn thrice(server: &Server) -> Answer {
    server.answer()
}

macro_rules! outer {
    ($($name:ident: $body:expr;)*) => { $(
        #[resilient(
            service = "outer",
            circuit_breaker = off,
            retry(max_attempts = 3, base_delay = "1ms", jitter = "none")
        )]
        async fn $name(server: &Server) -> Answer {
            #[allow(clippy::redundant_closure_call)]
            ($body)(server).await
        }
    )* };
}

async fn asked<'a, F>(call: impl FnOnce(&'a Server) -> F, server: &'a Server) -> u32
where
    F: Future<Output = Answer>,
{
    let failed = Registry::new().scope(call(server)).await;
    failed.expect_err("the server is down");
    server.asked.get()
}

macro_rules! asked {
    ($call:ident) => {{
        let server = Server::new(Says::Down);
        asked($call, &server).await
    }};
}

#[tokio::test(start_paused = true)]
async fn what_an_inner_call_gave_up_is_not_repeated_when_it_leaves_later() {
    outer! {
        after_a_rollback: async |server: &Server| {
            let failed = thrice(server).await;
            sleep(Duration::from_millis(1)).await;
            failed
        };
        out_of_join: async |server: &Server| {
            let (failed, ()) = tokio::join!(thrice(server), sleep(Duration::from_secs(1)));
            failed
        };
        middle: async |server: &Server| after_a_rollback(server).await;
        three_levels: async |server: &Server| {
            let failed = middle(server).await;
            sleep(Duration::from_millis(1)).await;
            failed
        };
        of_two: async |server: &Server| {
            let first = thrice(server).await;
            let _ = once(server).await;
            sleep(Duration::from_millis(1)).await;
            first
        };
    }
    #[resilient(service = "another", circuit_breaker = off, retry = off)]
    async fn once(server: &Server) -> Answer {
        let _ = server;
        Err(Failure::Busy)
    }
    assert_eq!(asked!(after_a_rollback), 3);
    assert_eq!(asked!(out_of_join), 3);
    assert_eq!(asked!(three_levels), 3);
    assert_eq!(asked!(of_two), 3, "the newer failure is another one");
}

#[tokio::test(start_paused = true)]
async fn the_outer_own_error_is_retried_although_an_inner_one_was_ignored() {
    outer! {
        ignores: async |server: &Server| {
            let _ = thrice(server).await;
            Err(Failure::Own)
        };
        replaces: async |server: &Server| thrice(server).await.map_err(|_| Failure::Own);
        ignores_a_spawned_one: async |_: &Server| {
            let registry = Registry::new();
            let lost = tokio::spawn(async move { registry.scope(by_itself()).await.is_err() });
            assert!(lost.await.expect("no panic"));
            COUNT.set(COUNT.get() + 1);
            Err(Failure::Down)
        };
    }
    #[resilient(service = "inner", retry(max_attempts = 3, base_delay = "1ms"))]
    async fn by_itself() -> Answer {
        Err(Failure::Down)
    }
    thread_local!(static COUNT: Cell<u32> = const { Cell::new(0) });
    assert_eq!(asked!(ignores), 9);
    assert_eq!(asked!(replaces), 9);
    assert_eq!(asked!(ignores_a_spawned_one), 0);
    assert_eq!(COUNT.get(), 3, "spawned calls leave nothing");
}

/// An error equal to one that was handled is taken for it: known, and said in the guide.
#[tokio::test(start_paused = true)]
async fn an_own_error_equal_to_a_handled_one_is_not_retried() {
    outer! {
        equal: async |server: &Server| {
            let _ = thrice(server).await;
            sleep(Duration::from_millis(1)).await;
            Err(Failure::Down)
        };
        equal_after_a_success: async |server: &Server| {
            let _ = thrice(server).await;
            server.says.set(Says::Well);
            thrice(server).await?;
            server.says.set(Says::Down);
            Err(Failure::Down)
        };
    }
    assert_eq!(asked!(equal), 3);
    // Three attempts and a success, in each of three attempts outside.
    assert_eq!(asked!(equal_after_a_success), 12);
}

/// An error that holds another one, and says nothing by itself.
#[derive(Debug)]
struct Held(Option<Box<dyn Error + Send + Sync>>);

impl fmt::Display for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("held")
    }
}

impl Error for Held {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.as_deref().map(|error| error as _)
    }
}

impl From<ResilienceError> for Held {
    fn from(error: ResilienceError) -> Self {
        Self(Some(error.into()))
    }
}

#[tokio::test(start_paused = true)]
async fn an_error_of_another_type_is_recognized_by_its_sources() {
    macro_rules! converts {
        ($name:ident -> $type:ty: $convert:expr) => {
            #[resilient(
                                        service = "outer",
                                        circuit_breaker = off,
                                        classify = |_: &$type| Verdict::transient(),
                                        retry(max_attempts = 3, base_delay = "1ms", jitter = "none")
                                    )]
            async fn $name(server: &Server) -> Result<u32, $type> {
                let failed = thrice(server).await;
                sleep(Duration::from_millis(1)).await;
                #[allow(clippy::redundant_closure_call)]
                failed.map_err($convert)
            }
        };
    }
    converts!(holds -> Held: |error| Held(Some(error.into())));
    converts!(boxes -> BoxError: |error| error.into());
    converts!(drops -> Held: |_| Held(None));
    let asked = async |server: &Server, call: &str| {
        let registry = Registry::new();
        let failed = match call {
            "holds" => registry.scope(holds(server)).await.is_err(),
            "boxes" => registry.scope(boxes(server)).await.is_err(),
            _ => registry.scope(drops(server)).await.is_err(),
        };
        assert!(failed);
        server.asked.get()
    };
    assert_eq!(asked(&Server::new(Says::Down), "holds").await, 3);
    assert_eq!(asked(&Server::new(Says::Down), "boxes").await, 3);
    assert_eq!(asked(&Server::new(Says::Down), "drops").await, 9);
}

#[tokio::test(start_paused = true)]
async fn a_wrapped_error_is_recognized() {
    #[resilient(
        service = "inner",
        circuit_breaker = off,
        retry(max_attempts = 3, base_delay = "1ms", jitter = "none", exhausted = "wrap")
    )]
    async fn wraps(server: &Server) -> Answer {
        server.answer()
    }
    #[resilient(
        service = "outer",
        circuit_breaker = off,
        classify = |_: &Failure| Verdict::transient(),
        retry(max_attempts = 3, base_delay = "1ms", jitter = "none")
    )]
    async fn outer(server: &Server) -> Answer {
        let failed = wraps(server).await;
        sleep(Duration::from_millis(1)).await;
        failed
    }
    assert_eq!(asked!(outer), 3);
}

#[tokio::test(start_paused = true)]
async fn a_failure_inside_counts_once() {
    #[resilient(service = "one", retry = off, circuit_breaker(failure_threshold = 2))]
    async fn inside(server: &Server) -> Answer {
        server.answer()
    }
    #[resilient(service = "one", retry = off)]
    async fn same_service(server: &Server) -> Answer {
        inside(server).await
    }
    #[resilient(service = "other", retry = off, circuit_breaker(failure_threshold = 1))]
    async fn other_service(server: &Server) -> Answer {
        let failed = inside(server).await;
        sleep(Duration::from_millis(1)).await;
        failed
    }
    let server = Server::new(Says::Down);
    let registry = Registry::new();
    let state = |service: &str| {
        let service = registry.get(service).expect("it was called");
        service.circuit_breaker().state()
    };
    for expected in [CircuitState::Closed, CircuitState::Open] {
        registry.scope(same_service(&server)).await.unwrap_err();
        assert_eq!(state("one"), expected);
    }
    for _ in 0..10 {
        registry.scope(other_service(&server)).await.unwrap_err();
    }
    assert_eq!(state("other"), CircuitState::Closed, "it was never asked");
}

/// The outer call reports only where none inside has.
#[tokio::test(start_paused = true)]
async fn the_outer_call_of_a_service_does_not_report_again() {
    #[resilient(
        service = "one",
        retry = off,
        circuit_breaker(failure_rate = 0.5, window = 100, minimum_calls = 100)
    )]
    async fn inside(server: &Server) -> Answer {
        server.answer()
    }
    #[resilient(service = "one", retry = off)]
    async fn outside(server: &Server) -> Answer {
        inside(server).await?;
        Err(Failure::Own)
    }
    let registry = Registry::new();
    let server = Server::new(Says::Well);
    registry.scope(outside(&server)).await.unwrap_err();
    let stats = || {
        let service = registry.get("one").expect("it was called");
        let stats = service.circuit_breaker().stats();
        (stats.calls, stats.failures)
    };
    assert_eq!(stats(), (1, 0));
    server.says.set(Says::Down);
    registry.scope(outside(&server)).await.unwrap_err();
    assert_eq!(stats(), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn what_another_service_asked_for_does_not_cool_down_the_outer_one() {
    #[resilient(service = "busy", retry = off, circuit_breaker = off)]
    async fn inside(server: &Server) -> Answer {
        hint::retry_after(Duration::from_secs(30));
        server.answer()
    }
    #[resilient(service = "outer", retry = off, circuit_breaker = off)]
    async fn outside(server: &Server) -> Answer {
        inside(server).await
    }
    let registry = Registry::new();
    let server = Server::new(Says::Busy);
    registry.scope(outside(&server)).await.unwrap_err();
    let cools_down = |service: &str| {
        let service = registry.get(service).expect("it was called");
        service.stats().cooldowns > 0
    };
    assert!(cools_down("busy") && !cools_down("outer"));
}

#[tokio::test(start_paused = true)]
async fn an_inner_call_does_not_sleep_past_the_end_of_the_outer_one() {
    #[resilient(
        service = "inner",
        circuit_breaker = off,
        retry(max_attempts = 3, base_delay = "10s", jitter = "none")
    )]
    async fn sleepy(server: &Server) -> Answer {
        server.answer()
    }
    #[resilient(service = "outer", retry = off, circuit_breaker = off, deadline = "5s")]
    async fn by_deadline(server: &Server) -> Answer {
        sleepy(server).await
    }
    #[resilient(service = "outer2", retry = off, circuit_breaker = off, timeout = "5s")]
    async fn by_timeout(server: &Server) -> Answer {
        sleepy(server).await
    }
    #[resilient(service = "outer3", retry = off, circuit_breaker = off)]
    async fn two_levels(server: &Server) -> Answer {
        by_deadline(server).await
    }
    #[resilient(service = "outer4", retry = off, circuit_breaker = off, timeout = "30s")]
    async fn long_enough(server: &Server) -> Answer {
        sleepy(server).await
    }
    let began = Instant::now();
    let server = Server::new(Says::Down);
    let registry = Registry::new();
    for failed in [
        registry.scope(by_deadline(&server)).await,
        registry.scope(by_timeout(&server)).await,
        registry.scope(two_levels(&server)).await,
    ] {
        assert!(matches!(failed, Err(Failure::Down)), "{failed:?}");
    }
    assert_eq!((began.elapsed(), server.asked.get()), (Duration::ZERO, 3));
    let failed = registry.scope(long_enough(&server)).await;
    assert!(matches!(failed, Err(Failure::Down)), "{failed:?}");
    assert_eq!(began.elapsed(), Duration::from_secs(10), "one pause fits");
}

#[tokio::test(start_paused = true)]
async fn an_inner_call_does_not_wait_in_line_past_the_end_of_the_outer_one() {
    #[resilient(
        service = "inner",
        retry = off,
        circuit_breaker = off,
        rate_limit(requests_per_minute = 1, max_wait = "50s")
    )]
    async fn in_line(server: &Server) -> Answer {
        server.answer()
    }
    #[resilient(service = "outer", retry = off, circuit_breaker = off, deadline = "5s")]
    async fn outside(server: &Server) -> Answer {
        in_line(server).await
    }
    let began = Instant::now();
    let server = Server::new(Says::Well);
    let registry = Registry::new();
    registry.scope(outside(&server)).await.unwrap();
    let error = registry.scope(outside(&server)).await.unwrap_err();
    assert!(
        matches!(
            error,
            Failure::Resilience(ResilienceError::RateLimitExceeded { .. })
        ),
        "{error:?}"
    );
    assert_eq!(began.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_inside_costs_nothing_outside() {
    #[resilient(service = "all", retry = off, rate_limit(requests_per_minute = 1))]
    async fn for_all(server: &Server) -> Answer {
        server.answer()
    }
    macro_rules! for_one {
        ($name:ident of $service:literal: $before:expr) => {
            #[resilient(
                                                    service = $service,
                                                    retry = off,
                                                    circuit_breaker(failure_threshold = 1),
                                                    rate_limit(requests_per_minute = 20, key = user)
                                                )]
            async fn $name(server: &Server, user: &str) -> Answer {
                #[allow(clippy::redundant_closure_call)]
                ($before)().await;
                for_all(server).await
            }
        };
    }
    for_one!(at_once of "user": async || ());
    for_one!(later of "user_later": async || sleep(Duration::from_millis(1)).await);
    let registry = Registry::new();
    let server = Server::new(Says::Well);
    registry.scope(at_once(&server, "alice")).await.unwrap();
    for _ in 0..20 {
        let refused = registry.scope(at_once(&server, "alice")).await;
        refused.unwrap_err();
    }
    let left = |service: &str| {
        let service = registry.get(service).expect("it was called");
        assert_eq!(service.circuit_breaker().state(), CircuitState::Closed);
        let limiter = service.rate_limiter().expect("it has a limit");
        limiter.check("alice").remaining
    };
    // One was used, and this look takes another.
    assert_eq!(left("user"), 18);
    registry.scope(later(&server, "alice")).await.unwrap_err();
    assert_eq!(left("user_later"), 18, "the body had waited for something");
}

#[tokio::test(start_paused = true)]
async fn a_rejection_by_the_own_service_is_not_repeated() {
    macro_rules! takes_two_tokens {
        ($name:ident of $outer:literal calls $inside:ident of $inner:literal) => {
            #[resilient(service = $inner, retry = off)]
            async fn $inside(server: &Server) -> Answer {
                server.answer()
            }
            #[resilient(
                                        service = $outer,
                                        rate_limit(requests_per_minute = 3),
                                        classify = |_: &Failure| Verdict::transient(),
                                        retry(max_attempts = 3, base_delay = "1ms", jitter = "none")
                                    )]
            async fn $name(server: &Server, turns: &Cell<u32>) -> Answer {
                turns.set(turns.get() + 1);
                $inside(server).await?;
                $inside(server).await?;
                $inside(server).await
            }
        };
    }
    takes_two_tokens!(own of "one" calls inside_one of "one");
    takes_two_tokens!(other of "two" calls inside_three of "three");
    let registry = Registry::new();
    let (server, turns) = (Server::new(Says::Well), Cell::new(0));
    registry.scope(own(&server, &turns)).await.unwrap_err();
    assert_eq!((server.asked.get(), turns.get()), (2, 1));

    let three = registry.service("three", ServiceKind::Custom).unwrap();
    three.circuit_breaker().force_open();
    let turns = Cell::new(0);
    registry.scope(other(&server, &turns)).await.unwrap_err();
    assert_eq!(turns.get(), 3, "another service: by the verdict");
}

#[tokio::test(start_paused = true)]
async fn failover_by_nesting_goes_to_the_next_deployment() {
    #[resilient(service = "eu", retry = off, circuit_breaker(failure_threshold = 1))]
    async fn eu(server: &Server) -> Answer {
        server.answer()
    }
    #[resilient(service = "us", retry = off, circuit_breaker(failure_threshold = 1))]
    async fn us(server: &Server) -> Answer {
        server.answer()
    }
    fn rejected(error: &Failure) -> bool {
        match error {
            Failure::Resilience(error) => error.is_rejection(),
            _ => true,
        }
    }
    #[resilient(
        service = "either",
        retry(max_attempts = 4, base_delay = "1ms", jitter = "none", retry_if = rejected)
    )]
    async fn either(turn: &Cell<usize>, servers: &[Server; 2]) -> Answer {
        turn.set(turn.get() + 1);
        match turn.get() % 2 {
            1 => eu(&servers[0]).await,
            _ => us(&servers[1]).await,
        }
    }
    let servers = [Server::new(Says::Down), Server::new(Says::Well)];
    let registry = Registry::new();
    for _ in 0..10 {
        let turn = Cell::new(0);
        registry.scope(either(&turn, &servers)).await.unwrap();
    }
    assert_eq!(servers.each_ref().map(|server| server.asked.get()), [1, 10]);
    let either = registry.get("either").expect("it was called");
    assert_eq!(either.circuit_breaker().state(), CircuitState::Closed);
}
