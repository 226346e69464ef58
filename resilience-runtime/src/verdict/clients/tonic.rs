//! What `tonic`'s statuses mean.
//!
//! Supported: tonic 0.14.
//!
//! | code | verdict |
//! |---|---|
//! | `Unavailable`, no connection came about | transient |
//! | any code that tonic itself gives to a stream that the server refused, or below which it went away, and to a request that was not sent | transient |
//! | `Unavailable`, else | outcome unknown: gRPC warns that it is not always safe to retry |
//! | `ResourceExhausted` | throttled |
//! | `Aborted` (lost against another transaction) | transient, ignored by the breaker |
//! | `DeadlineExceeded`, tonic's own timeout (`Cancelled`) | outcome unknown, [`Reason::TimedOut`] |
//! | `Cancelled`, `Unknown`, `Internal` | outcome unknown |
//! | `Unimplemented`, `DataLoss` | permanent, a breaker failure |
//! | `Unauthenticated`, `PermissionDenied` | permanent, denied |
//! | `NotFound` | permanent, not found |
//! | the rest | permanent |
//! | etcd's own texts, whatever the code | by what was proposed to the cluster: see `codes/etcd.rs` |
//!
//! `grpc-retry-pushback-ms` in the metadata is obeyed: the wait, or no retry if it is negative. Without it
//! `ResourceExhausted` and `Unavailable`, as Envoy answers to calls above a limit, wait until the quota that the metadata says is
//! used up is there again. tonic does not retry by itself, but connects again; a service configuration with a `retryPolicy` is
//! ignored by it.

use std::error::Error;
use std::time::Duration;

use ::tonic::metadata::MetadataMap;
use ::tonic::{Code, ConnectError, Status, TimeoutExpired};

use super::{not_processed, source_chain};
use crate::verdict::codes::http_quotas::HttpQuotas;
use crate::verdict::{Classify, ErrorCode, HttpHeaders, Reason, Verdict};

impl Classify for Status {
    fn classify(&self) -> Verdict {
        let code = ErrorCode::Grpc(self.code() as i32);
        if let Some(verdict) = Verdict::from_etcd(self.message()) {
            return verdict.with_code(code);
        }
        let verdict = match self.code() {
            Code::Ok => return Verdict::unclassified(),
            // Which code tonic takes for it depends on its features.
            _ if never_processed(self) => Verdict::transient(),
            Code::Unavailable if never_connected(self) => Verdict::transient(),
            Code::DeadlineExceeded => Verdict::outcome_unknown().because(Reason::TimedOut),
            Code::Cancelled if holds::<TimeoutExpired>(self) => {
                Verdict::outcome_unknown().because(Reason::TimedOut)
            }
            Code::Unavailable | Code::Cancelled | Code::Unknown | Code::Internal => {
                Verdict::outcome_unknown()
            }
            Code::ResourceExhausted => Verdict::throttled(None),
            Code::Aborted => Verdict::transient().ignored_by_breaker(),
            Code::Unimplemented | Code::DataLoss => Verdict::permanent().counts_as_failure(),
            Code::Unauthenticated | Code::PermissionDenied => {
                Verdict::permanent().because(Reason::Denied)
            }
            Code::NotFound => Verdict::permanent().because(Reason::NotFound),
            Code::InvalidArgument
            | Code::AlreadyExists
            | Code::FailedPrecondition
            | Code::OutOfRange => Verdict::permanent(),
        };
        pushed_back(self, verdict).with_code(code)
    }
}

fn never_processed(status: &Status) -> bool {
    status.source().and_then(not_processed::find).is_some()
}

/// A status that came over the wire has no source; one that tonic made has the transport's error.
fn never_connected(status: &Status) -> bool {
    holds::<ConnectError>(status)
        || status
            .source()
            .and_then(source_chain::find)
            .is_some_and(|verdict| verdict.is_transient())
}

/// Whether an error of type `E` is in the chain of sources.
fn holds<E: Error + 'static>(status: &Status) -> bool {
    let source = status.source();
    source.is_some_and(|source| source_chain::chain(source).any(|error| error.is::<E>()))
}

/// Applies gRPC's proposal A6: the server sends the time until the next attempt, or forbids one.
fn pushed_back(status: &Status, verdict: Verdict) -> Verdict {
    if verdict.is_permanent() {
        return verdict;
    }
    let Some(pushback) = status.metadata().get("grpc-retry-pushback-ms") else {
        return match wait_for_quota(status) {
            Some(wait) => verdict.with_retry_after(wait),
            None => verdict,
        };
    };
    match pushback.to_str().ok().and_then(|text| text.parse().ok()) {
        Some(wait) => verdict.with_retry_after(Duration::from_millis(wait)),
        None if verdict.is_breaker_failure() => Verdict::permanent().counts_as_failure(),
        None => Verdict::permanent().ignored_by_breaker(),
    }
}

/// The headers of an answer without a message are its metadata.
struct Metadata<'a>(&'a MetadataMap);

impl HttpHeaders for Metadata<'_> {
    fn header(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.to_str().ok()
    }

    fn each_value<'a>(&'a self, name: &str, visit: &mut dyn FnMut(&'a str)) {
        let texts = self.0.get_all(name).iter();
        texts
            .filter_map(|value| value.to_str().ok())
            .for_each(visit);
    }
}

/// Envoy answers `Unavailable` above a limit, unless it is told to say `ResourceExhausted`.
fn wait_for_quota(status: &Status) -> Option<Duration> {
    let quotas = HttpQuotas::parse(&Metadata(status.metadata()));
    match status.code() {
        Code::ResourceExhausted => quotas.wait_of_refusal(),
        Code::Unavailable => quotas.until_there_again,
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::io;
    use std::sync::Arc;

    use ::tonic::body::Body;
    use ::tonic::transport::Endpoint;
    use tower_service::Service as _;

    use super::*;
    use crate::verdict::chain_test_util::found;
    use crate::verdict::clients::http2_test_server::{Http2Server, Reaction};

    /// Sends a request as generated clients do.
    async fn call(url: String) -> Status {
        let endpoint = Endpoint::from_shared(url).expect("a URL");
        let mut channel = endpoint.connect().await.expect("a connection");
        poll_fn(|context| channel.poll_ready(context))
            .await
            .expect("a channel that is ready");
        let request = http::Request::post("/service/method").body(Body::empty());
        let answer = channel.call(request.expect("a request")).await;
        Status::from_error(answer.expect_err("no answer").into())
    }

    #[tokio::test]
    async fn unprocessed_request_is_transient() {
        for reaction in Reaction::ALL {
            let server = Http2Server::start(reaction).await;
            let verdict = found(call(server.url()).await);
            if reaction.proves_that_nothing_ran() {
                assert_eq!(verdict, Verdict::transient(), "{reaction:?}");
            } else {
                assert_eq!(verdict, Verdict::outcome_unknown(), "{reaction:?}");
            }
        }
    }

    #[test]
    fn status_is_classified_by_code() {
        let sick = Verdict::permanent().counts_as_failure();
        for (code, expected, reason) in [
            (Code::Unavailable, Verdict::outcome_unknown(), None),
            (
                Code::DeadlineExceeded,
                Verdict::outcome_unknown(),
                Some(Reason::TimedOut),
            ),
            (Code::Cancelled, Verdict::outcome_unknown(), None),
            (Code::Unknown, Verdict::outcome_unknown(), None),
            (Code::Internal, Verdict::outcome_unknown(), None),
            (Code::ResourceExhausted, Verdict::throttled(None), None),
            (
                Code::Aborted,
                Verdict::transient().ignored_by_breaker(),
                None,
            ),
            (Code::Unimplemented, sick, None),
            (Code::DataLoss, sick, None),
            (
                Code::Unauthenticated,
                Verdict::permanent(),
                Some(Reason::Denied),
            ),
            (
                Code::PermissionDenied,
                Verdict::permanent(),
                Some(Reason::Denied),
            ),
            (Code::NotFound, Verdict::permanent(), Some(Reason::NotFound)),
            (Code::InvalidArgument, Verdict::permanent(), None),
            (Code::AlreadyExists, Verdict::permanent(), None),
            (Code::FailedPrecondition, Verdict::permanent(), None),
            (Code::OutOfRange, Verdict::permanent(), None),
        ] {
            let verdict = found(Status::new(code, "hunter2"));
            assert_eq!(verdict, expected, "{code:?}");
            assert_eq!(verdict.reason(), reason, "{code:?}");
            assert_eq!(verdict.code(), Some(ErrorCode::Grpc(code as i32)));
        }
        assert_eq!(Status::ok("").classify(), Verdict::unclassified());
    }

    #[test]
    fn texts_of_etcd_say_more_than_their_code() {
        let read = Status::unavailable("etcdserver: leader changed");
        assert_eq!(found(read), Verdict::transient());
        let full = Status::resource_exhausted("etcdserver: mvcc: database space exceeded");
        let verdict = found(full);
        assert_eq!(verdict, Verdict::permanent().counts_as_failure());
        assert_eq!(verdict.code(), Some(ErrorCode::Grpc(8)));
    }

    #[test]
    fn unavailable_without_a_connection_is_transient() {
        for (kind, expected) in [
            (io::ErrorKind::ConnectionRefused, Verdict::transient()),
            (io::ErrorKind::ConnectionReset, Verdict::outcome_unknown()),
        ] {
            let mut status = Status::unavailable("hunter2");
            status.set_source(Arc::new(io::Error::from(kind)));
            assert_eq!(status.classify(), expected, "{kind:?}");
        }
    }

    #[test]
    fn failure_to_connect_is_transient_whatever_its_cause() {
        for cause in [io::ErrorKind::HostUnreachable, io::ErrorKind::TimedOut] {
            let connect = ConnectError(io::Error::from(cause).into());
            let verdict = found(Status::from_error(connect.into()));
            assert_eq!(verdict, Verdict::transient(), "{cause:?}");
        }
    }

    #[test]
    fn timeout_of_the_client_is_one() {
        let verdict = found(Status::from_error(TimeoutExpired(()).into()));
        assert_eq!(verdict, Verdict::outcome_unknown());
        assert_eq!(verdict.reason(), Some(Reason::TimedOut));
    }

    #[test]
    fn grpc_retry_pushback_sets_the_wait() {
        let pushed = |code, pushback: &'static str| {
            let mut status = Status::new(code, "");
            let value = pushback.parse().expect("text");
            status
                .metadata_mut()
                .insert("grpc-retry-pushback-ms", value);
            found(status)
        };
        let wait = Duration::from_millis(250);
        assert_eq!(
            pushed(Code::ResourceExhausted, "250"),
            Verdict::throttled(Some(wait))
        );
        assert_eq!(
            pushed(Code::Unavailable, "250"),
            Verdict::outcome_unknown().with_retry_after(wait)
        );
        for stop in ["-1", "soon"] {
            assert_eq!(
                pushed(Code::Unavailable, stop),
                Verdict::permanent().counts_as_failure()
            );
            assert_eq!(
                pushed(Code::ResourceExhausted, stop),
                Verdict::permanent().ignored_by_breaker()
            );
        }
        assert_eq!(pushed(Code::NotFound, "250"), Verdict::permanent());
    }
    #[test]
    fn used_up_quota_in_the_metadata_sets_the_wait() {
        let wait = |code, headers: &[(&'static str, &str)]| {
            let mut status = Status::new(code, "");
            for (name, value) in headers {
                let value = value.parse().expect("text");
                status.metadata_mut().append(*name, value);
            }
            found(status).retry_after()
        };
        let used_up = [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "7")];
        let twice = [("ratelimit", "\"a\";r=1"), ("ratelimit", "\"b\";r=0;t=7")];
        let alone = [("x-ratelimit-reset", "7")];
        let left = [("x-ratelimit-remaining", "3"), ("x-ratelimit-reset", "7")];
        let pushed = [
            ("grpc-retry-pushback-ms", "7000"),
            ("x-ratelimit-reset", "9"),
        ];
        let seven = Some(Duration::from_secs(7));
        for (headers, exhausted, unavailable) in [
            (&used_up[..], seven, seven),
            (&twice, seven, seven),
            (&alone, seven, None),
            (&left, None, None),
            (&pushed, seven, seven),
        ] {
            assert_eq!(
                wait(Code::ResourceExhausted, headers),
                exhausted,
                "{headers:?}"
            );
            assert_eq!(wait(Code::Unavailable, headers), unavailable, "{headers:?}");
            assert_eq!(wait(Code::NotFound, headers), None, "{headers:?}");
        }
        assert_eq!(wait(Code::Internal, &used_up), None);
    }
}
