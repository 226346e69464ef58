//! Parses the rate-limit headers of a response: `Retry-After` and what is left of the server's quotas.

use std::time::{Duration, SystemTime};

use super::codes::http::retry_after;
use super::codes::http_parts::HttpHeaders;
use super::rfc3339;

/// The rate-limit headers of one response.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct RateLimitHeaders {
    pub(crate) retry_after: Option<Duration>,
    pub(crate) requests: Option<Quota>,
    pub(crate) tokens: Option<Quota>,
}

impl RateLimitHeaders {
    pub(crate) fn parse<H: HttpHeaders + ?Sized>(headers: &H) -> Self {
        Self {
            retry_after: retry_after(headers),
            requests: requests(headers),
            tokens: tokens(headers),
        }
    }

    /// Returns whether the response has none of these headers.
    pub(crate) const fn is_empty(&self) -> bool {
        self.retry_after.is_none() && self.requests.is_none() && self.tokens.is_none()
    }
}

/// What is left of one quota of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Quota {
    pub(crate) remaining: u32,
    /// The size of the quota.
    pub(crate) limit: Option<u32>,
    /// The time until the quota is full again.
    pub(crate) reset: Option<Duration>,
}

impl Quota {
    /// Returns the time until one unit is available, where none is left: a quota refills evenly over `reset`.
    pub(crate) fn next_unit(self) -> Option<Duration> {
        Some(self.reset? / self.limit.unwrap_or(1).max(1))
    }
}

fn requests<H: HttpHeaders + ?Sized>(headers: &H) -> Option<Quota> {
    openai(headers, "requests").or_else(|| anthropic(headers, "requests"))
}

/// Returns the scarcest of the token quotas.
fn tokens<H: HttpHeaders + ?Sized>(headers: &H) -> Option<Quota> {
    openai(headers, "tokens").or_else(|| {
        ["tokens", "input-tokens", "output-tokens"]
            .into_iter()
            .filter_map(|what| anthropic(headers, what))
            .min_by_key(|quota| quota.remaining)
    })
}

fn openai<H: HttpHeaders + ?Sized>(headers: &H, what: &str) -> Option<Quota> {
    let remaining = headers.header(&format!("x-ratelimit-remaining-{what}"))?;
    let limit = headers.header(&format!("x-ratelimit-limit-{what}"));
    let reset = headers.header(&format!("x-ratelimit-reset-{what}"));
    Some(Quota {
        remaining: count(remaining)?,
        limit: limit.and_then(count),
        reset: reset.and_then(go_duration),
    })
}

fn anthropic<H: HttpHeaders + ?Sized>(headers: &H, what: &str) -> Option<Quota> {
    let remaining = headers.header(&format!("anthropic-ratelimit-{what}-remaining"))?;
    let limit = headers.header(&format!("anthropic-ratelimit-{what}-limit"));
    let reset = headers.header(&format!("anthropic-ratelimit-{what}-reset"));
    Some(Quota {
        remaining: count(remaining)?,
        limit: limit.and_then(count),
        reset: reset.and_then(|date| until(date, headers.header("date"))),
    })
}

/// Parses a number; negative numbers, which some servers send, count as 0.
fn count(text: &str) -> Option<u32> {
    let number: i64 = text.trim().parse().ok()?;
    Some(u32::try_from(number.max(0)).unwrap_or(u32::MAX))
}

/// Parses a duration in the format of Go: `6m0s`, `52.8s`, `120ms`, `1h2m3s`.
fn go_duration(text: &str) -> Option<Duration> {
    let mut rest = text.trim();
    let mut total = 0.0;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .filter(|&digits| digits > 0)?;
        let number: f64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let unit = rest
            .find(|c: char| c.is_ascii_digit() || c == '.')
            .unwrap_or(rest.len());
        total += number
            * match &rest[..unit] {
                "h" => 3_600.0,
                "m" => 60.0,
                "s" => 1.0,
                "ms" => 1e-3,
                "us" | "µs" => 1e-6,
                "ns" => 1e-9,
                _ => return None,
            };
        rest = &rest[unit..];
    }
    Duration::try_from_secs_f64(total).ok()
}

/// Returns the time until an RFC 3339 date, measured from the `Date` header if there is one, since the two clocks
/// may differ.
fn until(date: &str, server_time: Option<&str>) -> Option<Duration> {
    let then = rfc3339::parse(date)?;
    let now = server_time
        .and_then(|date| httpdate::parse_http_date(date.trim()).ok())
        .unwrap_or_else(SystemTime::now);
    let now = now.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    Some(then.saturating_sub(now))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const fn quota(remaining: u32, seconds: u64) -> Quota {
        Quota {
            remaining,
            limit: None,
            reset: Some(Duration::from_secs(seconds)),
        }
    }

    #[test]
    fn parse_reads_openai_headers() {
        let parsed = RateLimitHeaders::parse(&[
            ("x-ratelimit-limit-requests", "60"),
            ("x-ratelimit-remaining-requests", "59"),
            ("x-ratelimit-reset-requests", "1s"),
            ("x-ratelimit-remaining-tokens", "149984"),
            ("x-ratelimit-reset-tokens", "6m0s"),
        ]);
        let requests = Quota {
            limit: Some(60),
            ..quota(59, 1)
        };
        assert_eq!(parsed.requests, Some(requests));
        assert_eq!(parsed.tokens, Some(quota(149_984, 360)));
        assert_eq!(parsed.retry_after, None);
    }

    #[test]
    fn parse_reads_anthropic_headers() {
        let parsed = RateLimitHeaders::parse(&[
            ("date", "Sat, 31 Jan 2026 12:00:00 GMT"),
            ("anthropic-ratelimit-requests-remaining", "0"),
            ("anthropic-ratelimit-requests-reset", "2026-01-31T12:00:07Z"),
            ("anthropic-ratelimit-input-tokens-remaining", "500"),
            (
                "anthropic-ratelimit-input-tokens-reset",
                "2026-01-31T12:00:30Z",
            ),
            ("anthropic-ratelimit-output-tokens-remaining", "90"),
            (
                "anthropic-ratelimit-output-tokens-reset",
                "2026-01-31T12:01:00Z",
            ),
        ]);
        assert_eq!(parsed.requests, Some(quota(0, 7)));
        assert_eq!(parsed.tokens, Some(quota(90, 60)));
    }

    #[test]
    fn parse_ignores_other_headers() {
        assert!(RateLimitHeaders::parse(&[("content-type", "application/json")]).is_empty());
        assert!(RateLimitHeaders::parse(&[("x-ratelimit-remaining-requests", "many")]).is_empty());
        assert_eq!(
            RateLimitHeaders::parse(&[("Retry-After", "3")]).retry_after,
            Some(Duration::from_secs(3))
        );
    }

    #[test]
    fn go_duration_reads_all_units() {
        for (text, millis) in [
            ("6m0s", 360_000),
            ("52.8s", 52_800),
            ("120ms", 120),
            ("1h2m3s", 3_723_000),
            ("0s", 0),
        ] {
            assert_eq!(
                go_duration(text),
                Some(Duration::from_millis(millis)),
                "{text}"
            );
        }
        for text in [
            "",
            "s",
            "5",
            "1d",
            "-1s",
            "1.2.3s",
            "9".repeat(400).as_str(),
        ] {
            assert_eq!(go_duration(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn parsers_never_panic(text in "\\PC{0,40}") {
            let _ = (go_duration(&text), until(&text, None), count(&text));
        }
    }
}
