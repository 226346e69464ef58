//! The functions that an attribute accepts as a fallback: any arity, sync or async, with or without the error.

use std::future::{Future, Ready, ready};

use crate::arity::{Async, Plain, for_each_arity};

/// Marks a function that can be the fallback of another one: it takes the same arguments, then optionally `&E`, and
/// returns the same result, at once or as a future. `Marker` is inferred.
#[diagnostic::on_unimplemented(
    message = "fallback signature does not match the annotated function",
    label = "the arguments or the return type differ",
    note = "a fallback takes the same arguments without the target, the receiver first, and optionally the error as one more `&E`",
    note = "it returns the same `Result`, sync or async"
)]
pub trait FallbackFn<'e, Args, E, R, Marker> {
    /// Names the type of the future that the call returns.
    type Future: Future<Output = R>;

    /// Calls the function with these arguments.
    fn call_fallback(self, args: Args, error: &'e E) -> Self::Future;
}

/// Marks a plain function of the arguments and the error.
#[derive(Debug)]
pub struct PlainWithError;
/// Marks an async function of the arguments and the error.
#[derive(Debug)]
pub struct AsyncWithError;

macro_rules! fallback_fn {
    ($($arg:ident),*) => {
        impl<'e, F, E: 'e, T, $($arg),*> FallbackFn<'e, ($($arg,)*), E, Result<T, E>, Plain> for F
        where
            F: FnOnce($($arg),*) -> Result<T, E>,
        {
            type Future = Ready<Result<T, E>>;

            #[allow(non_snake_case)]
            fn call_fallback(self, ($($arg,)*): ($($arg,)*), _: &'e E) -> Self::Future {
                ready(self($($arg),*))
            }
        }

        impl<'e, F, E: 'e, T, Fut, $($arg),*> FallbackFn<'e, ($($arg,)*), E, Result<T, E>, Async> for F
        where
            F: FnOnce($($arg),*) -> Fut,
            Fut: Future<Output = Result<T, E>>,
        {
            type Future = Fut;

            #[allow(non_snake_case)]
            fn call_fallback(self, ($($arg,)*): ($($arg,)*), _: &'e E) -> Self::Future {
                self($($arg),*)
            }
        }

        impl<'e, F, E: 'e, T, $($arg),*> FallbackFn<'e, ($($arg,)*), E, Result<T, E>, PlainWithError> for F
        where
            F: FnOnce($($arg,)* &'e E) -> Result<T, E>,
        {
            type Future = Ready<Result<T, E>>;

            #[allow(non_snake_case)]
            fn call_fallback(self, ($($arg,)*): ($($arg,)*), error: &'e E) -> Self::Future {
                ready(self($($arg,)* error))
            }
        }

        impl<'e, F, E: 'e, T, Fut, $($arg),*> FallbackFn<'e, ($($arg,)*), E, Result<T, E>, AsyncWithError> for F
        where
            F: FnOnce($($arg,)* &'e E) -> Fut,
            Fut: Future<Output = Result<T, E>>,
        {
            type Future = Fut;

            #[allow(non_snake_case)]
            fn call_fallback(self, ($($arg,)*): ($($arg,)*), error: &'e E) -> Self::Future {
                self($($arg,)* error)
            }
        }
    };
}

for_each_arity!(fallback_fn);

/// Calls a fallback function. The function comes last, so that the compiler checks it against the arguments, and not the
/// arguments against it.
pub fn fallback<'e, Args, E, R, Marker, F>(args: Args, error: &'e E, function: F) -> F::Future
where
    F: FallbackFn<'e, Args, E, R, Marker>,
{
    function.call_fallback(args, error)
}
