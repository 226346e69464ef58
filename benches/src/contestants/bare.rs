//! The body and nothing round it.

use crate::body::body;
use crate::case::{Case, Path, Patterns, Visitor};

pub(super) fn visit(visitor: &mut impl Visitor) {
    for path in [Path::Success, Path::Pending] {
        let case = Case {
            path,
            patterns: Patterns::Bare,
            contestant: "bare",
        };
        visitor.visit(case, || async |task| body(task).await);
    }
}
