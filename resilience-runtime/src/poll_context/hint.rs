//! Functions with which a body reports what its server asked for, where its error cannot carry it.
//!
//! Many clients drop the response headers before they convert a response into an error. Call these functions
//! where the headers are still available; they apply to the innermost annotated call that is being polled, and
//! do nothing elsewhere. They do not reach across `tokio::spawn`.
//!
//! ```
//! use resilience_runtime::{ResilienceError, Verdict, hint, llm_resilient};
//! # use http::HeaderMap;
//!
//! #[derive(Debug, thiserror::Error, resilience_runtime::Classify)]
//! enum ApiError {
//!     #[error("status {0}")]
//!     #[classify(throttled)]
//!     Status(u16),
//!     #[error(transparent)]
//!     Resilience(#[from] ResilienceError),
//! }
//!
//! # async fn post(_: &str) -> (u16, HeaderMap, String) { (200, HeaderMap::new(), String::new()) }
//! #[llm_resilient(rate_limit(requests_per_minute = 500))]
//! async fn complete(prompt: &str) -> Result<String, ApiError> {
//!     let (status, headers, text) = post(prompt).await;
//!     hint::headers(&headers);
//!     if status == 200 { Ok(text) } else { Err(ApiError::Status(status)) }
//! }
//! ```

use std::time::Duration;

use super::notes::note;
use crate::verdict::{HttpHeaders, RateLimitHeaders};

/// Records that the service must not be called before `wait` has passed: all callers with the same key wait
/// until then or are rejected, and a failed attempt is retried no earlier.
///
/// If it is called several times, the longest time counts.
pub fn retry_after(wait: Duration) {
    note(|notes| {
        let hint = notes.hint.get_or_insert_default();
        hint.retry_after = hint.retry_after.max(Some(wait));
    });
}

/// Records that what the server asks for is about the key of this call alone, and not about the service: its Retry-After, in
/// the error, by [`retry_after`] or by [`headers`], cools down the key that `rate_limit(per_key(key = …))` names, and the
/// others go on.
///
/// Where the function has no such key it changes nothing: with `key` a pause is that key's anyway.
///
/// ```
/// use resilience_runtime::{ResilienceError, hint, llm_resilient};
/// # #[derive(Debug, thiserror::Error, resilience_runtime::Classify)]
/// # enum ApiError {
/// #     #[error("too many requests of {0}")]
/// #     #[classify(throttled)]
/// #     Throttled(&'static str),
/// #     #[error(transparent)]
/// #     Resilience(#[from] ResilienceError),
/// # }
/// # async fn post(_: u64, _: &str) -> Result<String, ApiError> { Ok(String::new()) }
///
/// #[llm_resilient(service = "gateway", rate_limit(
///     requests_per_minute = 500,
///     per_key(key = tenant, requests_per_minute = 60),
/// ))]
/// async fn complete(tenant: u64, prompt: &str) -> Result<String, ApiError> {
///     let answer = post(tenant, prompt).await;
///     if let Err(ApiError::Throttled("tenant")) = &answer {
///         hint::for_key();
///     }
///     answer
/// }
/// ```
pub fn for_key() {
    note(|notes| notes.hint.get_or_insert_default().for_key = true);
}

/// Records the headers of a response, successful or not: `Retry-After` and `retry-after-ms`, and what is left of a
/// quota: `x-ratelimit-{limit,remaining,reset}-{requests,tokens}` as `OpenAI` sends them,
/// `anthropic-ratelimit-{requests,tokens,input-tokens,output-tokens}-{limit,remaining,reset}`, and those that many servers
/// share: `RateLimit` with `RateLimit-Policy`, and `RateLimit-{Remaining,Reset}`, also as `X-RateLimit-…` and `X-Rate-Limit-…`.
///
/// What is left lowers the level of the rate limiter, if there is one: of the limit that counts the same, and where there are
/// several, of the one with the shortest period. Where no request is left by `OpenAI` or Anthropic, all
/// callers pause until there is one again, and where no token is left and the limiter counts none, until the reset; for at most
/// `max_cooldown`. By the shared headers they pause only if the body's error is throttled: after a success the quota of a day
/// would stop the service.
pub fn headers<H: HttpHeaders + ?Sized>(headers: &H) {
    let parsed = RateLimitHeaders::parse(headers);
    if !parsed.is_empty() {
        note(|notes| {
            let hint = notes.hint.get_or_insert_default();
            hint.retry_after = hint.retry_after.max(parsed.retry_after);
            hint.requests = parsed.requests.or(hint.requests);
            hint.tokens = parsed.tokens.or(hint.tokens);
            hint.input_tokens = parsed.input_tokens.or(hint.input_tokens);
            hint.output_tokens = parsed.output_tokens.or(hint.output_tokens);
            hint.wait_of_refusal = hint.wait_of_refusal.max(parsed.wait_of_refusal);
        });
    }
}

/// As [`headers`], for each response of a client: most say nothing of limits, which a look at their names shows.
#[cfg(any(feature = "reqwest-middleware", feature = "tower"))]
pub(crate) fn response(map: &http::HeaderMap) {
    let says_something = |name: &http::HeaderName| {
        let name = name.as_str();
        let words = ["ratelimit", "rate-limit", "retry-after"];
        words.into_iter().any(|word| name.contains(word))
    };
    if map.keys().any(says_something) {
        headers(map);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{Moment, NEVER};
    use crate::poll_context::{Brief, PollScope};
    use crate::verdict::Verdict;

    fn enter() -> PollScope {
        PollScope::enter(Moment::FAR_FUTURE, Brief::new(1, NEVER), false)
    }

    fn pause(pairs: &[(&str, &str)]) -> Option<Duration> {
        let scope = enter();
        headers(pairs);
        scope.end()?.notes?.hint?.pause(false)
    }

    #[test]
    fn pause_is_the_longest_of_retry_after_and_used_up_quotas() {
        assert_eq!(pause(&[("Retry-After", "3")]), Some(Duration::from_secs(3)));
        let used_up = [
            ("x-ratelimit-remaining-requests", "0"),
            ("x-ratelimit-reset-requests", "7s"),
            ("retry-after", "3"),
        ];
        assert_eq!(pause(&used_up), Some(Duration::from_secs(7)));
    }

    #[test]
    fn pause_by_a_shared_quota_needs_a_refusal() {
        let scope = enter();
        headers(&[("ratelimit", r#""daily";r=0;t=7200"#)]);
        headers(&[("x-ratelimit-reset", "9")]);
        let notes = scope.end().and_then(|ended| ended.notes);
        let hint = notes.and_then(|notes| notes.hint).expect("a hint");
        assert_eq!(hint.pause(false), None);
        let throttled = hint.asked(Verdict::throttled(None));
        assert_eq!(throttled, Some(Duration::from_secs(7_200)));
        for other in [Verdict::transient(), Verdict::permanent()] {
            assert_eq!(hint.asked(other), None);
        }
    }

    #[test]
    fn pause_is_none_while_a_quota_is_left() {
        let left = [
            ("x-ratelimit-remaining-requests", "59"),
            ("x-ratelimit-reset-requests", "1s"),
        ];
        assert_eq!(pause(&left), None);
        assert_eq!(pause(&[("content-type", "application/json")]), None);
    }
}
