//! A guarded `tower::Service`.

use std::fmt;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::attempts::ServiceAttempts;
use super::rules::{Rules, RulesFor};
use crate::error::BoxError;
use crate::service::Service;

/// A service whose calls are guarded, made by a [`ResilienceLayer`](super::ResilienceLayer).
pub struct ResilienceService<S, R = Rules> {
    pub(super) inner: S,
    pub(super) shared: Arc<Shared<R>>,
}

/// What the clones of a guarded service share.
pub(super) struct Shared<R> {
    service: Arc<Service>,
    rules: R,
}

impl<S, R> ResilienceService<S, R> {
    pub(super) fn new(inner: S, service: &Arc<Service>, rules: R) -> Self {
        let service = Arc::clone(service);
        Self {
            inner,
            shared: Arc::new(Shared { service, rules }),
        }
    }

    /// Returns the service that is guarded.
    #[must_use]
    pub fn get_ref(&self) -> &S {
        &self.inner
    }

    /// Returns the service that is guarded.
    pub fn get_mut(&mut self) -> &mut S {
        &mut self.inner
    }

    /// Returns the service that is guarded.
    #[must_use]
    pub fn into_inner(self) -> S {
        self.inner
    }

    /// Takes the service that was polled ready, and leaves a clone, which is not.
    pub(super) fn take_ready(&mut self) -> S
    where
        S: Clone,
    {
        let fresh = self.inner.clone();
        mem::replace(&mut self.inner, fresh)
    }
}

/// Makes a guarded call of a service that is ready.
pub(super) async fn call<S, Req, R>(
    shared: Arc<Shared<R>>,
    ready: S,
    request: Req,
) -> Result<S::Response, BoxError>
where
    S: tower_service::Service<Req> + Clone,
    R: RulesFor<Req, S::Response, S::Error>,
{
    let attempts = ServiceAttempts::new(ready, request, &shared.rules);
    shared.service.call_client(attempts).await
}

impl<S, Req, R> tower_service::Service<Req> for ResilienceService<S, R>
where
    S: tower_service::Service<Req, Error: Into<BoxError>, Future: Send> + Clone + Send + 'static,
    S::Response: 'static,
    Req: Send + 'static,
    R: RulesFor<Req, S::Response, S::Error> + Send + Sync + 'static,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = ResponseFuture<S::Response>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, request: Req) -> Self::Future {
        let ready = self.take_ready();
        let shared = Arc::clone(&self.shared);
        ResponseFuture(Box::pin(call(shared, ready, request)))
    }
}

impl<S: Clone, R> Clone for ResilienceService<S, R> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            shared: Arc::clone(&self.shared),
        }
    }
}

impl<S, R> fmt::Debug for ResilienceService<S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResilienceService")
            .field("service", self.shared.service.name())
            .finish_non_exhaustive()
    }
}

/// Resolves to the response of a guarded call. It is one allocation of a call.
#[must_use = "futures do nothing unless polled"]
pub struct ResponseFuture<Res>(Pin<Box<dyn Future<Output = Result<Res, BoxError>> + Send>>);

impl<Res> Future for ResponseFuture<Res> {
    type Output = Result<Res, BoxError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(cx)
    }
}

impl<Res> fmt::Debug for ResponseFuture<Res> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
