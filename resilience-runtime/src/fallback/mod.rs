//! Answers calls that failed: by the last good result, a function, a value, or a fallback registered at run time.
//!
//! A [`Fallback`] is a list of steps, tried in order. [`Registry::register_fallback`](crate::Registry::register_fallback)
//! registers a function of a [`FallbackContext`] for a service and a result type.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! use resilience_runtime::Fallback;
//!
//! let fallback = Fallback::new().value("try later".to_owned());
//! let answer = fallback.run("llm", || async { Err(std::io::Error::other("down")) }).await;
//! assert_eq!(answer.unwrap(), "try later");
//! # }
//! ```

// `builder` is the API without a registry, `last_good` the store of its cache step, `function` the functions that the
// attributes accept, and `registered` the fallbacks of a registry.

mod builder;
mod function;
mod last_good;
mod registered;
mod removals;

pub(crate) use builder::Answered;
pub use builder::Fallback;
#[doc(hidden)]
pub use function::{FallbackFn, fallback};
pub(crate) use last_good::{EntryKey, LastGood};
pub(crate) use registered::{AnswerFuture, RegisteredFallbacks};
pub use registered::{FailureCause, FallbackContext, IntoAnswer, RegisteredFallback};
