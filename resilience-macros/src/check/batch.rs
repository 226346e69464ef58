//! Tokens in batches are those of callers without a key.

use darling::{Error, Result};

use crate::args::{Args, Switch};

pub(super) fn check(args: &Args) -> Result<()> {
    let Some(limit) = Switch::on(args.rate_limit.as_ref()) else {
        return Ok(());
    };
    let Some(batch) = &limit.batch else {
        return Ok(());
    };
    let mut problems = Error::accumulator();
    if limit.key.is_some() {
        problems.push(
            Error::custom("tokens of a key are not taken in batches: leave out `batch` or `key`")
                .with_span(&batch.name),
        );
    }
    if limit.tokens_per_minute.is_some() {
        problems.push(
            Error::custom(
                "tokens and requests are taken together, not in batches: leave out `batch` or `tokens_per_minute`",
            )
            .with_span(&batch.name),
        );
    }
    problems.finish()
}
