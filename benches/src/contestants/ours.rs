//! This library: annotated functions, each with everything off that its set does not name. What a user
//! gets without a word stays on (deadline and retry budget with the retries), though no peer has it.

use std::time::Duration;

use resilience_runtime::{Registry, ServiceSettings, Settings, resilient};

use crate::body::{Answer, FALLBACK, Task, body};
use crate::case::{Call, Case, Path, Patterns, Visitor};

/// Annotated functions, one for each case; each has a service of its own, so that no path disturbs another.
macro_rules! annotated {
    ($($name:ident, $service:literal, $path:ident, $patterns:ident, { $($argument:tt)* };)*) => {
        $(
            #[resilient(service = $service, $($argument)*)]
            pub(crate) async fn $name(task: &Task) -> Answer {
                body(task).await
            }
        )*

        pub(super) fn visit(visitor: &mut impl Visitor) {
            $(
                let case = Case {
                    path: Path::$path,
                    patterns: Patterns::$patterns,
                    contestant: "ours",
                };
                visitor.visit(case, || async |task| $name(task).await);
            )*
        }
    };
}

// A pause of a nanosecond is over when the clock is read next; there is none of zero.
annotated! {
    full, "full", Success, Full, {
        rate_limit(requests_per_second = 1_000_000_000), retry(max_attempts = 3), timeout = "30s"
    };
    full_pending, "full_pending", Pending, Full, {
        rate_limit(requests_per_second = 1_000_000_000), retry(max_attempts = 3), timeout = "30s"
    };
    full_third, "full_third", ThirdAttempt, Full, {
        rate_limit(requests_per_second = 1_000_000_000), timeout = "30s",
        retry(max_attempts = 3, base_delay = "1ns", max_delay = "1ns", jitter = "none"),
        retry_budget(capacity = 1000.0, refill = 3.0)
    };
    full_open, "full_open", Open, Full, {
        rate_limit(requests_per_second = 1_000_000_000), timeout = "30s", circuit_breaker(recovery_timeout = "1h"),
        retry(max_attempts = 3, base_delay = "1ns", max_delay = "1ns", jitter = "none")
    };
    full_limited, "full_limited", Limited, Full, {
        rate_limit(requests_per_hour = 1), retry(max_attempts = 3), timeout = "30s"
    };
    full_fallback, "full_fallback", Fallback, Full, {
        rate_limit(requests_per_second = 1_000_000_000), timeout = "30s", circuit_breaker(recovery_timeout = "1h"),
        retry(max_attempts = 3, base_delay = "1ns", max_delay = "1ns", jitter = "none"),
        fallback(value = FALLBACK)
    };
    untimed, "untimed", Success, Untimed, {
        rate_limit(requests_per_second = 1_000_000_000), retry(max_attempts = 3), timeout = off, deadline = off
    };
    unlimited, "unlimited", Success, Unlimited, {
        retry(max_attempts = 3), timeout = "30s"
    };
    unlimited_third, "unlimited_third", ThirdAttempt, Unlimited, {
        timeout = "30s", retry(max_attempts = 3, base_delay = "1ns", max_delay = "1ns", jitter = "none"),
        retry_budget(capacity = 1000.0, refill = 3.0)
    };
    unlimited_fallback, "unlimited_fallback", Fallback, Unlimited, {
        timeout = "30s", circuit_breaker(recovery_timeout = "1h"), fallback(value = FALLBACK),
        retry(max_attempts = 3, base_delay = "1ns", max_delay = "1ns", jitter = "none")
    };
    retry_and_timeout, "retry_timeout", Success, RetryAndTimeout, {
        retry(max_attempts = 3), timeout = "30s", circuit_breaker = off
    };
    breaker, "breaker", Success, Breaker, {
        retry = off, retry_budget = off, timeout = off, deadline = off
    };
    breaker_open, "breaker_open", Open, Breaker, {
        circuit_breaker(recovery_timeout = "1h"), retry = off, retry_budget = off, timeout = off, deadline = off
    };
    breaker_by_rate, "breaker_rate", Success, BreakerByRate, {
        circuit_breaker(failure_rate = 0.9, window = 100), retry = off, retry_budget = off, timeout = off, deadline = off
    };
    limiter, "limiter", Success, Limiter, {
        rate_limit(requests_per_second = 1_000_000_000),
        retry = off, retry_budget = off, circuit_breaker = off, timeout = off, deadline = off
    };
    limiter_limited, "limiter_limited", Limited, Limiter, {
        rate_limit(requests_per_hour = 1),
        retry = off, retry_budget = off, circuit_breaker = off, timeout = off, deadline = off
    };
    retry, "retry", Success, Retry, {
        retry(max_attempts = 3), circuit_breaker = off, timeout = off, deadline = off
    };
    retry_third, "retry_third", ThirdAttempt, Retry, {
        retry(max_attempts = 3, base_delay = "1ns", max_delay = "1ns", jitter = "none"),
        retry_budget(capacity = 1000.0, refill = 3.0), circuit_breaker = off, timeout = off, deadline = off
    };
    timeout, "timeout", Success, Timeout, {
        timeout = "30s", retry = off, retry_budget = off, circuit_breaker = off, deadline = off
    };
    timeout_pending, "timeout_pending", Pending, Timeout, {
        timeout = "30s", retry = off, retry_budget = off, circuit_breaker = off, deadline = off
    };
    nothing, "nothing", Success, Bare, {
        retry = off, retry_budget = off, circuit_breaker = off, timeout = off, deadline = off
    };
}

/// All four, with a timeout set from outside.
pub(super) fn timed(timeout: Duration) -> impl Call {
    let settings = ServiceSettings::default().timeout(timeout);
    let configured = Registry::global().configure(Settings::new().service("timed", settings));
    configured.expect("valid");
    async |task| configured_from_outside(task).await
}

#[resilient(
    service = "timed",
    rate_limit(requests_per_second = 1_000_000_000),
    retry(max_attempts = 3)
)]
async fn configured_from_outside(task: &Task) -> Answer {
    body(task).await
}
