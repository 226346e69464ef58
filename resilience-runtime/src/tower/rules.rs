//! What a layer has to know of the requests and answers of its service: each rule alone, and all of them together.

use std::error::Error;
use std::hash::Hash;

use crate::call::Call;
use crate::error::BoxError;
use crate::verdict::{Classify, Verdict};

/// Copies a request before it is sent, so that it can be sent again.
pub trait CopyRequest<Req> {
    /// Returns a copy; `None`: the request is sent once.
    fn copy(&self, request: &Req) -> Option<Req>;
}

/// Decides whether a request of unknown outcome may be sent again.
pub trait RepeatRequest<Req> {
    /// Returns whether it may; `None`: the kind of the service decides, and its settings.
    fn may_repeat(&self, request: &Req) -> Option<bool>;
}

/// Judges the answers of a service.
pub trait JudgeResponse<Res> {
    /// Returns the verdict on an answer that is a failure.
    fn judge(&self, response: &Res) -> Option<Verdict>;
}

/// Judges the errors of a service.
pub trait JudgeError<E> {
    /// Returns the verdict, and the error as the callers get it.
    fn judge(&self, error: E) -> (Verdict, BoxError);
}

/// Sets the keys of a call.
pub trait Keys<Req> {
    /// Sets them by its request.
    fn set(&self, request: &Req, call: &mut Call<'_>);
}

/// Holds the rules of a [`ResilienceLayer`](super::ResilienceLayer), whose methods replace them one by one.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rules<
    Copies = CopyByClone,
    Repeats = RepeatByKind,
    Responses = EveryResponse,
    Errors = KnownErrors,
    OfKeys = (),
> {
    pub(super) copies: Copies,
    pub(super) repeats: Repeats,
    pub(super) responses: Responses,
    pub(super) errors: Errors,
    pub(super) keys: OfKeys,
}

/// All rules together, for services of these requests, answers and errors. [`Rules`] implements it.
pub trait RulesFor<Req, Res, E>: sealed::Sealed {
    #[doc(hidden)]
    fn copy(&self, request: &Req) -> Option<Req>;

    #[doc(hidden)]
    fn may_repeat(&self, request: &Req) -> Option<bool>;

    #[doc(hidden)]
    fn judge_response(&self, response: &Res) -> Option<Verdict>;

    #[doc(hidden)]
    fn judge_error(&self, error: E) -> (Verdict, BoxError);

    #[doc(hidden)]
    fn set_keys(&self, request: &Req, call: &mut Call<'_>);
}

mod sealed {
    /// Only `Rules` are rules.
    pub trait Sealed {}

    impl<C, P, J, E, K> Sealed for super::Rules<C, P, J, E, K> {}
}

impl<Req, Res, E, C, P, J, X, K> RulesFor<Req, Res, E> for Rules<C, P, J, X, K>
where
    C: CopyRequest<Req>,
    P: RepeatRequest<Req>,
    J: JudgeResponse<Res>,
    X: JudgeError<E>,
    K: Keys<Req>,
{
    fn copy(&self, request: &Req) -> Option<Req> {
        self.copies.copy(request)
    }

    fn may_repeat(&self, request: &Req) -> Option<bool> {
        self.repeats.may_repeat(request)
    }

    fn judge_response(&self, response: &Res) -> Option<Verdict> {
        self.responses.judge(response)
    }

    fn judge_error(&self, error: E) -> (Verdict, BoxError) {
        self.errors.judge(error)
    }

    fn set_keys(&self, request: &Req, call: &mut Call<'_>) {
        self.keys.set(request, call);
    }
}

/// Copies requests that are `Clone`.
#[derive(Clone, Copy, Debug, Default)]
pub struct CopyByClone;

impl<Req: Clone> CopyRequest<Req> for CopyByClone {
    fn copy(&self, request: &Req) -> Option<Req> {
        Some(request.clone())
    }
}

/// Sends each request once.
#[derive(Clone, Copy, Debug, Default)]
pub struct SendOnce;

impl<Req> CopyRequest<Req> for SendOnce {
    fn copy(&self, _: &Req) -> Option<Req> {
        None
    }
}

/// Lets the kind of the service decide whether a request may be repeated, and its settings.
#[derive(Clone, Copy, Debug, Default)]
pub struct RepeatByKind;

impl<Req> RepeatRequest<Req> for RepeatByKind {
    fn may_repeat(&self, _: &Req) -> Option<bool> {
        None
    }
}

/// Takes every answer for a success.
#[derive(Clone, Copy, Debug, Default)]
pub struct EveryResponse;

impl<Res> JudgeResponse<Res> for EveryResponse {
    fn judge(&self, _: &Res) -> Option<Verdict> {
        None
    }
}

/// Finds the errors of known clients in the chain of sources.
#[derive(Clone, Copy, Debug, Default)]
pub struct KnownErrors;

impl<E: Into<BoxError>> JudgeError<E> for KnownErrors {
    fn judge(&self, error: E) -> (Verdict, BoxError) {
        let error = error.into();
        let known: &(dyn Error + Send + Sync + 'static) = &*error;
        (known.classify(), error)
    }
}

/// Applies a rule that is a function.
#[derive(Clone, Copy)]
pub struct Function<F>(pub(super) F);

impl<F> std::fmt::Debug for Function<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Function")
    }
}

impl<Req, F: Fn(&Req) -> Option<Req>> CopyRequest<Req> for Function<F> {
    fn copy(&self, request: &Req) -> Option<Req> {
        self.0(request)
    }
}

impl<Req, F: Fn(&Req) -> bool> RepeatRequest<Req> for Function<F> {
    fn may_repeat(&self, request: &Req) -> Option<bool> {
        Some(self.0(request))
    }
}

impl<Res, F: Fn(&Res) -> Option<Verdict>> JudgeResponse<Res> for Function<F> {
    fn judge(&self, response: &Res) -> Option<Verdict> {
        self.0(response)
    }
}

impl<E: Into<BoxError>, F: Fn(&E) -> Verdict> JudgeError<E> for Function<F> {
    fn judge(&self, error: E) -> (Verdict, BoxError) {
        (self.0(&error), error.into())
    }
}

impl<Req> Keys<Req> for () {
    fn set(&self, _: &Req, _: &mut Call<'_>) {}
}

/// The keys before it, and one more.
impl<Req, A: Keys<Req>, B: Keys<Req>> Keys<Req> for (A, B) {
    fn set(&self, request: &Req, call: &mut Call<'_>) {
        self.0.set(request, call);
        self.1.set(request, call);
    }
}

/// One key: which of them, and the function that returns it.
macro_rules! key {
    ($($(#[$doc:meta])* $name:ident by $set:path;)*) => { $(
        $(#[$doc])*
        #[derive(Clone, Copy)]
        pub struct $name<F>(pub(super) F);

        impl<F> std::fmt::Debug for $name<F> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(stringify!($name))
            }
        }

        impl<Req, K: Hash, F: Fn(&Req) -> K> Keys<Req> for $name<F> {
            fn set(&self, request: &Req, call: &mut Call<'_>) {
                $set(call, &self.0(request));
            }
        }
    )* };
}

key! {
    /// Returns the key of all rate limits.
    RateLimitKey by Call::key;
    /// Returns the key of the rate limits per key.
    PerKey by Call::per_key;
    /// Returns the key of the circuit breaker.
    CircuitBreakerKey by Call::breaker_key;
    /// Returns the key of the bulkhead.
    BulkheadKey by Call::bulkhead_key;
}
