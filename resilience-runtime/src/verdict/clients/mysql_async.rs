//! What `mysql_async`'s errors mean, for MySQL and MariaDB.
//!
//! Supported: mysql_async 0.37.
//!
//! | error | verdict |
//! |---|---|
//! | `Server` | [`Verdict::from_mysql`], else by its SQLSTATE |
//! | `Server`: shut down, killed, lost (1053, 1927, 1152, 1158 to 1161, 1184, 2006, 2013, 2055) | outcome unknown, on a new connection |
//! | `Server`: idle for too long (4031) | transient, on a new connection: the server left before the statement came |
//! | `Io`: refused, or no socket file | transient |
//! | `Io`: anything else, also the end of the stream in a handshake | outcome unknown, on a new connection |
//! | `Io`: a packet larger than `max_allowed_packet` | permanent, on a new connection |
//! | `Io`: TLS | permanent, a breaker failure |
//! | `ConnectionClosed`: the connection had been lost before | transient, on a new connection |
//! | `PacketOutOfOrder`, `UnexpectedPacket`, `BadCompressedPacketHeader` | outcome unknown, on a new connection |
//! | `CantParseServerVersion`, `InvalidParsecSalt` | permanent, a breaker failure |
//! | `PoolDisconnected` | permanent, ignored by the breaker |
//! | the rest: parameters, values, rows, URLs, authentication plugins | permanent |
//! | `Other` | by what it holds |
//!
//! `Conn` and `Pool` repeat nothing. A pool looks whether the server has closed an idle connection before it hands it out, and waits
//! for a free one without end; nor has connecting a time limit. Give the attribute a `timeout`, and a `bulkhead` of the pool's
//! size.
//!
//! MySQL rolls back the whole transaction at a deadlock (1213), and what follows on that connection is committed statement by
//! statement: return each error of a transaction, for `commit()` is `Ok` after one that was not returned.

use ::mysql_async::{DriverError, Error, IoError, ServerError};

use super::{io, source_chain};
use crate::verdict::display_prefix::display_prefix;
use crate::verdict::{Classify, Verdict};

impl Classify for Error {
    fn classify(&self) -> Verdict {
        match self {
            Self::Server(error) => error.classify(),
            Self::Driver(error) => error.classify(),
            Self::Io(IoError::Io(error)) => by_io(error),
            // TLS, which is compiled if another crate asks for it.
            #[allow(unreachable_patterns)]
            Self::Io(_) => Verdict::permanent().counts_as_failure(),
            Self::Url(_) => Verdict::permanent(),
            Self::Other(error) => source_chain::find(&**error).unwrap_or(Verdict::unclassified()),
        }
    }
}

impl Classify for DriverError {
    fn classify(&self) -> Verdict {
        match self {
            // There is no stream, so nothing was written.
            Self::ConnectionClosed => Verdict::transient().needs_reconnect(),
            Self::PacketOutOfOrder
            | Self::UnexpectedPacket { .. }
            | Self::BadCompressedPacketHeader => Verdict::outcome_unknown().needs_reconnect(),
            Self::CantParseServerVersion { .. } | Self::InvalidParsecSalt => {
                Verdict::permanent().counts_as_failure()
            }
            Self::PoolDisconnected => Verdict::permanent().ignored_by_breaker(),
            Self::FromValue { .. }
            | Self::FromRow { .. }
            | Self::Params(_)
            | Self::MixedParams
            | Self::NestedTransaction
            | Self::ReadOnlyTransNotSupported
            | Self::StmtParamsMismatch { .. }
            | Self::StmtParamsNumberExceedsLimit { .. }
            | Self::UnknownAuthPlugin { .. }
            | Self::PacketTooLarge
            | Self::NamedPipesDisabled
            | Self::MysqlOldPasswordDisabled
            | Self::LocalInfile(_)
            | Self::NoKeyFound
            | Self::NoClientSslFlagFromServer
            | Self::CleartextPluginDisabled
            | Self::BulkExecute(_) => Verdict::permanent(),
        }
    }
}

impl Classify for ServerError {
    fn classify(&self) -> Verdict {
        match Verdict::from_mysql_session(self.code, &self.message) {
            unknown if unknown.is_unknown() => {
                let by_state = Verdict::from_sqlstate(&self.state);
                // The number says more in a log.
                unknown
                    .code()
                    .map_or(by_state, |code| by_state.with_code(code))
            }
            verdict => verdict,
        }
    }
}

fn by_io(error: &std::io::Error) -> Verdict {
    // The client's own limit, met before the first byte is sent, or in an answer. Its type cannot be named from here.
    const TOO_LARGE: &str = "Packet is larger than max_allowed_packet";
    let is_own = error.kind() == std::io::ErrorKind::Other && error.get_ref().is_some();
    if is_own && display_prefix(error, TOO_LARGE.len()) == TOO_LARGE {
        return Verdict::permanent().needs_reconnect();
    }
    io::of_a_connection(error)
}

#[cfg(test)]
mod tests {
    use std::io::{Error as IoFailure, ErrorKind};

    use super::*;
    use crate::verdict::chain_test_util::found;
    use crate::verdict::{ErrorCode, Reason};

    fn server(code: u16, state: &str) -> Error {
        Error::Server(ServerError {
            code,
            message: "hunter2".to_owned(),
            state: state.to_owned(),
        })
    }

    #[test]
    fn server_error_is_classified_by_number() {
        let contention = Verdict::transient().ignored_by_breaker();
        let lost = Verdict::outcome_unknown().needs_reconnect();
        for (code, state, expected) in [
            (1213, "40001", contention),
            (1205, "HY000", contention),
            (1040, "HY000", Verdict::transient()),
            (1290, "HY000", contention.needs_reconnect()),
            (1062, "23000", Verdict::permanent()),
            (1053, "08S01", lost),
            (1927, "70100", lost),
            (2013, "HY000", lost),
            (4031, "HY000", Verdict::transient().needs_reconnect()),
            (1021, "HY000", Verdict::permanent().counts_as_failure()),
            (1213, "nonsense", contention),
        ] {
            let verdict = found(server(code, state));
            assert_eq!(verdict, expected, "{code}");
            assert_eq!(verdict.code(), Some(ErrorCode::MySql(code)));
        }
        let denied = found(server(1045, "28000"));
        assert_eq!(denied.reason(), Some(Reason::Denied));
    }

    #[test]
    fn unknown_number_is_classified_by_its_state() {
        let verdict = found(server(9999, "22001"));
        assert_eq!(verdict, Verdict::permanent());
        assert_eq!(verdict.code(), Some(ErrorCode::MySql(9999)));
        assert_eq!(found(server(9999, "HY000")), Verdict::unclassified());
    }

    #[test]
    fn lost_connection_is_outcome_unknown() {
        let lost = Verdict::outcome_unknown().needs_reconnect();
        for (kind, expected) in [
            (ErrorKind::ConnectionRefused, Verdict::transient()),
            (ErrorKind::ConnectionReset, lost),
            (ErrorKind::UnexpectedEof, lost),
            (ErrorKind::BrokenPipe, lost),
            (ErrorKind::Other, lost),
        ] {
            let verdict = found(Error::from(IoFailure::from(kind)));
            assert_eq!(verdict, expected, "{kind:?}");
        }
    }

    #[test]
    fn write_on_a_closed_connection_is_transient() {
        let closed = || Error::Driver(DriverError::ConnectionClosed);
        let expected = Verdict::transient().needs_reconnect();
        assert_eq!(found(closed()), expected);
        // What a write without a stream becomes.
        let write = IoFailure::new(ErrorKind::UnexpectedEof, closed());
        assert_eq!(found(Error::from(write)), expected);
    }

    #[test]
    fn packet_beyond_the_limit_is_the_callers_fault() {
        let own = "Packet is larger than max_allowed_packet";
        let talk = "it said: Packet is larger than max_allowed_packet";
        for (text, expected) in [
            (own, Verdict::permanent().needs_reconnect()),
            (talk, Verdict::outcome_unknown().needs_reconnect()),
        ] {
            assert_eq!(found(Error::from(IoFailure::other(text))), expected);
        }
    }

    #[test]
    fn driver_error_is_classified_by_what_was_sent() {
        let garbled = Verdict::outcome_unknown().needs_reconnect();
        let gone = Verdict::permanent().ignored_by_breaker();
        for (error, expected) in [
            (DriverError::PacketOutOfOrder, garbled),
            (DriverError::UnexpectedPacket { payload: vec![] }, garbled),
            (DriverError::PoolDisconnected, gone),
            (
                DriverError::InvalidParsecSalt,
                Verdict::permanent().counts_as_failure(),
            ),
            (DriverError::MixedParams, Verdict::permanent()),
            (DriverError::NestedTransaction, Verdict::permanent()),
        ] {
            let shown = format!("{error:?}");
            assert_eq!(found(error), expected, "{shown}");
        }
        let url = ::mysql_async::Opts::from_url("mysql://me@localhost?nonsense=1");
        assert_eq!(
            found(Error::Url(url.expect_err("nonsense"))),
            Verdict::permanent()
        );
    }

    #[test]
    fn other_error_is_classified_by_what_it_holds() {
        let refused = IoFailure::from(ErrorKind::ConnectionRefused);
        assert_eq!(found(Error::Other(Box::new(refused))), Verdict::transient());
        let unknown = found(Error::Other("hunter2".into()));
        assert_eq!(unknown, Verdict::unclassified());
    }
}
