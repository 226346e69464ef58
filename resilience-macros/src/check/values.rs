//! Values that contradict one another.

use darling::{Error, Result};

use crate::args::Count;
use crate::args::{
    Args, Bulkhead, CallLimit, CircuitBreaker, Retry, Spanned, Time, Toggle, Window,
};

pub(super) fn check(args: &Args) -> Result<()> {
    let mut problems = Error::accumulator();
    if let Some(retry) = Toggle::on(args.retry.as_ref()) {
        problems.handle(delays(retry));
    }
    if let Some(circuit) = Toggle::on(args.circuit_breaker.as_ref()) {
        problems.handle(pauses(circuit));
        problems.handle(window(circuit));
    }
    if let Some(bulkhead) = Toggle::on(args.bulkhead.as_ref()) {
        problems.handle(one_limit(bulkhead));
    }
    problems.handle(hedge_comes(args));
    problems.finish()
}

/// Requires a hedge that starts before its attempt is cut, where both times are literals.
fn hedge_comes(args: &Args) -> Result<()> {
    let delay = Toggle::on(args.hedge.as_ref()).and_then(|hedge| hedge.delay.as_ref());
    if let (Some(delay), Some(timeout)) = (delay, CallLimit::time(args.timeout.as_ref()))
        && let (Some(wait), Some(timeout)) =
            (delay.value.time().and_then(Time::known), timeout.known())
        && wait >= timeout
    {
        return Err(Error::custom(
            "`delay` is not shorter than `timeout`, which ends each attempt, so no hedge would start",
        )
        .with_span(&delay.place));
    }
    Ok(())
}

fn delays(retry: &Retry) -> Result<()> {
    ordered(
        retry.base_delay.as_ref(),
        retry.max_delay.as_ref(),
        "`base_delay` is longer than `max_delay`",
    )
}

fn pauses(circuit: &CircuitBreaker) -> Result<()> {
    ordered(
        circuit.recovery_timeout.as_ref(),
        circuit.max_recovery_timeout.as_ref(),
        "`recovery_timeout` is longer than `max_recovery_timeout`",
    )
}

/// Requires that the first is not longer than the second, where both are literals.
fn ordered(
    short: Option<&Spanned<Time>>,
    long: Option<&Spanned<Time>>,
    message: &str,
) -> Result<()> {
    if let (Some(short), Some(long)) = (short, long)
        && let (Some(least), Some(most)) = (short.value.known(), long.value.known())
        && least > most
    {
        return Err(Error::custom(message).with_span(&short.place));
    }
    Ok(())
}

fn window(circuit: &CircuitBreaker) -> Result<()> {
    if let (Some(minimum), Some(window)) = (&circuit.minimum_calls, &circuit.window)
        && let Window::Calls(calls) = window.value
        && minimum.value.0 > calls
    {
        return Err(Error::custom(format!(
            "`minimum_calls` is larger than the `window` of {calls} calls, so the rate would never be used"
        ))
        .with_span(&minimum.place));
    }
    Ok(())
}

/// Requires a limit that is either fixed or adaptive, and bounds in their order.
fn one_limit(bulkhead: &Bulkhead) -> Result<()> {
    let Some(adaptive) = &bulkhead.adaptive else {
        return Ok(());
    };
    let mut problems = Error::accumulator();
    if let Some(fixed) = &bulkhead.max_concurrent {
        let message =
            "`max_concurrent` is a fixed limit, `adaptive` finds the limit by itself; keep one";
        problems.push(Error::custom(message).with_span(&fixed.name));
    }
    let bounds = &adaptive.value.0;
    let bound =
        |written: &Option<Spanned<Count>>| written.as_ref().map(|it| (it.value.0, it.place));
    let (min, max) = (bound(&bounds.adaptive_min), bound(&bounds.adaptive_max));
    let initial = bound(&bounds.adaptive_initial);
    for (low, high, message) in [
        (min, max, "`min` is above `max`"),
        (min, initial, "`min` is above `initial`"),
        (initial, max, "`initial` is above `max`"),
    ] {
        if let (Some((low, place)), Some((high, _))) = (low, high)
            && low > high
        {
            problems.push(Error::custom(message).with_span(&place));
        }
    }
    problems.finish()
}
