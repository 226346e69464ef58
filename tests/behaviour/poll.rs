//! One poll at a time.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

pub fn poll<F: Future>(future: &mut Pin<Box<F>>) -> Poll<F::Output> {
    future
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()))
}

/// Polls for the first time what is expected to wait.
pub fn started<F: Future>(future: F) -> Pin<Box<F>> {
    let mut future = Box::pin(future);
    assert!(poll(&mut future).is_pending(), "it was to wait");
    future
}
