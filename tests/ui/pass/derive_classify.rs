//! `#[derive(Classify)]` on variants, sources and single fields.
#![deny(warnings, missing_docs, clippy::all, clippy::pedantic)]
#![forbid(unsafe_code)]

use std::io;
use std::time::Duration;

use resilience_runtime::{Classify, ResilienceError, RetryConfig, Verdict};

/// Of a service; its default is `outcome_unknown`.
#[derive(Debug, thiserror::Error, Classify)]
#[classify(outcome_unknown)]
pub enum ApiError<T: std::fmt::Debug = ()> {
    /// Holds the time to wait.
    #[error("busy")]
    #[classify(throttled(retry_after = wait))]
    Busy {
        /// The time to wait.
        wait: Duration,
        /// Of any type.
        detail: T,
    },
    /// May hold the time to wait.
    #[error("busy")]
    #[classify(throttled(retry_after = 1), counts_as_failure)]
    MaybeBusy(u8, Option<Duration>),
    /// Is permanent, and no sign of a sick service.
    #[error("no")]
    #[classify(permanent, ignored_by_breaker)]
    No,
    /// Gives the reason not found.
    #[error("not there")]
    #[classify(not_found)]
    NotFound,
    /// Gives the reason denied.
    #[error("may not")]
    #[classify(denied, ignored_by_breaker)]
    Denied,
    /// Gives the reason quota exhausted.
    #[error("used up")]
    #[classify(quota_exhausted)]
    Quota,
    /// Gives the reason context too large.
    #[error("too long")]
    #[classify(context_too_large)]
    TooLarge,
    /// Gives the reason session lost.
    #[error("no session")]
    #[classify(session_lost)]
    Session,
    /// Needs a new connection.
    #[error("closed")]
    #[classify(outcome_unknown, needs_reconnect)]
    Closed,
    /// Leaves the decision to the service's kind.
    #[error("strange")]
    #[classify(unclassified)]
    Strange,
    /// Wins over its source.
    #[error("settled")]
    #[classify(transient)]
    Settled(#[source] io::Error),
    /// Delegates to its source.
    #[error("io")]
    Io(#[from] io::Error),
    /// Delegates to the transparent error.
    #[error(transparent)]
    Guard(ResilienceError),
    /// Delegates to an error of any type.
    #[error("any")]
    Any {
        /// The source by its name.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Calls a function.
    #[error("code {0}")]
    Code(#[classify(with = of_code)] u16),
    /// Delegates to a field that is no source.
    #[error("inner")]
    Inner(u8, #[classify(delegate)] Inner),
    /// Takes the default of the type.
    #[error("other")]
    Other,
}

#[allow(clippy::trivially_copy_pass_by_ref)]
fn of_code(code: &u16) -> Verdict {
    if *code == 503 {
        Verdict::transient()
    } else {
        Verdict::permanent()
    }
}

/// A struct has one class.
#[derive(Debug, Classify)]
#[classify(permanent)]
pub struct Inner;

/// A struct delegates to its source.
#[derive(Debug, thiserror::Error, Classify)]
#[error("wrapped")]
pub struct Wrapped {
    source: io::Error,
}

/// An enum without variants.
#[derive(Debug, Classify)]
pub enum Never {}

fn io_error() -> io::Error {
    io::Error::from(io::ErrorKind::ConnectionRefused)
}

fn main() {
    let of_io = io_error().classify();
    let wait = Duration::from_secs(3);
    let verdict = |error: ApiError| error.classify();
    assert_eq!(
        verdict(ApiError::Busy { wait, detail: () }),
        Verdict::throttled(Some(wait))
    );
    assert_eq!(
        verdict(ApiError::MaybeBusy(0, None)),
        Verdict::throttled(None).counts_as_failure()
    );
    assert_eq!(
        verdict(ApiError::No),
        Verdict::permanent().ignored_by_breaker()
    );
    for (error, expected) in [
        (ApiError::NotFound, Verdict::not_found()),
        (ApiError::Denied, Verdict::denied().ignored_by_breaker()),
        (ApiError::Quota, Verdict::quota_exhausted()),
        (ApiError::TooLarge, Verdict::context_too_large()),
        (ApiError::Session, Verdict::session_lost()),
        (
            ApiError::Closed,
            Verdict::outcome_unknown().needs_reconnect(),
        ),
    ] {
        let verdict = verdict(error);
        assert_eq!(verdict, expected);
        assert_eq!(verdict.reason(), expected.reason());
    }
    assert_eq!(verdict(ApiError::Strange), Verdict::unclassified());
    assert_eq!(verdict(ApiError::Settled(io_error())), Verdict::transient());
    assert_eq!(verdict(ApiError::Io(io_error())), of_io);
    assert_eq!(
        verdict(ApiError::Any {
            source: io_error().into()
        }),
        of_io
    );
    assert_eq!(verdict(ApiError::Code(503)), Verdict::transient());
    assert_eq!(verdict(ApiError::Code(404)), Verdict::permanent());
    assert_eq!(verdict(ApiError::Inner(0, Inner)), Verdict::permanent());
    assert_eq!(verdict(ApiError::Other), Verdict::outcome_unknown());
    let invalid = RetryConfig::default().max_attempts(0).validate();
    let invalid = ResilienceError::from(invalid.unwrap_err());
    let guarded = verdict(ApiError::Guard(invalid));
    assert_eq!(guarded, Verdict::permanent().ignored_by_breaker());
    assert_eq!(Wrapped { source: io_error() }.classify(), of_io);
}
