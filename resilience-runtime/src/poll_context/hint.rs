//! What a body can say of its server while it runs, where the error that it returns cannot.
//!
//! Many clients drop the response headers before they make an error of the answer. Call these functions
//! where the headers are still at hand; they concern the innermost annotated call that is being polled, and
//! do nothing elsewhere. They are not seen across `tokio::spawn`.
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

use std::time::{Duration, SystemTime};

use crate::verdict::{HttpHeaders, retry_after as asked_for};

/// What a body said of its server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Hint {
    pub(crate) retry_after: Option<Duration>,
    pub(crate) requests: Option<Remaining>,
    pub(crate) tokens: Option<Remaining>,
}

/// How much a server will still take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Remaining {
    pub(crate) left: u32,
    /// Of so much.
    pub(crate) limit: Option<u32>,
    /// When it will be full again.
    pub(crate) reset: Option<Duration>,
}

impl Remaining {
    /// When there is one again, where nothing is left: it comes back bit by bit, the more often the higher the limit.
    fn one_again(self) -> Option<Duration> {
        Some(self.reset? / self.limit.unwrap_or(1).max(1))
    }
}

impl Hint {
    /// How long the server wants to be left alone. Of tokens one is not enough for anybody; where a limiter
    /// counts them, it knows better how long it takes to have enough again.
    pub(crate) fn pause(&self, tokens_are_counted: bool) -> Option<Duration> {
        let nothing_left = |quota: &Remaining| quota.left == 0;
        let requests = self.requests.filter(nothing_left);
        let tokens = self
            .tokens
            .filter(|quota| nothing_left(quota) && !tokens_are_counted);
        let pauses = [
            self.retry_after,
            requests.and_then(Remaining::one_again),
            tokens.and_then(|quota| quota.reset),
        ];
        pauses.into_iter().flatten().max()
    }
}

/// The service asks not to be called before `wait` has passed: everybody who calls it with the same key
/// waits until then or is rejected, and a failed attempt is repeated no earlier.
///
/// The longest of several counts.
pub fn retry_after(wait: Duration) {
    super::note(|hint| hint.retry_after = hint.retry_after.max(Some(wait)));
}

/// The headers of an answer, of a good one too: `Retry-After` and `retry-after-ms`, and what is left of a
/// quota: `x-ratelimit-{limit,remaining,reset}-{requests,tokens}` as `OpenAI` sends them and
/// `anthropic-ratelimit-{requests,tokens,input-tokens,output-tokens}-{limit,remaining,reset}`.
///
/// What is left lowers the level of the rate limiter, if there is one. Where no request is left the service
/// is left alone until there is one again, and where no token is left and the limiter counts none, until the
/// reset; for at most `max_cooldown`.
pub fn headers<H: HttpHeaders + ?Sized>(headers: &H) {
    let retry_after = asked_for(headers);
    let requests = requests(headers);
    let tokens = tokens(headers);
    if retry_after.is_some() || requests.is_some() || tokens.is_some() {
        super::note(|hint| {
            hint.retry_after = hint.retry_after.max(retry_after);
            hint.requests = requests.or(hint.requests);
            hint.tokens = tokens.or(hint.tokens);
        });
    }
}

fn requests<H: HttpHeaders + ?Sized>(headers: &H) -> Option<Remaining> {
    openai(headers, "requests").or_else(|| anthropic(headers, "requests"))
}

/// The scarcest of what is counted in tokens.
fn tokens<H: HttpHeaders + ?Sized>(headers: &H) -> Option<Remaining> {
    openai(headers, "tokens").or_else(|| {
        ["tokens", "input-tokens", "output-tokens"]
            .into_iter()
            .filter_map(|what| anthropic(headers, what))
            .min_by_key(|quota| quota.left)
    })
}

fn openai<H: HttpHeaders + ?Sized>(headers: &H, what: &str) -> Option<Remaining> {
    let left = headers.header(&format!("x-ratelimit-remaining-{what}"))?;
    let limit = headers.header(&format!("x-ratelimit-limit-{what}"));
    let reset = headers.header(&format!("x-ratelimit-reset-{what}"));
    Some(Remaining {
        left: count(left)?,
        limit: limit.and_then(count),
        reset: reset.and_then(go_duration),
    })
}

fn anthropic<H: HttpHeaders + ?Sized>(headers: &H, what: &str) -> Option<Remaining> {
    let left = headers.header(&format!("anthropic-ratelimit-{what}-remaining"))?;
    let limit = headers.header(&format!("anthropic-ratelimit-{what}-limit"));
    let reset = headers.header(&format!("anthropic-ratelimit-{what}-reset"));
    Some(Remaining {
        left: count(left)?,
        limit: limit.and_then(count),
        reset: reset.and_then(|date| until(date, headers.header("date"))),
    })
}

/// A number; below zero, which some servers send, is nothing.
fn count(text: &str) -> Option<u32> {
    let number: i64 = text.trim().parse().ok()?;
    Some(u32::try_from(number.max(0)).unwrap_or(u32::MAX))
}

/// A duration as Go prints it: `6m0s`, `52.8s`, `120ms`, `1h2m3s`.
pub(crate) fn go_duration(text: &str) -> Option<Duration> {
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

/// The time until an RFC 3339 date, by the server's own clock where it told it.
fn until(date: &str, server_time: Option<&str>) -> Option<Duration> {
    let then = rfc3339(date)?;
    let now = server_time
        .and_then(|date| httpdate::parse_http_date(date.trim()).ok())
        .unwrap_or_else(SystemTime::now);
    let now = now.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    Some(then.saturating_sub(now))
}

/// The time since 1970 of `2026-01-31T12:00:00Z`, with a fraction of a second or another offset.
pub(crate) fn rfc3339(text: &str) -> Option<Duration> {
    let text = text.trim();
    let number = |from: usize, to: usize| -> Option<u64> {
        let digits = text.get(from..to)?;
        let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
        plain.then(|| digits.parse().ok())?
    };
    let mark = |at: usize, marks: &[u8]| {
        text.as_bytes()
            .get(at)
            .filter(|byte| marks.contains(byte))
            .map(|_| ())
    };
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    mark(4, b"-")?;
    mark(7, b"-")?;
    mark(10, b"Tt ")?;
    mark(13, b":")?;
    mark(16, b":")?;
    if year < 1970 || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let rest = &text[19..];
    let (fraction, zone) = match rest.strip_prefix('.') {
        None => (0.0, rest),
        Some(rest) => {
            let end = rest.find(|c: char| !c.is_ascii_digit())?;
            (format!("0.{}", &rest[..end]).parse().ok()?, &rest[end..])
        }
    };
    let seconds = days(year, month, day)? * 86_400 + hour * 3_600 + minute * 60 + second;
    let offset = match zone.as_bytes() {
        [b'Z' | b'z'] => 0,
        [b'+' | b'-', _, _, b':', _, _] => {
            let from = text.len() - zone.len();
            let ahead = number(from + 1, from + 3)? * 3_600 + number(from + 4, from + 6)? * 60;
            let ahead = i64::try_from(ahead).ok()?;
            if zone.starts_with('+') { ahead } else { -ahead }
        }
        _ => return None,
    };
    let seconds = seconds.checked_add_signed(-offset)?;
    Some(Duration::from_secs(seconds) + Duration::from_secs_f64(fraction))
}

/// Days since 1970-01-01 in the Gregorian calendar.
fn days(year: u64, month: u64, day: u64) -> Option<u64> {
    const BEFORE: [u64; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
    const LENGTH: [u64; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let leaps = |year: u64| year / 4 - year / 100 + year / 400;
    let is_leap = leaps(year) > leaps(year - 1);
    let month = usize::try_from(month.checked_sub(1)?).ok()?;
    let leap_day = u64::from(is_leap && month == 1);
    if day == 0 || day > LENGTH.get(month)? + leap_day {
        return None;
    }
    let years = (year - 1970) * 365 + leaps(year - 1) - leaps(1969);
    Some(years + BEFORE[month] + u64::from(is_leap && month > 1) + day - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn hint(pairs: &[(&str, &str)]) -> Option<Hint> {
        let scope = super::super::PollScope::enter(None);
        headers(pairs);
        let (_, hint) = scope.end();
        hint.map(|hint| *hint)
    }

    const fn remaining(left: u32, seconds: u64) -> Remaining {
        Remaining {
            left,
            limit: None,
            reset: Some(Duration::from_secs(seconds)),
        }
    }

    #[test]
    fn the_headers_of_openai() {
        let hint = hint(&[
            ("x-ratelimit-limit-requests", "60"),
            ("x-ratelimit-remaining-requests", "59"),
            ("x-ratelimit-reset-requests", "1s"),
            ("x-ratelimit-remaining-tokens", "149984"),
            ("x-ratelimit-reset-tokens", "6m0s"),
        ])
        .expect("there is one");
        let limited = Remaining {
            limit: Some(60),
            ..remaining(59, 1)
        };
        assert_eq!(hint.requests, Some(limited));
        assert_eq!(hint.tokens, Some(remaining(149_984, 360)));
        assert_eq!(hint.pause(false), None);
    }

    #[test]
    fn the_headers_of_anthropic() {
        let hint = hint(&[
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
        ])
        .expect("there is one");
        assert_eq!(hint.requests, Some(remaining(0, 7)));
        assert_eq!(hint.tokens, Some(remaining(90, 60)));
        assert_eq!(hint.pause(false), Some(Duration::from_secs(7)));
    }

    #[test]
    fn other_headers_say_nothing() {
        assert_eq!(hint(&[("content-type", "application/json")]), None);
        assert_eq!(hint(&[("x-ratelimit-remaining-requests", "many")]), None);
        assert_eq!(
            hint(&[("Retry-After", "3")])
                .expect("there is one")
                .pause(false),
            Some(Duration::from_secs(3))
        );
    }

    #[test]
    fn durations_as_go_prints_them() {
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

    #[test]
    fn dates_with_fractions_and_offsets() {
        let at = |text| rfc3339(text).map(|time| time.as_millis());
        assert_eq!(at("1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(at("2024-02-29T00:00:00Z"), Some(1_709_164_800_000));
        assert_eq!(at("2026-01-31T12:00:00.250Z"), Some(1_769_860_800_250));
        assert_eq!(at("2026-01-31T14:00:00+02:00"), Some(1_769_860_800_000));
        assert_eq!(at("2026-01-31T10:00:00-02:00"), Some(1_769_860_800_000));
        for wrong in [
            "",
            "2026-02-29T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-01-01T00:00:00",
            "2026-01-01T24:00:00Z",
            "2026-1-01T00:00:00Z",
            "1969-12-31T23:59:59Z",
            "2026-01-01T00:00:00.Z5",
        ] {
            assert_eq!(at(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn dates_agree_with_another_reading_of_them(seconds in 0_u64..253_402_300_800) {
            let time = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
            let date = httpdate::fmt_http_date(time);
            // "Sat, 31 Jan 2026 12:00:00 GMT"
            let month = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
                .iter()
                .position(|name| *name == &date[8..11])
                .expect("there is one") + 1;
            let text = format!("{}-{month:02}-{}T{}Z", &date[12..16], &date[5..7], &date[17..25]);
            prop_assert_eq!(rfc3339(&text), Some(Duration::from_secs(seconds)));
        }

        #[test]
        fn nothing_that_a_server_sends_panics(text in "\\PC{0,40}") {
            let _ = (go_duration(&text), rfc3339(&text), count(&text));
        }
    }
}
