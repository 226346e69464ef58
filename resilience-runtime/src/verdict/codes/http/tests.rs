use std::collections::HashMap;

use super::*;

fn wait(headers: &[(&str, &str)]) -> Option<Duration> {
    Verdict::from_http(429, headers).retry_after()
}

#[test]
fn from_http_classifies_each_status() {
    for (status, expected) in [
        (400, Verdict::permanent()),
        (401, Verdict::permanent()),
        (404, Verdict::permanent()),
        (408, Verdict::outcome_unknown()),
        (409, Verdict::outcome_unknown().ignored_by_breaker()),
        (425, Verdict::transient().ignored_by_breaker()),
        (429, Verdict::throttled(None)),
        (500, Verdict::outcome_unknown()),
        (501, Verdict::permanent().counts_as_failure()),
        (502, Verdict::outcome_unknown()),
        (503, Verdict::outcome_unknown()),
        (504, Verdict::outcome_unknown()),
        (524, Verdict::outcome_unknown()),
        (529, Verdict::outcome_unknown()),
    ] {
        assert_eq!(Verdict::from_http(status, &()), expected, "{status}");
        let reason = Verdict::from_http(status, &()).reason();
        let timed_out = reason == Some(Reason::TimedOut);
        assert_eq!(timed_out, matches!(status, 408 | 504 | 524), "{status}");
    }
}

#[test]
fn retry_after_is_seconds_fractions_or_a_date() {
    assert_eq!(wait(&[("Retry-After", "2")]), Some(Duration::from_secs(2)));
    assert_eq!(
        wait(&[("RETRY-AFTER", " 0.25 ")]),
        Some(Duration::from_millis(250))
    );
    assert_eq!(
        wait(&[("retry-after-ms", "1500"), ("retry-after", "9")]),
        Some(Duration::from_millis(1_500))
    );
    assert_eq!(
        wait(&[
            ("Date", "Sun, 06 Nov 1994 08:49:37 GMT"),
            ("Retry-After", "Sun, 06 Nov 1994 08:49:47 GMT"),
        ]),
        Some(Duration::from_secs(10))
    );
    assert_eq!(
        wait(&[("Retry-After", "Sun, 06 Nov 1994 08:49:37 GMT")]),
        Some(Duration::ZERO)
    );
    for nonsense in ["soon", "-1", "NaN", "inf", "", "1e3", "."] {
        assert_eq!(wait(&[("Retry-After", nonsense)]), None, "{nonsense}");
    }
    assert_eq!(
        wait(&[("Retry-After", "99999999999999999999")]),
        Some(Duration::MAX)
    );
}

#[test]
fn x_should_retry_overrides_the_status() {
    let retry = [("x-should-retry", "true")];
    let stop = [("x-should-retry", "false")];
    assert!(Verdict::from_http(400, &retry).is_transient());
    assert!(Verdict::from_http(500, &retry).is_transient());
    assert_eq!(
        Verdict::from_http(503, &stop),
        Verdict::permanent().counts_as_failure()
    );
    assert_eq!(
        Verdict::from_http(429, &stop),
        Verdict::permanent().ignored_by_breaker()
    );
}

#[test]
fn from_http_accepts_maps_and_pairs() {
    let mut map = http::HeaderMap::new();
    map.insert("retry-after", http::HeaderValue::from_static("3"));
    let expected = Verdict::throttled(Some(Duration::from_secs(3)));
    let status = http::StatusCode::TOO_MANY_REQUESTS;
    assert_eq!(Verdict::from_http(status, &map), expected);
    let pairs = vec![("Retry-After".to_owned(), "3".to_owned())];
    assert_eq!(Verdict::from_http(429, &pairs), expected);
    let hash: HashMap<String, String> = pairs.into_iter().collect();
    assert_eq!(Verdict::from_http(429, &hash), expected);
}

#[test]
fn answer_to_a_repeated_request_is_never_surely_not_executed() {
    let headers = &[
        ("x-envoy-attempt-count", "2"),
        ("x-envoy-overloaded", "true"),
    ];
    assert_eq!(Verdict::from_http(503, headers), Verdict::outcome_unknown());
    let refused = Verdict::from_http_response(503, headers, b"no healthy upstream");
    assert_eq!(refused, Verdict::outcome_unknown());
    let throttled = Verdict::from_http(429, headers);
    assert_eq!(throttled, Verdict::throttled(None));
    assert!(!throttled.may_retry(false) && throttled.may_retry(true));
    // The client's settings do not change what a proxy does.
    assert!(!throttled.without_client_retries().may_retry(false));
    assert!(Verdict::from_http(404, headers).is_permanent());
    for once in ["1", "0", "", "-2", "two", "99999999999999999999"] {
        let headers = [
            ("x-envoy-attempt-count", once),
            ("x-envoy-overloaded", "true"),
        ];
        assert_eq!(
            Verdict::from_http(503, &headers),
            Verdict::transient(),
            "{once}"
        );
    }
}

#[test]
fn evidence_against_the_last_answer_outlasts_the_clients_settings() {
    for last in [Verdict::transient(), Verdict::throttled(None)] {
        for both in [
            last.after_client_retries().after_proxy_retries(),
            last.after_proxy_retries().after_client_retries(),
        ] {
            assert!(!both.may_retry(false), "{both:?}");
            let once = both.without_client_retries();
            assert!(!once.may_retry(false), "{once:?}");
            assert!(once.may_retry(true), "{once:?}");
        }
    }
}

#[test]
fn large_body_is_judged_by_its_beginning() {
    let retried = b"retried and the latest reset reason: overflow";
    let overloaded = [("x-envoy-overloaded", "true")];
    let mut large = vec![b'x'; 1 << 20];
    let late = large.len() - retried.len();
    large[late..].copy_from_slice(retried);
    let verdict = Verdict::from_http_response(503, &overloaded, &large);
    assert_eq!(verdict, Verdict::transient());
    large[..retried.len()].copy_from_slice(retried);
    let verdict = Verdict::from_http_response(503, &overloaded, &large);
    assert_eq!(verdict, Verdict::outcome_unknown());
}

#[test]
fn forbidden_by_a_limit_is_throttled() {
    let soon = Verdict::throttled(Some(Duration::from_secs(7)));
    assert_eq!(Verdict::from_http(403, &[("retry-after", "7")]), soon);
    for name in [
        "x-ratelimit-remaining",
        "X-RateLimit-Remaining",
        "x-rate-limit-remaining",
        "ratelimit-remaining",
    ] {
        assert_eq!(
            Verdict::from_http(403, &[(name, "0")]),
            Verdict::throttled(None)
        );
        let denied = Verdict::from_http(403, &[(name, "12")]);
        assert_eq!(denied, Verdict::permanent());
        assert_eq!(denied.reason(), Some(Reason::Denied));
    }
    assert_eq!(
        Verdict::from_http(401, &[("retry-after", "7")]),
        Verdict::permanent()
    );
}

#[test]
fn wait_of_the_provider_is_read_behind_litellm() {
    assert_eq!(
        wait(&[("llm_provider-retry-after", "7")]),
        Some(Duration::from_secs(7))
    );
    let both = [
        ("llm_provider-retry-after-ms", "1500"),
        ("llm_provider-retry-after", "9"),
    ];
    assert_eq!(wait(&both), Some(Duration::from_millis(1_500)));
    let own = [("llm_provider-retry-after", "9"), ("retry-after", "2")];
    assert_eq!(wait(&own), Some(Duration::from_secs(2)));
}
