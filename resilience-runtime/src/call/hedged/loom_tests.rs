//! Two attempts of one call that two threads complete, by the model checker: every interleaving with the task that waits for
//! them. There are no timers here, so the second attempt is started by hand.

use std::future::{Future, poll_fn};
use std::task::Poll;

use loom::future::{AtomicWaker, block_on};
use loom::sync::Arc;
use loom::sync::atomic::AtomicBool;
use loom::sync::atomic::Ordering::{Acquire, Release};
use loom::thread;

use crate::call::Call;
use crate::call::attempt::Attempt;
use crate::clock::Moment;
use crate::config::{HedgeDelay, Key, Pattern, Value};
use crate::error::ResilienceError;
use crate::name::ServiceKind;
use crate::plan::{Function, Site};
use crate::registry::Registry;
use crate::service::Service;
use crate::verdict::Verdict;
use crate::verdict::autoref::{Classified, Known};

type Answer = Result<u8, ResilienceError>;

static ASK: Function = Function::new("api", ServiceKind::Llm, "ask", "src/lib.rs:1:1")
    .settings(&[
        (
            Key::HedgeDelay,
            Value::HedgeDelay(HedgeDelay::Percentile(50.0)),
        ),
        (Key::HedgeMaxHedges, Value::Count(1)),
        (Key::BulkheadMaxConcurrent, Value::Count(2)),
    ])
    .off(&[
        Pattern::Timeout,
        Pattern::Deadline,
        Pattern::Retry,
        Pattern::RateLimit,
    ])
    .hedges();

/// What a server answers from another thread.
#[derive(Default)]
struct Reply {
    is_there: AtomicBool,
    waker: AtomicWaker,
}

impl Reply {
    fn send(&self) {
        self.is_there.store(true, Release);
        self.waker.wake();
    }
}

fn received(
    reply: Arc<Reply>,
    answer: fn(u8) -> Answer,
    number: u8,
) -> impl Future<Output = Answer> {
    poll_fn(move |cx| {
        reply.waker.register_by_ref(cx.waker());
        if reply.is_there.load(Acquire) {
            Poll::Ready(answer(number))
        } else {
            Poll::Pending
        }
    })
}

fn transient(error: &ResilienceError) -> Known<'_, ResilienceError> {
    let _ = error;
    Known {
        classified: Classified::of(Verdict::transient()),
        boxed: None,
    }
}

/// Runs a call with two attempts, whose answers two threads send. Returns the one that the caller gets.
fn race(registry: &Registry, answer: fn(u8) -> Answer) -> Answer {
    let site = Box::leak(Box::new(Site::new()));
    let plan = Call::plan(site, &ASK, Some(registry));
    let mut call = Call::start(&plan);
    let mut attempt = Attempt::new(&call);
    let admitted = Attempt::admit_now(&mut attempt, &mut call);
    assert!(matches!(admitted, Some(Ok(()))));
    let replies = [Arc::<Reply>::default(), Arc::default()];
    let mut made = 0;
    let make = |_: &Attempt<'_>| {
        made += 1;
        received(Arc::clone(&replies[made - 1]), answer, made as u8)
    };
    let mut race = Box::pin(Attempt::run_hedged(
        &mut attempt,
        &mut call,
        None,
        make,
        transient,
        |_| None,
        |_| None,
    ));
    start_beside(&mut race.as_mut().project());
    let senders = replies
        .clone()
        .map(|reply| thread::spawn(move || reply.send()));
    let outcome = block_on(race.as_mut());
    drop(race);
    for sender in senders {
        sender.join().expect("no panic");
    }
    if Call::succeeded(&mut call, &mut attempt, &outcome) {
        return outcome.expect("a success");
    }
    let unchanged = |_: &Call<'_>, error| error;
    let concluded = Call::conclude(&mut call, &mut attempt, outcome, None, transient, unchanged);
    concluded.break_value().expect("nothing is retried")
}

fn start_beside<'p, F, M, C, K, U>(race: &mut super::Race<'_, '_, 'p, F, M, C, K, U>)
where
    F: Future<Output = Answer>,
    M: FnMut(&Attempt<'p>) -> F,
{
    let hedge = race.call.admit_hedge(None, &[], Moment::now());
    let hedge = hedge.expect("it may start");
    let body = (race.make)(&hedge);
    race.call.begin_hedge(&hedge);
    race.others.push(hedge, race.call.attempts, body);
}

fn api(registry: &Registry) -> std::sync::Arc<Service> {
    registry.get("api").expect("it was called")
}

/// Whoever is first, one answer wins, the other attempt has lost, and both places are back.
///
/// Fails with this in `start.rs`:
/// ```diff
/// -        self.complete(BreakerOutcome::Cancelled, Load::Unknown, || now);
/// +        self.phase = Phase::Ended;
/// ```
#[test]
fn loom_one_of_two_answers_wins_and_every_permit_returns() {
    loom::model(|| {
        let registry = Registry::new();
        let answer = race(&registry, Ok).expect("an answer");
        let stats = api(&registry).stats();
        assert_eq!((stats.calls, stats.successes, stats.attempts), (1, 1, 2));
        assert_eq!((stats.hedges, stats.hedge_cancelled), (1, 1));
        assert_eq!(stats.hedge_wins, u64::from(answer == 2));
        assert_eq!((stats.in_flight, stats.abandoned), (0, 0));
    });
}

/// A failure leaves the other one running: the task is woken for each of them.
///
/// Fails with this in `mod.rs`:
/// ```diff
/// -            if let Some(outcome) = race.poll_others(cx) {
/// +            if let (true, Some(outcome)) = (race.body.is_none(), race.poll_others(cx)) {
/// ```
#[test]
fn loom_both_failures_are_waited_for_and_counted_once() {
    loom::model(|| {
        let registry = Registry::new();
        let failed = |number: u8| {
            Err(ResilienceError::BulkheadFull {
                service: "elsewhere".into(),
                attempts: number.into(),
            })
        };
        race(&registry, failed).expect_err("both failed");
        let stats = api(&registry).stats();
        assert_eq!((stats.failed, stats.attempts), (1, 2));
        assert_eq!(stats.failures.transient, 2);
        assert_eq!((stats.in_flight, stats.hedge_cancelled), (0, 0));
    });
}
