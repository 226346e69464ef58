use proptest::prelude::*;

use super::*;
use crate::verdict::Verdict;

mod senders;

/// 1_769_860_800 s after 1970.
const NOON: (&str, &str) = ("date", "Sat, 31 Jan 2026 12:00:00 GMT");

const fn seconds(seconds: u64) -> Option<Duration> {
    Some(Duration::from_secs(seconds))
}

/// At noon: what is left of requests and tokens, and the waits of a 429, and of a 403 if it is a throttle.
type Read = (
    Option<u32>,
    Option<u32>,
    Option<Duration>,
    Option<Option<Duration>>,
);

fn read(headers: &[(&str, &str)]) -> Read {
    let headers: Vec<_> = headers.iter().copied().chain([NOON]).collect();
    let quotas = HttpQuotas::parse(&headers);
    let refusal = Verdict::from_http(429, &headers);
    assert!(refusal.is_throttled());
    assert_eq!(refusal.retry_after(), quotas.wait_of_refusal());
    let forbidden = Verdict::from_http(403, &headers);
    let forbidden = forbidden.is_throttled().then(|| forbidden.retry_after());
    // A 503 waits under the same condition, and other errors never.
    let unavailable = Verdict::from_http(503, &headers).retry_after();
    assert_eq!(unavailable, forbidden.flatten());
    for other in [500, 502, 504, 408, 409, 425, 529, 404] {
        assert_eq!(Verdict::from_http(other, &headers).retry_after(), None);
    }
    (
        quotas.requests,
        quotas.tokens,
        refusal.retry_after(),
        forbidden,
    )
}

#[test]
fn each_dimension_has_its_own_limit() {
    for (headers, expected) in [
        // Those of which there is least, and the longest wait of those that are used up.
        (
            &[("ratelimit", r#""permin";r=7;t=5,"perhr";r=3;t=900"#)][..],
            (Some(3), None, None, None),
        ),
        (
            &[(
                "ratelimit",
                r#""permin";r=0;t=5,"perhr";r=0;t=900,"day";r=1;t=9999"#,
            )],
            (Some(0), None, seconds(900), Some(seconds(900))),
        ),
        (
            &[(
                "ratelimit",
                r#""requests-per-minute";r=7;t=5,"tokens-per-minute";r=0;t=20"#,
            )],
            (Some(7), Some(0), seconds(20), Some(seconds(20))),
        ),
        (
            &[
                (
                    "ratelimit-policy",
                    r#""a";q=9;qu="tokens","b";q=9;qu="requests";w=60"#,
                ),
                (
                    "ratelimit",
                    r#""a";r=50;t=9,"b";r=4;t=9,"TPM";r=40,"x";qu="input_tokens";r=30"#,
                ),
            ],
            (Some(4), Some(40), None, None),
        ),
        // What gives access is no unit, and what the policy says of the unit outweighs its name.
        (
            &[
                ("ratelimit-policy", r#""tokens";q=9;qu="requests""#),
                ("ratelimit", r#""per-token";r=5;t=9,"tokens";r=6"#),
            ],
            (Some(5), None, None, None),
        ),
        // No limiter counts bytes, but a refusal for them lasts until they are there again.
        (
            &[
                (
                    "ratelimit-policy",
                    r#""peruser";q=65535;qu="content-bytes";w=10;pk=:sdfjLJUOUH==:"#,
                ),
                ("ratelimit", r#""peruser";r=0;t=8"#),
            ],
            (None, None, seconds(8), Some(seconds(8))),
        ),
        // No time brings a running call's place back.
        (
            &[
                ("ratelimit-policy", r#""c";q=5;qu="concurrent-requests""#),
                ("ratelimit", r#""c";r=0;t=8"#),
            ],
            (None, None, None, None),
        ),
        // One kind of headers first, then the next.
        (
            &[
                ("ratelimit", r#""tokens";r=9;t=8"#),
                ("ratelimit-remaining", "5"),
                ("x-ratelimit-remaining", "0"),
                ("x-ratelimit-reset", "20"),
                ("x-rate-limit-remaining", "1"),
            ],
            (Some(5), Some(9), seconds(20), Some(seconds(20))),
        ),
        // A reset is not alone if another kind says what is left.
        (
            &[("ratelimit-remaining", "5"), ("x-ratelimit-reset", "60")],
            (Some(5), None, None, None),
        ),
    ] {
        assert_eq!(read(headers), expected, "{headers:?}");
    }
}

#[test]
fn sorts_of_tokens_are_apart() {
    let headers = [
        ("ratelimit-policy", r#""in";q=9;qu="input_tokens""#),
        (
            "ratelimit",
            r#""in";r=30;t=9,"Output-Tokens-per-minute";r=7,"tokens";r=50,"input-and-output-tokens";r=40"#,
        ),
    ];
    let quotas = HttpQuotas::parse(&headers);
    assert_eq!(quotas.input_tokens, Some(30));
    assert_eq!(quotas.output_tokens, Some(7));
    assert_eq!(quotas.tokens, Some(40));
    assert_eq!(quotas.requests, None);
}

#[test]
fn repeated_and_joined_values_belong_together() {
    let both = (Some(0), None, seconds(30), Some(seconds(30)));
    for (headers, expected) in [
        (
            &[
                ("ratelimit", r#""a";r=5;t=9"#),
                ("RateLimit", r#""b";r=0;t=30"#),
            ][..],
            both,
        ),
        (
            &[
                ("ratelimit", "limit=10, remaining=5, reset=9"),
                ("ratelimit", "limit=10;remaining=0;reset=30"),
            ],
            both,
        ),
        (
            &[(
                "ratelimit",
                "limit=9, remaining=0, reset=30, limit=9, remaining=8, reset=90",
            )],
            both,
        ),
        (
            &[
                ("x-ratelimit-remaining", "5, 0"),
                ("x-ratelimit-reset", "900, 30"),
            ],
            both,
        ),
        (
            &[
                ("x-ratelimit-remaining", "5"),
                ("x-ratelimit-remaining", "0"),
                ("x-ratelimit-reset", "900"),
                ("x-ratelimit-reset", "30"),
            ],
            both,
        ),
        // One reset for all of them, also with the comma of a date.
        (
            &[
                ("x-ratelimit-remaining", "5, 0"),
                ("x-ratelimit-reset", "Sat, 31 Jan 2026 12:00:30 GMT"),
            ],
            both,
        ),
        (
            &[("x-ratelimit-reset", "9, 30")],
            (None, None, seconds(30), None),
        ),
    ] {
        assert_eq!(read(headers), expected, "{headers:?}");
    }
}

#[test]
fn odd_values_are_bounded_or_ignored() {
    let nothing = (None, None, None, None);
    let long_name = format!("\"{}\";r=0;t=9", "x".repeat(65_536));
    let many = "a;r=0;t=9,".repeat(6_553);
    let zeros = "0,".repeat(32_768);
    for (headers, expected) in [
        // At once: the window ends in this second, or has ended.
        (
            &[("ratelimit", r#""a";r=0;t=0"#)][..],
            (Some(0), None, seconds(0), Some(seconds(0))),
        ),
        (
            &[
                ("x-ratelimit-remaining", "0"),
                ("x-ratelimit-reset", "1769857200"),
            ],
            (Some(0), None, seconds(0), Some(seconds(0))),
        ),
        // Used up, and nobody knows until when.
        (
            &[("ratelimit", r#""a";r=0"#)],
            (Some(0), None, None, Some(None)),
        ),
        (
            &[
                ("x-ratelimit-remaining", "0"),
                ("x-ratelimit-reset", "soon"),
            ],
            (Some(0), None, None, Some(None)),
        ),
        (
            &[
                ("x-ratelimit-remaining", "0"),
                ("x-ratelimit-reset", "99999999999999999999"),
            ],
            (Some(0), None, None, Some(None)),
        ),
        (
            &[
                ("x-ratelimit-remaining", "99999999999999999999"),
                ("x-ratelimit-reset", "9"),
            ],
            (Some(u32::MAX), None, None, None),
        ),
        // Negative: not known, or without a limit.
        (
            &[("x-ratelimit-remaining", "-1"), ("x-ratelimit-reset", "-1")],
            nothing,
        ),
        (
            &[("x-ratelimit-limit", "-1"), ("x-ratelimit-remaining", "0")],
            nothing,
        ),
        (
            &[
                ("x-ratelimit-limit", "0"),
                ("x-ratelimit-remaining", "0"),
                ("x-ratelimit-reset", "30"),
            ],
            (None, None, seconds(30), None),
        ),
        (&[("ratelimit", "50")], nothing),
        (
            &[("ratelimit", r#""a";r=many;t=9"#)],
            (None, None, seconds(9), None),
        ),
        (&[("ratelimit", r#""a;r=0;t=9"#)], nothing),
        (&[("ratelimit-policy", r#""a";q=0;w=9"#)], nothing),
        // Kept by a cache.
        (&[("age", "3"), ("ratelimit", r#""a";r=0;t=9"#)], nothing),
        (
            &[("age", "0"), ("ratelimit", r#""a";r=0;t=9"#)],
            (Some(0), None, seconds(9), Some(seconds(9))),
        ),
        // Longer than anybody needs.
        (&[("ratelimit", &*long_name)], nothing),
        (&[("ratelimit", &*many)], nothing),
        (
            &[
                ("x-ratelimit-remaining", &*zeros),
                ("x-ratelimit-reset", &*zeros),
            ],
            nothing,
        ),
    ] {
        assert_eq!(read(headers), expected, "{:.80?}", headers);
    }
}

#[test]
fn as_many_lines_are_read_as_members() {
    let line = ("ratelimit", r#""a";r=5;t=9"#);
    let policy = ("ratelimit-policy", r#""b";qu="tokens""#);
    let of = |before: usize| {
        let used_up = ("ratelimit", r#""b";r=0;t=30"#);
        let lines: Vec<_> = std::iter::repeat_n(line, before).chain([used_up]).collect();
        HttpQuotas::parse(&lines)
    };
    assert_eq!(of(MOST_MEMBERS - 1).until_there_again, seconds(30));
    assert!(!of(MOST_MEMBERS).is_used_up && !of(10_000).is_used_up);
    // Policies behind the last one that is read are unknown.
    let policies = std::iter::repeat_n(("ratelimit-policy", r#""a";q=1"#), MOST_MEMBERS);
    let limit = [("ratelimit", r#""b";r=1"#)];
    let late: Vec<_> = policies.chain([policy]).chain(limit).collect();
    assert_eq!(HttpQuotas::parse(&late).requests, Some(1));
    assert_eq!(HttpQuotas::parse(&late[1..]).tokens, Some(1));
    // As many of the older ones are read, too.
    let left = std::iter::repeat_n(("x-ratelimit-remaining", "3"), MOST_VALUES);
    let left: Vec<_> = left.chain([("x-ratelimit-remaining", "0")]).collect();
    assert_eq!(HttpQuotas::parse(&left).requests, Some(3));
    assert_eq!(HttpQuotas::parse(&left[1..]).requests, Some(0));
}

#[test]
fn retry_after_comes_first() {
    let headers = [
        ("retry-after", "2"),
        ("ratelimit", r#""a";r=0;t=30"#),
        ("x-ratelimit-reset", "60"),
    ];
    for status in [403, 429, 503] {
        assert_eq!(
            Verdict::from_http(status, &headers).retry_after(),
            seconds(2)
        );
    }
    let by_quota = [
        ("llm_provider-retry-after", "4"),
        ("x-ratelimit-reset", "60"),
    ];
    assert_eq!(Verdict::from_http(429, &by_quota).retry_after(), seconds(4));
}

#[test]
fn header_map_has_all_lines_and_no_bytes_that_are_no_text() {
    let mut map = http::HeaderMap::new();
    map.append(
        "ratelimit",
        http::HeaderValue::from_static(r#""a";r=5;t=9"#),
    );
    map.append(
        "ratelimit",
        http::HeaderValue::from_bytes(b"\"\xff\";r=0;t=99").expect("a value"),
    );
    map.append(
        "ratelimit",
        http::HeaderValue::from_static(r#""b";r=0;t=30"#),
    );
    let quotas = HttpQuotas::parse(&map);
    assert_eq!(
        (quotas.requests, quotas.until_there_again),
        (Some(0), seconds(30))
    );
    // Behind a reference as well.
    assert_eq!(HttpQuotas::parse(&&map), quotas);
}

/// What a server may mean.
#[derive(Clone, Debug)]
struct Limit {
    unit: &'static str,
    remaining: u32,
    reset: Option<u32>,
}

fn limits() -> impl Strategy<Value = Vec<Limit>> {
    const UNITS: [&str; 4] = ["requests", "tokens", "content-bytes", "concurrent-requests"];
    let limit = (
        proptest::sample::select(&UNITS[..]),
        prop_oneof![Just(0), 0_u32..3, any::<u32>()],
        proptest::option::of(0_u32..100_000),
    );
    let limit = limit.prop_map(|(unit, remaining, reset)| Limit {
        unit,
        remaining,
        reset,
    });
    proptest::collection::vec(limit, 0..6)
}

proptest! {
    #[test]
    fn fields_agree_with_what_was_meant(limits in limits(), lines in 1_usize..4, spaces in "[ ]{0,2}") {
        let policies: Vec<String> = limits
            .iter()
            .enumerate()
            .map(|(at, limit)| format!("\"kind of limit\";\"l{at}\";q=1{spaces};{spaces}qu=\"{}\"", limit.unit))
            .collect();
        let fields: Vec<String> = limits
            .iter()
            .enumerate()
            .map(|(at, limit)| {
                let reset = limit.reset.map_or(String::new(), |reset| format!(";{spaces}t={reset}"));
                format!("\"l{at}\"{spaces};{spaces}r={}{reset}", limit.remaining)
            })
            .collect();
        let joined = |all: &[String]| all.join(&format!(",{spaces}"));
        let mut headers = vec![("ratelimit-policy", joined(&policies))];
        headers.extend(fields.chunks(lines).map(|line| ("RateLimit", joined(line))));
        let quotas = HttpQuotas::parse(&headers);

        let least = |unit| limits.iter().filter(|limit| limit.unit == unit).map(|limit| limit.remaining).min();
        prop_assert_eq!(quotas.requests, least("requests"));
        prop_assert_eq!(quotas.tokens, least("tokens"));
        let gone = |limit: &&Limit| limit.remaining == 0 && limit.unit != "concurrent-requests";
        prop_assert_eq!(quotas.is_used_up, limits.iter().any(|limit| gone(&limit)));
        let longest = limits.iter().filter(gone).filter_map(|limit| limit.reset).max();
        prop_assert_eq!(quotas.wait_of_refusal(), longest.and_then(|reset| seconds(reset.into())));
    }

    #[test]
    fn older_headers_agree_with_what_was_meant(
        remaining in proptest::collection::vec(0_u32..3, 0..5),
        resets in proptest::collection::vec(0_u32..100_000, 0..5),
        name in proptest::sample::select(&["ratelimit", "X-RateLimit", "x-rate-limit"][..]),
    ) {
        let joined = |all: &[u32]| all.iter().map(u32::to_string).collect::<Vec<_>>().join(", ");
        let mut headers = Vec::new();
        for (what, all) in [("Remaining", &remaining), ("Reset", &resets)] {
            if !all.is_empty() {
                headers.push((format!("{name}-{what}"), joined(all)));
            }
        }
        let quotas = HttpQuotas::parse(&headers);
        prop_assert_eq!(quotas.requests, remaining.iter().copied().min());
        let gone = remaining.iter().enumerate().filter(|(_, left)| **left == 0);
        let longest = match &resets[..] {
            all if remaining.is_empty() => all.iter().copied().max(),
            [one] => gone.map(|_| *one).max(),
            all => gone.filter_map(|(at, _)| all.get(at).copied()).max(),
        };
        prop_assert_eq!(quotas.wait_of_refusal(), longest.and_then(|reset| seconds(reset.into())));
    }

    #[test]
    fn parse_never_panics(name in 0_usize..12, value in "\\PC{0,60}", other in "[0-9a-z\";=, .-]{0,60}") {
        let names = OLDER.iter().flat_map(|one| [one.limit, one.remaining, one.reset]);
        let names: Vec<_> = names.chain(["ratelimit", "ratelimit-policy", "age"]).collect();
        let headers = [(names[name], &*value), (names[11 - name], &*other), ("ratelimit", &*other)];
        let quotas = HttpQuotas::parse(&headers);
        prop_assert!(quotas.until_there_again.is_none() || quotas.is_used_up);
    }
}
