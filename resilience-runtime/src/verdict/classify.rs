//! The trait of errors that classify themselves.

use std::sync::Arc;

use super::{Class, Reason, Verdict};
use crate::error::ResilienceError;

/// Classifies an error: implemented by errors that know their own verdict.
///
/// Derive it, or implement it:
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
    note = "derive it with `#[derive(Classify)]`, or implement `Classify`",
    note = "or pass a classifier: `classify = path` on the attribute, `call_with(path, …)` on a `Service`"
)]
pub trait Classify {
    /// Returns the verdict on this error. [`Verdict::unclassified`] leaves it to the service's kind.
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

/// Classifies the error of a nested call. After a timeout or an interrupted stream the outcome is unknown; all other
/// variants are local decisions, which do not concern the caller's service.
impl Classify for ResilienceError {
    fn classify(&self) -> Verdict {
        match self {
            Self::Timeout { .. } | Self::StreamInterrupted { .. } => Verdict::outcome_unknown(),
            Self::DeadlineExceeded { .. } => Verdict::permanent()
                .ignored_by_breaker()
                .because(Reason::Rejected),
            rejection if rejection.is_rejection() => Verdict::permanent()
                .ignored_by_breaker()
                .because(Reason::Rejected),
            Self::SharedFailure { class, .. } if *class != Class::Permanent => Verdict::permanent()
                .ignored_by_breaker()
                .because(Reason::Rejected),
            Self::SharedFailure { code, reason, .. } => {
                let verdict = Verdict::permanent().ignored_by_breaker();
                let verdict = code.map_or(verdict, |code| verdict.with_code(code));
                reason.map_or(verdict, |reason| verdict.because(reason))
            }
            // Represents an error of the service.
            #[cfg(feature = "test-util")]
            Self::Injected { verdict, .. } => *verdict,
            _ => Verdict::permanent().ignored_by_breaker(),
        }
    }
}
