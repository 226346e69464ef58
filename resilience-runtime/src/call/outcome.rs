//! The results that a guarded function may have.

use crate::error::ResilienceError;

/// The return type of an annotated function: any type that is `Result<T, E>`, aliases too.
#[diagnostic::on_unimplemented(
    message = "a resilient function must return `Result<T, E>`, not `{Self}`",
    label = "not a `Result`",
    note = "the error decides whether to retry; wrap the value in `Ok(..)`"
)]
pub trait Outcome: sealed::Sealed {
    /// The success.
    type Ok;
    /// The error; it takes the runtime's own errors through `From`.
    type Error: FromResilienceError;

    /// As a result.
    fn into_result(self) -> Result<Self::Ok, Self::Error>;

    /// The success, if it is one.
    fn success(&self) -> Option<&Self::Ok>;

    /// The error, if it is one.
    fn failure(&self) -> Option<&Self::Error>;

    /// From a result.
    fn from_result(result: Result<Self::Ok, Self::Error>) -> Self;

    /// From an error of the runtime's own.
    fn from_resilience_error(error: ResilienceError) -> Self;
}

mod sealed {
    /// Only `Result` is an outcome.
    pub trait Sealed {}

    impl<T, E> Sealed for Result<T, E> {}
}

impl<T, E: FromResilienceError> Outcome for Result<T, E> {
    type Ok = T;
    type Error = E;

    #[inline]
    fn into_result(self) -> Self {
        self
    }

    #[inline]
    fn success(&self) -> Option<&T> {
        self.as_ref().ok()
    }

    #[inline]
    fn failure(&self) -> Option<&E> {
        self.as_ref().err()
    }

    #[inline]
    fn from_result(result: Self) -> Self {
        result
    }

    fn from_resilience_error(error: ResilienceError) -> Self {
        Err(error.into())
    }
}

/// An error that takes the runtime's own errors: everything that is `From<ResilienceError>`. It has a name
/// only so that its absence can be explained.
#[diagnostic::on_unimplemented(
    message = "`{Self}` must implement `From<ResilienceError>` to carry errors such as an open circuit or a timeout",
    label = "`From<ResilienceError>` is not implemented for `{Self}`",
    note = "add a variant: `#[error(transparent)] Resilience(#[from] resilience_runtime::ResilienceError)`",
    note = "`anyhow::Error`, `Box<dyn Error + Send + Sync>` and `std::io::Error` implement it already"
)]
pub trait FromResilienceError: From<ResilienceError> {}

#[diagnostic::do_not_recommend]
impl<E: From<ResilienceError>> FromResilienceError for E {}
