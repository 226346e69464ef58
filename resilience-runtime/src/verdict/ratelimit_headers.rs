//! Parses the rate-limit headers of a response: `Retry-After` and what is left of the server's quotas.

use std::time::Duration;

use super::codes::http::retry_after;
use super::codes::http_parts::HttpHeaders;
use super::codes::http_quotas::{HttpQuotas, is_no_limit};
use super::reset_time::until_reset;

/// The rate-limit headers of one response.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct RateLimitHeaders {
    pub(crate) retry_after: Option<Duration>,
    pub(crate) requests: Option<Quota>,
    pub(crate) tokens: Option<Quota>,
    pub(crate) input_tokens: Option<Quota>,
    pub(crate) output_tokens: Option<Quota>,
    /// The time until a quota is there again, should this be the answer of one that is used up. After a success it is no
    /// reason to wait.
    pub(crate) wait_of_refusal: Option<Duration>,
}

impl RateLimitHeaders {
    /// Parses the headers of a vendor first: those that all share know less about the same quota.
    pub(crate) fn parse<H: HttpHeaders + ?Sized>(headers: &H) -> Self {
        let shared = HttpQuotas::parse(headers);
        Self {
            retry_after: retry_after(headers),
            requests: first(headers, &REQUESTS).or(shared.requests.map(Quota::of_a_window)),
            tokens: first(headers, &TOKENS).or(shared.tokens.map(Quota::of_a_window)),
            input_tokens: first(headers, &INPUT_TOKENS)
                .or(shared.input_tokens.map(Quota::of_a_window)),
            output_tokens: first(headers, &OUTPUT_TOKENS)
                .or(shared.output_tokens.map(Quota::of_a_window)),
            wait_of_refusal: shared.wait_of_refusal(),
        }
    }

    /// Returns whether the response has none of these headers.
    pub(crate) const fn is_empty(&self) -> bool {
        self.retry_after.is_none()
            && self.requests.is_none()
            && self.tokens.is_none()
            && self.input_tokens.is_none()
            && self.output_tokens.is_none()
            && self.wait_of_refusal.is_none()
    }
}

/// What is left of one quota of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Quota {
    pub(crate) remaining: u32,
    /// The size of the quota.
    pub(crate) limit: Option<u32>,
    /// The time until the quota is full again, if it refills bit by bit until then.
    pub(crate) reset: Option<Duration>,
}

impl Quota {
    /// What is left until a window ends, perhaps one of a day: nobody waits for that by himself.
    const fn of_a_window(remaining: u32) -> Self {
        Self {
            remaining,
            limit: None,
            reset: None,
        }
    }

    /// Returns the time until one unit is available, where none is left: a quota refills evenly over `reset`.
    pub(crate) fn next_unit(self) -> Option<Duration> {
        Some(self.reset? / self.limit.unwrap_or(1).max(1))
    }
}

/// The names of the headers of one quota, made by the compiler: most responses have none of them.
struct Names {
    remaining: &'static str,
    limit: &'static str,
    reset: &'static str,
}

macro_rules! openai {
    ($what:literal) => {
        Names {
            remaining: concat!("x-ratelimit-remaining-", $what),
            limit: concat!("x-ratelimit-limit-", $what),
            reset: concat!("x-ratelimit-reset-", $what),
        }
    };
}

macro_rules! anthropic {
    ($what:literal) => {
        Names {
            remaining: concat!("anthropic-ratelimit-", $what, "-remaining"),
            limit: concat!("anthropic-ratelimit-", $what, "-limit"),
            reset: concat!("anthropic-ratelimit-", $what, "-reset"),
        }
    };
}

const REQUESTS: [Names; 2] = [openai!("requests"), anthropic!("requests")];
const TOKENS: [Names; 2] = [openai!("tokens"), anthropic!("tokens")];
const INPUT_TOKENS: [Names; 1] = [anthropic!("input-tokens")];
const OUTPUT_TOKENS: [Names; 1] = [anthropic!("output-tokens")];

/// Returns the quota by the first names that the response has.
fn first<H: HttpHeaders + ?Sized>(headers: &H, names: &[Names]) -> Option<Quota> {
    names.iter().find_map(|names| quota(headers, names))
}

fn quota<H: HttpHeaders + ?Sized>(headers: &H, names: &Names) -> Option<Quota> {
    let remaining = headers.header(names.remaining).and_then(count)?;
    let limit = headers.header(names.limit);
    // Azure sends -1 of -1 where it does not know:
    // https://learn.microsoft.com/en-us/answers/questions/5625878/azure-openai-responses-api-x-ratelimit-headers-val
    if limit.is_some_and(is_no_limit) {
        return None;
    }
    let date = headers.header("date");
    Some(Quota {
        remaining,
        limit: limit.and_then(count),
        reset: headers
            .header(names.reset)
            .and_then(|text| until_reset(text, date)),
    })
}

/// Parses a number; negative numbers, which some servers send, count as 0.
fn count(text: &str) -> Option<u32> {
    let number: i64 = text.trim().parse().ok()?;
    Some(u32::try_from(number.max(0)).unwrap_or(u32::MAX))
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
        assert_eq!(parsed.tokens, None);
        assert_eq!(parsed.input_tokens, Some(quota(500, 30)));
        assert_eq!(parsed.output_tokens, Some(quota(90, 60)));
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
    fn parse_reads_azure_openai_headers() {
        let parsed = RateLimitHeaders::parse(&[
            ("x-ratelimit-remaining-requests", "0"),
            ("x-ratelimit-reset-requests", "7"),
            ("x-ratelimit-limit-tokens", "-1"),
            ("x-ratelimit-remaining-tokens", "-1"),
            ("x-ratelimit-reset-tokens", "0"),
        ]);
        assert_eq!(parsed.requests, Some(quota(0, 7)));
        assert_eq!(parsed.tokens, None, "it does not know");
    }

    #[test]
    fn parse_prefers_the_vendor_in_each_dimension() {
        let parsed = RateLimitHeaders::parse(&[
            ("x-ratelimit-remaining-requests", "59"),
            ("x-ratelimit-reset-requests", "1s"),
            ("ratelimit", r#""requests";r=3;t=9, "tokens";r=70;t=9"#),
            ("x-ratelimit-remaining", "2"),
        ]);
        assert_eq!(parsed.requests, Some(quota(59, 1)));
        assert_eq!(parsed.tokens, Some(Quota::of_a_window(70)));
        assert_eq!(parsed.wait_of_refusal, None);
    }

    #[test]
    fn used_up_window_is_no_reason_to_wait_by_itself() {
        let day = [
            ("ratelimit-policy", r#""daily";q=1000;w=86400"#),
            ("ratelimit", r#""daily";r=0;t=80000"#),
        ];
        let parsed = RateLimitHeaders::parse(&day);
        assert_eq!(parsed.requests.and_then(Quota::next_unit), None);
        assert_eq!(parsed.wait_of_refusal, Some(Duration::from_secs(80_000)));
        assert!(!parsed.is_empty());
        let alone = RateLimitHeaders::parse(&[("x-ratelimit-reset", "60")]);
        assert!(!alone.is_empty() && alone.requests.is_none());
    }

    proptest! {
        #[test]
        fn parsers_never_panic(text in "\\PC{0,40}") {
            let _ = count(&text);
            for name in ["ratelimit", "ratelimit-policy", "x-ratelimit-remaining", "x-ratelimit-reset-requests"] {
                let _ = RateLimitHeaders::parse(&[(name, &*text), ("date", &*text)]);
            }
        }
    }
}
