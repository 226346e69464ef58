//! What the variants of an error mean, said by the variants, their sources, or single fields.
#![deny(warnings, missing_docs, clippy::all, clippy::pedantic)]
#![forbid(unsafe_code)]

use std::io;
use std::time::Duration;

use resilience_runtime::{Classify, ResilienceError, RetryConfig, Verdict};

/// Of a service.
#[derive(Debug, thiserror::Error, Classify)]
#[classify(outcome_unknown)]
pub enum ApiError<T: std::fmt::Debug = ()> {
    /// Waits.
    #[error("busy")]
    #[classify(throttled(retry_after = wait))]
    Busy {
        /// So long.
        wait: Duration,
        /// Unused.
        detail: T,
    },
    /// Waits, perhaps.
    #[error("busy")]
    #[classify(throttled(retry_after = 1), counts_as_failure)]
    MaybeBusy(u8, Option<Duration>),
    /// Stays.
    #[error("no")]
    #[classify(permanent, ignored_by_breaker)]
    No,
    /// Is not there.
    #[error("not there")]
    #[classify(not_found)]
    NotFound,
    /// May not.
    #[error("may not")]
    #[classify(denied, ignored_by_breaker)]
    Denied,
    /// Is used up.
    #[error("used up")]
    #[classify(quota_exhausted)]
    Quota,
    /// Is too long.
    #[error("too long")]
    #[classify(context_too_large)]
    TooLarge,
    /// Knows no session.
    #[error("no session")]
    #[classify(session_lost)]
    Session,
    /// Is closed.
    #[error("closed")]
    #[classify(outcome_unknown, needs_reconnect)]
    Closed,
    /// Wins over its source.
    #[error("settled")]
    #[classify(transient)]
    Settled(#[source] io::Error),
    /// Asks its source.
    #[error("io")]
    Io(#[from] io::Error),
    /// Asks what it is transparent for.
    #[error(transparent)]
    Guard(ResilienceError),
    /// Asks any error.
    #[error("any")]
    Any {
        /// The source by its name.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Asks a function.
    #[error("code {0}")]
    Code(#[classify(with = of_code)] u16),
    /// Asks a field that is no source.
    #[error("inner")]
    Inner(u8, #[classify(delegate)] Inner),
    /// Says nothing.
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

/// A struct says it once.
#[derive(Debug, Classify)]
#[classify(permanent)]
pub struct Inner;

/// A struct can ask its source, too.
#[derive(Debug, thiserror::Error, Classify)]
#[error("wrapped")]
pub struct Wrapped {
    source: io::Error,
}

/// No variants, nothing to say.
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
