//! Functions that return a stream: an attempt lasts until the first item, and what follows is watched.

mod conclude;
mod guarded;
mod opening;
mod permits;
mod watch;

use std::pin::Pin;

use futures_core::Stream;

use super::outcome::FromResilienceError;

pub use guarded::Guarded;
pub use opening::{Opened, Opening, open, verdict_of};
pub use watch::{DEFAULT_IDLE_TIMEOUT, Watch};

/// A boxed stream of results, which can be put round another one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a stream that the attribute can watch",
    label = "not a boxed stream of `Result<_, E>` with the function's own error type `E`",
    note = "return `Result<impl Stream<Item = Result<T, E>>, E>`, or a `Pin<Box<dyn Stream<Item = Result<T, E>> + Send>>`"
)]
pub trait BoxedStream<T, E>: Stream<Item = Result<T, E>> + Unpin + Sized {
    /// The stream that is watched, as the function returns it.
    fn of(guarded: Guarded<Self, T, E>) -> Self;
}

macro_rules! boxed_stream {
    ($($stream:ty $(, $bound:ident)*;)*) => { $(
        impl<'a, T: $($bound +)* 'a, E: FromResilienceError $(+ $bound)* + 'a> BoxedStream<T, E> for $stream {
            fn of(guarded: Guarded<Self, T, E>) -> Self {
                Box::pin(guarded)
            }
        }
    )* };
}

boxed_stream! {
    Pin<Box<dyn Stream<Item = Result<T, E>> + 'a>>;
    Pin<Box<dyn Stream<Item = Result<T, E>> + Send + 'a>>, Send;
    Pin<Box<dyn Stream<Item = Result<T, E>> + Send + Sync + 'a>>, Send, Sync;
}

/// For `impl Stream`: boxed, because it is moved after its first item.
pub fn boxed<S>(stream: S) -> Pin<Box<S>> {
    Box::pin(stream)
}

/// For what is boxed already.
pub fn as_it_is<S>(stream: S) -> S {
    stream
}

/// For what is boxed already.
pub fn wrapped<S: BoxedStream<T, E>, T, E>(guarded: Guarded<S, T, E>) -> S {
    S::of(guarded)
}
