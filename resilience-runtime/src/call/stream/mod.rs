//! Functions that return a stream: an attempt lasts until the first item, and what follows is watched.

mod guarded;
mod opening;

use std::ops::ControlFlow;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures_core::Stream;

use super::decide::breaker_outcome;
use super::outcome::FromResilienceError;
use super::settle::Success;
use super::{Call, Hold};
use crate::circuit_breaker::Outcome as BreakerOutcome;
use crate::clock::Moment;
use crate::error::ResilienceError;
use crate::plan::{FunctionState, ServiceCore};
use crate::telemetry::{Counter, Event, EventKind, trace};
use crate::verdict::Verdict;
use crate::verdict::autoref::Classified;

pub use guarded::Guarded;
pub use opening::{Opened, Opening, open};

/// The longest silence between two items, where nothing else is said.
pub const DEFAULT_IDLE_TIMEOUT: Option<Duration> = Some(Duration::from_secs(60));

/// A boxed stream of results, which can be put round another one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be watched from within",
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

/// How a stream is watched.
pub struct Watch<T, E> {
    /// The longest time between two items.
    pub idle_timeout: Option<Duration>,
    /// Whether an item is the last one; a stream that ends before has broken off.
    pub complete: Option<fn(&T) -> bool>,
    /// What an error between items means.
    pub judge: fn(&E) -> Classified,
}

impl Call {
    /// As [`settle`](Self::settle), for an attempt that opened a stream: what it holds of the service stays
    /// with the stream.
    pub fn settle_stream<S, T, E>(
        call: &mut Self,
        attempt: Result<Opened<S, T>, E>,
        judge: impl FnOnce(&E) -> Classified,
        must_complete: bool,
        exhausted: fn(&Self, E) -> E,
    ) -> ControlFlow<Result<Opened<S, T>, E>>
    where
        E: FromResilienceError,
    {
        match attempt {
            Ok(opened) if opened.is_empty() && must_complete => {
                let error = ResilienceError::StreamInterrupted {
                    service: call.service(),
                };
                let classified = Classified::of(Verdict::outcome_unknown());
                call.failed_with_error(classified, error.into(), exhausted)
            }
            Ok(opened) => {
                call.opened();
                ControlFlow::Break(Ok(opened))
            }
            failed => Self::settle(call, failed, Success::Not, judge, exhausted),
        }
    }

    /// As [`settle_stream`](Self::settle_stream), where retries are off in the code.
    pub fn settle_last_stream<S, T, E>(
        call: &mut Self,
        attempt: Result<Opened<S, T>, E>,
        judge: impl FnOnce(&E) -> Classified,
        must_complete: bool,
        exhausted: fn(&Self, E) -> E,
    ) -> Result<Opened<S, T>, E>
    where
        E: FromResilienceError,
    {
        match Self::settle_stream(call, attempt, judge, must_complete, exhausted) {
            ControlFlow::Break(out) => out,
            ControlFlow::Continue(()) => {
                unreachable!("a call with `retry = off` was to be retried")
            }
        }
    }

    /// The stream that was opened, with what the call holds of the service, as the function returns it.
    pub fn streaming<S, T, E, R>(
        call: &mut Self,
        out: Result<Opened<S, T>, E>,
        watch: Watch<T, E>,
        returned: fn(Guarded<S, T, E>) -> R,
    ) -> Result<R, E>
    where
        S: Stream<Item = Result<T, E>> + Unpin,
        E: FromResilienceError,
    {
        out.map(|opened| {
            let held = Held {
                core: Arc::clone(call.core()),
                function: Arc::clone(&call.plan().function),
                started: call.now,
                hold: std::mem::take(&mut call.hold),
            };
            returned(Guarded::new(opened, watch, held))
        })
    }

    /// The stream has begun: the call succeeded, but the attempt goes on.
    fn opened(&mut self) {
        let hold = std::mem::take(&mut self.hold);
        self.succeeded();
        self.hold = hold;
    }
}

/// What a stream holds of its service while it runs.
struct Held {
    core: Arc<ServiceCore>,
    function: Arc<FunctionState>,
    started: Moment,
    hold: Hold,
}

impl Held {
    /// The stream has ended; a later end says nothing more.
    fn end(&mut self, outcome: BreakerOutcome) {
        self.hold
            .release(&self.core, outcome, self.started, Moment::now);
    }

    /// Whether an injected fault breaks the stream off before its next item.
    #[cfg(feature = "test-util")]
    fn breaks_off(&self) -> bool {
        self.hold.breaks_after == Some(0)
    }

    /// An item goes out.
    #[cfg(feature = "test-util")]
    fn pass_item(&mut self) {
        if let Some(left) = &mut self.hold.breaks_after {
            *left = left.saturating_sub(1);
        }
    }

    fn broken(&mut self, verdict: Verdict) {
        self.core.count(Counter::BrokenStreams);
        let class = verdict.class();
        trace::stream_broken(&self.core.name, &self.function.name, class);
        if self.core.observers.has_call_subscribers() {
            let event = EventKind::StreamBroken { class };
            self.core.send(Event::new(self.core.name.clone(), event));
        }
        self.end(breaker_outcome(verdict));
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.end(BreakerOutcome::Abandoned);
    }
}
