//! Fallbacks that are registered at run time, for a service and a type of answer.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use crate::error::BoxError;
use crate::name::{ServiceKind, ServiceName};
use crate::sync::Mutex;

/// What a fallback is told of the call that it stands in for.
#[derive(Clone, Debug)]
pub struct FallbackContext {
    pub(crate) service: ServiceName,
    pub(crate) kind: ServiceKind,
    pub(crate) function: Arc<str>,
    pub(crate) cause: FailureCause,
    pub(crate) attempts: u32,
}

impl FallbackContext {
    /// The service that was called.
    #[must_use]
    pub const fn service(&self) -> &ServiceName {
        &self.service
    }

    /// Its kind.
    #[must_use]
    pub const fn kind(&self) -> ServiceKind {
        self.kind
    }

    /// The path of the annotated function, or the service's name for calls by hand.
    #[must_use]
    pub fn function(&self) -> &str {
        &self.function
    }

    /// Why the call failed.
    #[must_use]
    pub const fn cause(&self) -> FailureCause {
        self.cause
    }

    /// How often the body ran.
    #[must_use]
    pub const fn attempts(&self) -> u32 {
        self.attempts
    }
}

/// Why a call failed, as far as a fallback may want to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FailureCause {
    /// Turned away before anything was sent.
    Rejection,
    /// Cut by its timeout or deadline.
    Timeout,
    /// An error that another attempt might not meet.
    Temporary,
    /// An error that another attempt would meet again.
    Permanent,
    /// The configuration cannot run. Never reaches a fallback.
    InvalidConfig,
}

impl FailureCause {
    /// Its name in logs.
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

/// What a registered fallback may return: the answer, or a result of it.
pub trait IntoAnswer<T> {
    /// The answer, or why there is none.
    ///
    /// # Errors
    /// Whatever the fallback failed with.
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

/// A function of a [`FallbackContext`] that makes a `T` or a `Result<T, BoxError>`.
pub trait RegisteredFallback<T>:
    Fn(FallbackContext) -> <Self as RegisteredFallback<T>>::Future + Send + Sync + 'static
{
    /// The future that it returns.
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
    /// Replaces what was registered before.
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
