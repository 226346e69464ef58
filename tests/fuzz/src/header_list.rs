//! Headers of an answer, well-made or not.

use std::time::{Duration, SystemTime};

use crate::bytes::Bytes;

const NAMES: [&str; 16] = [
    "retry-after",
    "Retry-After",
    "RETRY-AFTER",
    "retry-after-ms",
    "date",
    "Date",
    "x-should-retry",
    "x-ratelimit-remaining-requests",
    "x-ratelimit-limit-requests",
    "x-ratelimit-reset-requests",
    "x-ratelimit-remaining-tokens",
    "x-ratelimit-reset-tokens",
    "anthropic-ratelimit-requests-remaining",
    "anthropic-ratelimit-requests-reset",
    "anthropic-ratelimit-input-tokens-remaining",
    "anthropic-ratelimit-input-tokens-reset",
];

const VALUES: [&str; 22] = [
    "0",
    "1",
    "1.5",
    "30",
    "0.001",
    "86400",
    "18446744073709551615",
    "99999999999999999999",
    "-1",
    "-5",
    "NaN",
    "inf",
    ".",
    "",
    "true",
    "false",
    "1s",
    "6m0s",
    "1h2m3s",
    "120ms",
    "2026-01-31T12:00:07Z",
    "2026-01-31T14:00:00.5+02:00",
];

pub(crate) fn headers(bytes: &mut Bytes<'_>) -> Vec<(String, String)> {
    let mut headers = Vec::new();
    for _ in 0..bytes.below(7) {
        let name = match bytes.below(12) {
            0 => bytes.text(),
            _ => bytes.one_of(&NAMES).to_owned(),
        };
        let value = match bytes.below(6) {
            0 => bytes.text(),
            1 | 2 => date(bytes),
            3 => bytes.number().to_string(),
            _ => bytes.one_of(&VALUES).to_owned(),
        };
        headers.push((name, value));
    }
    headers
}

/// An HTTP date, some around one day and some anywhere.
fn date(bytes: &mut Bytes<'_>) -> String {
    let seconds = match bytes.below(2) {
        0 => 1_769_860_800 + u64::from(bytes.byte()),
        _ => u64::from(bytes.number()) * 58,
    };
    httpdate::fmt_http_date(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds))
}

/// The first of this name.
pub(crate) fn value<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers
        .iter()
        .find(|(other, _)| other.eq_ignore_ascii_case(name))
        .map(|(_, value)| &**value)
}

/// The same as a server's answer holds them, if it could.
pub(crate) fn map(headers: &[(String, String)]) -> Option<http::HeaderMap> {
    let mut map = http::HeaderMap::new();
    for (name, value) in headers {
        let name = http::HeaderName::from_bytes(name.as_bytes()).ok()?;
        let value = http::HeaderValue::from_str(value).ok()?;
        value.to_str().ok()?;
        map.append(name, value);
    }
    Some(map)
}
