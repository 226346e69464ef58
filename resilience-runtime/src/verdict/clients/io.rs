//! What `std::io::Error` means.

use std::io::{Error, ErrorKind};

use super::source_chain;
use crate::verdict::Classify;
use crate::verdict::{ErrorCode, Reason, Verdict};

impl Classify for Error {
    fn classify(&self) -> Verdict {
        // An error that only travels as an I/O error keeps its own meaning.
        if let Some(verdict) = self.get_ref().and_then(|inner| source_chain::find(inner)) {
            return verdict;
        }
        let verdict = match self.kind() {
            // The connection did not come about, so nothing was sent.
            ErrorKind::ConnectionRefused | ErrorKind::AddrNotAvailable
            // The operation did not begin.
            | ErrorKind::ResourceBusy => Verdict::transient(),
            // Perhaps the connection broke in use, so the outcome is unknown.
            ErrorKind::ConnectionReset
            | ErrorKind::ConnectionAborted
            | ErrorKind::BrokenPipe
            | ErrorKind::UnexpectedEof
            | ErrorKind::WriteZero
            // A router's word also ends a connection on which a request was sent, once nobody acknowledges it.
            | ErrorKind::HostUnreachable
            | ErrorKind::NetworkUnreachable
            | ErrorKind::NetworkDown
            // Also what QUIC says of a connection that was lost, and a socket that the other side has closed.
            | ErrorKind::NotConnected
            // Also of a wait for the answer.
            | ErrorKind::Interrupted => Verdict::outcome_unknown(),
            // A socket with a read timeout says "would block" when that has passed.
            ErrorKind::TimedOut | ErrorKind::WouldBlock => {
                Verdict::outcome_unknown().because(Reason::TimedOut)
            }
            ErrorKind::NotFound
            | ErrorKind::PermissionDenied
            | ErrorKind::AlreadyExists
            | ErrorKind::AddrInUse
            | ErrorKind::InvalidInput
            | ErrorKind::InvalidData
            | ErrorKind::Unsupported
            | ErrorKind::NotADirectory
            | ErrorKind::IsADirectory
            | ErrorKind::DirectoryNotEmpty
            | ErrorKind::ReadOnlyFilesystem
            | ErrorKind::StorageFull
            | ErrorKind::QuotaExceeded
            | ErrorKind::FileTooLarge
            | ErrorKind::ArgumentListTooLong
            | ErrorKind::NotSeekable => Verdict::permanent(),
            _ => Verdict::unclassified(),
        };
        verdict.with_code(ErrorCode::Io(self.kind()))
    }
}

/// Returns the verdict on an I/O error of a connection that a client keeps: it is lost, whatever the kind, unless it did not come
/// about.
#[cfg(any(
    feature = "etcd-client",
    feature = "lapin",
    feature = "mysql_async",
    feature = "sqlx",
    feature = "sqlx-0_8",
    feature = "tokio-postgres"
))]
pub(super) fn of_a_connection(error: &Error) -> Verdict {
    let verdict = error.classify();
    if verdict.is_transient() {
        return verdict;
    }
    let code = ErrorCode::Io(error.kind());
    if verdict.is_outcome_unknown() || verdict.code() != Some(code) {
        // Also of another error, which only travels as an I/O error.
        return verdict.needs_reconnect();
    }
    match error.kind() {
        // There is no socket file: the server is down. Nothing but connecting looks for a file.
        ErrorKind::NotFound => Verdict::transient(),
        // Also an answer that cannot be read: a statement may have been executed before.
        _ => Verdict::outcome_unknown().needs_reconnect(),
    }
    .with_code(code)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::error::ResilienceError;

    #[test]
    fn io_error_is_classified_by_kind() {
        for (kind, expected) in [
            (ErrorKind::ConnectionRefused, Verdict::transient()),
            (ErrorKind::AddrNotAvailable, Verdict::transient()),
            (ErrorKind::ConnectionReset, Verdict::outcome_unknown()),
            (ErrorKind::UnexpectedEof, Verdict::outcome_unknown()),
            (ErrorKind::HostUnreachable, Verdict::outcome_unknown()),
            (ErrorKind::NetworkUnreachable, Verdict::outcome_unknown()),
            (ErrorKind::NotConnected, Verdict::outcome_unknown()),
            (ErrorKind::Interrupted, Verdict::outcome_unknown()),
            (ErrorKind::TimedOut, Verdict::outcome_unknown()),
            (ErrorKind::WouldBlock, Verdict::outcome_unknown()),
            (ErrorKind::PermissionDenied, Verdict::permanent()),
            (ErrorKind::Other, Verdict::unclassified()),
        ] {
            assert_eq!(Error::from(kind).classify(), expected, "{kind:?}");
        }
    }

    #[test]
    fn read_timeout_of_a_socket_is_outcome_unknown() {
        use std::io::{Read as _, Write as _};
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let mut stream = std::net::TcpStream::connect(address).expect("a connection");
        let (_server, _) = listener.accept().expect("a connection");
        stream.write_all(b"a request").expect("sent");
        let timeout = stream.set_read_timeout(Some(Duration::from_millis(1)));
        timeout.expect("a timeout");
        let late = stream.read(&mut [0]).expect_err("no answer");
        let verdict = late.classify();
        assert!(verdict.is_outcome_unknown(), "{:?}", late.kind());
        assert_eq!(verdict.reason(), Some(Reason::TimedOut));
    }

    #[test]
    fn rejection_inside_an_io_error_keeps_its_verdict() {
        let rejection = ResilienceError::CircuitBreakerOpen {
            service: "db".into(),
            retry_after: Some(Duration::from_secs(1)),
            attempts: 0,
        };
        let verdict = Error::from(rejection).classify();
        assert_eq!(verdict, Verdict::permanent().ignored_by_breaker());

        let timeout = ResilienceError::Timeout {
            service: "db".into(),
            after: Duration::from_secs(1),
            attempts: 0,
        };
        assert_eq!(Error::from(timeout).classify(), Verdict::outcome_unknown());
    }

    #[cfg(any(feature = "mysql_async", feature = "sqlx", feature = "tokio-postgres"))]
    #[test]
    fn kept_connection_is_lost_by_whatever_kind_of_error() {
        let lost = Verdict::outcome_unknown().needs_reconnect();
        for (kind, expected) in [
            (ErrorKind::ConnectionRefused, Verdict::transient()),
            // The file of a socket.
            (ErrorKind::NotFound, Verdict::transient()),
            (ErrorKind::UnexpectedEof, lost),
            (ErrorKind::NotConnected, lost),
            // An answer that cannot be read, and rustls' for a broken stream.
            (ErrorKind::InvalidData, lost),
            (ErrorKind::InvalidInput, lost),
            (ErrorKind::PermissionDenied, lost),
            (ErrorKind::Other, lost),
        ] {
            let verdict = of_a_connection(&Error::from(kind));
            assert_eq!(verdict, expected, "{kind:?}");
            assert_eq!(verdict.code(), Some(ErrorCode::Io(kind)));
        }
    }
}
