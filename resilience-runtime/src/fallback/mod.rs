//! What to answer when a call failed: the last good answer, a function, a value, or something
//! registered at run time.

mod builder;
mod function;
mod last_good;
mod registered;

pub(crate) use builder::Answered;
pub use builder::Fallback;
#[doc(hidden)]
pub use function::{FallbackFn, fallback};
pub(crate) use last_good::LastGood;
pub(crate) use registered::{AnswerFuture, RegisteredFallbacks};
pub use registered::{FailureCause, FallbackContext, IntoAnswer, RegisteredFallback};
