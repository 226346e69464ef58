//! Rules of token limits: both need an estimate.

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
                "`tokens_per_minute` needs `cost = …`, an estimate of the call's tokens from its arguments",
            )
            .with_span(&tokens.name),
        );
    }
    if let Some(usage) = &limit.usage {
        problems.push(
            Error::custom(
                "`usage` needs `cost = …`, an estimate of the call's tokens from its arguments, which it corrects",
            )
            .with_span(&usage.name),
        );
    }
    problems.finish()
}
