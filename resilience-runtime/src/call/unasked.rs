//! A fallback registered at run time for a function that says nothing of it. Its error type need not be
//! one that can be boxed, and no error is held while the fallback runs, so that the function's future
//! stays what it was.

use std::any::type_name;
use std::error::Error;
use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::ops::ControlFlow;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use super::Call;
use super::outcome::Outcome;
use super::rescue::Registered;
use crate::error::BoxError;

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

impl<E> Boxing<E> {
    /// Asks the registered fallback; `Break`: there is none, or nothing to answer.
    pub fn ask<R>(self, call: &mut Call, error: E) -> ControlFlow<R, Asked<'_, R>>
    where
        R: Outcome<Error = E>,
        R::Ok: Send + 'static,
    {
        let answer = Call::registered::<R>(call);
        if answer.is_none() {
            return ControlFlow::Break(R::from_result(Err(error)));
        }
        ControlFlow::Continue(Asked {
            answer,
            error: Some((self.0)(error)),
            outcome: PhantomData,
        })
    }
}

impl<E> fmt::Debug for Boxing<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Boxing")
    }
}

/// The registered fallback at work.
#[must_use = "futures do nothing unless polled"]
pub struct Asked<'a, R: Outcome> {
    answer: Registered<'a, R::Ok>,
    /// The call's own error.
    error: Option<BoxError>,
    outcome: PhantomData<fn() -> R>,
}

impl<R: Outcome> Future for Asked<'_, R> {
    type Output = R;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<R> {
        let this = &mut *self;
        let answer = ready!(Pin::new(&mut this.answer).poll(cx));
        let call = this.answer.call();
        let error = match answer {
            Some(Ok(value)) => return Poll::Ready(Call::rescued(call, "registered", value)),
            Some(Err(error)) => error,
            None => unreachable!("made only where there is a fallback"),
        };
        let source = this.error.take().expect("ready only once");
        let failed = call.fallback_failure("registered", error, source);
        Poll::Ready(R::from_result(Err(failed.into())))
    }
}

impl<R: Outcome> fmt::Debug for Asked<'_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Asked").finish_non_exhaustive()
    }
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
