//! What `etcd-client`'s errors mean.
//!
//! Supported: etcd-client 0.21, for etcd 3.4 to 3.6. To compile it needs the program `protoc`, in Debian the packages
//! `protobuf-compiler` and `libprotobuf-dev`; without that, the feature `tonic` judges its `GRpcStatus` in a `classify`.
//!
//! | error | verdict |
//! |---|---|
//! | `GRpcStatus`: "etcdserver: leader changed", "no leader", "not leader", "not capable", "unhealthy cluster", "rpc not supported for learner", "raft proposal dropped" | transient: not proposed, or a read |
//! | "etcdserver: request timed out…" | outcome unknown, timed out |
//! | "etcdserver: server stopped", "request cancelled" | outcome unknown |
//! | "etcdserver: too many requests" | throttled |
//! | "etcdserver: mvcc: database space exceeded", "no space", "corrupt cluster" | permanent, a breaker failure |
//! | "etcdserver: revision of auth store is old", "invalid auth token" | transient, ignored by the breaker, on a new connection |
//! | "etcdserver: permission denied", "authentication failed…" | permanent, denied |
//! | other statuses, "mvcc: required revision has been compacted" among them | as `tonic` |
//! | `IoError`, `TransportError`: refused | transient |
//! | `IoError`, `TransportError`: anything else | outcome unknown, on a new connection |
//! | `WatchError`, `LeaseKeepAliveError`: the stream has ended | transient, on a new connection |
//! | `LeaseKeepAliveError`: "lease not found" | permanent, not found |
//! | `OpenSsl` | permanent, a breaker failure |
//! | `ElectError`, `Internal` | by the kind |
//! | the rest: arguments, addresses, texts | permanent |
//!
//! etcd-client repeats a request once, with credentials and `ConnectOptions` that refresh a token, after etcd refused the old one:
//! that was not executed. It connects again by itself. A transaction that was not taken is an `Ok`: look at `succeeded()`. A put of an
//! unknown outcome may be repeated with a comparison of the key's `mod_revision`.

use ::etcd_client::Error;

use super::{io, source_chain};
use crate::verdict::{Classify, Reason, Verdict};

impl Classify for Error {
    fn classify(&self) -> Verdict {
        match self {
            Self::GRpcStatus(status) => status.classify(),
            Self::IoError(error) => io::of_a_connection(error),
            Self::TransportError(error) => match source_chain::find(error) {
                Some(refused) if refused.is_transient() => refused,
                _ => Verdict::outcome_unknown().needs_reconnect(),
            },
            Self::LeaseKeepAliveError(text) if text == "lease not found" => {
                Verdict::permanent().because(Reason::NotFound)
            }
            Self::WatchError(_) | Self::LeaseKeepAliveError(_) => {
                Verdict::transient().needs_reconnect()
            }
            Self::InvalidArgs(_)
            | Self::InvalidUri(_)
            | Self::Utf8Error(_)
            | Self::InvalidMetadataValue(_)
            | Self::EndpointError(_)
            | Self::EndpointsNotManaged => Verdict::permanent(),
            Self::ElectError(_) | Self::Internal(_) => Verdict::unclassified(),
            // OpenSSL, which is compiled if another crate asks for it.
            #[allow(unreachable_patterns)]
            _ => Verdict::permanent().counts_as_failure(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Error as IoFailure, ErrorKind};

    use ::tonic::Status;

    use super::*;
    use crate::verdict::ErrorCode;
    use crate::verdict::chain_test_util::found;

    #[test]
    fn status_is_classified_by_its_text_and_code() {
        for (status, expected) in [
            (
                Status::unavailable("etcdserver: leader changed"),
                Verdict::transient(),
            ),
            (
                Status::unavailable("etcdserver: request timed out"),
                Verdict::outcome_unknown(),
            ),
            (Status::unavailable("hunter2"), Verdict::outcome_unknown()),
            (
                Status::resource_exhausted("etcdserver: too many requests"),
                Verdict::throttled(None),
            ),
            (
                Status::resource_exhausted("etcdserver: mvcc: database space exceeded"),
                Verdict::permanent().counts_as_failure(),
            ),
            (
                Status::out_of_range("etcdserver: mvcc: required revision has been compacted"),
                Verdict::permanent(),
            ),
        ] {
            let code = ErrorCode::Grpc(status.code() as i32);
            let verdict = found(Error::GRpcStatus(status));
            assert_eq!(verdict, expected);
            assert_eq!(verdict.code(), Some(code));
        }
        let denied = Status::permission_denied("etcdserver: permission denied");
        let denied = found(Error::GRpcStatus(denied));
        assert_eq!(denied.reason(), Some(Reason::Denied));
    }

    #[test]
    fn stream_that_ended_is_opened_again() {
        let again = Verdict::transient().needs_reconnect();
        for error in [
            Error::WatchError("channel closed".to_owned()),
            Error::LeaseKeepAliveError("channel closed".to_owned()),
        ] {
            assert_eq!(found(error), again);
        }
        let gone = found(Error::LeaseKeepAliveError("lease not found".to_owned()));
        assert_eq!(gone, Verdict::permanent());
        assert_eq!(gone.reason(), Some(Reason::NotFound));
    }

    #[test]
    fn other_errors_are_classified_by_variant() {
        let cut = Verdict::outcome_unknown().needs_reconnect();
        let io = |kind| Error::IoError(IoFailure::from(kind));
        for (error, expected) in [
            (io(ErrorKind::ConnectionRefused), Verdict::transient()),
            (io(ErrorKind::ConnectionReset), cut),
            (
                Error::InvalidArgs("hunter2".to_owned()),
                Verdict::permanent(),
            ),
            (Error::EndpointsNotManaged, Verdict::permanent()),
            (
                Error::Internal("hunter2".to_owned()),
                Verdict::unclassified(),
            ),
        ] {
            let shown = format!("{error:?}");
            assert_eq!(found(error), expected, "{shown}");
        }
    }
}
