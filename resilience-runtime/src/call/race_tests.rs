//! Two attempts of one call side by side, driven by hand: whoever wins, loses, panics or is dropped at any poll,
//! permits, counters, budget and breaker come out right.

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use super::attempt::Attempt;
use super::run::AttemptTimer;
use super::{Call, Outcome};
use crate::circuit_breaker::CircuitState;
use crate::clock::Moment;
use crate::config::{
    BulkheadSettings, CircuitBreakerSettings, RateLimitSettings, RetrySettings, ServiceSettings,
    Settings,
};
use crate::error::ResilienceError;
use crate::name::ServiceKind;
use crate::plan::PlanRef;
use crate::rate_limit::{Amount, KeyHash, Priority, Take};
use crate::registry::Registry;
use crate::service::Service;
use crate::telemetry::ServiceStats;
use crate::verdict::Verdict;
use crate::verdict::autoref::Classified;

const SECOND: Duration = Duration::from_secs(1);
/// Tokens of the service's rate limit, and places of its bulkhead.
const TOKENS: u32 = 10;
const PLACES: u32 = 2;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Succeeds,
    Fails,
    Panics,
    Hangs,
}

/// A body that is pending a few times before its end.
#[derive(Clone, Copy, Debug)]
struct Script {
    pending: u32,
    end: End,
}

type Answer = Result<u8, ResilienceError>;

async fn body(script: Script) -> Answer {
    let mut left = script.pending;
    poll_fn(|cx| {
        if left == 0 {
            return Poll::Ready(());
        }
        left -= 1;
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
    match script.end {
        End::Succeeds => Ok(1),
        End::Fails => Err(ResilienceError::BulkheadFull {
            service: "elsewhere".into(),
            attempts: 0,
        }),
        End::Panics => panic!("planned"),
        End::Hangs => std::future::pending().await,
    }
}

/// One of the attempts in the race.
struct Lane<'p> {
    attempt: Attempt<'p>,
    body: Pin<Box<dyn Future<Output = Answer>>>,
    timer: Pin<Box<AttemptTimer>>,
    polled: bool,
}

/// What became of the attempts that ended, in their order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Ended {
    successes: u64,
    failures: u64,
    /// Failures since the last success.
    failures_in_a_row: u32,
}

/// Two attempts of one call: the first success wins, and the other one is dropped.
struct Race<'p> {
    // Dropped before the call, as a caller's attempts are.
    lanes: Vec<Lane<'p>>,
    call: Call<'p>,
    ended: Ended,
}

impl<'p> Race<'p> {
    /// Begins both attempts; the second one is charged to the retry budget as a retry is.
    fn begin(plan: &'p PlanRef, scripts: [Script; 2]) -> Self {
        let mut call = Call::start(plan);
        let mut lanes = Vec::new();
        for (number, script) in scripts.into_iter().enumerate() {
            if number > 0 {
                assert!(call.core().budget.try_spend());
                call.retry_charged = true;
            }
            let mut attempt = Attempt::new(&call);
            let admission = Attempt::admit_now(&mut attempt, &mut call);
            assert!(matches!(admission, Some(Ok(()))), "{admission:?}");
            lanes.push(Lane {
                attempt,
                body: Box::pin(body(script)),
                timer: Box::pin(AttemptTimer::new()),
                polled: false,
            });
        }
        Self {
            lanes,
            call,
            ended: Ended::default(),
        }
    }

    /// Polls each attempt once. Ready: the call has ended.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Answer> {
        let mut next = 0;
        while next < self.lanes.len() {
            let lane = &mut self.lanes[next];
            lane.polled = true;
            let (call, body) = (&mut self.call, Pin::new(&mut lane.body));
            let polled = lane.attempt.poll_body(call, body, lane.timer.as_mut(), cx);
            let Poll::Ready(outcome) = polled else {
                next += 1;
                continue;
            };
            if Call::succeeded(call, &mut lane.attempt, &outcome) {
                self.ended.successes += 1;
                self.ended.failures_in_a_row = 0;
                self.lanes.clear();
                return Poll::Ready(outcome.expect("it is a success"));
            }
            let error = outcome
                .expect("no timer is due")
                .into_result()
                .expect_err("it is no success");
            let classified = Classified::of(Verdict::transient());
            let failed = lane.attempt.fail(call, &classified, None, "Answer");
            self.ended.failures += 1;
            self.ended.failures_in_a_row += 1;
            self.lanes.remove(next);
            if self.lanes.is_empty() {
                call.after_failure(failed);
                return Poll::Ready(Err(error));
            }
        }
        Poll::Pending
    }
}

fn service(settings: ServiceSettings) -> Arc<Service> {
    let registry = Registry::new();
    let settings = settings
        .retry(RetrySettings::default().max_attempts(2))
        .rate_limit(RateLimitSettings::default().requests_per_hour(TOKENS))
        .bulkhead(BulkheadSettings::default().max_concurrent(PLACES));
    registry
        .configure(Settings::without_env().service("race", settings))
        .expect("valid");
    registry
        .service("race", ServiceKind::Custom)
        .expect("a free name")
}

fn all_scripts() -> Vec<Script> {
    let ends = [End::Succeeds, End::Fails, End::Panics, End::Hangs];
    let scripts = |end| (0..3).map(move |pending| Script { pending, end });
    ends.into_iter().flat_map(scripts).collect()
}

/// Polls the race at most `polls` times and drops it; returns what ended, how many bodies began, and whether one
/// panicked.
fn race(service: &Service, scripts: [Script; 2], polls: usize) -> (Ended, u64, bool) {
    let plan = service.plan();
    let mut race = Race::begin(&plan, scripts);
    let mut cx = Context::from_waker(Waker::noop());
    let mut begun = 0;
    let mut panicked = false;
    for _ in 0..polls {
        let polled = catch_unwind(AssertUnwindSafe(|| race.poll(&mut cx)));
        let running = race.lanes.iter().filter(|lane| lane.polled).count() as u64;
        begun = begun.max(running + race.ended.successes + race.ended.failures);
        match polled {
            Ok(Poll::Pending) => {}
            Ok(Poll::Ready(_)) => break,
            Err(_) => {
                panicked = true;
                break;
            }
        }
    }
    // A winner drops an attempt that has begun, or that was never polled.
    let ended = race.ended;
    drop(race);
    (ended, begun, panicked)
}

/// The sums that hold however the race ends.
fn check(service: &Service, stats: &ServiceStats, ended: Ended, context: &str) {
    let budget = 99.0 + 0.1 * ended.successes as f64;
    assert_eq!(stats.calls, 1, "{context}");
    assert_eq!(stats.successes, ended.successes, "{context}");
    assert_eq!(stats.failures.total(), ended.failures, "{context}");
    assert_eq!(stats.in_flight, 0, "every permit came back: {context}");
    assert!((stats.retry_budget - budget).abs() < 1e-9, "{context}");
    let decided = stats.successes + stats.failed + stats.abandoned;
    assert_eq!(decided, 1, "the call has one end: {context}");
    // Every attempt that began has one end, and spent its token; the others cost nothing.
    let take = || {
        service.core.limiter.try_take(
            KeyHash::NONE,
            Amount::units(1),
            Priority::Normal,
            Moment::now(),
        )
    };
    let left = (0..=TOKENS).take_while(|_| matches!(take(), Take::Taken { .. }));
    let spent = u64::from(TOKENS) - left.count() as u64;
    assert_eq!(spent, stats.attempts, "{context}");
}

#[tokio::test(start_paused = true)]
async fn race_returns_every_permit_however_it_ends() {
    let scripts = all_scripts();
    for first in &scripts {
        for second in &scripts {
            for polls in 0..5 {
                let context = format!("{first:?}, {second:?}, dropped after {polls} polls");
                let service = service(
                    ServiceSettings::default()
                        .circuit_breaker(CircuitBreakerSettings::default().failure_threshold(5)),
                );
                let (ended, begun, panicked) = race(&service, [*first, *second], polls);
                let may_panic = [first, second]
                    .iter()
                    .any(|script| script.end == End::Panics);
                assert!(may_panic || !panicked, "{context}");
                let panics_first = first.end == End::Panics && first.pending == 0;
                assert!(panicked || polls == 0 || !panics_first, "{context}");
                let stats = service.stats();
                check(&service, &stats, ended, &context);
                // The winner may drop an attempt before its first poll.
                assert!(
                    stats.attempts <= 2 && stats.attempts >= begun.min(2),
                    "{context}"
                );
                if polls == 0 {
                    assert_eq!((stats.attempts, stats.abandoned), (0, 1), "{context}");
                }
                let in_a_row = stats.circuit.consecutive_failures;
                assert_eq!(in_a_row, ended.failures_in_a_row, "{context}");
            }
        }
    }
}

/// Two probes of a half-open breaker at once.
#[tokio::test(start_paused = true)]
async fn race_of_probes_leaves_no_probe_behind() {
    let scripts = all_scripts();
    let breaker = CircuitBreakerSettings::default()
        .failure_threshold(1)
        .recovery_timeout(SECOND)
        .success_threshold(2)
        .half_open_max_calls(2);
    for first in &scripts {
        for second in &scripts {
            for polls in 0..5 {
                let context = format!("{first:?}, {second:?}, dropped after {polls} polls");
                let service = service(ServiceSettings::default().circuit_breaker(breaker.clone()));
                let circuit = service.circuit_breaker();
                circuit.try_acquire().expect("it is closed").failure();
                tokio::time::sleep(SECOND).await;
                let (ended, ..) = race(&service, [*first, *second], polls);
                check(&service, &service.stats(), ended, &context);
                // A failure opens the breaker again, and a success of the round before then changes nothing.
                if ended.failures > 0 {
                    assert_eq!(circuit.state(), CircuitState::Open, "{context}");
                } else {
                    assert_eq!(circuit.state(), CircuitState::HalfOpen, "{context}");
                    let probes = [circuit.try_acquire(), circuit.try_acquire()];
                    let free = probes.iter().filter(|probe| probe.is_ok()).count();
                    assert_eq!(free, 2, "{context}");
                }
            }
        }
    }
}
