//! Errors that say themselves what they mean.

use std::sync::Arc;

use super::{Class, Reason, Verdict};
use crate::error::ResilienceError;

/// An error that knows what it means.
///
/// Derive it, or write it by hand:
///
/// ```
/// use resilience_runtime::{Classify, Verdict};
///
/// enum ApiError {
///     Overloaded { retry_after: Option<std::time::Duration> },
///     ConnectionLost,
///     BadRequest,
/// }
///
/// impl Classify for ApiError {
///     fn classify(&self) -> Verdict {
///         match self {
///             Self::Overloaded { retry_after } => Verdict::throttled(*retry_after),
///             Self::ConnectionLost => Verdict::outcome_unknown(),
///             Self::BadRequest => Verdict::permanent(),
///         }
///     }
/// }
///
/// assert!(ApiError::BadRequest.classify().is_permanent());
/// ```
#[diagnostic::on_unimplemented(
    message = "errors of type `{Self}` cannot be classified",
    label = "`{Self}` does not implement `Classify`",
    note = "derive it with `#[derive(Classify)]`, or implement `Classify` by hand",
    note = "or pass a classifier: `classify = path` on the attribute, `call_with(path, …)` by hand"
)]
pub trait Classify {
    /// What this error means. [`Verdict::unclassified`] leaves it to the service's kind.
    fn classify(&self) -> Verdict;
}

impl<E: Classify + ?Sized> Classify for &E {
    fn classify(&self) -> Verdict {
        (**self).classify()
    }
}

impl<E: Classify + ?Sized> Classify for Box<E> {
    fn classify(&self) -> Verdict {
        (**self).classify()
    }
}

impl<E: Classify + ?Sized> Classify for Arc<E> {
    fn classify(&self) -> Verdict {
        (**self).classify()
    }
}

/// Found inside another call's error. A timeout or a stream that broke off leaves open whether the call took effect; everything
/// else was decided here and says nothing about the service of the caller.
impl Classify for ResilienceError {
    fn classify(&self) -> Verdict {
        match self {
            Self::Timeout { .. } | Self::StreamInterrupted { .. } => Verdict::outcome_unknown(),
            Self::CircuitBreakerOpen { .. }
            | Self::RateLimitExceeded { .. }
            | Self::BulkheadFull { .. }
            | Self::DeadlineExceeded { .. } => Verdict::permanent()
                .ignored_by_breaker()
                .because(Reason::Rejected),
            Self::SharedFailure { class, .. } if *class != Class::Permanent => Verdict::permanent()
                .ignored_by_breaker()
                .because(Reason::Rejected),
            // Stands for an error of the service.
            #[cfg(feature = "test-util")]
            Self::Injected { verdict, .. } => *verdict,
            _ => Verdict::permanent().ignored_by_breaker(),
        }
    }
}
