//! Correlation ids, which connect the log entries of one call.

use std::cell::RefCell;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

thread_local! {
    static CURRENT: RefCell<Option<CorrelationId>> = const { RefCell::new(None) };
}

/// Connects the log entries of one call.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct CorrelationId(Arc<str>);

impl CorrelationId {
    pub(crate) fn new(id: impl fmt::Display) -> Self {
        Self(id.to_string().into())
    }

    /// Returns a new random id.
    pub(crate) fn random() -> Self {
        Self::new(format_args!("{:016x}", rand::random::<u64>()))
    }

    /// Returns the id of the scope that the current code runs in.
    #[must_use]
    pub fn current() -> Option<Self> {
        CURRENT.with_borrow(Clone::clone)
    }

    /// Makes this id the current one until the guard is dropped.
    pub(crate) fn enter(&self) -> EnteredCorrelation {
        EnteredCorrelation {
            outer: Self::replace(Some(self.clone())),
        }
    }

    /// Replaces the current id, and returns the one before.
    pub(crate) fn replace(id: Option<Self>) -> Option<Self> {
        CURRENT.replace(id)
    }

    /// Returns the id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CorrelationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for CorrelationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

/// Restores the id before on drop.
pub(crate) struct EnteredCorrelation {
    outer: Option<CorrelationId>,
}

impl Drop for EnteredCorrelation {
    fn drop(&mut self) {
        CURRENT.set(self.outer.take());
    }
}

/// Logs every guarded call inside `future` under `id`, unless its attribute names another one. The id does not reach
/// across `tokio::spawn`: wrap the spawned future as well.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// use resilience_runtime::{telemetry::CorrelationId, with_correlation_id};
///
/// let seen = with_correlation_id("request-7", async { CorrelationId::current() }).await;
/// assert_eq!(seen.unwrap().as_str(), "request-7");
/// assert_eq!(CorrelationId::current(), None);
/// # }
/// ```
pub fn with_correlation_id<F: Future>(id: impl fmt::Display, future: F) -> WithCorrelationId<F> {
    WithCorrelationId {
        id: CorrelationId::new(id),
        future,
    }
}

pin_project! {
    /// Runs a future under a correlation id; it is what [`with_correlation_id`] returns.
    #[must_use = "futures do nothing unless polled"]
    pub struct WithCorrelationId<F> {
        id: CorrelationId,
        #[pin]
        future: F,
    }
}

impl<F: Future> Future for WithCorrelationId<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let _entered = this.id.enter();
        this.future.poll(cx)
    }
}
