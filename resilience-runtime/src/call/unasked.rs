//! A fallback registered at run time for a function that says nothing of it. Its error type need not be
//! one that can be boxed, and no error is held while the fallback runs, so that the function's future
//! stays what it was.

use std::any::type_name;
use std::error::Error;
use std::fmt;
use std::future::Future;
use std::ops::ControlFlow;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use super::Call;
use super::outcome::Outcome;
use super::rescue::{On, Registered};
use crate::error::{BoxError, ResilienceError};

/// Finds out whether an error can be boxed: `(&Probe(&error)).asker()`.
#[derive(Debug)]
pub struct Probe<'a, E>(pub &'a E);

/// The error can be boxed.
pub trait ByInto {
    /// The error's type.
    type Error;

    /// Who asks.
    fn asker(&self) -> Boxing<Self::Error>;
}

impl<E: Into<BoxError>> ByInto for Probe<'_, E> {
    type Error = E;

    fn asker(&self) -> Boxing<E> {
        Boxing(E::into)
    }
}

/// The error cannot be boxed; its type's name stands for it.
pub trait ByNothing {
    /// The error's type.
    type Error;

    /// Who asks.
    fn asker(&self) -> Boxing<Self::Error>;
}

impl<E> ByNothing for &Probe<'_, E> {
    type Error = E;

    fn asker(&self) -> Boxing<E> {
        Boxing(|_| Unboxable(type_name::<E>()).into())
    }
}

/// Knows how to box an error.
pub struct Boxing<E>(fn(E) -> BoxError);

/// Asks the registered fallback; `Break`: there is none, or nothing to answer.
pub fn ask<R>(
    call: &mut Call,
    out: R,
    boxing: impl FnOnce(&R::Error) -> Boxing<R::Error>,
) -> ControlFlow<R, Asked<'_, R::Ok>>
where
    R: Outcome<Ok: Send + 'static>,
{
    match Call::rescue(call, out, On::Any) {
        ControlFlow::Break(out) => ControlFlow::Break(out),
        ControlFlow::Continue(error) => {
            let answer = Call::registered::<R>(call);
            if answer.is_none() {
                return ControlFlow::Break(R::from_result(Err(error)));
            }
            let boxing = boxing(&error);
            ControlFlow::Continue(Asked {
                answer,
                error: Some((boxing.0)(error)),
            })
        }
    }
}

impl<E> fmt::Debug for Boxing<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Boxing")
    }
}

/// The registered fallback at work. Its output is not yet the function's: then it would ask for the same
/// of the error type as the attempts do, and the compiler would say so twice.
#[must_use = "futures do nothing unless polled"]
pub struct Asked<'a, T> {
    answer: Registered<'a, T>,
    /// The call's own error.
    error: Option<BoxError>,
}

impl<T> Future for Asked<'_, T> {
    type Output = Result<T, ResilienceError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let answer = ready!(Pin::new(&mut this.answer).poll(cx));
        let call = this.answer.call();
        Poll::Ready(match answer {
            Some(Ok(value)) => {
                call.answered_by("registered");
                Ok(value)
            }
            Some(Err(error)) => {
                let source = this.error.take().expect("ready only once");
                Err(call.fallback_failure("registered", error, source))
            }
            None => unreachable!("made only where there is a fallback"),
        })
    }
}

impl<T> fmt::Debug for Asked<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Asked").finish_non_exhaustive()
    }
}

/// What the registered fallback brought, as the function's result.
pub fn concluded<R: Outcome>(answer: Result<R::Ok, ResilienceError>) -> R {
    R::from_result(answer.map_err(Into::into))
}

/// Stands for an error that is none in the eyes of the standard library.
#[derive(Debug)]
struct Unboxable(&'static str);

impl fmt::Display for Unboxable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an error of type `{}`", self.0)
    }
}

impl Error for Unboxable {}
