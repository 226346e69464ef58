//! The same steps for calls without the macro.

use std::borrow::Borrow;
use std::future::{Future, poll_fn};
use std::hash::Hash;
use std::ops::ControlFlow;
use std::pin::pin;

use super::rescue::On;
use super::settle::unchanged;
use super::{Call, Outcome, ok_is_ok};
use crate::error::{BoxError, ResilienceError};
use crate::fallback::{Answered, FailureCause, Fallback};
use crate::service::Service;
use crate::verdict::autoref::Classified;
use crate::verdict::{Classify, Verdict};

impl Call {
    pub(crate) async fn attempts_by_hand<F, Fut, T, E>(
        &mut self,
        classify: impl Fn(&E) -> Verdict,
        mut attempt: F,
    ) -> Result<T, E>
    where
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, E>>,
        E: From<ResilienceError>,
    {
        loop {
            let admitted = match Self::admit_at_once(self) {
                Some(admitted) => admitted,
                None => Self::admit(self).await,
            };
            if !admitted {
                return Self::refuse(self);
            }
            let end = Self::run(self, attempt(), Outcome::from_ours).await;
            let success = Self::success(self, &end, ok_is_ok);
            let judge = |error: &E| Classified::of(classify(error));
            if let ControlFlow::Break(out) = Self::settle(self, end, success, judge, unchanged) {
                return out;
            }
        }
    }

    pub(crate) async fn answer_by_hand<T, E>(
        &mut self,
        out: Result<T, E>,
        fallback: &Fallback<T, E>,
        keys: &[u128],
    ) -> Result<T, E>
    where
        E: From<ResilienceError> + Into<BoxError>,
    {
        if let Ok(value) = &out {
            fallback.remember(keys, value);
        }
        let error = match Self::rescue(self, out, On::Any) {
            ControlFlow::Break(out) => return out,
            ControlFlow::Continue(error) => error,
        };
        let temporary = self.cause != Some(FailureCause::Permanent);
        let mut failed = 0;
        let answered = {
            let mut answer = pin!(fallback.answer(keys, error, temporary, &mut failed));
            poll_fn(|cx| {
                let _scope = self.enter_scope();
                answer.as_mut().poll(cx)
            })
            .await
        };
        for _ in 0..failed {
            self.fallback_failed("call");
        }
        match answered {
            Answered::By(strategy, value) => Self::rescued(self, strategy, value),
            Answered::Not(error) => Err(error),
            Answered::Failed(failed, error) => {
                Self::unrescued(self, error, Some(("call", failed.into())))
            }
        }
    }
}

impl Service {
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
        let mut call = Call::by_hand(self);
        call.attempts_by_hand(classify, attempt).await
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
        let mut call = Call::by_hand(self.service);
        let out = call.attempts_by_hand(E::classify, attempt).await;
        call.answer_by_hand(out, fallback, &keys).await
    }
}
