//! What `tokio-postgres`'s errors mean.
//!
//! Supported: tokio-postgres 0.7.
//!
//! | error | verdict |
//! |---|---|
//! | an error of the server | [`Verdict::from_sqlstate`] |
//! | a server that became a replica (25006) | transient, ignored by the breaker, on a new connection |
//! | the server ended the session (57P01, 57P02, 57P04, 57P05, 25P03, 25P04, 40001 as FATAL) | by its SQLSTATE, on a new connection |
//! | a prepared statement whose tables have changed (0A000, "cached plan …") | transient, ignored by the breaker, on a new connection |
//! | PgBouncer (08P01) | by its message: transient where nothing was sent, outcome unknown on a new connection where a query was cut |
//! | the connection is closed (`is_closed`) | outcome unknown, on a new connection |
//! | an I/O error: refused, or no socket file | transient |
//! | any other I/O error, an answer that was not expected or cannot be read | outcome unknown, on a new connection |
//! | TLS | permanent, a breaker failure |
//! | the rest: parameters, columns, number of rows, configuration | permanent |
//!
//! A `Client` does not connect again by itself: use a pool, or an attribute with `reconnect`. Put the
//! attribute on a function that begins and commits its own transaction.

use std::error::Error as _;

use ::tokio_postgres::Error;
use ::tokio_postgres::error::{DbError, Severity};

use super::io;
use crate::verdict::display_prefix::display_prefix;
use crate::verdict::{Classify, ErrorCode, Verdict};

/// The client has no other sign of a server that lost the thread, or was silent.
const GARBLED: &[&str] = &[
    "unexpected message from server",
    "error parsing response from server",
    "timeout waiting for server",
];

/// What the caller did, though an I/O error says so.
const ENCODING: &str = "error encoding message to server";

const TLS: &str = "error performing TLS handshake";

impl Classify for Error {
    fn classify(&self) -> Verdict {
        if let Some(error) = self.as_db_error() {
            return error.classify();
        }
        if self.is_closed() {
            return Verdict::outcome_unknown()
                .needs_reconnect()
                .with_code(ErrorCode::Name("closed"));
        }
        let begins = |text: &str| display_prefix(self, text.len()) == text;
        let io = self.source().and_then(|source| source.downcast_ref());
        match io {
            _ if begins(ENCODING) => Verdict::permanent(),
            Some(error) if is_embedded_zero(error) => Verdict::permanent(),
            _ if GARBLED.iter().any(|text| begins(text)) => {
                Verdict::outcome_unknown().needs_reconnect()
            }
            Some(error) => io::of_a_connection(error),
            // Before the first statement.
            None if begins(TLS) => Verdict::permanent().counts_as_failure(),
            None => Verdict::permanent(),
        }
    }
}

/// A text that cannot be sent, which `query_typed` shows as an answer that cannot be read.
fn is_embedded_zero(error: &std::io::Error) -> bool {
    const TEXT: &str = "string contains embedded null";
    error.kind() == std::io::ErrorKind::InvalidInput && display_prefix(error, TEXT.len()) == TEXT
}

impl Classify for DbError {
    fn classify(&self) -> Verdict {
        // The severity is translated, its parsed form is not; servers before 9.6 do not send that.
        let fatal = self.parsed_severity() == Some(Severity::Fatal) || self.severity() == "FATAL";
        Verdict::from_postgres(self.code().code(), self.message(), fatal)
    }
}

#[cfg(test)]
mod tests {
    use ::tokio_postgres::{Config, NoTls};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

    use super::*;
    use crate::verdict::Reason;
    use crate::verdict::chain_test_util::found;

    /// The error that a server's refusal becomes.
    async fn refusal(code: &str, message: &str) -> Error {
        let (near, mut far) = duplex(4096);
        let mut fields = Vec::new();
        for (field, value) in [('S', "ERROR"), ('V', "ERROR"), ('C', code), ('M', message)] {
            fields.push(field as u8);
            fields.extend(value.as_bytes());
            fields.push(0);
        }
        fields.push(0);
        let length = u32::try_from(fields.len() + 4).expect("a short message");
        let mut answer = vec![b'E'];
        answer.extend(length.to_be_bytes());
        answer.extend(fields);
        let server = async {
            let mut startup = [0; 256];
            let _ = far.read(&mut startup).await;
            far.write_all(&answer).await.expect("sent");
        };
        let mut config = Config::new();
        config.user("me");
        let (error, ()) = tokio::join!(config.connect_raw(near, NoTls), server);
        error.err().expect("refused")
    }

    #[tokio::test]
    async fn unexpected_message_is_no_success() {
        let (near, mut far) = duplex(4096);
        let server = async {
            let mut startup = [0; 256];
            let _ = far.read(&mut startup).await;
            // `CommandComplete`, before the login.
            far.write_all(b"C\0\0\0\x06x\0").await.expect("sent");
        };
        let mut config = Config::new();
        config.user("me");
        let (error, ()) = tokio::join!(config.connect_raw(near, NoTls), server);
        let verdict = found(error.err().expect("no login"));
        assert_eq!(verdict, Verdict::outcome_unknown().needs_reconnect());
    }

    #[tokio::test]
    async fn server_error_is_classified_by_sqlstate() {
        let contention = Verdict::transient().ignored_by_breaker();
        let sick = Verdict::permanent().counts_as_failure();
        for (code, message, expected, reason) in [
            ("40001", "", contention, None),
            ("40P01", "", contention, None),
            ("55P03", "", contention, None),
            ("55006", "", contention, None),
            ("25006", "", contention.needs_reconnect(), None),
            ("53300", "", Verdict::transient(), None),
            ("57P03", "", Verdict::transient(), None),
            ("08001", "", Verdict::transient(), None),
            ("08004", "", Verdict::transient(), None),
            ("08000", "", Verdict::outcome_unknown(), None),
            ("08003", "", Verdict::outcome_unknown(), None),
            ("08006", "", Verdict::outcome_unknown(), None),
            ("08007", "", Verdict::outcome_unknown(), None),
            ("40003", "", Verdict::outcome_unknown(), None),
            (
                "57P01",
                "",
                Verdict::outcome_unknown().needs_reconnect(),
                None,
            ),
            (
                "57P02",
                "",
                Verdict::outcome_unknown().needs_reconnect(),
                None,
            ),
            ("25P03", "", Verdict::transient().needs_reconnect(), None),
            (
                "08P01",
                "server conn crashed?",
                Verdict::outcome_unknown().needs_reconnect(),
                None,
            ),
            ("08P01", "query_wait_timeout", Verdict::transient(), None),
            (
                "08P01",
                "no more connections allowed (max_client_conn)",
                Verdict::transient(),
                None,
            ),
            (
                "08P01",
                "unsupported startup parameter: x",
                Verdict::permanent(),
                None,
            ),
            ("57014", "", Verdict::permanent(), None),
            ("53100", "", sick, None),
            ("53200", "", sick, None),
            ("58030", "", sick, None),
            ("XX000", "", sick, None),
            ("25P02", "", Verdict::permanent(), None),
            ("22012", "", Verdict::permanent(), None),
            ("23505", "", Verdict::permanent(), None),
            ("42601", "", Verdict::permanent(), None),
            ("0A000", "", Verdict::permanent(), None),
            ("28P01", "", Verdict::permanent(), Some(Reason::Denied)),
        ] {
            let verdict = found(refusal(code, message).await);
            assert_eq!(verdict, expected, "{code} {message}");
            assert_eq!(verdict.reason(), reason, "{code}");
            let bytes = code.as_bytes().try_into().expect("five characters");
            assert_eq!(verdict.code(), Some(ErrorCode::SqlState(bytes)));
        }
    }

    #[tokio::test]
    async fn lost_connection_is_outcome_unknown() {
        let (near, far) = duplex(4096);
        drop(far);
        let mut config = Config::new();
        config.user("me");
        let error = config.connect_raw(near, NoTls).await.err().expect("lost");
        assert_eq!(found(error).class(), Verdict::outcome_unknown().class());
    }

    /// A connection to a server that takes what comes, and answers all of it with one message.
    async fn connected(answer: &'static [u8]) -> ::tokio_postgres::Client {
        let (near, mut far) = duplex(4096);
        tokio::spawn(async move {
            let mut taken = [0; 1024];
            let _ = far.read(&mut taken).await;
            // `AuthenticationOk`, `ReadyForQuery`.
            let ready = b"R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I";
            far.write_all(ready).await.expect("sent");
            while far.read(&mut taken).await.is_ok_and(|length| length > 0) {
                if far.write_all(answer).await.is_err() {
                    break;
                }
            }
        });
        let mut config = Config::new();
        config.user("me");
        let (client, connection) = config.connect_raw(near, NoTls).await.expect("a connection");
        tokio::spawn(connection);
        client
    }

    /// The statement was sent, so it may have been executed.
    #[tokio::test]
    async fn answer_that_cannot_be_read_is_outcome_unknown() {
        // A row of which no column was announced, and a command whose tag is no text.
        for answer in [
            &b"C\0\0\0\x07\xff\xff\0Z\0\0\0\x05I"[..],
            b"D\0\0\0\x06\0\x01",
        ] {
            let client = connected(answer).await;
            let error = client.simple_query("SELECT pay()").await.err();
            let verdict = found(error.expect("nonsense"));
            assert_eq!(verdict, Verdict::outcome_unknown().needs_reconnect());
        }
    }

    #[tokio::test]
    async fn text_that_cannot_be_sent_is_the_callers_fault() {
        let client = connected(b"").await;
        let error = client.simple_query("SELECT '\0'").await.err();
        assert_eq!(found(error.expect("nonsense")), Verdict::permanent());
        let error = client.query_typed("SELECT '\0'", &[]).await.err();
        assert_eq!(found(error.expect("nonsense")), Verdict::permanent());
    }

    #[tokio::test]
    async fn server_without_tls_is_no_success() {
        let (near, mut far) = duplex(4096);
        let server = async {
            let mut startup = [0; 256];
            let _ = far.read(&mut startup).await;
            far.write_all(b"N").await.expect("sent");
        };
        let mut config = Config::new();
        config
            .user("me")
            .ssl_mode(::tokio_postgres::config::SslMode::Require);
        let (error, ()) = tokio::join!(config.connect_raw(near, NoTls), server);
        let verdict = found(error.err().expect("no TLS"));
        assert_eq!(verdict, Verdict::permanent().counts_as_failure());
    }

    #[tokio::test]
    async fn invalid_configuration_is_permanent() {
        let error = "host="
            .parse::<Config>()
            .and_then(|_| "nonsense".parse::<Config>());
        assert_eq!(found(error.expect_err("nonsense")), Verdict::permanent());
    }
}
