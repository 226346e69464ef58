//! The error that the tests share: one variant for each verdict.

use std::time::Duration;

use resilience_runtime::{Classify, ResilienceError, Verdict};

#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    #[error("refused")]
    Transient,
    #[error("connection lost")]
    Unknown,
    #[error("too many requests")]
    Throttled(Option<Duration>),
    #[error("bad request")]
    Permanent,
    #[error(transparent)]
    Resilience(#[from] ResilienceError),
}

impl Classify for ApiError {
    fn classify(&self) -> Verdict {
        match self {
            Self::Transient => Verdict::transient(),
            Self::Unknown => Verdict::outcome_unknown(),
            Self::Throttled(wait) => Verdict::throttled(*wait),
            Self::Permanent => Verdict::permanent(),
            Self::Resilience(error) => error.classify(),
        }
    }
}

impl ApiError {
    /// What the runtime answered instead of the body.
    pub fn local(&self) -> &ResilienceError {
        match self {
            Self::Resilience(error) => error,
            other => panic!("the body's own error: {other:?}"),
        }
    }

    pub fn is_open_circuit(&self) -> bool {
        matches!(
            self,
            Self::Resilience(ResilienceError::CircuitBreakerOpen { .. })
        )
    }

    pub fn is_timeout(&self) -> bool {
        matches!(self, Self::Resilience(ResilienceError::Timeout { .. }))
    }

    pub fn is_deadline(&self) -> bool {
        matches!(
            self,
            Self::Resilience(ResilienceError::DeadlineExceeded { .. })
        )
    }
}
