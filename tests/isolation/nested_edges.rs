//! Calls inside of others where several run at once, end late, are kept or dropped: nothing multiplies, nothing counts twice.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use resilience_runtime::chaos::Fault;
use resilience_runtime::{Classify, Registry, ResilienceError, ServiceKind, Verdict, resilient};
use tokio::time::sleep;

use crate::server::{Answer, Failure, Says, Server};

#[resilient(
    service = "inner",
    circuit_breaker = off,
    retry(max_attempts = 3, base_delay = "1ms", jitter = "none")
)]
async fn thrice(server: &Server, takes: u64) -> Answer {
    let said = server.answer();
    sleep(ms(takes)).await;
    said
}

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn poll<F: Future + ?Sized>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// What the breaker of a service has counted: calls, and failures among them.
fn counted(registry: &Registry, service: &str) -> (u64, u64) {
    let service = registry.get(service).expect("it was called");
    let stats = service.circuit_breaker().stats();
    (stats.calls, stats.failures)
}

/// Three attempts, and a breaker that only counts.
macro_rules! outer {
    ($(#[$with:meta])* $($name:ident($($arg:ident: $type:ty),*) $body:block)*) => { $(
        #[resilient(
            service = "outer",
            circuit_breaker(failure_rate = 1.0, window = 100, minimum_calls = 100),
            retry(max_attempts = 3, base_delay = "1ms", jitter = "none")
        )]
        async fn $name($($arg: $type),*) -> Answer $body
    )* };
}

/// A later success of the same function does away with a failure only where it came after it.
#[tokio::test(start_paused = true)]
async fn failure_is_not_forgotten_for_the_success_of_a_call_beside_it() {
    outer! {
        beside(down: &Server, well: &Server) {
            let (failed, answered) = tokio::join!(thrice(down, 1), thrice(well, 1_000));
            answered?;
            failed
        }
    }
    let [down, well] = [Says::Down, Says::Well].map(Server::new);
    let registry = Registry::new();
    registry.scope(beside(&down, &well)).await.unwrap_err();
    assert_eq!((down.asked.get(), well.asked.get()), (3, 1));
    assert_eq!(counted(&registry, "outer"), (0, 0));
}

/// Two calls beside each other fail alike, and one of them has a last good answer.
#[tokio::test(start_paused = true)]
async fn failure_is_not_forgotten_for_the_fallback_of_a_call_beside_it() {
    #[resilient(
        service = "inner",
        circuit_breaker = off,
        retry(max_attempts = 3, base_delay = "1ms", jitter = "none"),
        fallback(cache(key = name, ttl = "1h"))
    )]
    async fn remembered(server: &Server, name: &str) -> Answer {
        let _ = name;
        server.answer()
    }
    outer! {
        beside(known: &Server, unknown: &Server) {
            let asked = tokio::join!(remembered(unknown, "b"), remembered(known, "a"));
            asked.1?;
            asked.0
        }
    }
    let [known, unknown] = [Says::Well, Says::Down].map(Server::new);
    let registry = Registry::new();
    registry.scope(remembered(&known, "a")).await.unwrap();
    known.says.set(Says::Down);
    registry.scope(beside(&known, &unknown)).await.unwrap_err();
    assert_eq!((known.asked.get(), unknown.asked.get()), (4, 3));
    assert_eq!(counted(&registry, "outer"), (0, 0));
}

/// One call is turned away after it stood in line, and gets the answer of another one that loads the same.
#[tokio::test(start_paused = true)]
async fn failure_is_not_forgotten_for_a_shared_answer_of_a_call_beside_it() {
    #[resilient(
        service = "inner",
        circuit_breaker = off,
        retry(max_attempts = 3, base_delay = "1ms", jitter = "none"),
        rate_limit(requests_per_second = 1, burst = 1, key = user, max_wait = "900ms"),
        cache(key = question, ttl = "1h")
    )]
    async fn shared(server: &Server, user: &str, question: &str) -> Answer {
        let (_, said) = (user, server.answer());
        sleep(ms(if question == "slow" { 5_000 } else { 1 })).await;
        said
    }
    outer! {
        beside(down: &Server, well: &Server) {
            let asked = tokio::join!(shared(down, "a", "x"), shared(well, "b", "slow"));
            asked.1?;
            asked.0
        }
    }
    let [down, well] = [Says::Down, Says::Well].map(Server::new);
    let registry = Registry::new();
    let test = async {
        shared(&well, "b", "quick").await.unwrap();
        sleep(ms(500)).await;
        let another = async {
            sleep(ms(1)).await;
            shared(&well, "c", "slow").await
        };
        let cooldown = async {
            sleep(ms(200)).await;
            let limiter = registry.get("inner").expect("called").rate_limiter();
            let limiter = limiter.expect("it has one");
            limiter.cool_down("b", Duration::from_secs(60));
        };
        let (failed, answered, ()) = tokio::join!(beside(&down, &well), another, cooldown);
        assert!(matches!(failed, Err(Failure::Down)), "{failed:?}");
        answered.unwrap();
    };
    registry.scope(test).await;
    assert_eq!((down.asked.get(), well.asked.get()), (3, 2));
    assert_eq!(counted(&registry, "outer"), (0, 0));
}

#[derive(Debug, thiserror::Error, Classify)]
enum Doubt {
    #[error("nobody knows")]
    #[classify(outcome_unknown)]
    Unknown,
    #[error(transparent)]
    Resilience(#[from] ResilienceError),
}

/// The hook is polled between the body's end and the look at its error.
#[tokio::test(start_paused = true)]
async fn error_of_another_type_is_recognized_after_the_verify_hook() {
    #[resilient(
        service = "outer",
        circuit_breaker(failure_rate = 1.0, window = 100, minimum_calls = 100),
        retry(max_attempts = 3, base_delay = "1ms", jitter = "none"),
        verify = never_took_effect
    )]
    async fn in_doubt(server: &Server) -> Result<u32, Doubt> {
        thrice(server, 1).await.map_err(|_| Doubt::Unknown)
    }
    async fn never_took_effect(_: &Server) -> Result<Option<u32>, Doubt> {
        Ok(None)
    }
    let server = Server::new(Says::Down);
    let registry = Registry::new();
    registry.scope(in_doubt(&server)).await.unwrap_err();
    assert_eq!(server.asked.get(), 3);
    assert_eq!(counted(&registry, "outer"), (0, 0));
}

/// A session is made by a call of the same service: its report stands for itself, not for the body.
#[tokio::test(start_paused = true)]
async fn body_reports_although_the_reconnect_hook_has() {
    #[resilient(
        service = "session",
        retry = off,
        circuit_breaker(failure_rate = 1.0, window = 100, minimum_calls = 100)
    )]
    async fn connect(server: &Server) -> Answer {
        let _ = server;
        Ok(1)
    }
    async fn renew(server: &Server) -> Result<(), Failure> {
        connect(server).await.map(drop)
    }
    fn lost(error: &Failure) -> Verdict {
        match error {
            Failure::Busy => Verdict::session_lost(),
            error => error.classify(),
        }
    }
    #[resilient(service = "session", retry = off, reconnect = renew, classify = lost)]
    async fn tool(server: &Server) -> Answer {
        server.answer()
    }
    let registry = Registry::new();
    let server = Server::new(Says::Busy);
    registry.scope(connect(&server)).await.unwrap();
    registry.scope(tool(&server)).await.unwrap_err();
    assert_eq!(counted(&registry, "session"), (1, 0));
    server.says.set(Says::Down);
    registry.scope(tool(&server)).await.unwrap_err();
    assert_eq!(server.asked.get(), 2, "its body was run");
    assert_eq!(counted(&registry, "session"), (3, 1));
}

/// A future that is kept from attempt to attempt belongs to the one in which it ends.
#[tokio::test(start_paused = true)]
async fn call_that_was_begun_in_an_earlier_attempt() {
    type Kept<'a> = RefCell<VecDeque<Pin<Box<dyn Future<Output = Answer> + 'a>>>>;
    outer! {
        keeps(kept: &Kept<'_>, server: &Server, turn: &Cell<u32>) {
            turn.set(turn.get() + 1);
            server.asked.set(server.asked.get());
            if turn.get() == 1 {
                let mut calls = kept.borrow_mut();
                for call in calls.iter_mut() {
                    assert!(poll(call.as_mut()).is_pending());
                }
                return Err(Failure::Own);
            }
            let call = kept.borrow_mut().pop_front().expect("it was kept");
            call.await
        }
    }
    let server = Server::new(Says::Down);
    let (kept, turn) = (Kept::default(), Cell::new(0));
    for _ in 0..2 {
        kept.borrow_mut().push_back(Box::pin(thrice(&server, 1)));
    }
    let registry = Registry::new();
    registry
        .scope(keeps(&kept, &server, &turn))
        .await
        .unwrap_err();
    assert_eq!(
        turn.get(),
        2,
        "the own error is retried, the inner one is not"
    );
    assert_eq!(counted(&registry, "outer"), (1, 1), "the own one counts");
    // The other one ends after the outer call: nobody is there to be told.
    let left = kept.borrow_mut().pop_front().expect("another one");
    registry.scope(left).await.unwrap_err();
    assert_eq!(server.asked.get(), 6);
    assert_eq!(counted(&registry, "outer"), (1, 1));
}

#[resilient(
    service = "one",
    timeout = off,
    deadline = off,
    retry = off,
    bulkhead(max_concurrent = 1),
    circuit_breaker(failure_rate = 1.0, window = 100, minimum_calls = 100)
)]
async fn placed(server: &Server, takes: u64) -> Answer {
    sleep(ms(takes)).await;
    server.answer()
}

#[resilient(service = "one", timeout = off, deadline = off, retry = off)]
async fn panicking() -> Answer {
    sleep(ms(1)).await;
    panic!("planned")
}

/// What a loser, or a body that panicked, had borrowed is lent again, and neither is counted.
#[tokio::test(start_paused = true)]
async fn losers_and_panics_give_back_what_they_borrowed() {
    #[resilient(service = "one", timeout = off, deadline = off, retry = off)]
    async fn around(server: &Server) -> Answer {
        tokio::select! {
            _ = placed(server, 1_000) => unreachable!("it is slow"),
            () = sleep(ms(1)) => {}
        }
        {
            let mut call = pin!(panicking());
            assert!(poll(call.as_mut()).is_pending());
            sleep(ms(5)).await;
            let caught = catch_unwind(AssertUnwindSafe(|| poll(call.as_mut()).is_ready()));
            caught.expect_err("it panics");
            placed(server, 1)
                .await
                .expect("the place is there, although it is not dropped");
        }
        placed(server, 1).await
    }
    let registry = Registry::new();
    let server = Server::new(Says::Well);
    let calls = async {
        placed(&server, 0).await?;
        around(&server).await
    };
    registry.scope(calls).await.unwrap();
    assert_eq!(counted(&registry, "one"), (3, 0));
    assert_eq!(registry.get("one").expect("called").stats().in_flight, 0);
}

/// Another service between two calls of one: the innermost borrows, and reports alone.
#[tokio::test(start_paused = true)]
async fn another_service_in_between_changes_nothing() {
    #[resilient(service = "between", retry = off, timeout = off, deadline = off)]
    async fn between(server: &Server) -> Answer {
        placed(server, 1).await
    }
    #[resilient(service = "one", timeout = off, deadline = off, retry = off)]
    async fn around(server: &Server) -> Answer {
        between(server).await
    }
    for says in [Says::Well, Says::Down] {
        let registry = Registry::new();
        let server = Server::new(says);
        let calls = async {
            let _ = placed(&Server::new(Says::Well), 0).await;
            around(&server).await
        };
        let answer = registry.scope(calls).await;
        assert_eq!(answer.is_ok(), says == Says::Well);
        assert_eq!(server.asked.get(), 1, "it has a place");
        let failures = u64::from(says == Says::Down);
        assert_eq!(counted(&registry, "one"), (2, failures), "{says:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn by_hand_inside_of_annotated_and_the_other_way_round() {
    outer! {
        asks_by_hand(registry: &Registry, server: &Server) {
            let service = registry.service("inner", ServiceKind::Custom).expect("known");
            let failed = service.call(|| std::future::ready(server.answer())).await;
            sleep(ms(1)).await;
            failed
        }
    }
    let server = Server::new(Says::Down);
    let registry = Registry::new();
    registry
        .scope(thrice(&Server::new(Says::Well), 0))
        .await
        .unwrap();
    let call = registry.scope(asks_by_hand(&registry, &server));
    call.await.unwrap_err();
    assert_eq!(counted(&registry, "outer"), (0, 0));
    let by_hand = server.asked.take();
    assert!(by_hand >= 2, "the service's own retries");

    let outer = registry
        .service("outer", ServiceKind::Custom)
        .expect("known");
    let call = outer.call(|| thrice(&server, 1));
    registry.scope(call).await.unwrap_err();
    assert_eq!(server.asked.get(), 3);
    assert_eq!(counted(&registry, "outer"), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn injected_faults_inside_are_those_of_the_inner_call() {
    outer! {
        passes_on(server: &Server, turn: &Cell<u32>) {
            turn.set(turn.get() + 1);
            let failed = thrice(server, 1).await;
            sleep(ms(1)).await;
            failed
        }
    }
    let registry = Registry::new();
    let down = Fault::error(Verdict::transient());
    let _injected = registry.inject("inner", down);
    let (server, turn) = (Server::new(Says::Well), Cell::new(0));
    registry.scope(passes_on(&server, &turn)).await.unwrap_err();
    assert_eq!((server.asked.get(), turn.get()), (0, 1));
    assert_eq!(counted(&registry, "outer"), (0, 0));
}
