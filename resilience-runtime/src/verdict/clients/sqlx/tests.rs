use std::borrow::Cow;
use std::error::Error as StdError;
use std::io;

use super::*;
use crate::verdict::ErrorCode;
use crate::verdict::chain_test_util::found;

/// What the drivers make, without the drivers.
#[derive(Debug)]
struct Shown {
    code: Option<&'static str>,
    message: &'static str,
    display: &'static str,
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.display)
    }
}

impl StdError for Shown {}

const fn postgres(code: &'static str, message: &'static str) -> Shown {
    Shown {
        code: Some(code),
        message,
        display: message,
    }
}

const fn sqlite(code: &'static str) -> Shown {
    Shown {
        code: Some(code),
        message: "database is locked",
        display: "(code: 5) database is locked",
    }
}

const fn mysql(code: Option<&'static str>, display: &'static str) -> Shown {
    Shown {
        code,
        message: "hunter2",
        display,
    }
}

macro_rules! tests_of {
    ($name:ident, $feature:literal, $sqlx:ident) => {
        #[cfg(feature = $feature)]
        mod $name {
            use $sqlx::error::{DatabaseError, ErrorKind};

            use super::*;

            impl DatabaseError for Shown {
                fn message(&self) -> &str {
                    self.message
                }

                fn code(&self) -> Option<Cow<'_, str>> {
                    self.code.map(Cow::Borrowed)
                }

                fn as_error(&self) -> &(dyn StdError + Send + Sync + 'static) {
                    self
                }

                fn as_error_mut(&mut self) -> &mut (dyn StdError + Send + Sync + 'static) {
                    self
                }

                fn into_error(self: Box<Self>) -> Box<dyn StdError + Send + Sync + 'static> {
                    self
                }

                fn kind(&self) -> ErrorKind {
                    ErrorKind::Other
                }
            }

            #[test]
            fn database_errors_are_classified_by_their_product() {
                for (error, expected, code) in database_rows() {
                    let shown = format!("{error:?}");
                    let verdict = found($sqlx::Error::Database(Box::new(error)));
                    assert_eq!(verdict, expected, "{shown}");
                    assert_eq!(verdict.code(), code, "{shown}");
                }
            }

            #[test]
            fn other_errors_are_classified_by_variant() {
                use $sqlx::Error;
                let text = || "hunter2".to_owned();
                let io = |kind| Error::Io(io::Error::from(kind));
                for (error, expected) in [
                    (io(io::ErrorKind::ConnectionRefused), Verdict::transient()),
                    (
                        io(io::ErrorKind::ConnectionReset),
                        Verdict::outcome_unknown().needs_reconnect(),
                    ),
                    (
                        io(io::ErrorKind::UnexpectedEof),
                        Verdict::outcome_unknown().needs_reconnect(),
                    ),
                    (
                        io(io::ErrorKind::TimedOut),
                        Verdict::outcome_unknown().needs_reconnect(),
                    ),
                    (
                        io(io::ErrorKind::Other),
                        Verdict::outcome_unknown().needs_reconnect(),
                    ),
                    // A socket file that is not there: the server is down.
                    (io(io::ErrorKind::NotFound), Verdict::transient()),
                    (
                        io(io::ErrorKind::InvalidData),
                        Verdict::outcome_unknown().needs_reconnect(),
                    ),
                    (
                        Error::Protocol(text()),
                        Verdict::outcome_unknown().needs_reconnect(),
                    ),
                    (
                        Error::Protocol(
                            "prepared statement expected 2 parameters but 1 parameters were provided"
                                .to_owned(),
                        ),
                        Verdict::permanent(),
                    ),
                    (
                        Error::WorkerCrashed,
                        Verdict::outcome_unknown().needs_reconnect(),
                    ),
                    (
                        Error::PoolTimedOut,
                        Verdict::permanent().counts_as_failure(),
                    ),
                    (Error::PoolClosed, Verdict::permanent().ignored_by_breaker()),
                    (Error::RowNotFound, Verdict::permanent()),
                    (Error::ColumnNotFound(text()), Verdict::permanent()),
                    (Error::Decode(text().into()), Verdict::permanent()),
                    (Error::Configuration(text().into()), Verdict::permanent()),
                    (
                        Error::Tls(text().into()),
                        Verdict::permanent().counts_as_failure(),
                    ),
                ] {
                    let shown = format!("{error:?}");
                    let reason = match &error {
                        Error::RowNotFound => Some(Reason::NotFound),
                        Error::Io(late) if late.kind() == io::ErrorKind::TimedOut => {
                            Some(Reason::TimedOut)
                        }
                        _ => None,
                    };
                    let verdict = found(error);
                    assert_eq!(verdict, expected, "{shown}");
                    assert_eq!(verdict.reason(), reason, "{shown}");
                }
            }

            /// An error that only passes another one on hides it, but not what that one holds.
            #[test]
            fn database_error_is_found_behind_a_transparent_error() {
                #[derive(Debug, thiserror::Error)]
                #[error(transparent)]
                struct Transparent(#[from] $sqlx::Error);

                let error = $sqlx::Error::Database(Box::new(postgres("40001", "")));
                let boxed: Box<dyn StdError> = Box::new(Transparent(error));
                assert_eq!(boxed.classify(), Verdict::from_sqlstate("40001"));
            }
        }
    };
}

tests_of!(current, "sqlx", sqlx_core);
tests_of!(version_0_8, "sqlx-0_8", sqlx_core_0_8);

fn database_rows() -> Vec<(Shown, Verdict, Option<ErrorCode>)> {
    let contention = Verdict::transient().ignored_by_breaker();
    let sick = Verdict::permanent().counts_as_failure();
    let mut rows = vec![
        // MySQL: the number, and the SQLSTATE where no rule knows the number.
        (
            mysql(Some("HY000"), "1205 (HY000): hunter2"),
            contention,
            Some(ErrorCode::MySql(1205)),
        ),
        (
            mysql(Some("40001"), "1213 (40001): hunter2"),
            contention,
            Some(ErrorCode::MySql(1213)),
        ),
        (
            mysql(Some("HY000"), "1290 (HY000): hunter2"),
            contention.needs_reconnect(),
            Some(ErrorCode::MySql(1290)),
        ),
        (
            mysql(Some("23000"), "1062 (23000): hunter2"),
            Verdict::permanent(),
            Some(ErrorCode::MySql(1062)),
        ),
        (
            mysql(Some("42000"), "1234 (42000): hunter2"),
            Verdict::permanent(),
            Some(ErrorCode::SqlState(*b"42000")),
        ),
        (
            mysql(None, "1040: hunter2"),
            Verdict::transient(),
            Some(ErrorCode::MySql(1040)),
        ),
        (
            mysql(Some("HY000"), "65535 (HY000): hunter2"),
            Verdict::unclassified(),
            Some(ErrorCode::MySql(65535)),
        ),
        // A PostgreSQL message that looks a little like it.
        (
            postgres("23505", "1205 (HY000): hunter2"),
            Verdict::permanent(),
            Some(ErrorCode::SqlState(*b"23505")),
        ),
        (
            postgres("25006", "cannot execute"),
            contention.needs_reconnect(),
            Some(ErrorCode::SqlState(*b"25006")),
        ),
        (
            postgres("08P01", "server conn crashed?"),
            Verdict::outcome_unknown().needs_reconnect(),
            Some(ErrorCode::SqlState(*b"08P01")),
        ),
        (
            postgres("0A000", "cached plan must not change result type"),
            contention.needs_reconnect(),
            Some(ErrorCode::SqlState(*b"0A000")),
        ),
        (
            postgres("08P01", "query_wait_timeout"),
            Verdict::transient(),
            Some(ErrorCode::SqlState(*b"08P01")),
        ),
        (
            postgres("08P01", "no more connections allowed (max_client_conn)"),
            Verdict::transient(),
            Some(ErrorCode::SqlState(*b"08P01")),
        ),
        (
            postgres("08P01", "unsupported startup parameter: x"),
            Verdict::permanent(),
            Some(ErrorCode::SqlState(*b"08P01")),
        ),
    ];
    for (code, expected) in [
        ("40001", contention),
        ("40P01", contention),
        ("55P03", contention),
        ("55006", contention),
        ("53300", Verdict::transient()),
        ("57P03", Verdict::transient()),
        ("08001", Verdict::transient()),
        ("08004", Verdict::transient()),
        ("08000", Verdict::outcome_unknown()),
        ("08003", Verdict::outcome_unknown()),
        ("08006", Verdict::outcome_unknown()),
        ("08007", Verdict::outcome_unknown()),
        ("40003", Verdict::outcome_unknown()),
        ("57P01", Verdict::outcome_unknown().needs_reconnect()),
        ("57P02", Verdict::outcome_unknown().needs_reconnect()),
        ("57014", Verdict::permanent()),
        ("53100", sick),
        ("53200", sick),
        ("58030", sick),
        ("XX000", sick),
        ("25P02", Verdict::permanent()),
        ("22012", Verdict::permanent()),
        ("23505", Verdict::permanent()),
        ("23P01", Verdict::permanent()),
        ("42601", Verdict::permanent()),
        ("0A000", Verdict::permanent()),
        ("28P01", Verdict::permanent()),
        ("2D000", Verdict::permanent()),
    ] {
        let bytes = code.as_bytes().try_into().expect("five characters");
        let code_of_it = Some(ErrorCode::SqlState(bytes));
        rows.push((postgres(code, "hunter2"), expected, code_of_it));
    }
    for (code, expected) in [
        ("5", contention),
        ("6", contention),
        ("517", contention),
        ("2067", Verdict::permanent()),
        ("1034", sick),
    ] {
        let number = code.parse().expect("a number");
        rows.push((sqlite(code), expected, Some(ErrorCode::Sqlite(number))));
    }
    let nameless = Shown {
        code: None,
        message: "hunter2",
        display: "hunter2",
    };
    rows.push((nameless, Verdict::unclassified(), None));
    rows
}

/// The real driver, against a server that refuses in its greeting.
#[cfg(feature = "sqlx")]
#[tokio::test]
async fn mysql_driver_displays_its_number_first() {
    use sqlx_core::connection::Connection as _;
    use tokio::io::AsyncWriteExt as _;

    for (number, state, expected) in [
        (
            1205_u16,
            "#HY000",
            Verdict::transient().ignored_by_breaker(),
        ),
        (1040, "#08004", Verdict::transient()),
        (1040, "", Verdict::transient()),
        (1045, "#28000", Verdict::permanent()),
        (1053, "#08S01", Verdict::outcome_unknown().needs_reconnect()),
    ] {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.expect("a client");
            let mut packet = vec![0xff];
            packet.extend(number.to_le_bytes());
            packet.extend(state.as_bytes());
            packet.extend(b"hunter2");
            let length = u8::try_from(packet.len()).expect("a short packet");
            packet.splice(0..0, [length, 0, 0, 0]);
            stream.write_all(&packet).await.expect("sent");
        });
        let url = format!("mysql://me@127.0.0.1:{port}/db?ssl-mode=disabled");
        let error = sqlx_mysql::MySqlConnection::connect(&url).await;
        let verdict = found(error.expect_err("refused"));
        assert_eq!(verdict, expected, "{number} {state}");
        assert_eq!(
            verdict.code(),
            Some(ErrorCode::MySql(number)),
            "{number} {state}"
        );
        server.await.expect("no panic");
    }
}
