//! The errors that the project knows, found by walking a chain of sources.
//!
//! Each client library has a file of its own beside this one and a feature of its own; it adds its
//! errors to [`one`].

use std::error::Error;
use std::io;

use super::Verdict;
use super::classify::Classify;
use crate::error::ResilienceError;

/// The verdict of the first error in the chain, `error` included, that a rule knows.
pub(crate) fn find(error: &(dyn Error + 'static)) -> Option<Verdict> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(verdict) = one(error) {
            return Some(verdict);
        }
        next = error.source();
    }
    None
}

/// The verdict of the first source that a rule knows, `error` itself not included: it need not be
/// `'static`, so it cannot be asked for its type.
pub(crate) fn find_in_sources(error: &dyn Error) -> Option<Verdict> {
    error.source().and_then(find)
}

fn one(error: &(dyn Error + 'static)) -> Option<Verdict> {
    if let Some(error) = error.downcast_ref::<ResilienceError>() {
        return Some(error.classify());
    }
    if let Some(error) = error.downcast_ref::<io::Error>() {
        return Some(error.classify()).filter(|verdict| !verdict.is_unknown());
    }
    None
}

macro_rules! classify_dyn {
    ($($error:ty),*) => {
        $(
            /// By the first error in its chain of sources that a rule knows.
            impl Classify for $error {
                fn classify(&self) -> Verdict {
                    find(self).unwrap_or(Verdict::unknown())
                }
            }
        )*
    };
}

classify_dyn!(
    dyn Error + 'static,
    dyn Error + Send + 'static,
    dyn Error + Send + Sync + 'static
);
