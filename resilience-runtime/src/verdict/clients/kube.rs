//! What `kube`'s errors mean, for clients of Kubernetes.
//!
//! Supported: kube 5, which needs Rust 1.89.
//!
//! | error | verdict |
//! |---|---|
//! | `Api`: `TooManyRequests`, 429 | throttled, for `retryAfterSeconds` |
//! | `Conflict` (another writer was first) | transient, ignored by the breaker: read the object again |
//! | `AlreadyExists`, `Invalid`, `BadRequest` and other faults of the request | permanent |
//! | `Expired`, `Gone` (the resource version or the continue token is too old) | permanent, not "not found": list again |
//! | `NotFound` | permanent, not found |
//! | `Unauthorized`, `Forbidden` | permanent, denied |
//! | `Timeout`, 504 | outcome unknown, [`Reason::TimedOut`] |
//! | `ServerTimeout`, `InternalError`, `ServiceUnavailable`, `StorageReadError` | outcome unknown, for `retryAfterSeconds` |
//! | `Api` without a known reason: an admission webhook, a proxy | [`Verdict::from_http_response`], by code and message |
//! | `Service`, `HyperError`: no answer | by the rules of `hyper`, else outcome unknown |
//! | `ReadEvents`: a watch broke | outcome unknown |
//! | `Auth`: no credentials, so nothing was sent | transient where the identity provider was not reached, else permanent, denied |
//! | the rest: requests that cannot be built, answers that are not what was asked for, configuration | permanent |
//!
//! **The client retries by itself**, any request, 15 times after 429, 503 and 504, for up to three minutes and longer where
//! the server sends `Retry-After`: a request that the server timed out on may have been executed. So all verdicts are
//! [after the client's retries](Verdict::after_client_retries). Switch them off with `config.default_retry = false` and say
//! `client_retries = off`; without that, 3 attempts are 48 requests. A `Conflict` or `AlreadyExists` may be an answer to what
//! the client's own first send did.
//!
//! `read_timeout` is off by default: a server that does not answer is waited for until the timeout of the attempt.

use std::time::Duration;

use kube_client::Error;
use kube_client::core::Status;
use kube_client::core::response::reason;

use super::source_chain;
use crate::verdict::{Classify, ErrorCode, Reason, Verdict};

impl Classify for Error {
    fn classify(&self) -> Verdict {
        match self {
            Self::Api(status) => status.classify(),
            Self::HyperError(error) => error.classify().after_client_retries(),
            Self::Service(error) => source_chain::find(&**error)
                .unwrap_or(Verdict::outcome_unknown())
                .after_client_retries(),
            Self::ReadEvents(_) => Verdict::outcome_unknown(),
            // Other writes of the same function are not at stake: it is asked before each request.
            Self::Auth(error) => source_chain::find(error)
                .filter(|verdict| !verdict.is_permanent())
                .map_or(Verdict::denied(), Verdict::not_executed),
            Self::FromUtf8(_)
            | Self::LinesCodecMaxLineLengthExceeded
            | Self::HttpError(_)
            | Self::SerdeError(_)
            | Self::BuildRequest(_)
            | Self::InferConfig(_)
            | Self::InferKubeconfig(_)
            | Self::Discovery(_)
            | Self::ProxyProtocolUnsupported { .. }
            | Self::ProxyProtocolDisabled { .. }
            | Self::TlsRequired => Verdict::permanent(),
            // Variants of features.
            #[allow(unreachable_patterns, reason = "where they are off")]
            other => source_chain::find_in_sources(other).unwrap_or(Verdict::unclassified()),
        }
    }
}

impl Classify for Status {
    fn classify(&self) -> Verdict {
        let verdict = by_reason(self);
        let verdict = match self.code {
            0 => verdict,
            code => verdict.with_code(ErrorCode::Http(code)),
        };
        let wait = self.details.as_ref().map(|it| it.retry_after_seconds);
        let verdict = match wait {
            Some(seconds @ 1..) if !verdict.is_permanent() => {
                verdict.with_retry_after(Duration::from_secs(seconds.into()))
            }
            _ => verdict,
        };
        verdict.after_client_retries()
    }
}

fn by_reason(status: &Status) -> Verdict {
    match &*status.reason {
        reason::TOO_MANY_REQUESTS => Verdict::throttled(None),
        reason::CONFLICT => Verdict::transient().ignored_by_breaker(),
        reason::NOT_FOUND => Verdict::not_found(),
        reason::UNAUTHORIZED | reason::FORBIDDEN => Verdict::denied(),
        reason::TIMEOUT => Verdict::outcome_unknown().because(Reason::TimedOut),
        // Each of them may be the answer to a write that has reached the store.
        reason::SERVER_TIMEOUT
        | reason::INTERNAL_ERROR
        | reason::SERVICE_UNAVAILABLE
        | reason::STORAGE_READ_ERROR => Verdict::outcome_unknown(),
        reason::ALREADY_EXISTS
        | reason::EXPIRED
        | reason::GONE
        | reason::INVALID
        | reason::BAD_REQUEST
        | reason::METHOD_NOT_ALLOWED
        | reason::NOT_ACCEPTABLE
        | reason::REQUEST_ENTITY_TOO_LARGE
        | reason::UNSUPPORTED_MEDIA_TYPE => Verdict::permanent(),
        _ if status.code == 0 => Verdict::unclassified(),
        // kube keeps a body that it cannot read as the message.
        _ => Verdict::from_http_response(status.code, &(), status.message.as_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use kube_client::client::AuthError;
    use kube_client::{Client, Config};

    use super::*;
    use crate::verdict::chain_test_util::found;
    use crate::verdict::clients::http_test_server::{HttpServer, answer};

    fn client(url: &str, retries: bool) -> Client {
        let mut config = Config::new(url.parse().expect("a URL"));
        config.default_retry = retries;
        Client::try_from(config).expect("a client")
    }

    async fn create(url: &str, retries: bool) -> Error {
        let request = http::Request::post("/api/v1/namespaces/x/pods").body(b"{}".to_vec());
        let request = request.expect("a request");
        let out = client(url, retries).request_text(request).await;
        out.expect_err("no answer")
    }

    fn status(code: u16, reason: &str, details: &str) -> String {
        format!(
            r#"{{"kind":"Status","apiVersion":"v1","metadata":{{}},"status":"Failure","message":"hunter2",
            "reason":"{reason}","details":{{{details}}},"code":{code}}}"#
        )
    }

    async fn ask(code: u16, body: &str) -> (Verdict, usize) {
        let server = HttpServer::start([answer(code, "", body)]).await;
        let error = create(&server.url(), false).await;
        (found(error), server.requests())
    }

    #[tokio::test]
    async fn status_is_classified_by_reason_and_code() {
        let (soon, late) = (Duration::from_secs(7), Reason::TimedOut);
        let unknown = Verdict::outcome_unknown();
        let taken = Verdict::transient().ignored_by_breaker();
        for (code, reason, details, expected, because) in [
            (
                429,
                "TooManyRequests",
                r#""retryAfterSeconds":7"#,
                Verdict::throttled(Some(soon)),
                None,
            ),
            (429, "", "", Verdict::throttled(None), None),
            (409, "Conflict", "", taken, None),
            (409, "AlreadyExists", "", Verdict::permanent(), None),
            (410, "Expired", "", Verdict::permanent(), None),
            (410, "Gone", "", Verdict::permanent(), None),
            (
                404,
                "NotFound",
                "",
                Verdict::permanent(),
                Some(Reason::NotFound),
            ),
            (
                401,
                "Unauthorized",
                "",
                Verdict::permanent(),
                Some(Reason::Denied),
            ),
            (
                403,
                "Forbidden",
                "",
                Verdict::permanent(),
                Some(Reason::Denied),
            ),
            (422, "Invalid", "", Verdict::permanent(), None),
            (
                500,
                "ServerTimeout",
                r#""retryAfterSeconds":7"#,
                unknown.with_retry_after(soon),
                None,
            ),
            (500, "InternalError", "", unknown, None),
            (503, "ServiceUnavailable", "", unknown, None),
            (504, "Timeout", "", unknown, Some(late)),
            // An admission webhook that denies with a code of its own.
            (400, "", "", Verdict::permanent(), None),
            (403, "", "", Verdict::permanent(), Some(Reason::Denied)),
            (500, "hunter2", "", unknown, None),
        ] {
            let (verdict, requests) = ask(code, &status(code, reason, details)).await;
            assert_eq!(
                verdict.without_client_retries(),
                expected,
                "{code} {reason}"
            );
            assert_eq!(verdict.reason(), because, "{code} {reason}");
            assert_eq!(verdict.code(), Some(ErrorCode::Http(code)));
            assert_eq!(requests, 1, "{code} {reason}");
        }
    }

    #[tokio::test]
    async fn body_of_a_proxy_is_classified_as_such() {
        let (verdict, _) = ask(503, "no healthy upstream").await;
        assert!(verdict.without_client_retries().is_transient());
        assert!(!verdict.may_retry(false));
        let (verdict, _) = ask(503, "<html>no healthy upstream</html>").await;
        assert!(verdict.without_client_retries().is_outcome_unknown());
    }

    #[tokio::test]
    async fn default_client_repeats_what_may_have_been_executed() {
        let late = answer(504, "", &status(504, "Timeout", ""));
        let taken = answer(409, "", &status(409, "Conflict", ""));
        let server = HttpServer::start([late, taken]).await;
        let verdict = found(create(&server.url(), true).await);
        assert_eq!(server.requests(), 2);
        assert!(verdict.is_outcome_unknown(), "{verdict:?}");
        assert!(verdict.without_client_retries().is_transient());
    }

    #[tokio::test]
    async fn lost_connection_is_classified_by_hyper() {
        let verdict = found(create(&HttpServer::none().await, true).await);
        assert!(verdict.is_outcome_unknown());
        let once = verdict.without_client_retries();
        assert_eq!(once, Verdict::transient());
        assert_eq!(once.code(), Some(ErrorCode::Name("connect")));

        let server = HttpServer::start([""]).await;
        let verdict = found(create(&server.url(), true).await);
        assert_eq!(verdict, Verdict::outcome_unknown());
        assert_eq!(server.requests(), 1);
    }

    #[test]
    fn missing_credentials_were_not_sent() {
        let start = |kind: io::ErrorKind| found(Error::Auth(AuthError::AuthExecStart(kind.into())));
        let missing = start(io::ErrorKind::NotFound);
        assert_eq!(missing, Verdict::permanent());
        assert_eq!(missing.reason(), Some(Reason::Denied));
        assert_eq!(start(io::ErrorKind::TimedOut), Verdict::transient());
        let verdict = found(Error::Auth(AuthError::UnrefreshableTokenResponse));
        assert_eq!(verdict.reason(), Some(Reason::Denied));
    }

    #[test]
    fn what_was_found_out_here_is_permanent() {
        assert_eq!(found(Error::TlsRequired), Verdict::permanent());
        let lost = Error::ReadEvents(io::ErrorKind::ConnectionReset.into());
        assert_eq!(found(lost), Verdict::outcome_unknown());
        let status = Status::failure("hunter2", "hunter2");
        assert_eq!(found(status), Verdict::unclassified());
    }
}
