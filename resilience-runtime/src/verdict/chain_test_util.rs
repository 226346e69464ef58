//! For tests: checks that an error has the same verdict wherever it is found in a chain of sources.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use super::autoref::{ByAsRef, ByClassify, ByError, Probe};
use super::{Classify, Verdict};

/// Holds another error as its source.
#[derive(Debug)]
struct Wrapped(Box<dyn Error + Send + Sync>);

impl fmt::Display for Wrapped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("wrapped")
    }
}

impl Error for Wrapped {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.0)
    }
}

/// Returns the verdict on `error`, and asserts that it is the same in an `Arc`, an `anyhow::Error`, an `eyre::Report`,
/// a `Box<dyn Error>` and as a source.
#[track_caller]
#[allow(
    clippy::needless_borrow,
    reason = "the number of references is what the macro writes"
)]
pub(crate) fn found<E: Classify + Error + Send + Sync + 'static>(error: E) -> Verdict {
    let verdict = error.classify();
    let same = |elsewhere: Verdict, place: &str| {
        assert_eq!(elsewhere, verdict, "{place}");
        // An unclassified error leaves the decision to its sources, so its code is not reported.
        if !verdict.is_unknown() {
            assert_eq!(elsewhere.code(), verdict.code(), "{place}");
        }
        assert_eq!(elsewhere.reason(), verdict.reason(), "{place}");
    };

    let error = Arc::new(error);
    same((&&&&Probe(&error)).judge().verdict(), "Arc");
    let boxed: Box<dyn Error + Send + Sync> = Box::new(Arc::clone(&error));
    same((&&&&Probe(&boxed)).judge().verdict(), "Arc in a Box");
    drop(boxed);
    let error = Arc::into_inner(error).expect("the only one");

    let any = anyhow::Error::new(error).context("with a context");
    same((&&&&Probe(&any)).judge().verdict(), "anyhow");
    let error: E = any.downcast().expect("the same error");

    let report = eyre::Report::new(error);
    same((&&&&Probe(&report)).judge().verdict(), "eyre");
    let error: E = report.downcast().expect("the same error");

    let boxed: Box<dyn Error + Send + Sync> = Box::new(error);
    same((&&&&Probe(&boxed)).judge().verdict(), "Box");
    let wrapped = Wrapped(boxed);
    same((&&&&Probe(&wrapped)).judge().verdict(), "source");
    let twice: Box<dyn Error> = Box::new(Wrapped(Box::new(wrapped)));
    same((&&&&Probe(&twice)).judge().verdict(), "source of a source");
    verdict
}
