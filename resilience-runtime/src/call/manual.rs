//! Manual calls: the same steps without the macro.

use std::borrow::Borrow;
use std::future::{Future, poll_fn};
use std::hash::Hash;
use std::ops::ControlFlow;
use std::pin::pin;

use super::Call;
use super::attempt::Attempt;
use super::conclude::{finished, unchanged};
use super::fallback::FallbackOn;
use crate::error::{BoxError, ResilienceError};
use crate::fallback::{Answered, EntryKey, FailureCause, Fallback};
use crate::plan::PlanRef;
use crate::service::Service;
use crate::verdict::autoref::Known;
use crate::verdict::{Classify, Verdict};

impl<'p> Call<'p> {
    pub(crate) async fn run_attempts<F, Fut, T, E>(
        &mut self,
        classify: impl Fn(&E) -> Verdict,
        mut body: F,
    ) -> Result<T, E>
    where
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, E>>,
        E: From<ResilienceError>,
    {
        loop {
            let mut attempt = Attempt::new(self);
            let admission = match Attempt::admit_now(&mut attempt, self) {
                Some(decided) => decided,
                None => Attempt::admit(&mut attempt, self).await,
            };
            if let Err(rejection) = admission {
                return Self::reject(self, rejection);
            }
            let outcome = Attempt::run(&mut attempt, self, body()).await;
            if Self::succeeded(self, &mut attempt, &outcome) {
                return finished(outcome);
            }
            let concluded = Self::conclude(
                self,
                &mut attempt,
                outcome,
                None,
                |error| Known::by_verdict(classify(error)),
                unchanged,
            );
            if let ControlFlow::Break(out) = concluded {
                return out;
            }
        }
    }

    pub(crate) async fn run_fallback<T, E>(
        &mut self,
        out: Result<T, E>,
        fallback: &Fallback<T, E>,
        keys: &[EntryKey],
    ) -> Result<T, E>
    where
        E: From<ResilienceError> + Into<BoxError>,
    {
        if let Ok(value) = &out {
            fallback.remember(keys, value);
        }
        let error = match Self::failure_to_answer(self, out, FallbackOn::Any) {
            ControlFlow::Break(out) => return out,
            ControlFlow::Continue(error) => error,
        };
        let temporary = self.cause() != Some(FailureCause::Permanent);
        if self.is_revoked() {
            fallback.forget(keys);
        }
        let mut failed = 0;
        let answered = {
            let mut answer = pin!(fallback.answer(keys, error, temporary, &mut failed));
            poll_fn(|cx| {
                let _span = self.enter_span();
                answer.as_mut().poll(cx)
            })
            .await
        };
        for _ in 0..failed {
            self.fallback_failed("call");
        }
        match answered {
            Answered::By(strategy, value) => Self::answered(self, strategy, value),
            Answered::Not(error) => Err(error),
            Answered::Failed(failed, error) => {
                Self::unanswered(self, error, Some(("call", failed.into())))
            }
        }
    }
}

impl Service {
    pub(super) fn plan(&self) -> PlanRef {
        PlanRef::shared(self.plan.load())
    }

    /// Calls the service by hand: each attempt runs the future that `attempt` makes, guarded by
    /// everything that is configured for the service.
    ///
    /// # Errors
    /// The last attempt's error, or a [`ResilienceError`] through `From`.
    pub async fn call<F, Fut, T, E>(&self, attempt: F) -> Result<T, E>
    where
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, E>>,
        E: Classify + From<ResilienceError>,
    {
        self.call_with(E::classify, attempt).await
    }

    /// As [`call`](Self::call), with a classifier for errors that do not implement [`Classify`].
    ///
    /// # Errors
    /// The last attempt's error, or a [`ResilienceError`] through `From`.
    pub async fn call_with<F, Fut, T, E>(
        &self,
        classify: impl Fn(&E) -> Verdict,
        attempt: F,
    ) -> Result<T, E>
    where
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, E>>,
        E: From<ResilienceError>,
    {
        let plan = self.plan();
        Call::start(&plan).run_attempts(classify, attempt).await
    }

    /// The service with a fallback.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    /// use std::io;
    /// use resilience_runtime::{Fallback, Registry, ServiceKind};
    ///
    /// let docs = Registry::new().service("docs", ServiceKind::Custom)?;
    /// let fallback = Fallback::new().value("nothing found");
    /// let answer = docs
    ///     .fallback(&fallback)
    ///     .call(|| async { Err(io::Error::from(io::ErrorKind::NotFound)) })
    ///     .await?;
    /// assert_eq!(answer, "nothing found");
    /// # Ok(()) }
    /// ```
    pub fn fallback<T, E, F>(&self, fallback: F) -> ServiceWithFallback<'_, F>
    where
        F: Borrow<Fallback<T, E>>,
    {
        ServiceWithFallback {
            service: self,
            fallback,
        }
    }
}

/// A service with a fallback, see [`Service::fallback`].
#[derive(Debug)]
pub struct ServiceWithFallback<'a, F> {
    service: &'a Service,
    fallback: F,
}

impl<F> ServiceWithFallback<'_, F> {
    /// As [`Service::call`]; what it fails with is answered by the fallback.
    ///
    /// # Errors
    /// The call's error where no step had anything to offer, [`ResilienceError::FallbackFailed`] where
    /// a fallback function failed as well.
    pub async fn call<A, Fut, T, E>(&self, attempt: A) -> Result<T, E>
    where
        F: Borrow<Fallback<T, E>>,
        A: FnMut() -> Fut,
        Fut: Future<Output = Result<T, E>>,
        E: Classify + From<ResilienceError> + Into<BoxError>,
    {
        self.call_keyed(&(), attempt).await
    }

    /// As [`call`](Self::call), with the key of the fallback's cache.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub async fn call_keyed<K, A, Fut, T, E>(&self, key: &K, attempt: A) -> Result<T, E>
    where
        K: Hash + ?Sized,
        F: Borrow<Fallback<T, E>>,
        A: FnMut() -> Fut,
        Fut: Future<Output = Result<T, E>>,
        E: Classify + From<ResilienceError> + Into<BoxError>,
    {
        let fallback = self.fallback.borrow();
        let keys = fallback.keys(key);
        let plan = self.service.plan();
        let mut call = Call::start(&plan);
        let out = call.run_attempts(E::classify, attempt).await;
        call.run_fallback(out, fallback, &keys).await
    }
}
