//! What statuses and headers mean, against the table that is documented.

use std::collections::BTreeMap;
use std::time::Duration;

use resilience_runtime::{
    Verdict,
    verdict::{Class, ErrorCode},
};

use crate::bytes::Bytes;
use crate::decimal::{Amount, decimal};
use crate::header_list::{headers, map, value};

/// The input chooses a status and headers.
pub fn http_verdicts(input: &[u8]) {
    let mut bytes = Bytes::new(input);
    let status = status(&mut bytes);
    let headers = headers(&mut bytes);
    let verdict = Verdict::from_http(status, &headers);
    assert_eq!(verdict.code(), Some(ErrorCode::Http(status)));
    assert_eq!(
        verdict.class(),
        class(
            status,
            value(&headers, "x-should-retry"),
            asked_for(&headers).0.is_some()
        )
    );
    let wait = verdict.retry_after();
    if verdict.is_permanent() {
        assert_eq!(wait, None, "nobody waits for what fails again");
    } else {
        let (expected, is_known) = asked_for(&headers);
        assert_eq!(
            wait.is_some(),
            expected.is_some(),
            "{headers:?}: {wait:?}, {expected:?}"
        );
        if let (Some(wait), Some(expected)) = (wait, expected)
            && is_known
        {
            let is_longest = wait == Duration::MAX || wait == Duration::MAX / 1_000;
            let too_long = matches!(expected, Amount::About(amount) if amount >= wait.as_nanos() as f64 * 0.999);
            assert!(
                expected.is(wait.as_nanos()) || is_longest && too_long,
                "{headers:?}: {wait:?}, {expected:?}"
            );
        }
    }
    // However the headers are held.
    if let Some(map) = map(&headers) {
        same(verdict, Verdict::from_http(status, &map), &headers);
    }
    let first: BTreeMap<String, String> = headers
        .iter()
        .rev()
        .map(|(name, value)| (name.to_ascii_lowercase(), value.clone()))
        .collect();
    same(verdict, Verdict::from_http(status, &first), &headers);
    if let Ok(status) = http::StatusCode::from_u16(status) {
        same(verdict, Verdict::from_http(status, &headers), &headers);
    }
}

pub(crate) fn status(bytes: &mut Bytes<'_>) -> u16 {
    const COMMON: [u16; 14] = [
        429, 500, 503, 400, 401, 402, 403, 404, 408, 409, 425, 501, 529, 200,
    ];
    match bytes.below(3) {
        0 => bytes.number() as u16,
        _ => COMMON[bytes.below(COMMON.len())],
    }
}

/// Equal but for the time that the clock moved on between the two.
fn same(one: Verdict, other: Verdict, headers: &[(String, String)]) {
    let bare = |verdict: Verdict| (verdict.class(), verdict.reason(), verdict.code());
    assert_eq!(bare(one), bare(other), "{headers:?}");
    let wait = |verdict: Verdict| verdict.retry_after().unwrap_or(Duration::ZERO);
    assert!(
        wait(one).abs_diff(wait(other)) < Duration::from_secs(60),
        "{headers:?}"
    );
}

fn class(status: u16, should_retry: Option<&str>, asks_to_wait: bool) -> Class {
    let class = match status {
        429 => Class::Throttled,
        403 if asks_to_wait => Class::Throttled,
        425 => Class::Transient,
        408 | 409 => Class::OutcomeUnknown,
        501 | 505 => Class::Permanent,
        500..=599 => Class::OutcomeUnknown,
        _ => Class::Permanent,
    };
    match should_retry {
        Some("true") if class != Class::Throttled => Class::Transient,
        Some("false") => Class::Permanent,
        _ => class,
    }
}

/// In nanoseconds, and whether no clock but the server's has a say in it.
fn asked_for(headers: &[(String, String)]) -> (Option<Amount>, bool) {
    let number = |name: &str, unit| decimal(value(headers, name)?.trim(), unit);
    if let Some(wait) = number("retry-after-ms", 1_000_000) {
        return (Some(wait), true);
    }
    if let Some(wait) = number("retry-after", 1_000_000_000) {
        return (Some(wait), true);
    }
    let date = |name: &str| httpdate::parse_http_date(value(headers, name)?.trim()).ok();
    let Some(then) = date("retry-after") else {
        return (None, true);
    };
    match date("date") {
        None => (Some(Amount::Exact(0)), false),
        Some(now) => {
            let wait = then.duration_since(now).unwrap_or(Duration::ZERO);
            (Some(Amount::Exact(wait.as_nanos())), true)
        }
    }
}
