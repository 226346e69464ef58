//! What does not go with a function that returns a stream.

use darling::{Error, Result};

use crate::args::{Args, Fallback, Step, Toggle};

pub(super) fn check(args: &Args) -> Result<()> {
    if args.stream.is_none() {
        return Ok(());
    }
    let mut problems = Error::accumulator();
    let usage = Toggle::on(args.rate_limit.as_ref()).and_then(|limit| limit.usage.as_ref());
    for (written, message) in [
        (
            args.classify_ok.as_ref(),
            "`classify_ok` judges a whole answer, and a stream has none; give up the stream with an error item instead",
        ),
        (
            args.verify.as_ref(),
            "`verify` brings a whole answer, and a stream has none",
        ),
        (
            usage,
            "`usage` reads a whole answer, and a stream has none; settle what the last item says by hand",
        ),
    ] {
        if let Some(written) = written {
            problems.push(Error::custom(message).with_span(&written.name));
        }
    }
    if let Some(cache) = &args.cache {
        problems.push(
            Error::custom("a stream is read once, so it cannot be kept for others")
                .with_span(&cache.name),
        );
    }
    for step in Fallback::steps(args.fallback.as_ref()) {
        if let Step::Cache { name, .. } = step {
            problems.push(
                Error::custom("a stream is read once, so it cannot be the last good answer")
                    .with_span(name),
            );
        }
    }
    problems.finish()
}
