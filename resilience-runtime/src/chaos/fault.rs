//! Faults and their conditions.

use std::time::Duration;

use super::script::Script;
use super::sequence::Sequence;
use super::when::{When, Which};
use crate::verdict::Verdict;

/// Describes a fault and the attempts that it acts on: by default all attempts of the service.
///
/// ```
/// use std::time::Duration;
/// use resilience_runtime::Verdict;
/// use resilience_runtime::chaos::Fault;
///
/// let ms = Duration::from_millis;
/// let slow = Fault::latency_between(ms(200), ms(800)).rate(0.2);
/// let down = Fault::error(Verdict::transient()).times(4);
/// let stuck = Fault::hang().every(10);
/// let lost = Fault::lost_reply().times(1);
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use = "a fault does nothing until it is injected"]
pub struct Fault {
    effect: Effect,
    pub(super) when: When,
}

#[derive(Clone, Debug, PartialEq)]
enum Effect {
    Latency { least: Duration, most: Duration },
    Error(Verdict),
    LostReply,
    Hang,
    BrokenStream { after: u32 },
}

/// The effect of a fault on one attempt.
#[derive(Clone, Copy, Debug)]
pub(super) enum Act {
    Wait(Duration),
    Fail(Verdict),
    LoseReply,
    Hang,
    BreakStream { after: u32 },
}

impl Fault {
    const fn of(effect: Effect) -> Self {
        Self {
            effect,
            when: When {
                which: Which::All,
                times: None,
            },
        }
    }

    /// Delays the body by this time, which counts for the attempt's timeout.
    pub const fn latency(latency: Duration) -> Self {
        Self::of(Effect::Latency {
            least: latency,
            most: latency,
        })
    }

    /// Delays the body by a random time from `least` to `most`.
    ///
    /// # Panics
    /// Panics if `least` is above `most`.
    pub fn latency_between(least: Duration, most: Duration) -> Self {
        assert!(
            least <= most,
            "a latency cannot be between {least:?} and {most:?}"
        );
        Self::of(Effect::Latency { least, most })
    }

    /// Returns an error with this verdict in place of the body, which does not run. `Verdict::transient()` is a server
    /// that refuses the connection, `Verdict::throttled(Some(wait))` one that requests back-off, `Verdict::denied()` one
    /// that revoked the credentials.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use resilience_runtime::chaos::Fault;
    /// use resilience_runtime::{Registry, ResilienceError, ServiceKind, Verdict};
    ///
    /// let registry = Registry::new();
    /// let _gone = registry.inject("docs", Fault::error(Verdict::not_found()));
    /// let docs = registry.service("docs", ServiceKind::Custom).unwrap();
    /// let out = docs.call(|| async { Ok::<_, ResilienceError>("a page") }).await;
    /// assert!(matches!(out, Err(ResilienceError::Injected { verdict, .. }) if verdict.is_permanent()));
    /// # });
    /// ```
    pub const fn error(verdict: Verdict) -> Self {
        Self::of(Effect::Error(verdict))
    }

    /// Runs the body and discards its result, success or error: the outcome is unknown, as `verify` expects it.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap().block_on(async {
    /// use std::cell::Cell;
    /// use resilience_runtime::chaos::Fault;
    /// use resilience_runtime::{Registry, ResilienceError, database_resilient};
    ///
    /// async fn balance(account: &Cell<u32>, _: &u32) -> Result<Option<u32>, ResilienceError> {
    ///     Ok((account.get() > 0).then(|| account.get()))
    /// }
    ///
    /// #[database_resilient(verify = balance)]
    /// async fn pay_in(account: &Cell<u32>, amount: u32) -> Result<u32, ResilienceError> {
    ///     account.set(account.get() + amount);
    ///     Ok(account.get())
    /// }
    ///
    /// let registry = Registry::new();
    /// let _lost = registry.inject("database", Fault::lost_reply().times(1));
    /// let account = Cell::new(0);
    /// assert_eq!(registry.scope(pay_in(&account, 5)).await.unwrap(), 5);
    /// assert_eq!(account.get(), 5, "not paid in twice");
    /// # });
    /// ```
    pub const fn lost_reply() -> Self {
        Self::of(Effect::LostReply)
    }

    /// Blocks the attempt in place of the body, until its timeout or the deadline ends it, or forever without either.
    pub const fn hang() -> Self {
        Self::of(Effect::Hang)
    }

    /// Breaks off the stream that a function returns with an error after this many items. It does not affect other
    /// functions.
    ///
    /// # Panics
    /// Panics if `after` is 0: a stream that breaks off before its first item is a [`lost_reply`](Self::lost_reply).
    pub fn broken_stream(after: u32) -> Self {
        assert!(
            after > 0,
            "a stream that breaks off before its first item is a lost reply"
        );
        Self::of(Effect::BrokenStream { after })
    }

    /// Limits the fault to a random share of the attempts, see [`Chaos::seed`](super::Chaos::seed).
    /// Replaces [`every`](Self::every) and [`script`](Self::script).
    ///
    /// # Panics
    /// Panics if `rate` is not between 0 and 1.
    pub fn rate(mut self, rate: f64) -> Self {
        assert!(
            (0.0..=1.0).contains(&rate),
            "a rate lies between 0 and 1, not {rate}"
        );
        self.when.which = Which::Rate(rate);
        self
    }

    /// Limits the fault to every `k`-th attempt: the `k`-th, the `2k`-th and so on. Replaces [`rate`](Self::rate) and
    /// [`script`](Self::script).
    ///
    /// # Panics
    /// Panics if `k` is 0.
    pub fn every(mut self, k: u32) -> Self {
        assert!(k > 0, "there is no 0th attempt");
        self.when.which = Which::Every(k.into());
        self
    }

    /// Limits the fault to the attempts that the script names. Replaces [`rate`](Self::rate) and [`every`](Self::every).
    pub fn script(mut self, script: Script) -> Self {
        self.when.which = Which::Script(script);
        self
    }

    /// Limits how often the fault acts: without another condition, on the next `n` attempts.
    pub fn times(mut self, n: u32) -> Self {
        self.when.times = Some(n.into());
        self
    }

    pub(super) fn act(&self, sequence: &mut Sequence) -> Act {
        match self.effect {
            // A fixed latency draws no number from the sequence.
            Effect::Latency { least, most } if least == most => Act::Wait(least),
            Effect::Latency { least, most } => {
                Act::Wait(least + (most - least).mul_f64(sequence.unit()))
            }
            Effect::Error(verdict) => Act::Fail(verdict),
            Effect::LostReply => Act::LoseReply,
            Effect::Hang => Act::Hang,
            Effect::BrokenStream { after } => Act::BreakStream { after },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latency_between_stays_in_its_range() {
        let (least, most) = (Duration::from_millis(200), Duration::from_millis(800));
        let fault = Fault::latency_between(least, most);
        let mut sequence = Sequence::new(1, "api", 0);
        let mut seen = Vec::new();
        for _ in 0..1_000 {
            let Act::Wait(latency) = fault.act(&mut sequence) else {
                panic!("a latency");
            };
            assert!((least..=most).contains(&latency));
            seen.push(latency);
        }
        assert!(seen.iter().any(|latency| latency.as_millis() < 250));
        assert!(seen.iter().any(|latency| latency.as_millis() > 750));
    }

    #[test]
    fn invalid_arguments_panic() {
        let panics = |make: fn() -> Fault| std::panic::catch_unwind(make).is_err();
        for rate in [-0.1, 1.1, f64::NAN, f64::INFINITY] {
            assert!(std::panic::catch_unwind(|| Fault::hang().rate(rate)).is_err());
        }
        assert!(panics(|| Fault::hang().every(0)));
        assert!(panics(|| Fault::broken_stream(0)));
        assert!(panics(|| {
            Fault::latency_between(Duration::from_secs(2), Duration::from_secs(1))
        }));
        assert!(!panics(|| Fault::hang().rate(0.0).rate(1.0)));
    }
}
