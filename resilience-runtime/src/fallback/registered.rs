//! Fallbacks that are registered at run time, for a service and a result type.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use crate::error::BoxError;
use crate::name::{ServiceKind, ServiceName};
use crate::sync::Mutex;

/// Describes the failed call to a registered fallback.
#[derive(Clone, Debug)]
pub struct FallbackContext {
    pub(crate) service: ServiceName,
    pub(crate) kind: ServiceKind,
    pub(crate) function: Arc<str>,
    pub(crate) cause: FailureCause,
    pub(crate) attempts: u32,
}

impl FallbackContext {
    /// Returns the name of the service that was called.
    #[must_use]
    pub const fn service(&self) -> &ServiceName {
        &self.service
    }

    /// Returns the kind of the service.
    #[must_use]
    pub const fn kind(&self) -> ServiceKind {
        self.kind
    }

    /// Returns the path of the annotated function; for calls without an attribute, the name of the service.
    #[must_use]
    pub fn function(&self) -> &str {
        &self.function
    }

    /// Returns why the call failed.
    #[must_use]
    pub const fn cause(&self) -> FailureCause {
        self.cause
    }

    /// Returns how often the body ran.
    #[must_use]
    pub const fn attempts(&self) -> u32 {
        self.attempts
    }
}

/// Names the cause for which a call failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FailureCause {
    /// The call was rejected before anything was sent.
    Rejection,
    /// The timeout or deadline of the call passed.
    Timeout,
    /// The call failed with an error that may be gone at the next attempt.
    Temporary,
    /// The call failed with an error that every attempt would meet.
    Permanent,
    /// The configuration of the call is invalid. This never reaches a fallback.
    InvalidConfig,
}

impl FailureCause {
    /// Returns the name used in logs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rejection => "rejection",
            Self::Timeout => "timeout",
            Self::Temporary => "temporary",
            Self::Permanent => "permanent",
            Self::InvalidConfig => "invalid_config",
        }
    }
}

/// Converts what a registered fallback returns: the value, or a `Result` of it.
pub trait IntoAnswer<T> {
    /// Converts it to a result.
    ///
    /// # Errors
    /// The error of the fallback.
    fn into_answer(self) -> Result<T, BoxError>;
}

impl<T> IntoAnswer<T> for T {
    fn into_answer(self) -> Result<T, BoxError> {
        Ok(self)
    }
}

impl<T> IntoAnswer<T> for Result<T, BoxError> {
    fn into_answer(self) -> Self {
        self
    }
}

/// Marks the functions of a [`FallbackContext`] that return a future of `T` or `Result<T, BoxError>`.
pub trait RegisteredFallback<T>:
    Fn(FallbackContext) -> <Self as RegisteredFallback<T>>::Future + Send + Sync + 'static
{
    /// Names the type of the future that the function returns.
    type Future: Future<Output: IntoAnswer<T>> + Send + 'static;
}

impl<T, F, Fut> RegisteredFallback<T> for F
where
    F: Fn(FallbackContext) -> Fut + Send + Sync + 'static,
    Fut: Future<Output: IntoAnswer<T>> + Send + 'static,
{
    type Future = Fut;
}

pub(crate) type AnswerFuture<T> = Pin<Box<dyn Future<Output = Result<T, BoxError>> + Send>>;

type Handler<T> = Arc<dyn Fn(FallbackContext) -> AnswerFuture<T> + Send + Sync>;

/// All registered fallbacks of a registry.
#[derive(Default)]
pub(crate) struct RegisteredFallbacks {
    handlers: Mutex<HashMap<(ServiceName, TypeId), Box<dyn Any + Send>>>,
}

impl RegisteredFallbacks {
    /// Registers a fallback, in place of an earlier one.
    pub(crate) fn register<T: Send + 'static>(
        &self,
        service: ServiceName,
        fallback: impl RegisteredFallback<T>,
    ) {
        let handler: Handler<T> = Arc::new(move |context| {
            let answer = fallback(context);
            Box::pin(async move { answer.await.into_answer() })
        });
        let key = (service, TypeId::of::<T>());
        let displaced = self.handlers.lock().insert(key, Box::new(handler));
        drop(displaced);
    }

    /// Calls the fallback for the context's service and `T`, if there is one.
    pub(crate) fn call<T: Send + 'static>(
        &self,
        context: impl FnOnce() -> FallbackContext,
        service: &ServiceName,
    ) -> Option<AnswerFuture<T>> {
        let handler: Handler<T> = {
            let handlers = self.handlers.lock();
            if handlers.is_empty() {
                return None;
            }
            let handler = handlers.get(&(service.clone(), TypeId::of::<T>()))?;
            handler.downcast_ref::<Handler<T>>()?.clone()
        };
        Some(handler(context()))
    }

    pub(crate) fn len(&self) -> usize {
        self.handlers.lock().len()
    }
}

impl std::fmt::Debug for RegisteredFallbacks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RegisteredFallbacks")
            .field("len", &self.len())
            .finish()
    }
}
