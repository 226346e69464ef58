//! What Envoy says of a request that it sent to no server.
//!
//! Envoy answers 503 in its own name for several reasons, with the same headers. Only its words tell a connection that was
//! refused from one that ended after the whole request had been read. They are those of Envoy 1.14 to 1.40
//! (`source/common/router/router.cc` and `resetReasonToString` in `source/common/http/utility.cc`).

use super::http_parts::HttpHeaders;

/// No endpoint is healthy, or there is none.
const NO_SERVER: &str = "no healthy upstream";

/// What stands before the reason. After a retry of Envoy's own it says "retried and the latest reset reason: " instead.
const RESET: &str = "upstream connect error or disconnect/reset before headers. reset reason: ";

/// Follows the reason where the transport failed, with words of the operating system or of TLS.
const DETAILS: &str = ", transport failure reason: ";

/// The reasons for which nothing was sent, or for which the server said that it looked at nothing.
const NOTHING_SENT: &[&str] = &[
    "overflow",
    "connection failure",
    "local connection failure",
    "remote connection failure",
    "connection timeout",
    "remote refused stream reset",
];

/// In the words after a retry of Envoy's own: what an earlier send did is not known.
const RETRIED: &[u8] = b"retried and the latest reset reason";

/// What Envoy itself writes is shorter.
const LONGEST: usize = 4096;

/// Whether Envoy rejected the request because too many are on their way.
pub(super) fn is_overloaded<H: HttpHeaders + ?Sized>(headers: &H) -> bool {
    headers.header("x-envoy-overloaded").is_some() && !is_of_server(headers)
}

/// Whether the answer is a server's that Envoy passed on: it adds this header to those, and never to its own.
fn is_of_server<H: HttpHeaders + ?Sized>(headers: &H) -> bool {
    headers.header("x-envoy-upstream-service-time").is_some()
}

/// Whether the body says that Envoy sent the request again.
pub(super) fn is_retried(body: &[u8]) -> bool {
    let beginning = &body[..body.len().min(LONGEST)];
    beginning.windows(RETRIED.len()).any(|part| part == RETRIED)
}

/// Whether the whole body is Envoy's own, about a request that reached no server.
pub(super) fn reached_no_server<H: HttpHeaders + ?Sized>(headers: &H, body: &[u8]) -> bool {
    if body.len() > LONGEST || is_of_server(headers) {
        return false;
    }
    let Ok(body) = std::str::from_utf8(body) else {
        return false;
    };
    body == NO_SERVER
        || body.strip_prefix(RESET).is_some_and(|rest| {
            let reason = rest.split_once(DETAILS).map_or(rest, |(reason, _)| reason);
            NOTHING_SENT.contains(&reason)
        })
}

#[cfg(test)]
mod tests {
    use crate::verdict::Verdict;

    fn judge(body: &str) -> Verdict {
        Verdict::from_http_response(503, &(), body.as_bytes())
    }

    #[test]
    fn request_that_reached_no_server_is_transient() {
        for body in [
            "no healthy upstream",
            "upstream connect error or disconnect/reset before headers. reset reason: overflow",
            "upstream connect error or disconnect/reset before headers. reset reason: connection failure",
            "upstream connect error or disconnect/reset before headers. reset reason: connection timeout",
            "upstream connect error or disconnect/reset before headers. reset reason: remote connection failure, \
             transport failure reason: delayed connect error: Connection refused",
        ] {
            assert_eq!(judge(body), Verdict::transient(), "{body}");
            for status in [500, 502, 504] {
                let other = Verdict::from_http_response(status, &(), body.as_bytes());
                assert_eq!(other, Verdict::from_http(status, &()), "{status} {body}");
            }
            let by_server = [("x-envoy-upstream-service-time", "3")];
            let passed_on = Verdict::from_http_response(503, &by_server, body.as_bytes());
            assert_eq!(passed_on, Verdict::outcome_unknown(), "{body}");
        }
    }

    #[test]
    fn every_other_body_is_outcome_unknown() {
        for body in [
            "",
            "upstream connect error or disconnect/reset before headers. reset reason: connection termination",
            "upstream connect error or disconnect/reset before headers. reset reason: remote reset",
            "upstream connect error or disconnect/reset before headers. reset reason: local reset",
            "upstream connect error or disconnect/reset before headers. reset reason: protocol error",
            "upstream connect error or disconnect/reset before headers. retried and the latest reset reason: connection failure",
            "upstream connect error or disconnect/reset before headers. retried and the latest reset reason: overflow",
            "upstream connect error or disconnect/reset before headers. reset reason: connection termination, \
             transport failure reason: connection failure",
            "no healthy upstream\n",
            " no healthy upstream",
            "No healthy upstream",
            r#"{"error":"no healthy upstream"}"#,
            "after two tries: no healthy upstream",
            "reset reason: overflow",
            "overflow",
            "<html><body><h1>503 Service Unavailable</h1>\nNo server is available to handle this request.\n</body></html>",
        ] {
            assert_eq!(judge(body), Verdict::outcome_unknown(), "{body}");
        }
        assert_eq!(
            Verdict::from_http_response(503, &(), b"no healthy upstream\xff"),
            Verdict::outcome_unknown()
        );
    }

    #[test]
    fn overloaded_envoy_is_transient_unless_it_sent_the_request_before() {
        let overloaded = [("x-envoy-overloaded", "true")];
        assert_eq!(Verdict::from_http(503, &overloaded), Verdict::transient());
        let judge = |body: &[u8]| Verdict::from_http_response(503, &overloaded, body);
        assert_eq!(judge(b""), Verdict::transient());
        let first =
            b"upstream connect error or disconnect/reset before headers. reset reason: overflow";
        assert_eq!(judge(first), Verdict::transient());
        let again = b"upstream connect error or disconnect/reset before headers. retried and the latest reset reason: overflow";
        assert_eq!(judge(again), Verdict::outcome_unknown());
        let by_server = [overloaded[0], ("x-envoy-upstream-service-time", "3")];
        assert_eq!(
            Verdict::from_http(503, &by_server),
            Verdict::outcome_unknown()
        );
    }

    #[test]
    fn wait_and_code_are_kept() {
        let wait = [("retry-after", "2")];
        let verdict = Verdict::from_http_response(503, &wait, b"no healthy upstream");
        assert_eq!(
            verdict.retry_after(),
            Some(std::time::Duration::from_secs(2))
        );
        assert!(verdict.is_transient() && verdict.code().is_some());
        let unknown = Verdict::from_http_response(503, &wait, b"");
        assert_eq!(
            unknown.retry_after(),
            Some(std::time::Duration::from_secs(2))
        );
        assert!(unknown.is_outcome_unknown());
        let stop = [("x-should-retry", "false")];
        assert!(Verdict::from_http_response(503, &stop, b"no healthy upstream").is_permanent());
    }
}
