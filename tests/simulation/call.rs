//! One call as the harness sees it: its attempts, and what may follow on what.

mod attempt;

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use resilience_runtime::{Classify, ResilienceError, Verdict};
use tokio::time::Instant;

use crate::outages::Reply;
use crate::retention::{Page, Retention};
use crate::rules::Patience;
use crate::trace::Trace;
use attempt::Attempt;

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
            Self::Remote(Reply::Denied) => Verdict::denied(),
            Self::Remote(Reply::Gone) => Verdict::not_found(),
            Self::Remote(_) => Verdict::permanent(),
            Self::Resilience(error) => error.classify(),
        }
    }
}

/// Timers are tokio's: up to so much late.
const TIMER: Duration = Duration::from_millis(1);

/// How long a refresh ahead keeps its caller.
const REFRESH: Duration = Duration::from_secs(1);

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
    /// Its key counts for the limit, where there is one.
    pub by_key: bool,
    /// With a waiting time of zero a refusal says that nothing was left at that moment.
    pub refused_at_once: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Running,
    Replied(Reply),
    TimedOut,
    CutByDeadline,
    Left,
}

pub struct Call {
    pub trace: Rc<Trace>,
    promised: Promised,
    pub retention: Rc<Retention>,
    /// Of all that happens in the service.
    pub number: u64,
    /// What was forgotten of its key when it began.
    pub floor: u64,
    /// Whether its bodies take places of the bulkhead.
    placed: bool,
    /// Everything was switched off when it began: its body runs bare, and only fallbacks stay.
    pub bare: bool,
    pub key: u32,
    pub cost: u32,
    began: Instant,
    attempts: RefCell<Vec<End>>,
    /// The caller goes away in this moment.
    leaving: Cell<bool>,
    rescued: Cell<bool>,
    /// Answered without a call of its own, as far as anybody can see.
    uncounted: Cell<bool>,
    /// After how many attempts a retry was paid for that has not begun.
    paid: Cell<Option<usize>>,
    /// Its last attempt is over, and it may wait for another one in a line.
    between: Cell<bool>,
}

impl Drop for Call {
    fn drop(&mut self) {
        self.is_between_attempts(false);
    }
}

impl Promised {
    /// Once, and however long it takes.
    const BARE: Self = Self {
        max_attempts: 1,
        idempotent: false,
        timeout: Duration::from_secs(86_400),
        deadline: Duration::from_secs(86_400),
        billed: false,
        by_key: false,
        refused_at_once: false,
    };

    /// What was said of all functions since goes before what the attribute says; `retry = off` stays.
    fn under(self, said: Patience) -> Self {
        let attempts = said.max_attempts.filter(|_| self.max_attempts > 1);
        Self {
            max_attempts: attempts.map_or(self.max_attempts, |most| most as usize),
            timeout: said.timeout.unwrap_or(self.timeout),
            deadline: said.deadline.unwrap_or(self.deadline),
            ..self
        }
    }
}

impl Call {
    pub fn new(
        trace: &Rc<Trace>,
        promised: Promised,
        retention: &Rc<Retention>,
        key: u32,
        cost: u32,
    ) -> Self {
        let floor = match &**retention {
            Retention::CacheModel(cache_model) => cache_model.borrow_mut().floor(key),
            Retention::LastGood(_) | Retention::Nothing => 0,
        };
        let bare = trace.bare.get();
        trace
            .bare_calls
            .set(trace.bare_calls.get() + u64::from(bare));
        Self {
            trace: Rc::clone(trace),
            // A call ends under the rules that it began with.
            promised: if bare {
                Promised::BARE
            } else {
                promised.under(trace.rules().patience)
            },
            retention: Rc::clone(retention),
            number: trace.number(),
            floor,
            placed: trace.rules().max_concurrent < usize::MAX && !bare,
            bare,
            key,
            cost,
            began: Instant::now(),
            attempts: RefCell::default(),
            leaving: Cell::default(),
            rescued: Cell::default(),
            uncounted: Cell::default(),
            paid: Cell::default(),
            between: Cell::default(),
        }
    }

    /// The body.
    pub async fn ask(&self) -> Answer {
        let mut attempt = Attempt::begin(self);
        let (latency, reply) = self.trace.outages.borrow_mut().answer();
        let reply = match (&*self.retention, reply) {
            (Retention::CacheModel(_) | Retention::LastGood(_), Reply::Wrong) => {
                [Reply::Gone, Reply::Denied, Reply::Wrong][self.number as usize % 3]
            }
            _ => reply,
        };
        if !latency.is_zero() {
            tokio::time::sleep(latency).await;
        }
        attempt.end = End::Replied(reply);
        if let (Retention::LastGood(last_good), Reply::Gone | Reply::Denied) =
            (&*self.retention, reply)
        {
            let number = self.trace.number();
            last_good.borrow_mut().forget(self.key, number);
        }
        match reply {
            Reply::Fine => Ok(self.used().into()),
            // Without the hook, which would print it.
            Reply::Panic => std::panic::resume_unwind(Box::new("the body panics")),
            reply => Err(ApiError::Remote(reply)),
        }
    }

    /// The body of what may be kept.
    pub async fn fetch(&self) -> Result<Page, ApiError> {
        self.ask().await?;
        Ok(self.page())
    }

    /// A new answer.
    pub fn page(&self) -> Page {
        Page {
            key: self.key,
            number: self.trace.number(),
            call: self.number,
            at: Instant::now(),
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

    /// Who takes from the limit.
    fn account(&self) -> u32 {
        if self.promised.by_key { self.key } else { 0 }
    }

    fn may_begin(&self) {
        let name = self.trace.name();
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

    fn is_between_attempts(&self, between: bool) {
        if self.between.replace(between) != between {
            self.trace.between_attempts(self.account(), between);
        }
    }

    /// Whether this moment ends a refresh ahead: then the caller gets the answer that is still fresh.
    pub fn is_cut(&self) -> bool {
        let took = self.began.elapsed();
        match &*self.retention {
            Retention::CacheModel(cache_model) => {
                cache_model.borrow().refreshes_early()
                    && (REFRESH..=REFRESH + TIMER).contains(&took)
            }
            Retention::LastGood(_) | Retention::Nothing => false,
        }
    }

    /// Its refresh took too long.
    pub fn cut(&self) {
        self.give_back();
        self.uncounted.set(true);
        self.trace.count(|tally| tally.abandoned += 1);
    }

    /// What the call ended with, told by the first who sees it: its fallback or its caller.
    pub fn ended_with(&self, error: &ApiError) {
        let now_refused = !self.trace.allows(self.account(), self.cost);
        self.is_between_attempts(false);
        let parked = self.trace.is_cooling_down(self.account());
        // After a cooldown retries may still stand in line, and are not overtaken.
        let behind_others = self.trace.anybody_between_attempts(self.account());
        self.give_back();
        self.trace.count(|tally| match error {
            ApiError::Resilience(ResilienceError::CircuitBreakerOpen { .. }) => {
                tally.by_circuit += 1;
            }
            ApiError::Resilience(ResilienceError::RateLimitExceeded { .. }) => {
                assert!(
                    now_refused || parked || behind_others || !self.promised.refused_at_once,
                    "{}: refused although the limit allows it",
                    self.trace.name()
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

    /// It failed, and the last good answer stands in.
    pub fn recalled(&self) {
        self.in_time();
        self.give_back();
        self.rescued.set(true);
        self.trace.count(|tally| tally.fallback_cache += 1);
    }

    /// Whether there was a call of its own that failed, nobody can tell.
    pub fn answered_by_another(&self) {
        self.in_time();
        self.give_back();
        self.uncounted.set(true);
    }

    /// How its last attempt ended, if it made one.
    pub fn last_end(&self) -> Option<End> {
        self.attempts.borrow().last().copied()
    }

    /// Whether it was answered without a call of its own, as far as anybody can see.
    pub fn is_uncounted(&self) -> bool {
        self.uncounted.get()
    }

    pub fn succeeded(&self) {
        self.in_time();
        self.trace.count(|tally| tally.successes += 1);
        if !self.bare {
            self.trace.deposit();
        }
    }

    /// To be called before the caller drops it.
    pub fn leave(&self) {
        self.leaving.set(true);
    }

    /// The caller is gone, or the body has panicked.
    pub fn abandoned(&self) {
        if let Retention::CacheModel(cache_model) = &*self.retention {
            cache_model.borrow_mut().leaves(self.key, self.number);
            // It was another's call that it waited for.
            if self.attempts.borrow().is_empty() {
                return;
            }
        }
        if !self.is_rescued() {
            self.give_back();
            self.trace.count(|tally| tally.abandoned += 1);
        }
    }

    fn give_back(&self) {
        if self.paid.take().is_some() {
            self.trace.unspend();
        }
    }

    /// It was polled and is not done. If its last attempt is over, a retry has been paid for.
    pub fn is_pending(&self) {
        let attempts = self.attempts.borrow();
        let over = attempts.last().is_some_and(|end| *end != End::Running);
        if over && !self.is_rescued() && self.paid.get() != Some(attempts.len()) {
            self.paid.set(Some(attempts.len()));
            self.trace.spend();
        }
    }
}
