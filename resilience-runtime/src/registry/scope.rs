//! A registry in place of the global one, for the annotated functions of one future.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::services::Registry;
use crate::thread_slot::ThreadSlot;

thread_local! {
    static CURRENT: ThreadSlot<Registry> = const { ThreadSlot::empty() };
}

/// The registry whose scope this is.
pub(super) fn current() -> Option<Registry> {
    CURRENT.with(ThreadSlot::get)
}

impl Registry {
    /// Runs `future` with this registry in place of the global one, for every annotated function inside.
    /// Not seen across `tokio::spawn`: wrap the spawned future as well.
    #[cfg_attr(docsrs, doc(cfg(feature = "test-util")))]
    pub fn scope<F: Future>(&self, future: F) -> InScope<F> {
        InScope {
            registry: self.clone(),
            future,
        }
    }
}

pin_project! {
    /// Runs the future of [`Registry::scope`].
    #[must_use = "futures do nothing unless polled"]
    pub struct InScope<F> {
        registry: Registry,
        #[pin]
        future: F,
    }
}

impl<F: Future> Future for InScope<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        struct Restore(Option<Registry>);
        impl Drop for Restore {
            fn drop(&mut self) {
                CURRENT.with(|current| current.replace(self.0.take()));
            }
        }
        let this = self.project();
        let registry = this.registry.clone();
        let _restore = Restore(CURRENT.with(|current| current.replace(Some(registry))));
        this.future.poll(cx)
    }
}

impl<F> fmt::Debug for InScope<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InScope").finish_non_exhaustive()
    }
}
