//! Finds a known error by walking a chain of sources.
//!
//! Each client library has a feature of its own, a file beside this one, and its errors in the list of the folder.

use std::error::Error;
use std::io;
use std::sync::Arc;

use super::known_errors;
use crate::error::ResilienceError;
use crate::verdict::{Classify, Verdict};

/// Returns the verdict of the first known error in the chain, `error` included.
pub(crate) fn find(error: &(dyn Error + 'static)) -> Option<Verdict> {
    let known = find_first(error, classify_known);
    // Their types are not known, so they come last.
    #[cfg(feature = "aws")]
    let known = known.or_else(|| find_first(error, super::aws_modelled::classify_modelled));
    known
}

fn find_first(
    error: &(dyn Error + 'static),
    classify: fn(&(dyn Error + 'static)) -> Option<Verdict>,
) -> Option<Verdict> {
    chain(error).find_map(classify)
}

/// So many errors of a chain are looked at: an error may be its own source.
const DEEPEST: usize = 128;

/// The error and its sources, the outermost first.
pub(super) fn chain<'a>(
    error: &'a (dyn Error + 'static),
) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| inside(error)).take(DEEPEST)
}

fn inside<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    match error.downcast_ref::<Arc<dyn Error + Send + Sync>>() {
        // `Arc` forwards `source` to the error inside and hides that error itself.
        Some(shared) => Some(&**shared),
        None => error.source(),
    }
}

/// Returns the verdict of the first known source. `error` itself is not included: it need not be `'static`, so
/// it cannot be downcast.
pub(crate) fn find_in_sources(error: &dyn Error) -> Option<Verdict> {
    error.source().and_then(find)
}

/// Returns the verdict on `error` itself, if its type is listed here.
fn classify_known(error: &(dyn Error + 'static)) -> Option<Verdict> {
    macro_rules! known {
        ($($(#[$feature:meta])* $error:ty,)*) => {
            $(
                $(#[$feature])*
                if let Some(verdict) = downcast::<$error>(error) {
                    return Some(verdict);
                }
            )*
        };
    }
    known! { ResilienceError, }
    known_errors!(known);
    known! { io::Error, }
    None
}

/// Returns the verdict if `error` is an `E`, an `Arc<E>` or a `Box<E>`. Returns `None` for an unclassified error,
/// so that its sources decide.
fn downcast<E: Classify + Error + 'static>(error: &(dyn Error + 'static)) -> Option<Verdict> {
    let error = error
        .downcast_ref::<E>()
        .or_else(|| error.downcast_ref::<Arc<E>>().map(|shared| &**shared))
        .or_else(|| error.downcast_ref::<Box<E>>().map(|boxed| &**boxed))?;
    Some(error.classify()).filter(|verdict| !verdict.is_unknown())
}

macro_rules! classify_dyn {
    ($($error:ty),*) => {
        $(
            /// Classifies by the first known error in the chain of sources.
            impl Classify for $error {
                fn classify(&self) -> Verdict {
                    find(self).unwrap_or(Verdict::unclassified())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classify_sees_through_arc_and_box() {
        let refused = || io::Error::from(io::ErrorKind::ConnectionRefused);
        let shared: Arc<dyn Error + Send + Sync> = Arc::new(refused());
        for boxed in [
            Box::new(Arc::new(refused())) as Box<dyn Error>,
            Box::new(Box::new(refused())),
            Box::new(shared),
        ] {
            assert_eq!(boxed.classify(), Verdict::transient());
        }
    }

    /// An error that is its own source.
    #[derive(Debug)]
    struct Endless;

    impl std::fmt::Display for Endless {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("endless")
        }
    }

    impl Error for Endless {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            Some(self)
        }
    }

    #[test]
    fn chain_without_end_has_no_verdict() {
        assert_eq!(find(&Endless), None);
        assert_eq!(find_in_sources(&Endless), None);
        assert_eq!(chain(&Endless).count(), DEEPEST);
        let boxed: Box<dyn Error> = Box::new(Endless);
        assert_eq!(boxed.classify(), Verdict::unclassified());
    }
}
