//! The same for services whose futures are not `Send`.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tower_layer::Layer;
use tower_service::Service;

use super::guarded::{ResilienceService, call};
use super::layer::ResilienceLayer;
use super::rules::{Rules, RulesFor};
use crate::error::BoxError;

/// Guards services whose requests or futures are not `Send`, made by [`ResilienceLayer::local`].
#[derive(Clone, Debug)]
pub struct LocalResilienceLayer<R = Rules>(pub(super) ResilienceLayer<R>);

/// A service whose calls are guarded on one thread, made by a [`LocalResilienceLayer`].
#[derive(Clone, Debug)]
pub struct LocalResilienceService<S, R = Rules>(ResilienceService<S, R>);

impl<R> ResilienceLayer<R> {
    /// Guards services whose requests or futures are not `Send`, and stay on one thread.
    #[must_use]
    pub fn local(self) -> LocalResilienceLayer<R> {
        LocalResilienceLayer(self)
    }
}

impl<S, R: Clone> Layer<S> for LocalResilienceLayer<R> {
    type Service = LocalResilienceService<S, R>;

    fn layer(&self, inner: S) -> Self::Service {
        LocalResilienceService(self.0.layer(inner))
    }
}

impl<S, Req, R> Service<Req> for LocalResilienceService<S, R>
where
    S: Service<Req, Error: Into<BoxError>> + Clone + 'static,
    Req: 'static,
    R: RulesFor<Req, S::Response, S::Error> + 'static,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = LocalResponseFuture<S::Response>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.0.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, request: Req) -> Self::Future {
        let ready = self.0.take_ready();
        let shared = Arc::clone(&self.0.shared);
        LocalResponseFuture(Box::pin(call(shared, ready, request)))
    }
}

/// Resolves to the response of a guarded call, on the thread that made it.
#[must_use = "futures do nothing unless polled"]
pub struct LocalResponseFuture<Res>(Pin<Box<dyn Future<Output = Result<Res, BoxError>>>>);

impl<Res> Future for LocalResponseFuture<Res> {
    type Output = Result<Res, BoxError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(cx)
    }
}

impl<Res> fmt::Debug for LocalResponseFuture<Res> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalResponseFuture")
            .finish_non_exhaustive()
    }
}
