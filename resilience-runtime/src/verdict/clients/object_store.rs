//! What `object_store`'s errors mean, for S3, Azure Blob Storage, Google Cloud Storage and files.
//!
//! Supported: object_store 0.14.
//!
//! | error | verdict |
//! |---|---|
//! | `NotFound` | permanent, not found |
//! | `PermissionDenied`, `Unauthenticated` | permanent, denied |
//! | `AlreadyExists`, `Precondition`, `NotModified` | permanent |
//! | `NotSupported`, `NotImplemented`, `InvalidPath`, `UnknownConfigurationKey` | permanent |
//! | `Generic`: no answer | by the kind of its `HttpError`: connect is transient, the rest outcome unknown |
//! | `Generic`: another status than 2xx | by the `<Code>` of the body ([`Verdict::from_aws_code`]), else [`Verdict::from_http`] |
//! | `Generic`: an error inside a 200 of S3 | by the `<Code>`, else outcome unknown |
//! | `Generic`: a redirect to nowhere, e.g. of another region | permanent |
//! | `Generic`: a file, a middleware | by the first known error in it, else unclassified |
//! | `JoinError` | outcome unknown |
//!
//! The status of a `Generic` is in an error of a private type. The beginning of its text is fixed, and so it is read there.
//! The headers are lost, and `Retry-After` with them.
//!
//! **The store retries by itself**, 10 times for up to three minutes: after a 5xx, 408 or 429, a refused connection, and
//! for every method after an answer that was lost (hyper's "incomplete message"). So all verdicts are
//! [after the client's retries](Verdict::after_client_retries). Switch them off with
//! `with_retry(RetryConfig { max_retries: 0, ..Default::default() })` and say `client_retries = off`; without that, 3
//! attempts are 33 requests. `AlreadyExists` of a `PutMode::Create` and `Precondition` of an update may be answers to what
//! the store's own first send did: read the object back before you believe them.

use std::error::Error as StdError;
use std::fmt::Display;

use ::object_store::Error;
use ::object_store::client::{HttpError, HttpErrorKind};

use super::source_chain;
use crate::verdict::display_prefix::display_prefix;
use crate::verdict::{Classify, ErrorCode, Reason, Verdict};

impl Classify for Error {
    fn classify(&self) -> Verdict {
        match self {
            Self::NotFound { .. } => Verdict::not_found(),
            Self::PermissionDenied { .. } | Self::Unauthenticated { .. } => Verdict::denied(),
            Self::AlreadyExists { .. }
            | Self::Precondition { .. }
            | Self::NotModified { .. }
            | Self::NotSupported { .. }
            | Self::NotImplemented { .. }
            | Self::InvalidPath { .. }
            | Self::UnknownConfigurationKey { .. } => Verdict::permanent(),
            Self::Generic { source, .. } => by_chain(&**source).after_client_retries(),
            // `JoinError` needs a feature.
            _ => Verdict::outcome_unknown(),
        }
    }
}

impl Classify for HttpError {
    fn classify(&self) -> Verdict {
        let (verdict, name) = match self.kind() {
            HttpErrorKind::Connect => (Verdict::transient(), "connect"),
            HttpErrorKind::Timeout => {
                let late = Verdict::outcome_unknown().because(Reason::TimedOut);
                (late, "timeout")
            }
            // "Request" is an answer that did not come, too.
            HttpErrorKind::Request => (Verdict::outcome_unknown(), "request"),
            HttpErrorKind::Interrupted => (Verdict::outcome_unknown(), "interrupted"),
            // The rules of `reqwest` know more.
            _ => {
                return source_chain::find_in_sources(self).unwrap_or(Verdict::outcome_unknown());
            }
        };
        verdict.with_code(ErrorCode::Name(name))
    }
}

/// Classifies by the first error in the chain that is known by its type or by the beginning of its text.
fn by_chain(error: &(dyn StdError + 'static)) -> Verdict {
    source_chain::chain(error)
        .find_map(|error| by_text(&error))
        .or_else(|| source_chain::find(error))
        .unwrap_or(Verdict::unclassified())
}

/// Reads the text of `RequestError`, in object_store's `client/retry.rs`.
fn by_text(error: &dyn Display) -> Option<Verdict> {
    const STATUS: &str = "Server returned non-2xx status code: ";
    const INSIDE_A_200: &str = "Server returned error response: ";
    const REDIRECT: &str = "Received redirect without LOCATION";
    // The code stands at the beginning of the body.
    let text = display_prefix(error, 1024);
    if let Some(rest) = text.strip_prefix(STATUS) {
        let status: u16 = rest.get(..3)?.parse().ok()?;
        let by_status = Verdict::from_http(status, &());
        let (_, body) = rest.split_once(": ")?;
        Some(by_code(body).unwrap_or(by_status))
    } else if let Some(body) = text.strip_prefix(INSIDE_A_200) {
        Some(by_code(body).unwrap_or(Verdict::outcome_unknown()))
    } else {
        text.starts_with(REDIRECT).then_some(Verdict::permanent())
    }
}

/// Classifies by the code of an error in XML.
fn by_code(body: &str) -> Option<Verdict> {
    let (_, rest) = body.split_once("<Error>")?;
    let (_, rest) = rest.split_once("<Code>")?;
    let (code, _) = rest.split_once("</Code>")?;
    Some(Verdict::from_aws_code(code)).filter(|verdict| !verdict.is_unknown())
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::time::Duration;

    use ::object_store::aws::{AmazonS3, AmazonS3Builder};
    use ::object_store::path::Path;
    use ::object_store::{BackoffConfig, ObjectStoreExt as _, PutMode, PutOptions, RetryConfig};
    use ::object_store::{ClientOptions, ObjectStore as _};

    use super::*;
    use crate::verdict::chain_test_util::found;
    use crate::verdict::clients::http_test_server::{HttpServer, answer};

    fn store(url: &str, max_retries: usize) -> AmazonS3 {
        let backoff = BackoffConfig {
            init_backoff: Duration::from_millis(1),
            max_backoff: Duration::from_millis(2),
            base: 2.0,
        };
        AmazonS3Builder::new()
            .with_endpoint(url)
            .with_allow_http(true)
            .with_region("x")
            .with_bucket_name("bucket")
            // Signatures would need cryptography.
            .with_skip_signature(true)
            .with_client_options(ClientOptions::new().with_allow_http(true))
            .with_retry(RetryConfig {
                backoff,
                max_retries,
                retry_timeout: Duration::from_secs(5),
            })
            .build()
            .expect("a store")
    }

    async fn put(url: &str, max_retries: usize) -> Error {
        let options = PutOptions::from(PutMode::Create);
        let (path, store) = (Path::from("a"), store(url, max_retries));
        let out = store.put_opts(&path, "hunter2".into(), options).await;
        out.expect_err("no success")
    }

    async fn ask(status: u16, body: &str) -> (Verdict, usize) {
        let server = HttpServer::start([answer(status, "", body)]).await;
        let error = put(&server.url(), 0).await;
        (found(error), server.requests())
    }

    fn xml(code: &str) -> String {
        format!("<?xml version=\"1.0\"?>\n<Error><Code>{code}</Code><Message>x</Message></Error>")
    }

    #[tokio::test]
    async fn answer_is_classified_by_status_and_code() {
        let unknown = Verdict::outcome_unknown();
        for (status, body, expected, reason) in [
            (404, "", Verdict::permanent(), Some(Reason::NotFound)),
            (403, "", Verdict::permanent(), Some(Reason::Denied)),
            (401, "", Verdict::permanent(), Some(Reason::Denied)),
            (412, "", Verdict::permanent(), None),
            (304, "", Verdict::permanent(), None),
            (400, "", Verdict::permanent(), None),
            (429, "", Verdict::throttled(None), None),
            (500, "", unknown, None),
            (503, "", unknown, None),
            (503, &*xml("SlowDown"), Verdict::throttled(None), None),
            (503, &*xml("hunter2"), unknown, None),
            // What merely speaks of a code.
            (
                503,
                "<Message><Code>SlowDown</Code></Message>",
                unknown,
                None,
            ),
            (503, "SlowDown", unknown, None),
        ] {
            let (verdict, requests) = ask(status, body).await;
            assert_eq!(
                verdict.without_client_retries(),
                expected,
                "{status} {body}"
            );
            assert_eq!(verdict.reason(), reason, "{status} {body}");
            assert_eq!(requests, 1, "{status} {body}");
        }
    }

    #[tokio::test]
    async fn default_store_repeats_what_may_have_been_executed() {
        // The first send was executed and its answer lost, and the second is told so.
        let taken = answer(412, "", &xml("PreconditionFailed"));
        let server = HttpServer::start(["", &*taken]).await;
        let error = put(&server.url(), 10).await;
        assert_eq!(server.requests(), 2);
        assert!(matches!(error, Error::AlreadyExists { .. }), "{error:?}");
        assert_eq!(found(error), Verdict::permanent());

        let server = HttpServer::start([answer(429, "", "")]).await;
        let verdict = found(put(&server.url(), 3).await);
        assert_eq!(server.requests(), 4);
        assert!(verdict.is_throttled());
        assert!(!verdict.may_retry(false));
        assert!(verdict.without_client_retries().may_retry(false));
    }

    #[tokio::test]
    async fn lost_connection_is_classified_by_the_kind_of_the_http_error() {
        let verdict = found(put(&HttpServer::none().await, 1).await);
        assert!(verdict.is_outcome_unknown());
        let once = verdict.without_client_retries();
        assert_eq!(once, Verdict::transient());
        assert_eq!(once.code(), Some(ErrorCode::Name("connect")));

        let server = HttpServer::start([""]).await;
        let verdict = found(put(&server.url(), 0).await);
        assert_eq!(verdict, Verdict::outcome_unknown());
        assert_eq!(verdict.code(), Some(ErrorCode::Name("request")));
    }

    #[tokio::test]
    async fn error_inside_a_200_is_no_success() {
        for (code, expected) in [
            ("SlowDown", Verdict::throttled(None)),
            ("InternalError", Verdict::outcome_unknown()),
        ] {
            let server = HttpServer::start([answer(200, "", &xml(code))]).await;
            let (from, to) = (Path::from("a"), Path::from("b"));
            let error = store(&server.url(), 0).copy(&from, &to).await;
            let verdict = found(error.expect_err("no success"));
            assert_eq!(verdict.without_client_retries(), expected, "{code}");
        }
    }

    #[tokio::test]
    async fn broken_off_object_is_outcome_unknown() {
        let half = "HTTP/1.1 200 OK\r\nlast-modified: Tue, 01 Jan 2030 00:00:00 GMT\r\n\
                    etag: \"x\"\r\ncontent-length: 100\r\n\r\na";
        let server = HttpServer::start([half]).await;
        let object = store(&server.url(), 0).get(&Path::from("a")).await;
        let body = object.expect("a head").bytes().await;
        assert!(found(body.expect_err("half a body")).is_outcome_unknown());
    }

    #[test]
    fn error_without_http_is_classified_by_its_variant() {
        let generic = |source| Error::Generic { store: "x", source };
        assert_eq!(found(generic("hunter2".into())), Verdict::unclassified());
        let prose = "it said: Server returned non-2xx status code: 429 Too Many Requests: x";
        assert_eq!(found(generic(prose.into())), Verdict::unclassified());
        let reset = io::Error::from(io::ErrorKind::ConnectionReset);
        assert_eq!(found(generic(reset.into())), Verdict::outcome_unknown());
        let refused = || io::Error::from(io::ErrorKind::ConnectionRefused);
        for (kind, expected) in [
            (HttpErrorKind::Connect, Verdict::transient()),
            (HttpErrorKind::Timeout, Verdict::outcome_unknown()),
            (HttpErrorKind::Interrupted, Verdict::outcome_unknown()),
            (HttpErrorKind::Unknown, Verdict::transient()),
        ] {
            let error = HttpError::new(kind, refused());
            assert_eq!(found(error), expected, "{kind:?}");
        }
        let source = || "hunter2".into();
        let path = || "hunter2".to_owned();
        for error in [
            Error::NotSupported { source: source() },
            Error::NotModified {
                path: path(),
                source: source(),
            },
            Error::NotImplemented {
                operation: path(),
                implementer: path(),
            },
        ] {
            assert_eq!(found(error), Verdict::permanent());
        }
    }
}
