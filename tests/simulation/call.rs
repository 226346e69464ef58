//! One call as the harness sees it: its attempts, and what may follow on what.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use resilience_runtime::{Classify, ResilienceError, Verdict};
use tokio::time::Instant;

use crate::weather::Reply;
use crate::witness::Witness;

#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    #[error("the remote said no")]
    Remote(Reply),
    #[error(transparent)]
    Resilience(#[from] ResilienceError),
}

impl Classify for ApiError {
    fn classify(&self) -> Verdict {
        match self {
            Self::Remote(Reply::Refused) => Verdict::transient(),
            Self::Remote(Reply::Lost) => Verdict::outcome_unknown(),
            Self::Remote(Reply::Throttled(wait)) => Verdict::throttled(*wait),
            Self::Remote(_) => Verdict::permanent(),
            Self::Resilience(error) => error.classify(),
        }
    }
}

/// Timers are tokio's: up to so much late.
const TIMER: Duration = Duration::from_millis(1);

pub type Answer = Result<u64, ApiError>;

/// What the attribute of the function says.
#[derive(Clone, Copy)]
pub struct Promised {
    pub max_attempts: usize,
    pub idempotent: bool,
    pub timeout: Duration,
    pub deadline: Duration,
    /// Each answer is billed: after a timeout at most one more.
    pub billed: bool,
    /// With a waiting time of zero a refusal says that nothing was left at that moment.
    pub refused_at_once: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Running,
    Replied(Reply),
    TimedOut,
    CutByDeadline,
    Left,
}

pub struct Call {
    pub witness: Rc<Witness>,
    promised: Promised,
    pub key: u32,
    pub cost: u32,
    began: Instant,
    attempts: RefCell<Vec<End>>,
    /// The caller goes away in this moment.
    leaving: Cell<bool>,
    rescued: Cell<bool>,
    /// After how many attempts a retry was paid for that has not begun.
    paid: Cell<Option<usize>>,
}

impl Call {
    pub fn new(witness: &Rc<Witness>, promised: Promised, key: u32, cost: u32) -> Self {
        Self {
            witness: Rc::clone(witness),
            promised,
            key,
            cost,
            began: Instant::now(),
            attempts: RefCell::default(),
            leaving: Cell::default(),
            rescued: Cell::default(),
            paid: Cell::default(),
        }
    }

    /// The body.
    pub async fn ask(&self) -> Answer {
        let mut attempt = Attempt::begin(self);
        let (latency, reply) = self.witness.weather.borrow_mut().answer();
        if !latency.is_zero() {
            tokio::time::sleep(latency).await;
        }
        attempt.end = End::Replied(reply);
        match reply {
            Reply::Fine => Ok(self.used().into()),
            // Without the hook, which would print it.
            Reply::Panic => std::panic::resume_unwind(Box::new("the body panics")),
            reply => Err(ApiError::Remote(reply)),
        }
    }

    /// What a good answer turns out to have used of the tokens reserved: less, or more.
    fn used(&self) -> u32 {
        if self.cost.is_multiple_of(3) {
            2 * self.cost
        } else {
            self.cost / 2
        }
    }

    fn may_begin(&self) {
        let name = self.witness.rules.name;
        let attempts = self.attempts.borrow();
        let promised = &self.promised;
        assert!(
            attempts.len() < promised.max_attempts,
            "{name}: more than `max_attempts`"
        );
        assert!(
            self.began.elapsed() <= promised.deadline,
            "{name}: an attempt after the deadline"
        );
        let timeouts = attempts.iter().filter(|end| **end == End::TimedOut).count();
        match attempts.last() {
            None | Some(End::Replied(Reply::Refused | Reply::Throttled(_))) => {}
            Some(End::Replied(Reply::Lost) | End::TimedOut) => {
                assert!(promised.idempotent, "{name}: perhaps made twice");
            }
            Some(end) => panic!("{name}: an attempt after {end:?}"),
        }
        let billed_twice = attempts.len().checked_sub(2).map(|last| attempts[last]);
        assert!(
            !promised.billed || timeouts == 0 || billed_twice != Some(End::TimedOut),
            "{name}: two more after a timeout"
        );
    }

    /// What the call ended with, told by the first who sees it: its fallback or its caller.
    pub fn ended_with(&self, error: &ApiError) {
        let now_refused = !self.witness.allows(self.key, self.cost);
        let parked = self.witness.is_parked(self.key);
        self.give_back();
        self.witness.count(|tally| match error {
            ApiError::Resilience(ResilienceError::CircuitBreakerOpen { .. }) => {
                tally.by_circuit += 1;
            }
            ApiError::Resilience(ResilienceError::RateLimitExceeded { .. }) => {
                assert!(
                    now_refused || parked || !self.promised.refused_at_once,
                    "{}: refused although the limit allows it",
                    self.witness.rules.name
                );
                tally.by_rate_limit += 1;
            }
            ApiError::Resilience(ResilienceError::BulkheadFull { .. }) => tally.by_bulkhead += 1,
            ApiError::Resilience(ResilienceError::DeadlineExceeded { .. }) => tally.deadlines += 1,
            ApiError::Resilience(ResilienceError::Timeout { .. }) | ApiError::Remote(_) => {
                tally.failed += 1;
            }
            ApiError::Resilience(other) => panic!("nobody expected {other:?}"),
        });
        self.in_time();
    }

    fn in_time(&self) {
        let took = self.began.elapsed();
        let longest = self.promised.deadline + TIMER;
        assert!(took <= longest, "{took:?} are beyond the deadline");
    }

    pub fn rescue(&self, error: &ApiError) {
        self.ended_with(error);
        self.rescued.set(true);
    }

    pub fn is_rescued(&self) -> bool {
        self.rescued.get()
    }

    pub fn succeeded(&self) {
        self.in_time();
        self.witness.count(|tally| tally.successes += 1);
        self.witness.deposit();
    }

    /// To be called before the caller drops it.
    pub fn leave(&self) {
        self.leaving.set(true);
    }

    /// The caller is gone, or the body has panicked.
    pub fn abandoned(&self) {
        if !self.is_rescued() {
            self.give_back();
            self.witness.count(|tally| tally.abandoned += 1);
        }
    }

    fn give_back(&self) {
        if self.paid.take().is_some() {
            self.witness.unspend();
        }
    }

    /// It was polled and is not done. If its last attempt is over, a retry has been paid for.
    pub fn is_pending(&self) {
        let attempts = self.attempts.borrow();
        let over = attempts.last().is_some_and(|end| *end != End::Running);
        if over && !self.is_rescued() && self.paid.get() != Some(attempts.len()) {
            self.paid.set(Some(attempts.len()));
            self.witness.spend();
        }
    }
}

/// A body that runs. However it ends, that is noted.
struct Attempt<'a> {
    call: &'a Call,
    began: Instant,
    probe: Option<u64>,
    end: End,
}

impl<'a> Attempt<'a> {
    fn begin(call: &'a Call) -> Self {
        call.may_begin();
        let probe = call.witness.begin(call.key, call.cost);
        call.paid.set(None);
        let mut attempts = call.attempts.borrow_mut();
        attempts.push(End::Running);
        call.witness.count(|tally| {
            tally.attempts += 1;
            tally.retries += u64::from(attempts.len() > 1);
        });
        Self {
            call,
            began: Instant::now(),
            probe,
            end: End::Running,
        }
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        let Call {
            witness, promised, ..
        } = self.call;
        if self.end == End::Running {
            let timeout = self.began + promised.timeout;
            let deadline = self.call.began + promised.deadline;
            let (at, end) = if deadline <= timeout {
                (deadline, End::CutByDeadline)
            } else {
                (timeout, End::TimedOut)
            };
            self.end = if self.call.leaving.get() || std::thread::panicking() {
                End::Left
            } else {
                let late = Instant::now().checked_duration_since(at);
                assert!(
                    late <= Some(TIMER) && late.is_some(),
                    "{end:?}: {late:?} late"
                );
                end
            };
        }
        *self.call.attempts.borrow_mut().last_mut().unwrap() = self.end;
        witness.end(self.probe);
        witness.count(|tally| match self.end {
            End::Replied(Reply::Refused) => tally.transient += 1,
            End::Replied(Reply::Throttled(_)) => tally.throttled += 1,
            End::Replied(Reply::Wrong) => tally.permanent += 1,
            End::Replied(Reply::Lost) | End::CutByDeadline => tally.outcome_unknown += 1,
            End::TimedOut => {
                tally.outcome_unknown += 1;
                tally.timeouts += 1;
            }
            End::Replied(Reply::Fine | Reply::Panic) | End::Left | End::Running => {}
        });
        let Call { key, cost, .. } = *self.call;
        match self.end {
            End::Replied(Reply::Fine) => witness.settle(key, cost, self.call.used()),
            // Surely not executed.
            End::Replied(Reply::Refused | Reply::Throttled(_)) => witness.settle(key, cost, 0),
            _ => {}
        }
        if let End::Replied(Reply::Throttled(asked)) = self.end {
            witness.park(self.call.key, asked);
        }
    }
}
