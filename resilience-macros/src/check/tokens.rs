//! What is reserved before it can be corrected, and the estimate that tokens need.

use darling::{Error, Result};

use crate::args::{Args, Toggle};

pub(super) fn check(args: &Args) -> Result<()> {
    let Some(limit) = Toggle::on(args.rate_limit.as_ref()) else {
        return Ok(());
    };
    if limit.cost.is_some() {
        return Ok(());
    }
    let mut problems = Error::accumulator();
    if let Some(tokens) = &limit.tokens_per_minute {
        problems.push(
            Error::custom(
                "every call costs tokens: add `cost = …`, an estimate over the arguments",
            )
            .with_span(&tokens.name),
        );
    }
    if let Some(usage) = &limit.usage {
        problems.push(
            Error::custom(
                "`usage` corrects what a call reserved: add `cost = …`, an estimate over the arguments",
            )
            .with_span(&usage.name),
        );
    }
    problems.finish()
}
