//! Futures that are polled once and then kept, and what they may cost the others.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

pub fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// A future that is polled once, as by a `select!` whose other branch goes on, and then kept.
pub type Kept<T> = Pin<Box<dyn Future<Output = T> + Send>>;

pub fn keep<T>(future: impl Future<Output = T> + Send + 'static) -> Kept<T> {
    let mut future: Kept<T> = Box::pin(future);
    assert!(poll(&mut future).is_pending());
    future
}

pub fn poll<T>(future: &mut Kept<T>) -> Poll<T> {
    future
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()))
}

/// What so many unpolled futures may cost, and 1 ms for each timer's resolution.
pub fn bound(unpolled: u32) -> Duration {
    let rounds = 1.0 + f64::from(unpolled).log2();
    Duration::from_secs_f64(0.005 * rounds) + ms(1)
}
