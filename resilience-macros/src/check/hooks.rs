//! Rules of the hooks `verify`, `reconnect` and `safety`.

use darling::{Error, Result};

use super::fallback::arguments_have_names;
use crate::args::{Args, source};
use crate::function::Function;

pub(super) fn check(args: &Args, function: &Function) -> Result<()> {
    let mut problems = Error::accumulator();
    for (name, hook) in [
        ("verify", &args.verify),
        ("reconnect", &args.reconnect),
        ("safety", &args.safety),
    ] {
        if let Some(hook) = hook {
            let subject = format!("`{name} = {}`", source(&hook.value.0));
            problems.handle(arguments_have_names(function, &subject));
        }
    }
    if let (Some(_), Some(idempotent)) = (&args.safety, &args.idempotent) {
        problems.push(
            Error::custom(
                "`idempotent` and `safety` both decide whether to repeat a call of unknown outcome; keep one",
            )
            .with_span(&idempotent.name),
        );
    }
    problems.finish()
}
