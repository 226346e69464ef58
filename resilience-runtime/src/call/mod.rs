//! One guarded call, from outside in: cache → fallback → deadline → retry → per attempt: breaker → rate
//! limiter → bulkhead → timeout → body. This is the only place that knows this order.
//!
//! The macro and the calls by hand drive the same steps: [`Call::start`], then for each attempt
//! [`Call::admit`](admit), [`Call::run`](run) and [`Call::settle`](settle), then perhaps a
//! [`rescue`](rescue); before and after an attempt perhaps [`reconnect`](mod@reconnect) and
//! [`verify`](mod@verify), and [`read_through`](read_through) round all of it. What a step decides is decided
//! in functions that are not generic.

pub(crate) mod admit;
mod by_hand;
mod companion;
mod decide;
#[cfg(feature = "testing")]
mod interfere;
mod outcome;
pub(crate) mod read_through;
mod reconnect;
pub(crate) mod rescue;
pub(crate) mod run;
pub(crate) mod settle;
pub mod stream;
pub(crate) mod tokens;
pub mod unasked;
mod verify;

use std::fmt;
use std::hash::Hash;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tracing::Span;

use crate::body::{self, Hint};
use crate::circuit_breaker::{Outcome as BreakerOutcome, Ticket};
use crate::clock::Moment;
use crate::config::ConfigError;
use crate::error::ResilienceError;
use crate::fallback::FailureCause;
use crate::plan::{Function, Plan, PlanRef, ServiceCore, Site};
use crate::rate_limit::KeyHash;
use crate::registry::Registry;
use crate::safety::Safety;
use crate::service::Service;
use crate::telemetry::trace::{self, Level, Subject, listening};
use crate::telemetry::{CallResult, CorrelationId, Counter, Event, EventKind};
use crate::timer::NoTimer;

use read_through::Loading;

pub use by_hand::ServiceWithFallback;
pub use companion::{Reconnected, Verified, companion};
pub use outcome::{Attempt, CloneForRetry, Outcome, ok_is_ok};

/// One guarded call. Everything that it holds is given back when it is dropped, wherever that happens.
pub struct Call {
    plan: PlanRef,
    started: Moment,
    /// The last reading of the clock: when the running attempt began.
    now: Moment,
    deadline_at: Moment,
    /// When the next attempt may begin.
    not_before: Moment,
    previous_delay: Duration,
    key: KeyHash,
    cost: u32,
    cache_key: u128,
    attempt: u32,
    hold: Hold,
    /// The error that is leaving the body was already given up on inside.
    given_up_inside: bool,
    timed_out_before: bool,
    /// The budget has been charged for a retry that has not begun.
    paid: bool,
    ended: bool,
    cause: Option<FailureCause>,
    pushback: Option<Pushback>,
    /// What `safety` says of a repetition; otherwise the function's idempotence does.
    repeatable: Option<bool>,
    /// The attempt, whatever its error says, did not take effect.
    not_executed: bool,
    /// This call has renewed the session itself.
    reconnected: bool,
    /// The session that the running attempt began with.
    session: u32,
    refusal: Option<Refusal>,
    /// What the body said of the server in the running attempt.
    hint: Option<Box<Hint>>,
    /// Whether it was looked at who listens.
    announced: bool,
    aside: Option<Box<Aside>>,
}

/// What most calls do not need. Boxed, so that they are smaller, and dropping it is a single test.
#[derive(Default)]
struct Aside {
    /// Where something is logged of the call.
    logged: Option<Logged>,
    /// Where the call is made for a cache.
    loading: Option<Loading>,
}

/// How a call is called in what is logged of it.
struct Logged {
    span: Span,
    correlation: CorrelationId,
    /// Which call it is.
    number: u64,
}

impl Logged {
    fn new(correlation: CorrelationId) -> Self {
        static CALLS: AtomicU64 = AtomicU64::new(1);
        Self {
            span: Span::none(),
            correlation,
            number: CALLS.fetch_add(1, Ordering::Relaxed),
        }
    }
}

/// What an attempt holds of the service.
#[derive(Debug, Default)]
struct Hold {
    ticket: Option<Ticket>,
    /// When the cost was taken, which the attempt has not settled yet.
    taken: Option<Moment>,
    place: bool,
    /// The body has been polled.
    running: bool,
    /// What an injected fault does to the attempt.
    #[cfg(feature = "testing")]
    interfering: Option<Box<interfere::Interfering>>,
    /// After how many items more an injected fault breaks the stream off.
    #[cfg(feature = "testing")]
    breaks_after: Option<u32>,
}

/// What a fallback of its own may answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pushback {
    ContextTooLarge,
    Throttled,
}

/// Why nothing is sent.
#[derive(Clone, Copy, Debug)]
enum Refusal {
    CircuitBreaker {
        retry_after: Duration,
    },
    RateLimit {
        retry_after: Option<Duration>,
    },
    Bulkhead,
    Deadline,
    /// The plan says why.
    InvalidConfig,
    NoTimer(NoTimer),
}

impl Call {
    /// Begins a call of an annotated function. Asks the registry only if it has changed since the
    /// site's last call.
    #[must_use]
    pub fn start(
        site: &'static Site,
        function: &'static Function,
        registry: Option<&Registry>,
    ) -> Self {
        match registry {
            Some(registry) => Self::with_plan(registry.plan_of(site, function)),
            None => {
                Registry::with_current(|registry| Self::with_plan(registry.plan_of(site, function)))
            }
        }
    }

    /// Begins a call by hand.
    pub(crate) fn by_hand(service: &Service) -> Self {
        Self::with_plan(PlanRef::Shared(service.plan.load()))
    }

    #[inline(always)]
    fn with_plan(plan: PlanRef) -> Self {
        let now = Moment::now();
        let deadline_at = Moment(now.0.saturating_add(plan.until_deadline));
        Self {
            plan,
            started: now,
            now,
            deadline_at,
            not_before: Moment::default(),
            previous_delay: Duration::ZERO,
            key: KeyHash::NONE,
            cost: 1,
            cache_key: 0,
            attempt: 0,
            hold: Hold::default(),
            given_up_inside: false,
            timed_out_before: false,
            paid: false,
            ended: false,
            cause: None,
            pushback: None,
            repeatable: None,
            not_executed: false,
            reconnected: false,
            session: 0,
            refusal: None,
            hint: None,
            announced: false,
            aside: None,
        }
    }

    /// The rate limit's key.
    pub fn key<K: Hash + ?Sized>(call: &mut Self, key: &K) {
        call.key = call.core().limiter.hash_key(key);
    }

    /// What the call costs of the rate limit.
    pub fn cost(call: &mut Self, cost: u32) {
        // Beside tokens each call is a request, whatever the estimate.
        call.cost = cost.max(u32::from(call.plan().counts_tokens));
    }

    /// The key of the last good answer.
    pub fn cache_key<K: Hash + ?Sized>(call: &mut Self, key: &K) {
        if let Some(last_good) = &call.plan().function.last_good {
            call.cache_key = last_good.hash(key);
        }
    }

    /// Whether the call may be repeated where it may have taken effect.
    pub fn safety(call: &mut Self, safety: impl Into<Safety>) {
        call.repeatable = Some(safety.into().may_repeat());
    }

    /// The id to log the call under. It becomes text only if something may be logged.
    pub fn correlation_id<D: fmt::Display + ?Sized>(call: &mut Self, id: &D) {
        if call.is_heard(Level::ERROR) {
            call.aside().logged = Some(Logged::new(CorrelationId::new(id)));
        }
    }

    #[inline]
    fn plan(&self) -> &Plan {
        &self.plan
    }

    #[inline]
    fn core(&self) -> &Arc<ServiceCore> {
        &self.plan().core
    }

    #[inline]
    fn count(&self, counter: Counter) {
        self.core().count(counter);
    }

    /// Opens the span of the call, if anybody listens.
    #[inline]
    fn announce(&mut self) {
        self.announced = true;
        if tracing::enabled!(target: "resilience", tracing::Level::DEBUG) {
            self.open_span();
        }
    }

    #[cold]
    fn open_span(&mut self) {
        let correlation = self.logged().correlation.clone();
        let plan = self.plan();
        let span = tracing::debug_span!(
            target: "resilience",
            "resilience.call",
            service = plan.core.name.as_str(),
            kind = plan.core.kind.name(),
            function = &*plan.function.name,
            correlation_id = %correlation,
        );
        self.logged().span = span;
    }

    fn aside(&mut self) -> &mut Aside {
        self.aside.get_or_insert_default()
    }

    /// How the call is called, if anything was logged of it already.
    #[inline]
    fn logged_before(&self) -> Option<&Logged> {
        self.aside.as_ref()?.logged.as_ref()
    }

    /// The call's correlation id is its own, else the one around it, else a new one.
    fn logged(&mut self) -> &mut Logged {
        self.aside().logged.get_or_insert_with(|| {
            Logged::new(CorrelationId::current().unwrap_or_else(CorrelationId::random))
        })
    }

    /// Whether anybody hears of an event at this level.
    fn is_heard(&self, level: Level) -> bool {
        let heard = match level {
            Level::ERROR => listening!(Level::ERROR),
            Level::WARN => listening!(Level::WARN),
            _ => listening!(Level::INFO),
        };
        heard || self.core().observers.hear_calls()
    }

    /// Tells of something that happened, inside the span, and whoever subscribed.
    #[cold]
    fn tell(&mut self, kind: EventKind) {
        self.logged();
        let plan = self.plan();
        let Some(logged) = self.logged_before() else {
            return;
        };
        {
            let _entered = logged.span.enter();
            let subject = Subject {
                service: &plan.core.name,
                function: &plan.function.name,
                correlation_id: &logged.correlation,
            };
            trace::say(subject, &kind);
        }
        let observers = &plan.core.observers;
        if observers.hear_calls() || kind.is_change() && observers.hear_changes() {
            observers.send(Event {
                function: Some(Arc::clone(&plan.function.name)),
                call: Some(logged.number),
                correlation_id: Some(logged.correlation.clone()),
                ..Event::new(plan.core.name.clone(), kind)
            });
        }
    }

    /// Tells how a call ended that is watched.
    #[cfg_attr(not(feature = "metrics"), cold)]
    fn tell_end(&mut self, end: Counter, now: Moment) {
        let elapsed = now.since(self.started);
        let core = self.core();
        let result = end.call_result();
        if end == Counter::Clean || end == Counter::Recovered {
            core.attempt_took(now.since(self.now));
        }
        // What was turned away took no time, and who went away did not wait for the end.
        if matches!(
            result,
            CallResult::Success | CallResult::Failure | CallResult::Deadline
        ) && self.attempt > 0
        {
            core.call_took(elapsed);
        }
        if core.observers.hear_calls() {
            let attempts = self.attempt;
            self.tell(EventKind::CallEnded {
                result,
                attempts,
                elapsed,
            });
        }
    }

    /// Ends the running attempt with what the breaker is to learn from it.
    fn release(&mut self, outcome: BreakerOutcome, now: impl Fn() -> Moment) {
        let started = self.now;
        let hold = std::mem::take(&mut self.hold);
        let core = self.core();
        if hold.place {
            core.bulkhead.leave();
        }
        if let Some(ticket) = hold.ticket {
            core.breaker.record(ticket, outcome, started, now);
        }
    }

    /// Gives everything back that was taken for an attempt that will not begin.
    fn hand_back(&mut self) {
        self.hand_back_ticket();
        let hold = std::mem::take(&mut self.hold);
        let core = self.core();
        if hold.place {
            core.bulkhead.leave();
        }
        if let Some(taken) = hold.taken {
            core.limiter.give_back(self.taken(taken), self.now);
        }
    }

    fn hand_back_ticket(&mut self) {
        if let Some(ticket) = self.hold.ticket.take() {
            let now = self.now;
            self.core()
                .breaker
                .record(ticket, BreakerOutcome::Ignored, now, || now);
        }
    }

    /// A retry that was paid for will not be made.
    fn unpay(&mut self) {
        if std::mem::take(&mut self.paid) {
            self.core().budget.give_back();
        }
    }

    /// The last word: nothing more will be tried.
    #[inline]
    fn end(&mut self, end: Counter, cause: Option<FailureCause>, given_up: bool) {
        self.count(end);
        if self.core().is_watched() {
            self.tell_end(end, Moment::now().max(self.now));
        }
        self.ended = true;
        self.cause = cause;
        // A success says nothing of an error that somebody else gave up on in the same poll.
        if cause.is_some() {
            body::mark(given_up);
        }
    }
}

impl Refusal {
    fn cause(self) -> FailureCause {
        match self {
            Self::CircuitBreaker { .. } | Self::RateLimit { .. } | Self::Bulkhead => {
                FailureCause::Rejection
            }
            Self::Deadline => FailureCause::Timeout,
            Self::InvalidConfig | Self::NoTimer(_) => FailureCause::InvalidConfig,
        }
    }

    const fn counter(self) -> Counter {
        match self {
            Self::CircuitBreaker { .. } => Counter::RejectedByCircuit,
            Self::RateLimit { .. } => Counter::RejectedByRateLimit,
            Self::Bulkhead => Counter::RejectedByBulkhead,
            Self::Deadline => Counter::Deadlines,
            Self::InvalidConfig | Self::NoTimer(_) => Counter::InvalidConfig,
        }
    }

    /// What keeps the call from running.
    fn config_error(self, call: &Call) -> ConfigError {
        match self {
            Self::NoTimer(cause) => cause.into(),
            _ => {
                let refusal = &call.plan().refusal;
                refusal.clone().expect("only then it is refused for that")
            }
        }
    }

    fn into_error(self, call: &Call) -> ResilienceError {
        let service = call.core().name.clone();
        match self {
            Self::CircuitBreaker { retry_after } => ResilienceError::CircuitBreakerOpen {
                service,
                retry_after,
            },
            Self::RateLimit { retry_after } => ResilienceError::RateLimitExceeded {
                service,
                retry_after,
            },
            Self::Bulkhead => ResilienceError::BulkheadFull { service },
            Self::Deadline => ResilienceError::DeadlineExceeded {
                service,
                after: call.plan().deadline.unwrap_or_default(),
            },
            Self::InvalidConfig | Self::NoTimer(_) => {
                ResilienceError::InvalidConfig(self.config_error(call))
            }
        }
    }

    fn tell(self, call: &mut Call) {
        match self {
            Self::CircuitBreaker { retry_after } => call.tell(EventKind::Rejected {
                cause: "circuit_breaker",
                retry_after: Some(retry_after),
            }),
            Self::RateLimit { retry_after } => call.tell(EventKind::Rejected {
                cause: "rate_limit",
                retry_after,
            }),
            Self::Bulkhead => call.tell(EventKind::Rejected {
                cause: "bulkhead",
                retry_after: None,
            }),
            Self::Deadline => call.tell(EventKind::Rejected {
                cause: "deadline",
                retry_after: None,
            }),
            Self::InvalidConfig | Self::NoTimer(_) => {
                let problems = self.config_error(call).problems().len();
                call.tell(EventKind::InvalidConfig { problems });
            }
        }
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        // The caller went away, or the body panicked.
        if self.hold.running {
            self.count(Counter::AttemptAbandoned);
            self.release(BreakerOutcome::Abandoned, Moment::now);
        } else {
            self.hand_back();
            self.unpay();
        }
        self.count(Counter::Abandoned);
        if self.core().is_watched() {
            self.tell_end(Counter::Abandoned, Moment::now().max(self.now));
        }
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("service", &self.core().name)
            .field("function", &self.plan().function.name)
            .field("attempt", &self.attempt)
            .finish_non_exhaustive()
    }
}
