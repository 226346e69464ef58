//! Functions that stand beside an annotated one: they get references to its arguments, and are plain or
//! async.

use std::future::{Future, Ready, ready};

use super::outcome::Outcome;

/// What `verify = …` returns: what the call brought after all, or that it did not happen.
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
pub trait CompanionFn<Args, R, Marker> {
    /// The future of the result.
    type Future: Future<Output = R>;

    /// Calls it.
    fn ask(self, args: Args) -> Self::Future;
}

/// A plain function.
#[derive(Debug)]
pub struct Plain;
/// An async function.
#[derive(Debug)]
pub struct Async;

macro_rules! companion_fn {
    ($($arg:ident),*) => {
        impl<F, T, E, $($arg),*> CompanionFn<($($arg,)*), Result<T, E>, Plain> for F
        where
            F: FnOnce($($arg),*) -> Result<T, E>,
        {
            type Future = Ready<Result<T, E>>;

            #[allow(non_snake_case)]
            fn ask(self, ($($arg,)*): ($($arg,)*)) -> Self::Future {
                ready(self($($arg),*))
            }
        }

        impl<F, T, E, Fut, $($arg),*> CompanionFn<($($arg,)*), Result<T, E>, Async> for F
        where
            F: FnOnce($($arg),*) -> Fut,
            Fut: Future<Output = Result<T, E>>,
        {
            type Future = Fut;

            #[allow(non_snake_case)]
            fn ask(self, ($($arg,)*): ($($arg,)*)) -> Self::Future {
                self($($arg),*)
            }
        }
    };
}

companion_fn!();
companion_fn!(A1);
companion_fn!(A1, A2);
companion_fn!(A1, A2, A3);
companion_fn!(A1, A2, A3, A4);
companion_fn!(A1, A2, A3, A4, A5);
companion_fn!(A1, A2, A3, A4, A5, A6);
companion_fn!(A1, A2, A3, A4, A5, A6, A7);
companion_fn!(A1, A2, A3, A4, A5, A6, A7, A8);
companion_fn!(A1, A2, A3, A4, A5, A6, A7, A8, A9);
companion_fn!(A1, A2, A3, A4, A5, A6, A7, A8, A9, A10);
companion_fn!(A1, A2, A3, A4, A5, A6, A7, A8, A9, A10, A11);
companion_fn!(A1, A2, A3, A4, A5, A6, A7, A8, A9, A10, A11, A12);

/// Calls a companion. It comes last, so that the compiler holds it against the arguments.
pub fn companion<Args, R, Marker, F>(args: Args, function: F) -> F::Future
where
    F: CompanionFn<Args, R, Marker>,
{
    function.ask(args)
}
