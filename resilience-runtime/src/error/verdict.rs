//! The verdict on an error: plain data, which the rules of [`verdict`](crate::verdict) produce.

use std::time::Duration;

use super::class::{Class, ErrorCode, Reason};
use crate::name::ServiceKind;

/// Describes what an error means for retries, for the circuit breaker and for the time of the next call.
///
/// | verdict | retried | counts against the breaker |
/// |---|---|---|
/// | [`transient`](Self::transient) | yes, the request was certainly not executed | yes |
/// | [`outcome_unknown`](Self::outcome_unknown) | only where the function is idempotent | yes |
/// | [`throttled`](Self::throttled) | yes, after the time that the server asked for | no |
/// | [`permanent`](Self::permanent) | no | no, it counts as success |
/// | [`unclassified`](Self::unclassified) | by the service's kind | by the service's kind |
/// | [`session_lost`](Self::session_lost) | yes, over a new session | not counted |
/// | [`context_too_large`](Self::context_too_large) | no, but a bigger model may answer | no |
/// | [`quota_exhausted`](Self::quota_exhausted) | no, but another provider may answer | not counted |
/// | [`not_found`](Self::not_found), [`denied`](Self::denied) | no | no, it counts as success |
///
/// Two verdicts are equal when they have the same class, breaker signal, time and whom it is for, and need of a new session; their
/// [`code`](Self::code), which is for logs, and their [`reason`](Self::reason), which is for fallbacks and caches, are not
/// compared.
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct Verdict {
    class: Class,
    breaker: Option<BreakerSignal>,
    retry_after: Option<Duration>,
    code: Option<ErrorCode>,
    reconnect: bool,
    for_key: bool,
    reason: Option<Reason>,
    earlier: EarlierSends,
}

/// What is known of the sends before the last one, where a client or a proxy sent the request again by itself: only the last one
/// is in the error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum EarlierSends {
    /// There were none.
    None,
    /// A proxy says that there were some. They may have been executed.
    ByProxy,
    /// The client may have made some, unless its own retries are off: then this is the class.
    ByClient(Class),
}

/// How a circuit breaker counts an outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum BreakerSignal {
    Success,
    Failure,
    Ignored,
}

impl Verdict {
    const fn new(class: Class) -> Self {
        Self {
            class,
            breaker: None,
            retry_after: None,
            code: None,
            reconnect: false,
            for_key: false,
            reason: None,
            earlier: EarlierSends::None,
        }
    }

    /// Returns the verdict on a request that was certainly not executed: another attempt is safe and may succeed.
    pub const fn transient() -> Self {
        Self::new(Class::Transient)
    }

    /// Returns the verdict on a request that may have been executed: it is retried only where the function is idempotent.
    pub const fn outcome_unknown() -> Self {
        Self::new(Class::OutcomeUnknown)
    }

    /// Returns the verdict on a server that asks for fewer calls, with the time until the next one if it is known.
    pub const fn throttled(retry_after: Option<Duration>) -> Self {
        let mut verdict = Self::new(Class::Throttled);
        verdict.retry_after = retry_after;
        verdict
    }

    /// Returns the verdict on an error that another attempt would meet again.
    pub const fn permanent() -> Self {
        Self::new(Class::Permanent)
    }

    /// Returns the verdict on an error that no rule classifies; the service's kind decides.
    pub const fn unclassified() -> Self {
        Self::new(Class::Unknown)
    }

    /// Returns the verdict on a session that the server no longer knows: the request was certainly not executed and
    /// is sent again over a new session. The breaker does not count it, since the server answered.
    pub const fn session_lost() -> Self {
        Self::transient().ignored_by_breaker().needs_reconnect()
    }

    /// Returns the verdict on a prompt that exceeds the model's context: permanent, though a larger model may
    /// accept it.
    pub const fn context_too_large() -> Self {
        Self::permanent().because(Reason::ContextTooLarge)
    }

    /// Returns the verdict on a requested item that does not exist: permanent, and a cache remembers it for its `negative_ttl`.
    pub const fn not_found() -> Self {
        Self::permanent().because(Reason::NotFound)
    }

    /// Returns the verdict on denied access: permanent, and a cache serves no stale value in its place.
    pub const fn denied() -> Self {
        Self::permanent().because(Reason::Denied)
    }

    /// Returns the verdict on an exhausted quota: permanent, though another provider may answer. The breaker does
    /// not count it.
    pub const fn quota_exhausted() -> Self {
        Self::permanent()
            .ignored_by_breaker()
            .because(Reason::QuotaExhausted)
    }

    /// Adds a reason, which fallbacks and caches act upon.
    pub const fn because(mut self, reason: Reason) -> Self {
        self.reason = Some(reason);
        self
    }

    /// Marks the connection as broken: a function with a `reconnect` runs it before its body runs again.
    pub const fn needs_reconnect(mut self) -> Self {
        self.reconnect = true;
        self
    }

    /// States that the time to wait is about the key of the call alone, and not about the service: it cools down the key that
    /// `rate_limit(per_key(key = …))` names, as [`hint::for_key`](crate::hint::for_key) does.
    pub const fn for_key(mut self) -> Self {
        self.for_key = true;
        self
    }

    /// Excludes the error from what the circuit breaker counts.
    pub const fn ignored_by_breaker(mut self) -> Self {
        self.breaker = Some(BreakerSignal::Ignored);
        self
    }

    /// Makes the circuit breaker count the error as a failure.
    pub const fn counts_as_failure(mut self) -> Self {
        self.breaker = Some(BreakerSignal::Failure);
        self
    }

    /// Sets the time that must pass before the service is called again.
    pub const fn with_retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    /// Sets the code to log.
    pub const fn with_code(mut self, code: ErrorCode) -> Self {
        self.code = Some(code);
        self
    }

    /// Marks the verdict on the error of a client that sends a request again by itself. The error tells of the last send
    /// alone, and an earlier one may have been executed. So a transient error becomes outcome-unknown, and a throttled one is
    /// retried only where the function is idempotent.
    ///
    /// Where the client's retries are switched off, `client_retries = off` on the attribute says so, or
    /// [`without_client_retries`](Self::without_client_retries) in a classifier, and the mark is gone.
    ///
    /// ```
    /// use resilience_runtime::Verdict;
    ///
    /// let refused = Verdict::transient().after_client_retries();
    /// assert!(refused.is_outcome_unknown());
    /// assert!(refused.without_client_retries().is_transient());
    /// ```
    pub const fn after_client_retries(mut self) -> Self {
        if let (EarlierSends::None, Class::Transient | Class::Throttled) =
            (self.earlier, self.class)
        {
            self.earlier = EarlierSends::ByClient(self.class);
            self.class = after_earlier_sends(self.class);
        }
        self
    }

    /// Returns the verdict that holds where the client sends each request once, because its own retries are switched off.
    ///
    /// ```
    /// use std::io;
    /// use resilience_runtime::{Classify, Verdict};
    ///
    /// fn classify(error: &io::Error) -> Verdict {
    ///     error.classify().without_client_retries()
    /// }
    /// ```
    pub const fn without_client_retries(mut self) -> Self {
        if let EarlierSends::ByClient(class) = self.earlier {
            self.class = class;
            self.earlier = EarlierSends::None;
        }
        self
    }

    /// Returns the verdict on an answer to a request that a proxy sent more than once.
    pub(crate) const fn after_proxy_retries(mut self) -> Self {
        let marked_by_client = matches!(self.earlier, EarlierSends::ByClient(_));
        if marked_by_client || matches!(self.class, Class::Transient | Class::Throttled) {
            self.class = after_earlier_sends(self.class);
            // Whether the client's own retries are off does not matter any more.
            self.earlier = EarlierSends::ByProxy;
        }
        self
    }

    /// Returns the class of the error.
    #[must_use]
    pub const fn class(&self) -> Class {
        self.class
    }

    /// Returns the time until the service may be called again, if the server sent one.
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    /// Returns the code to log, if the error carried one.
    #[must_use]
    pub const fn code(&self) -> Option<ErrorCode> {
        self.code
    }

    /// Returns whether the verdict is [`transient`](Self::transient).
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        matches!(self.class, Class::Transient)
    }

    /// Returns whether the verdict is [`outcome_unknown`](Self::outcome_unknown).
    #[must_use]
    pub const fn is_outcome_unknown(&self) -> bool {
        matches!(self.class, Class::OutcomeUnknown)
    }

    /// Returns whether the verdict is [`throttled`](Self::throttled).
    #[must_use]
    pub const fn is_throttled(&self) -> bool {
        matches!(self.class, Class::Throttled)
    }

    /// Returns whether the verdict is [`permanent`](Self::permanent).
    #[must_use]
    pub const fn is_permanent(&self) -> bool {
        matches!(self.class, Class::Permanent)
    }

    /// Returns whether the verdict is [`unclassified`](Self::unclassified).
    #[must_use]
    pub const fn is_unknown(&self) -> bool {
        matches!(self.class, Class::Unknown)
    }

    /// Returns whether the connection is broken and must be replaced.
    #[must_use]
    pub const fn is_reconnect_needed(&self) -> bool {
        self.reconnect
    }

    /// Returns the reason, where it matters to fallbacks and caches.
    #[must_use]
    pub const fn reason(&self) -> Option<Reason> {
        self.reason
    }

    /// Returns whether a call that failed with this verdict may be retried.
    #[must_use]
    pub const fn may_retry(&self, idempotent: bool) -> bool {
        match self.class {
            Class::Transient | Class::Throttled => idempotent || self.is_not_executed(),
            Class::OutcomeUnknown => idempotent,
            Class::Permanent | Class::Unknown => false,
        }
    }

    /// Returns whether the request was certainly not executed and may be sent again.
    pub(crate) const fn is_not_executed(&self) -> bool {
        matches!(self.class, Class::Transient | Class::Throttled)
            && matches!(self.earlier, EarlierSends::None)
    }

    /// Returns whether a circuit breaker counts the error as a failure.
    #[must_use]
    pub const fn is_breaker_failure(&self) -> bool {
        matches!(self.breaker_signal(), BreakerSignal::Failure)
    }

    /// Returns whether a circuit breaker does not count the error at all.
    #[must_use]
    pub const fn is_ignored_by_breaker(&self) -> bool {
        matches!(self.breaker_signal(), BreakerSignal::Ignored)
    }

    pub(crate) const fn breaker_signal(&self) -> BreakerSignal {
        match (self.breaker, self.class) {
            (Some(signal), _) => signal,
            (None, Class::Transient | Class::OutcomeUnknown) => BreakerSignal::Failure,
            (None, Class::Throttled | Class::Unknown) => BreakerSignal::Ignored,
            (None, Class::Permanent) => BreakerSignal::Success,
        }
    }

    /// Returns the verdict of an attempt that is known not to have taken effect, whatever its error was.
    pub(crate) const fn not_executed(mut self) -> Self {
        if let Class::OutcomeUnknown = self.class {
            self.class = Class::Transient;
        }
        self.earlier = EarlierSends::None;
        self
    }

    /// Whether the time to wait is about the key of the call alone.
    pub(crate) const fn is_for_key(&self) -> bool {
        self.for_key
    }

    /// Returns the verdict of an error met while connecting: the request was not sent yet, so its outcome is known,
    /// and there is no broken connection to replace.
    #[cfg(any(
        feature = "deadpool",
        feature = "diesel",
        feature = "rmcp",
        feature = "sea-orm"
    ))]
    pub(crate) const fn while_connecting(mut self) -> Self {
        self.reconnect = false;
        self.not_executed()
    }

    /// Returns the verdict with an unknown class replaced by the kind's default.
    pub(crate) const fn or_default_of(mut self, kind: ServiceKind) -> Self {
        if let Class::Unknown = self.class {
            self.class = match kind {
                ServiceKind::Llm | ServiceKind::Secret => Class::Transient,
                ServiceKind::Database | ServiceKind::Mcp | ServiceKind::Custom => {
                    Class::OutcomeUnknown
                }
            };
        }
        self
    }
}

/// The class of the last send, where earlier ones may have been executed.
const fn after_earlier_sends(last: Class) -> Class {
    match last {
        Class::Transient => Class::OutcomeUnknown,
        class => class,
    }
}

impl PartialEq for Verdict {
    fn eq(&self, other: &Self) -> bool {
        self.class == other.class
            && self.breaker_signal() == other.breaker_signal()
            && self.retry_after == other.retry_after
            && self.reconnect == other.reconnect
            && self.for_key == other.for_key
    }
}

impl Eq for Verdict {}
