//! What an HTTP answer means.

use std::time::{Duration, SystemTime};

use super::envoy;
use super::http_parts::{HttpHeaders, HttpStatus};
use super::http_quotas::HttpQuotas;
use crate::verdict::{ErrorCode, Reason, Verdict};

impl Verdict {
    /// Returns the verdict on an HTTP status and the headers `x-should-retry`, `retry-after-ms` and
    /// `Retry-After` (seconds, fractions of them, or an HTTP date), the latter two also with the prefix `llm_provider-`. Where
    /// these say nothing, a 403, 429 or 503 waits for the quota that is used up by `RateLimit`, `RateLimit-Reset`,
    /// `X-RateLimit-Reset` or `X-Rate-Limit-Reset`, and a 429 also for a reset that stands alone.
    ///
    /// | status | verdict |
    /// |---|---|
    /// | 429 | throttled |
    /// | 425 | transient, ignored by the breaker |
    /// | 503 with `x-envoy-overloaded` | transient |
    /// | 408, 504, Cloudflare's 524 | outcome unknown, for [`Reason::TimedOut`] |
    /// | 409 | outcome unknown, ignored by the breaker |
    /// | 501, 505 | permanent, a breaker failure |
    /// | 403 with `Retry-After` or a quota that is used up (`x-ratelimit-remaining: 0`, `RateLimit: "api";r=0`) | throttled |
    /// | other 5xx, 503 and 529 among them | outcome unknown |
    /// | everything else | permanent |
    ///
    /// A 503 is no evidence that nothing ran: proxies send it as well when a server read the whole request and went away. With
    /// the body, [`from_http_response`](Self::from_http_response) knows more.
    ///
    /// `x-envoy-overloaded` is no proof where Envoy retries by itself and does not say how often (its body does): let it
    /// `include_attempt_count_in_response`.
    ///
    /// `x-should-retry: true` makes it transient and `false` permanent, since the server decides. Where
    /// `x-envoy-attempt-count` says that a proxy sent the request more than once, an earlier send may have been executed,
    /// whatever the last answer is.
    ///
    /// ```
    /// use std::time::Duration;
    /// use resilience_runtime::Verdict;
    ///
    /// let verdict = Verdict::from_http(429, &[("Retry-After", "1.5")]);
    /// assert_eq!(verdict, Verdict::throttled(Some(Duration::from_millis(1500))));
    /// let verdict = Verdict::from_http(429, &[("RateLimit", r#""api";r=0;t=30"#)]);
    /// assert_eq!(verdict, Verdict::throttled(Some(Duration::from_secs(30))));
    /// assert!(Verdict::from_http(404, &()).is_permanent());
    /// ```
    pub fn from_http<H: HttpHeaders + ?Sized>(status: impl HttpStatus, headers: &H) -> Self {
        let status = status.code();
        let by_status = match status {
            429 => Self::throttled(None),
            503 if envoy::is_overloaded(headers) => Self::transient(),
            // A server between timed out, and the one behind it may go on.
            408 | 504 | 524 => Self::outcome_unknown().because(Reason::TimedOut),
            // Perhaps a conflict with what an earlier send of the same request did.
            409 => Self::outcome_unknown().ignored_by_breaker(),
            425 => Self::transient().ignored_by_breaker(),
            501 | 505 => Self::permanent().counts_as_failure(),
            500..=599 => Self::outcome_unknown(),
            403 if is_throttle(headers) => Self::throttled(None),
            401 | 403 => Self::permanent().because(Reason::Denied),
            402 => Self::permanent().because(Reason::QuotaExhausted),
            404 | 410 => Self::permanent().because(Reason::NotFound),
            _ => Self::permanent(),
        };
        let verdict = match should_retry(headers) {
            Some("true") if by_status.is_permanent() => Self::transient().ignored_by_breaker(),
            // The server asks for a repetition, whatever became of the first.
            Some("true") if by_status.is_outcome_unknown() => {
                let ignored = by_status.is_ignored_by_breaker();
                let verdict = Self::transient();
                if ignored {
                    verdict.ignored_by_breaker()
                } else {
                    verdict
                }
            }
            Some("false") if by_status.is_breaker_failure() => {
                Self::permanent().counts_as_failure()
            }
            Some("false") if by_status.is_throttled() => Self::permanent().ignored_by_breaker(),
            Some("false") => Self::permanent(),
            _ => by_status,
        };
        let verdict = verdict.with_code(ErrorCode::Http(status));
        let wait = retry_after(headers).or_else(|| wait_for_quota(status, headers));
        let verdict = match wait {
            Some(wait) if !verdict.is_permanent() => verdict.with_retry_after(wait),
            _ => verdict,
        };
        if is_sent_again(headers) {
            verdict.after_proxy_retries()
        } else {
            verdict
        }
    }

    /// Returns the verdict on an HTTP response with its body, or the beginning of it: as [`from_http`](Self::from_http), and a
    /// 503 is transient if the whole body is what Envoy writes when it reached no server: `no healthy upstream`, or
    /// `upstream connect error or disconnect/reset before headers. reset reason: …` with `overflow`, a `connection failure`,
    /// a `connection timeout` or a refused stream.
    ///
    /// ```
    /// use resilience_runtime::Verdict;
    ///
    /// let verdict = Verdict::from_http_response(503, &(), b"no healthy upstream");
    /// assert!(verdict.is_transient());
    /// assert!(Verdict::from_http_response(503, &(), b"no healthy upstream today").is_outcome_unknown());
    /// ```
    pub fn from_http_response<H: HttpHeaders + ?Sized>(
        status: impl HttpStatus,
        headers: &H,
        body: &[u8],
    ) -> Self {
        let status = status.code();
        Self::from_http(status, headers).with_words_of_a_proxy(status, headers, body)
    }

    /// Returns the verdict on an answer with what a proxy says of the request in the body.
    pub(super) fn with_words_of_a_proxy<H: HttpHeaders + ?Sized>(
        self,
        status: u16,
        headers: &H,
        body: &[u8],
    ) -> Self {
        let sent_again = is_sent_again(headers) || envoy::is_retried(body);
        if sent_again {
            self.after_proxy_retries()
        } else if status == 503
            && self.is_outcome_unknown()
            && envoy::reached_no_server(headers, body)
        {
            self.not_executed()
        } else {
            self
        }
    }
}

/// Whether Envoy says that it sent the request more than once. Its answer tells of the last send alone.
pub(super) fn is_sent_again<H: HttpHeaders + ?Sized>(headers: &H) -> bool {
    let count = headers.header("x-envoy-attempt-count");
    let sends: Option<u32> = count.and_then(|text| text.trim().parse().ok());
    sends.is_some_and(|sends| sends > 1)
}

/// Returns the value of `x-should-retry`, which overrides the status.
pub(super) fn should_retry<H: HttpHeaders + ?Sized>(headers: &H) -> Option<&str> {
    headers.header("x-should-retry").map(str::trim)
}

/// Whether a 403 is the answer of a limit, as GitHub sends it. One without these headers denies access.
fn is_throttle<H: HttpHeaders + ?Sized>(headers: &H) -> bool {
    retry_after(headers).is_some() || HttpQuotas::parse(headers).is_used_up
}

/// Returns the wait until a quota is there again, for the answers with which servers refuse for one. Only a 429 says by itself
/// that it does; the others have the headers of a quota beside them whatever they are for, and it has to be used up.
fn wait_for_quota<H: HttpHeaders + ?Sized>(status: u16, headers: &H) -> Option<Duration> {
    match status {
        429 => HttpQuotas::parse(headers).wait_of_refusal(),
        403 | 503 => HttpQuotas::parse(headers).until_there_again,
        _ => None,
    }
}

/// Returns the time after which the server wants the next request: `retry-after-ms`, else `Retry-After`. litellm passes those
/// of the provider on with a prefix.
pub(crate) fn retry_after<H: HttpHeaders + ?Sized>(headers: &H) -> Option<Duration> {
    let names = [
        ("retry-after-ms", "retry-after"),
        ("llm_provider-retry-after-ms", "llm_provider-retry-after"),
    ];
    names.iter().find_map(|(in_milliseconds, in_seconds)| {
        let milliseconds = headers.header(in_milliseconds).and_then(seconds);
        milliseconds
            .map(|thousand_fold| thousand_fold / 1_000)
            .or_else(|| {
                let text = headers.header(in_seconds)?;
                seconds(text).or_else(|| until_date(text, headers.header("date")))
            })
    })
}

/// A number of seconds, whole or not.
fn seconds(text: &str) -> Option<Duration> {
    let text = text.trim();
    // `f64` would also take "inf", "NaN" and signs.
    if !text.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        return None;
    }
    if let Ok(whole) = text.parse::<u64>() {
        return Some(Duration::from_secs(whole));
    }
    let number: f64 = text.parse().ok()?;
    Some(Duration::try_from_secs_f64(number).unwrap_or(Duration::MAX))
}

/// The time until an HTTP date, measured from the server's own `Date` where it sent one, so that a clock
/// that is wrong on either side does no harm. A date in the past means at once.
fn until_date(text: &str, date: Option<&str>) -> Option<Duration> {
    let then = httpdate::parse_http_date(text.trim()).ok()?;
    let now = date
        .and_then(|date| httpdate::parse_http_date(date.trim()).ok())
        .unwrap_or_else(SystemTime::now);
    Some(then.duration_since(now).unwrap_or(Duration::ZERO))
}

#[cfg(test)]
mod tests;
