//! Durations that name an argument of the function.

use darling::{Error, Result};
use syn::{Expr, Ident};

use crate::args::{
    Args, Bulkhead, Cache, CallLimit, CircuitBreaker, Fallback, Hedge, Limit, RateLimit,
    RefreshAhead, Retry, Spanned, Step, Time, Toggle, Window,
};
use crate::function::Function;

/// A duration is the same for all calls, so it cannot be an argument of one.
pub(super) fn check(args: &Args, function: &Function) -> Result<()> {
    let mut problems = Error::accumulator();
    for (name, time) in durations(args) {
        if let Some(ident) = bare_name(time)
            && function.binds(ident)
        {
            problems.push(Error::custom(message(name, ident)).with_span(ident));
        }
    }
    problems.finish()
}

fn bare_name(time: &Time) -> Option<&Ident> {
    match time {
        Time::Path(Expr::Path(path)) => path.path.get_ident(),
        _ => None,
    }
}

fn message(name: &str, ident: &Ident) -> String {
    format!(
        "`{name} = {ident}`: it is the same for all calls, so it cannot be an argument; expected a literal, such as `\"30s\"`, or \
         the path of a `const` of type `Duration`; `timeout` and `deadline` can be arguments"
    )
}

/// Returns every duration that was written, with the name of its argument.
fn durations(args: &Args) -> Vec<(&'static str, &Time)> {
    let mut found = vec![
        ("timeout", CallLimit::time(args.timeout.as_ref())),
        ("deadline", CallLimit::time(args.deadline.as_ref())),
    ];
    if let Some(retry) = Toggle::on(args.retry.as_ref()) {
        found.extend(of_retry(retry));
    }
    if let Some(breaker) = Toggle::on(args.circuit_breaker.as_ref()) {
        found.extend(of_breaker(breaker));
    }
    if let Some(rate_limit) = Toggle::on(args.rate_limit.as_ref()) {
        found.extend(of_rate_limit(rate_limit));
    }
    if let Some(bulkhead) = Toggle::on(args.bulkhead.as_ref()) {
        found.push(("max_wait", of_bulkhead(bulkhead)));
    }
    if let Some(hedge) = Toggle::on(args.hedge.as_ref()) {
        found.push(("delay", of_hedge(hedge)));
    }
    if let Some(cache) = &args.cache {
        found.extend(of_cache(&cache.value));
    }
    for step in Fallback::steps(args.fallback.as_ref()) {
        if let Step::Cache { cache, .. } = step {
            found.push(("ttl", time(cache.value.ttl.as_ref())));
        }
    }
    if let Some(stream) = &args.stream {
        let idle = stream.value.0.value.idle_timeout.as_ref();
        found.push(("idle_timeout", limit(idle)));
    }
    let written = found.into_iter();
    written
        .filter_map(|(name, time)| Some((name, time?)))
        .collect()
}

type Named<'a> = (&'static str, Option<&'a Time>);

fn time(written: Option<&Spanned<Time>>) -> Option<&Time> {
    written.map(|written| &written.value)
}

fn limit(written: Option<&Spanned<Limit>>) -> Option<&Time> {
    match &written?.value {
        Limit::On(time) => Some(time),
        Limit::Off => None,
    }
}

fn of_retry(retry: &Retry) -> [Named<'_>; 4] {
    [
        ("base_delay", time(retry.base_delay.as_ref())),
        ("max_delay", time(retry.max_delay.as_ref())),
        ("max_elapsed", time(retry.max_elapsed.as_ref())),
        ("max_retry_after", time(retry.max_retry_after.as_ref())),
    ]
}

fn of_breaker(breaker: &CircuitBreaker) -> [Named<'_>; 4] {
    let window = match breaker.window.as_ref().map(|window| &window.value) {
        Some(Window::Time(time)) => Some(time),
        _ => None,
    };
    let slow = time(breaker.slow_call_duration.as_ref());
    let longest = time(breaker.max_recovery_timeout.as_ref());
    [
        ("window", window),
        ("slow_call_duration", slow),
        ("recovery_timeout", time(breaker.recovery_timeout.as_ref())),
        ("max_recovery_timeout", longest),
    ]
}

fn of_rate_limit(rate_limit: &RateLimit) -> [Named<'_>; 2] {
    let max_wait = rate_limit.max_wait.as_ref().map(|wait| &wait.value.0);
    [
        ("max_wait", max_wait),
        ("max_cooldown", time(rate_limit.max_cooldown.as_ref())),
    ]
}

fn of_bulkhead(bulkhead: &Bulkhead) -> Option<&Time> {
    bulkhead.max_wait.as_ref().map(|wait| &wait.value.0)
}

fn of_hedge(hedge: &Hedge) -> Option<&Time> {
    hedge.delay.as_ref().and_then(|delay| delay.value.time())
}

fn of_cache(cache: &Cache) -> [Named<'_>; 4] {
    let cache = cache.settings();
    let refresh_ahead = match cache.refresh_ahead.as_ref().map(|refresh| &refresh.value) {
        Some(RefreshAhead::Before(time)) => Some(time),
        _ => None,
    };
    [
        ("ttl", cache.ttl.as_ref().and_then(|ttl| ttl.value.fixed())),
        ("refresh_ahead", refresh_ahead),
        ("stale_if_error", limit(cache.stale_if_error.as_ref())),
        ("negative_ttl", limit(cache.negative_ttl.as_ref())),
    ]
}
