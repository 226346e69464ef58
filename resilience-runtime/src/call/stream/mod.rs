//! Functions that return a stream: an attempt lasts until the first item, and what follows is watched.

mod guarded;
mod opening;

use std::ops::ControlFlow;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures_core::Stream;

use super::Call;
use super::attempt::Attempt;
use super::failure::breaker_outcome;
use super::outcome::FromResilienceError;
use super::permits::AttemptPermits;
use super::rejection::Interruption;
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

/// How a stream is watched.
pub struct Watch<T, E> {
    /// The longest time between two items.
    pub idle_timeout: Option<Duration>,
    /// Whether an item is the last one; a stream that ends before has broken off.
    pub complete: Option<fn(&T) -> bool>,
    /// What an error between items means.
    pub judge: fn(&E) -> Classified,
}

impl<'p> Call<'p> {
    /// As [`conclude`](Self::conclude), for an attempt that opened a stream: its permits stay with the stream.
    pub fn conclude_stream<S, T, E>(
        call: &mut Self,
        attempt: &mut Attempt<'p>,
        outcome: Result<Result<Opened<S, T>, E>, Interruption>,
        classify: impl FnOnce(&E) -> Classified,
        must_complete: bool,
        exhausted: fn(&Self, E) -> E,
    ) -> ControlFlow<Result<Opened<S, T>, E>>
    where
        E: FromResilienceError,
    {
        let result = match outcome {
            Ok(result) => result,
            Err(interruption) => return call.interrupted(attempt, interruption, exhausted),
        };
        match result {
            Ok(opened) if opened.is_empty() && must_complete => {
                let error = ResilienceError::StreamInterrupted {
                    service: call.service(),
                };
                let classified = Classified::of(Verdict::outcome_unknown());
                call.failed_with_error(attempt, classified, error.into(), exhausted)
            }
            Ok(mut opened) => {
                opened.hold(attempt);
                attempt.succeed(call);
                ControlFlow::Break(Ok(opened))
            }
            Err(error) => {
                let classified = classify(&error);
                call.failed_with_error(attempt, classified, error, exhausted)
            }
        }
    }

    /// Returns the stream that was opened, with the permits of its attempt, as the function returns it.
    pub fn streaming<S, T, E, R>(
        out: Result<Opened<S, T>, E>,
        watch: Watch<T, E>,
        returned: fn(Guarded<S, T, E>) -> R,
    ) -> Result<R, E>
    where
        S: Stream<Item = Result<T, E>> + Unpin,
        E: FromResilienceError,
    {
        out.map(|opened| returned(Guarded::new(opened, watch)))
    }
}

/// The permits of an attempt whose stream is open.
pub(super) struct StreamPermits {
    core: Arc<ServiceCore>,
    function: Arc<FunctionState>,
    started: Moment,
    permits: AttemptPermits,
}

impl StreamPermits {
    /// Takes the permits of an attempt, which goes on as a stream although its call has ended.
    fn of(attempt: &mut Attempt<'_>) -> Self {
        Self {
            core: Arc::clone(&attempt.plan.core),
            function: Arc::clone(&attempt.plan.function),
            started: attempt.started,
            permits: attempt.permits.take(),
        }
    }

    /// Returns the permits when the stream ends; a second end changes nothing.
    fn complete(&mut self, outcome: BreakerOutcome) {
        let permits = &mut self.permits;
        permits.complete(&self.core, outcome, self.started, Moment::now);
        #[cfg(feature = "test-util")]
        permits.breaks_after.take();
    }

    /// Whether an injected fault breaks the stream off before its next item.
    #[cfg(feature = "test-util")]
    fn breaks_off(&self) -> bool {
        self.permits.breaks_after == Some(0)
    }

    /// Counts an item for an injected fault.
    #[cfg(feature = "test-util")]
    fn pass_item(&mut self) {
        if let Some(left) = &mut self.permits.breaks_after {
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
        self.complete(breaker_outcome(verdict));
    }
}

impl Drop for StreamPermits {
    fn drop(&mut self) {
        self.complete(BreakerOutcome::Abandoned);
    }
}
