//! A registered fallback for functions whose attribute does not mention it.
//!
//! Nobody asked for it, so it must cost such a function nothing: no bound on its error type, and no error
//! held while the fallback runs, which could make the future lose its `Send`. An error that goes into a
//! box is put there first; any other is given back at once, without asking. The compiler finds out which
//! it is, as in [`probe`](crate::verdict::probe).

use std::fmt;
use std::future::{Future, Pending};
use std::marker::PhantomData;
use std::ops::ControlFlow;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use super::{Call, Outcome, Registered};
use crate::error::BoxError;

/// The error of the call.
pub struct Probe<'a, E>(pub &'a E);

/// First: the error goes into a box.
pub trait ByInto {
    /// Who asks.
    fn asker(&self) -> Boxing;
}

impl<E: Into<BoxError>> ByInto for &Probe<'_, E> {
    fn asker(&self) -> Boxing {
        Boxing
    }
}

/// Last: it does not.
pub trait ByNothing {
    /// Who asks.
    fn asker(&self) -> Refraining;
}

impl<E> ByNothing for Probe<'_, E> {
    fn asker(&self) -> Refraining {
        Refraining
    }
}

/// Asks, with the error in a box meanwhile.
#[derive(Clone, Copy, Debug)]
pub struct Boxing;

impl Boxing {
    /// `Continue` with the future of the answer; `Break` with the error where none is registered.
    pub fn ask<R: Outcome>(self, call: &mut Call, error: R::Error) -> ControlFlow<R, Asked<'_, R>>
    where
        R::Ok: Send + 'static,
        R::Error: Into<BoxError>,
    {
        let registered = Call::registered::<R>(call);
        if registered.answer.is_none() {
            return ControlFlow::Break(R::from_result(Err(error)));
        }
        ControlFlow::Continue(Asked {
            registered,
            error: Some(error.into()),
            result: PhantomData,
        })
    }
}

/// Does not ask.
#[derive(Clone, Copy, Debug)]
pub struct Refraining;

impl Refraining {
    /// `Break` with the error.
    pub fn ask<R: Outcome>(self, _: &mut Call, error: R::Error) -> ControlFlow<R, Pending<R>> {
        ControlFlow::Break(R::from_result(Err(error)))
    }
}

/// The future of [`Boxing::ask`].
#[must_use = "futures do nothing unless polled"]
pub struct Asked<'a, R: Outcome> {
    registered: Registered<'a, R::Ok>,
    error: Option<BoxError>,
    result: PhantomData<fn() -> R>,
}

impl<R: Outcome> Future for Asked<'_, R> {
    type Output = R;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<R> {
        let this = &mut *self;
        let answer = ready!(Pin::new(&mut this.registered).poll(cx));
        let call = &mut *this.registered.call;
        Poll::Ready(match (answer, this.error.take()) {
            (Some(Ok(value)), _) => Call::rescued(call, "registered", value),
            (Some(Err(failed)), Some(error)) => {
                R::from_result(Err(call.failed_as_well("registered", failed, error).into()))
            }
            (None, _) | (Some(Err(_)), None) => {
                unreachable!("a registered fallback was polled without being there, or after its end")
            }
        })
    }
}

impl<R: Outcome> fmt::Debug for Asked<'_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Asked").finish_non_exhaustive()
    }
}
