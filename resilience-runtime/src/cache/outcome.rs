//! How loads end, and what the callers get.

use super::{Failure, Keep, Served, Value};
use crate::clock::Moment;

/// How a load ended.
#[derive(Debug)]
pub(crate) enum LoadResult {
    Value(Value, Keep),
    /// The load failed, and a fallback made a value for this time only.
    FallbackValue(Value, Failure, Keep),
    Failed(Failure),
}

/// A load of which nothing was sent.
pub(crate) struct Rejected {
    pub(crate) failure: Failure,
    /// By a limit that others may not share.
    pub(crate) by_own_limit: bool,
    /// A value that has expired may be served.
    pub(crate) stale_too: bool,
}

/// What is left to a leader that was rejected.
pub(crate) struct Withdrawn<W> {
    /// A value to be served in place of the result.
    pub(crate) served: Option<Served>,
    /// Others load: it can wait for them.
    pub(crate) bystander: Option<W>,
}

/// What the waiters of a load get.
#[derive(Clone, Debug)]
pub(crate) enum LoadOutcome {
    Answer(Value),
    Served(Served),
    Failed(Failure, Moment),
    /// The answer belongs to the caller that loaded it: the others load their own.
    NotShared,
}
