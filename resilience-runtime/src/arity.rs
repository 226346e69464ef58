//! The functions that an attribute accepts: plain or async ones of up to twelve arguments.
//!
//! A trait is implemented for both kinds, so each kind has a marker, which the compiler finds.

/// Marks a plain function.
#[derive(Debug)]
pub struct Plain;
/// Marks an async function.
#[derive(Debug)]
pub struct Async;

/// Calls the macro `$implement` with the types of the arguments, once for each number of arguments.
macro_rules! for_each_arity {
    ($implement:ident) => {
        $implement!();
        $implement!(A1);
        $implement!(A1, A2);
        $implement!(A1, A2, A3);
        $implement!(A1, A2, A3, A4);
        $implement!(A1, A2, A3, A4, A5);
        $implement!(A1, A2, A3, A4, A5, A6);
        $implement!(A1, A2, A3, A4, A5, A6, A7);
        $implement!(A1, A2, A3, A4, A5, A6, A7, A8);
        $implement!(A1, A2, A3, A4, A5, A6, A7, A8, A9);
        $implement!(A1, A2, A3, A4, A5, A6, A7, A8, A9, A10);
        $implement!(A1, A2, A3, A4, A5, A6, A7, A8, A9, A10, A11);
        $implement!(A1, A2, A3, A4, A5, A6, A7, A8, A9, A10, A11, A12);
    };
}

pub(crate) use for_each_arity;
