//! Answers that only ask for more: an `Ok` that ends nothing yet.

use std::any::Any;

/// Whether an answer asks the caller for more before there is a result, as a server of the Model Context Protocol does with
/// `input_required`. It belongs to the caller that got it, so no cache keeps it.
pub(crate) fn is_partial<A: Any>(answer: &A) -> bool {
    #[cfg(feature = "rmcp")]
    return super::clients::rmcp::input_required::is_input_required(answer);
    #[cfg(not(feature = "rmcp"))]
    {
        let _ = answer;
        false
    }
}
