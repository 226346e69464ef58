//! The hooks of an annotated function: `verify` and `reconnect`. They get references to its arguments, and are plain or
//! async functions.

pub(crate) mod reconnect;
pub(crate) mod verify;

use std::future::{Future, Ready, ready};

use super::outcome::Outcome;
use crate::arity::{Async, Plain, for_each_arity};

/// What `verify = …` returns: the answer if the attempt had its effect, `None` if it did not.
pub type Verified<R> = Result<Option<<R as Outcome>::Ok>, <R as Outcome>::Error>;

/// What `reconnect = …` returns.
pub type Reconnected<R> = Result<(), <R as Outcome>::Error>;

/// A function of references to the annotated function's arguments, plain or async. The compiler finds
/// `Marker`.
#[diagnostic::on_unimplemented(
    message = "hook signature does not match the annotated function",
    label = "the arguments or the return type differ",
    note = "a hook takes a reference to each argument, the receiver first; arguments that are references are passed as they are",
    note = "`verify` returns `Result<Option<T>, E>` and `reconnect` returns `Result<(), E>`, sync or async"
)]
pub trait HookFn<Args, R, Marker> {
    /// The future of the result.
    type Future: Future<Output = R>;

    /// Calls the function.
    fn call(self, args: Args) -> Self::Future;
}

macro_rules! hook_fn {
    ($($arg:ident),*) => {
        impl<F, T, E, $($arg),*> HookFn<($($arg,)*), Result<T, E>, Plain> for F
        where
            F: FnOnce($($arg),*) -> Result<T, E>,
        {
            type Future = Ready<Result<T, E>>;

            #[allow(non_snake_case)]
            fn call(self, ($($arg,)*): ($($arg,)*)) -> Self::Future {
                ready(self($($arg),*))
            }
        }

        impl<F, T, E, Fut, $($arg),*> HookFn<($($arg,)*), Result<T, E>, Async> for F
        where
            F: FnOnce($($arg),*) -> Fut,
            Fut: Future<Output = Result<T, E>>,
        {
            type Future = Fut;

            #[allow(non_snake_case)]
            fn call(self, ($($arg,)*): ($($arg,)*)) -> Self::Future {
                self($($arg),*)
            }
        }
    };
}

for_each_arity!(hook_fn);

/// Calls a hook. The function comes last, so that the compiler checks it against the arguments.
pub fn hook<Args, R, Marker, F>(args: Args, function: F) -> F::Future
where
    F: HookFn<Args, R, Marker>,
{
    function.call(args)
}
