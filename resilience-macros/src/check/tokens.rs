//! Rules of token limits: they need an estimate, and those of a sort an estimate of that sort.

use darling::{Error, Result};
use proc_macro2::Span;
use syn::Lit;
use syn::spanned::Spanned as _;

use crate::args::{Args, Count, RateLimit, Spanned, Toggle, literal};

pub(super) fn check(args: &Args) -> Result<()> {
    let Some(limit) = Toggle::on(args.rate_limit.as_ref()) else {
        return Ok(());
    };
    let mut problems = Error::accumulator();
    match &limit.cost {
        None => {
            for (name, place) in token_limits(limit) {
                problems.push(
                    Error::custom(format!(
                        "`{name}` needs `cost = …`, an estimate of the call's tokens from its arguments"
                    ))
                    .with_span(&place),
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
        }
        Some(cost) => {
            let of_both = |name: &str| name.starts_with("tokens_");
            let limits = token_limits(limit);
            let is_number = matches!(literal(&cost.value.0), Some(Lit::Int(_)));
            if let Some((name, _)) = limits.first()
                && is_number
                && !limits.iter().any(|(name, _)| of_both(name))
            {
                problems.push(
                    Error::custom(format!(
                        "`{name}` needs both sorts of tokens: `cost = resilience_runtime::rate_limit::Cost::new(input, output)`"
                    ))
                    .with_span(&cost.value.0.span()),
                );
            }
        }
    }
    problems.finish()
}

/// The limits of tokens that were written, of the service and per key, with their names.
fn token_limits(limit: &RateLimit) -> Vec<(&'static str, Span)> {
    fn written(name: &'static str, limit: Option<&Spanned<Count>>) -> Option<(&'static str, Span)> {
        limit.map(|limit| (name, limit.name))
    }
    macro_rules! limits {
        ($($name:ident, $per_key:ident;)*) => {{
            let of_service = [$(written(stringify!($name), limit.$name.as_ref())),*];
            let per_key = limit.per_key.as_ref().map(|it| &it.value.0);
            let per_key = per_key.map(|it| [$(written(stringify!($name), it.$per_key.as_ref())),*]);
            of_service.into_iter().chain(per_key.into_iter().flatten())
        }};
    }
    let limits = limits! {
        tokens_per_second, per_key_tokens_per_second;
        tokens_per_minute, per_key_tokens_per_minute;
        tokens_per_hour, per_key_tokens_per_hour;
        tokens_per_day, per_key_tokens_per_day;
        input_tokens_per_second, per_key_input_tokens_per_second;
        input_tokens_per_minute, per_key_input_tokens_per_minute;
        input_tokens_per_hour, per_key_input_tokens_per_hour;
        input_tokens_per_day, per_key_input_tokens_per_day;
        output_tokens_per_second, per_key_output_tokens_per_second;
        output_tokens_per_minute, per_key_output_tokens_per_minute;
        output_tokens_per_hour, per_key_output_tokens_per_hour;
        output_tokens_per_day, per_key_output_tokens_per_day;
    };
    limits.flatten().collect()
}
