//! What is left of a server's quotas, by the headers that many servers share: against what was meant by them, or whatever
//! stands in them.

use std::time::Duration;

use resilience_runtime::{Registry, ResilienceError, ServiceKind, Verdict, hint, verdict::Class};

use crate::bytes::Bytes;
use crate::header_list::map;

/// No wait for a quota is longer.
const LONGEST: Duration = Duration::from_secs(366 * 86_400);

const NAMES: [&str; 15] = [
    "ratelimit",
    "ratelimit-policy",
    "ratelimit-limit",
    "ratelimit-remaining",
    "ratelimit-reset",
    "X-RateLimit-Limit",
    "X-RateLimit-Remaining",
    "X-RateLimit-Reset",
    "x-ratelimit-reset-after",
    "X-Rate-Limit-Limit",
    "x-rate-limit-remaining",
    "x-rate-limit-reset",
    "date",
    "age",
    "RateLimit",
];

const PIECES: [&str; 30] = [
    "\"api\"",
    "api",
    ";r=0",
    ";r=1",
    ";t=0",
    ";t=30",
    ";q=5",
    ";w=60",
    ";qu=\"tokens\"",
    ";qu=\"content-bytes\"",
    ";pk=:YT0=:",
    "limit=10",
    "remaining=0",
    "reset=9",
    ",",
    ", ",
    ";",
    "=",
    "\"",
    "\\",
    "0",
    "-1",
    "60",
    "1769864400",
    "1769864400000",
    "6m0s",
    "0.0",
    "99999999999999999999",
    "2026-01-31T12:01:00Z",
    "Sat, 31 Jan 2026 12:01:00 GMT",
];

/// The input chooses headers.
pub fn quota_headers(input: &[u8]) {
    let mut bytes = Bytes::new(input);
    let headers = match bytes.below(2) {
        0 => whatever(&mut bytes),
        _ => meant(&mut bytes),
    };
    let judge = |status: u16| Verdict::from_http(status, &headers);
    let [refused, forbidden, unavailable] = [429, 403, 503].map(judge);
    assert_eq!(refused.class(), Class::Throttled);
    assert_eq!(unavailable.class(), Class::OutcomeUnknown);
    assert!(refused.retry_after().is_none_or(|wait| wait <= LONGEST));
    // They say that a quota is used up, or nothing, and then a 429 may still have a reset.
    let same = |one: Option<Duration>, other: Option<Duration>| {
        let apart = one.unwrap_or_default().abs_diff(other.unwrap_or_default());
        one.is_some() == other.is_some() && apart < Duration::from_secs(60)
    };
    assert!(same(forbidden.retry_after(), unavailable.retry_after()));
    if unavailable.retry_after().is_some() {
        assert_eq!(forbidden.class(), Class::Throttled, "{headers:?}");
        assert!(same(unavailable.retry_after(), refused.retry_after()));
    }
    // What has another reason waits for no quota.
    for status in [200, 400, 404, 408, 409, 425, 500, 502, 504, 529] {
        assert_eq!(judge(status).retry_after(), None, "{status}: {headers:?}");
    }
    // However the headers are held.
    if let Some(map) = map(&headers) {
        let held = Verdict::from_http(429, &map).retry_after();
        assert!(same(held, refused.retry_after()), "{headers:?}");
    }
    succeeds(&headers);
}

/// A success that used up the last of a quota stops nobody.
fn succeeds(headers: &[(String, String)]) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let service = Registry::new().service("told", ServiceKind::Llm);
        let service = service.expect("valid");
        for _ in 0..2 {
            let answered = service.call(|| async {
                hint::headers(headers);
                Ok::<_, ResilienceError>(1)
            });
            assert_eq!(answered.await.expect("nobody waits"), 1, "{headers:?}");
        }
    });
}

/// Names that are read, with pieces of what stands in them.
fn whatever(bytes: &mut Bytes<'_>) -> Vec<(String, String)> {
    let mut headers = Vec::new();
    for _ in 0..=bytes.below(4) {
        let name = bytes.one_of(&NAMES).to_owned();
        let mut value = bytes.text();
        for _ in 0..bytes.below(12) {
            value.push_str(bytes.one_of(&PIECES));
        }
        if bytes.below(64) == 1 {
            value = value.repeat(2_000);
        }
        headers.push((name, value));
    }
    headers
}

/// One quota of a server.
struct Quota {
    left: Option<u32>,
    reset: Option<u32>,
}

/// Well-made headers, with their meaning checked.
fn meant(bytes: &mut Bytes<'_>) -> Vec<(String, String)> {
    const NOON: u64 = 1_769_860_800;
    let noon = "Sat, 31 Jan 2026 12:00:00 GMT".to_owned();
    let mut headers = vec![("Date".to_owned(), noon)];
    let spelling = bytes.below(6);
    let count = if spelling < 2 { 1 + bytes.below(4) } else { 1 };
    let quotas: Vec<Quota> = (0..count)
        .map(|_| Quota {
            left: match bytes.below(4) {
                // The draft requires it.
                0 if spelling >= 2 => None,
                0 | 1 => Some(0),
                2 => Some(bytes.number()),
                _ => Some(bytes.below(9) as u32),
            },
            reset: (bytes.below(4) > 0).then(|| bytes.number() % 100_000),
        })
        .collect();
    match spelling {
        0 | 1 => {
            let members = quotas.iter().enumerate().map(|(at, quota)| {
                let left = quota.left.expect("the draft requires it");
                let reset = quota
                    .reset
                    .map_or(String::new(), |reset| format!(";t={reset}"));
                format!("\"limit {at}\";r={left}{reset}")
            });
            let members: Vec<String> = members.collect();
            let lines = if spelling == 0 {
                vec![members.join(", ")]
            } else {
                members
            };
            headers.extend(lines.into_iter().map(|line| ("RateLimit".to_owned(), line)));
        }
        2 => {
            let Quota { left, reset } = &quotas[0];
            let parts = [("remaining", *left), ("reset", *reset)];
            let parts = parts
                .iter()
                .filter_map(|(key, part)| Some(format!("{key}={}", (*part)?)));
            let parts: Vec<String> = parts.collect();
            headers.push(("ratelimit".to_owned(), parts.join(", ")));
        }
        _ => {
            let prefix = ["RateLimit", "X-RateLimit", "x-rate-limit"][spelling - 3];
            if let Some(left) = quotas[0].left {
                headers.push((format!("{prefix}-Remaining"), left.to_string()));
            }
            if let Some(reset) = quotas[0].reset {
                let at = NOON + u64::from(reset);
                let text = match bytes.below(7) {
                    0 => reset.to_string(),
                    1 => format!("{reset}.0"),
                    2 => at.to_string(),
                    3 => format!("{at}000"),
                    4 => format!("{at}000000"),
                    5 => format!("{}m{}s", reset / 60, reset % 60),
                    _ => httpdate::fmt_http_date(
                        std::time::SystemTime::UNIX_EPOCH + Duration::from_secs(at),
                    ),
                };
                headers.push((format!("{prefix}-Reset"), text));
            }
        }
    }
    let seconds = |reset: u32| Duration::from_secs(reset.into());
    let used_up = quotas.iter().filter(|quota| quota.left == Some(0));
    let until = used_up.clone().filter_map(|quota| quota.reset).max();
    let alone = quotas[0].reset.filter(|_| quotas[0].left.is_none());
    let forbidden = Verdict::from_http(403, &headers);
    let is_used_up = used_up.count() > 0;
    assert_eq!(
        forbidden.class() == Class::Throttled,
        is_used_up,
        "{headers:?}"
    );
    assert_eq!(forbidden.retry_after(), until.map(seconds), "{headers:?}");
    let refused = Verdict::from_http(429, &headers).retry_after();
    assert_eq!(refused, until.or(alone).map(seconds), "{headers:?}");
    // What the server asks for in so many words comes first.
    let mut asked = headers.clone();
    asked.push(("Retry-After".to_owned(), "2".to_owned()));
    let wait = Verdict::from_http(429, &asked).retry_after();
    assert_eq!(wait, Some(Duration::from_secs(2)));
    headers
}
