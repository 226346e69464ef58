//! Arguments that exclude `stream`.

use darling::{Error, Result};

use crate::args::{Args, Fallback, Step};

pub(super) fn check(args: &Args) -> Result<()> {
    if args.stream.is_none() {
        return Ok(());
    }
    let mut problems = Error::accumulator();
    for (written, message) in [
        (
            args.classify_ok.as_ref(),
            "`classify_ok` cannot be used with `stream`: it needs a whole answer; end the stream with an error item instead",
        ),
        (
            args.verify.as_ref(),
            "`verify` cannot be used with `stream`: it returns a whole answer",
        ),
    ] {
        if let Some(written) = written {
            problems.push(Error::custom(message).with_span(&written.name));
        }
    }
    if let Some(cache) = &args.cache {
        problems.push(
            Error::custom("`cache` cannot be used with `stream`: a stream is read only once")
                .with_span(&cache.name),
        );
    }
    for step in Fallback::steps(args.fallback.as_ref()) {
        if let Step::Cache { name, .. } = step {
            problems.push(
                Error::custom(
                    "`fallback(cache(…))` cannot be used with `stream`: a stream is read only once",
                )
                .with_span(name),
            );
        }
    }
    problems.finish()
}
