//! Parses when a quota is there again, in whatever form a server says it: as a time span or as a moment.
//!
//! A header has one name and several meanings, so the size of a number tells which one it is:
//!
//! | number | read as | sent by |
//! |---|---|---|
//! | below 10^9 | seconds from now, whole or not | the drafts of the IETF, Envoy, Fastify, APISIX, Vault, Reddit (`598.0`), Azure OpenAI |
//! | below 10^11 | seconds since 1970 | GitHub, GitLab, X, express-rate-limit, Discord (with a fraction) |
//! | below 10^14 | milliseconds since 1970 | OpenRouter |
//! | below 10^17 | microseconds since 1970 | |
//! | below 10^20 | nanoseconds since 1970 | |
//!
//! The first moments of each scale lie in 2001 or before, and 10^9 seconds are 31 years: no quota is meant both ways. A span
//! in milliseconds cannot be told from one in seconds, and counts as seconds.
//!
//! Text is a duration of Go (OpenAI, Groq: `6m0s`), a date of RFC 3339 (Anthropic, Atlassian) or one of
//! HTTP.

use std::time::{Duration, SystemTime};

use super::rfc3339;

/// No window is longer than a year. What is beyond is a mistake, and following it would stop a service for good.
const LONGEST: Duration = Duration::from_secs(366 * 86_400);

/// The longest text that is read: a date with nanoseconds has half of it.
const LONGEST_TEXT: usize = 64;

/// Returns the time from now until the reset that a header names. `date` is the answer's `Date`: from it a moment is measured,
/// since the two clocks may differ. A moment in the past is now.
///
/// Returns `None` for what is no such text, for negative numbers, which mean "no limit" or "unknown", and for more than a year.
pub(crate) fn until_reset(text: &str, date: Option<&str>) -> Option<Duration> {
    let text = text.trim();
    if text.len() > LONGEST_TEXT {
        return None;
    }
    let until = |moment: Duration| Some(moment.saturating_sub(server_time(date)?));
    let wait = match number(text) {
        Some(number) => match number {
            ..1e9 => Duration::try_from_secs_f64(number).ok()?,
            ..1e11 => until(Duration::try_from_secs_f64(number).ok()?)?,
            ..1e14 => until(Duration::try_from_secs_f64(number / 1e3).ok()?)?,
            ..1e17 => until(Duration::try_from_secs_f64(number / 1e6).ok()?)?,
            ..1e20 => until(Duration::try_from_secs_f64(number / 1e9).ok()?)?,
            _ => return None,
        },
        None => go_duration(text).or_else(|| until(moment(text)?))?,
    };
    (wait <= LONGEST).then_some(wait)
}

/// A number with at most one point. `f64` alone would also take signs, "inf", "NaN" and exponents.
fn number(text: &str) -> Option<f64> {
    let is_plain = text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'.');
    text.parse().ok().filter(|_| is_plain)
}

/// The time from 1970 to a date.
fn moment(text: &str) -> Option<Duration> {
    rfc3339::parse(text).or_else(|| since_1970(httpdate::parse_http_date(text).ok()?))
}

/// The server's time, if it said it in a readable way, else ours.
fn server_time(date: Option<&str>) -> Option<Duration> {
    let said = date.and_then(|date| httpdate::parse_http_date(date.trim()).ok());
    since_1970(said.unwrap_or_else(SystemTime::now))
}

fn since_1970(time: SystemTime) -> Option<Duration> {
    time.duration_since(SystemTime::UNIX_EPOCH).ok()
}

/// Parses a duration in the format of Go: `6m0s`, `52.8s`, `120ms`, `1h2m3s`.
fn go_duration(text: &str) -> Option<Duration> {
    let mut rest = text;
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// 1_769_860_800 s after 1970.
    const NOON: &str = "Sat, 31 Jan 2026 12:00:00 GMT";

    fn at_noon(text: &str) -> Option<u128> {
        until_reset(text, Some(NOON)).map(|wait| wait.as_millis())
    }

    #[test]
    fn until_reset_tells_the_scales_apart() {
        for (text, millis) in [
            ("0", 0),
            ("60", 60_000),
            (" 312 ", 312_000),
            ("0.65", 650),
            ("86400", 86_400_000),
            // The same moment on each scale.
            ("1769860860", 60_000),
            ("1769860860.250", 60_250),
            ("1769860860000", 60_000),
            ("1769860860000000", 60_000),
            ("1769860860000000000", 60_000),
            ("1769860799", 0),
            ("1000000000", 0),
            ("100000000000", 0),
            ("6m0s", 360_000),
            ("2m59.56s", 179_560),
            ("2026-01-31T12:01:00Z", 60_000),
            ("2026-01-31T12:01Z", 60_000),
            ("2026-01-31T12:01:00.0000000Z", 60_000),
            ("2026-01-31T14:01:00+02:00", 60_000),
            ("Sat, 31 Jan 2026 12:01:00 GMT", 60_000),
            ("Sat, 31 Jan 2026 11:59:00 GMT", 0),
        ] {
            assert_eq!(at_noon(text), Some(millis), "{text}");
        }
    }

    #[test]
    fn until_reset_ignores_the_absurd() {
        let long = "9".repeat(65_536);
        for text in [
            "",
            ".",
            "-1",
            "-60",
            "+60",
            "1e3",
            "inf",
            "NaN",
            "1.2.3",
            "60 s",
            "60, 3600",
            "soon",
            "\u{1f980}",
            // More than a year away, on each scale.
            "31708800",
            "999999999",
            "4102444800",
            "4102444800000",
            "99999999999999999999",
            "100000000000000000000",
            "9999h",
            "2100-01-01T00:00:00Z",
            long.as_str(),
        ] {
            assert_eq!(at_noon(text), None, "{text}");
        }
        assert_eq!(at_noon("31622400"), Some(366 * 86_400_000));
    }

    #[test]
    fn moment_is_measured_from_our_clock_where_the_server_has_none() {
        let now = since_1970(SystemTime::now()).expect("after 1970");
        let in_an_hour = (now.as_secs() + 3_600).to_string();
        for date in [None, Some(""), Some("yesterday")] {
            let wait = until_reset(&in_an_hour, date).expect("a wait");
            assert!(wait.abs_diff(Duration::from_secs(3_600)) < Duration::from_secs(60));
        }
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
        fn until_reset_never_panics(text in "\\PC{0,70}", date in "\\PC{0,40}") {
            let _ = until_reset(&text, Some(&date));
        }

        /// Digits with at most one point, units, and the characters of dates.
        #[test]
        fn until_reset_never_panics_on_what_is_nearly_right(text in "[0-9.hmsTZ:+, -]{0,66}") {
            let wait = until_reset(&text, Some(NOON));
            prop_assert!(wait.is_none_or(|wait| wait <= LONGEST));
        }

        /// The scales against whole numbers.
        #[test]
        fn until_reset_agrees_with_whole_numbers(number in prop_oneof![
            0_u64..2_000_000_000,
            1_769_000_000_u64..1_771_000_000,
            1_769_000_000_000_u64..1_771_000_000_000,
            1_769_000_000_000_000_u64..1_771_000_000_000_000,
            any::<u64>(),
        ]) {
            const NOW: u64 = 1_769_860_800;
            let expected = match number.checked_ilog10().unwrap_or(0) {
                0..=8 => Duration::from_secs(number),
                9..=10 => Duration::from_secs(number).saturating_sub(Duration::from_secs(NOW)),
                11..=13 => Duration::from_millis(number).saturating_sub(Duration::from_secs(NOW)),
                14..=16 => Duration::from_micros(number).saturating_sub(Duration::from_secs(NOW)),
                _ => Duration::from_nanos(number).saturating_sub(Duration::from_secs(NOW)),
            };
            match until_reset(&number.to_string(), Some(NOON)) {
                Some(wait) => prop_assert!(wait.abs_diff(expected) < Duration::from_micros(10), "{wait:?}, {expected:?}"),
                None => prop_assert!(expected > LONGEST, "{expected:?}"),
            }
        }
    }
}
