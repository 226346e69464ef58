use super::*;
use crate::verdict::ErrorCode;
use crate::verdict::chain_test_util::found;

/// What PostgreSQL says of a statement beside its message.
#[derive(Default)]
struct Answer {
    message: &'static str,
    position: Option<i32>,
    table: Option<&'static str>,
}

impl DatabaseErrorInformation for Answer {
    fn message(&self) -> &str {
        self.message
    }
    fn details(&self) -> Option<&str> {
        None
    }
    fn hint(&self) -> Option<&str> {
        None
    }
    fn table_name(&self) -> Option<&str> {
        self.table
    }
    fn column_name(&self) -> Option<&str> {
        None
    }
    fn constraint_name(&self) -> Option<&str> {
        None
    }
    fn statement_position(&self) -> Option<i32> {
        self.position
    }
}

fn database(kind: DatabaseErrorKind, message: &str) -> Error {
    Error::DatabaseError(kind, Box::new(message.to_owned()))
}

fn bad(message: &str) -> ConnectionError {
    ConnectionError::BadConnection(message.to_owned())
}

const CONTENTION: Verdict = Verdict::transient().ignored_by_breaker();
const CUT: Verdict = Verdict::outcome_unknown().needs_reconnect();

#[test]
fn known_text_decides_before_the_kind() {
    use DatabaseErrorKind::{ClosedConnection, ReadOnlyTransaction, Unknown};

    let idle = Verdict::transient().needs_reconnect();
    for (kind, message, expected) in [
        (Unknown, "deadlock detected", CONTENTION),
        (
            Unknown,
            "canceling statement due to lock timeout",
            CONTENTION,
        ),
        (
            Unknown,
            "cached plan must not change result type",
            CONTENTION.needs_reconnect(),
        ),
        (Unknown, "query_wait_timeout", Verdict::transient()),
        (ClosedConnection, "server conn crashed?", CUT),
        (
            ClosedConnection,
            "terminating connection due to idle-session timeout",
            idle,
        ),
        (
            ClosedConnection,
            "terminating connection due to administrator command",
            CUT,
        ),
        (
            ReadOnlyTransaction,
            "Cannot execute statement in a READ ONLY transaction.",
            Verdict::permanent(),
        ),
        (
            Unknown,
            "Lock wait timeout exceeded; try restarting transaction",
            CONTENTION,
        ),
        (Unknown, "database is locked", CONTENTION),
        (Unknown, "division by zero", Verdict::permanent()),
    ] {
        let verdict = found(database(kind, message));
        assert_eq!(verdict, expected, "{message}");
        assert!(verdict.code().is_some(), "{message}");
    }
}

#[test]
fn kind_decides_where_the_text_is_unknown() {
    use DatabaseErrorKind as Kind;

    for (kind, expected, code) in [
        (Kind::SerializationFailure, CONTENTION, Some(*b"40001")),
        (
            Kind::ReadOnlyTransaction,
            CONTENTION.needs_reconnect(),
            Some(*b"25006"),
        ),
        (Kind::UniqueViolation, Verdict::permanent(), Some(*b"23505")),
        (
            Kind::ForeignKeyViolation,
            Verdict::permanent(),
            Some(*b"23503"),
        ),
        (
            Kind::NotNullViolation,
            Verdict::permanent(),
            Some(*b"23502"),
        ),
        (Kind::CheckViolation, Verdict::permanent(), Some(*b"23514")),
        (
            Kind::RestrictViolation,
            Verdict::permanent(),
            Some(*b"23001"),
        ),
        (
            Kind::ExclusionViolation,
            Verdict::permanent(),
            Some(*b"23P01"),
        ),
        (Kind::ClosedConnection, CUT, None),
        (Kind::UnableToSendCommand, CUT, None),
        (Kind::Unknown, Verdict::unclassified(), None),
    ] {
        // It quotes texts, which begin none.
        for message in ["hunter2", "it said: deadlock detected", ""] {
            let verdict = found(database(kind, message));
            assert_eq!(verdict, expected, "{kind:?} {message}");
            assert_eq!(verdict.code(), code.map(ErrorCode::SqlState));
        }
    }
}

#[test]
fn text_of_a_client_library_tells_what_was_sent() {
    let unsent = Verdict::transient().needs_reconnect();
    let lost = "Input/output error: Input/output error: connection closed";
    let large = "Input/output error: Input/output error: Packet is larger than max_allowed_packet";
    for (message, expected) in [
        ("no connection to the server\n", unsent),
        (
            "Driver error: `Connection to the server is closed.'",
            unsent,
        ),
        ("error communicating with the server", CUT),
        ("connection closed", CUT),
        (lost, CUT),
        (large, Verdict::permanent().needs_reconnect()),
        ("error serializing parameter 0", Verdict::permanent()),
        (
            "query returned an unexpected number of rows",
            Verdict::permanent(),
        ),
        (
            "another command is already in progress\n",
            Verdict::permanent(),
        ),
    ] {
        for kind in [
            DatabaseErrorKind::UnableToSendCommand,
            DatabaseErrorKind::Unknown,
        ] {
            assert_eq!(found(database(kind, message)), expected, "{message}");
        }
    }
}

#[test]
fn answer_that_names_its_place_is_the_callers_fault() {
    let place = Answer {
        message: "relation \"x\" does not exist",
        position: Some(8),
        ..Answer::default()
    };
    let table = Answer {
        message: "a text of a version to come",
        table: Some("orders"),
        ..Answer::default()
    };
    for answer in [place, table] {
        let error = Error::DatabaseError(DatabaseErrorKind::Unknown, Box::new(answer));
        assert_eq!(found(error), Verdict::permanent());
    }
}

#[test]
fn failed_commit_is_judged_by_its_own_error() {
    let failed = |commit: Error| Error::RollbackErrorOnCommit {
        rollback_error: Box::new(Error::NotInTransaction),
        commit_error: Box::new(commit),
    };
    let lost = database(DatabaseErrorKind::UnableToSendCommand, "connection closed");
    assert_eq!(found(failed(lost)), CUT);
    let conflict = database(DatabaseErrorKind::SerializationFailure, "");
    assert_eq!(found(failed(conflict)), CONTENTION.needs_reconnect());
    assert_eq!(found(Error::BrokenTransactionManager), CUT);
}

#[test]
fn other_variants_are_permanent() {
    let missing = found(Error::NotFound);
    assert_eq!(missing.reason(), Some(Reason::NotFound));
    let asked = Verdict::permanent().ignored_by_breaker();
    assert_eq!(found(Error::RollbackTransaction), asked);
    for error in [
        Error::AlreadyInTransaction,
        Error::DeserializationError("hunter2".into()),
        Error::QueryBuilderError("hunter2".into()),
    ] {
        assert_eq!(found(error), Verdict::permanent());
    }
}

#[test]
fn connection_that_did_not_come_about_is_transient() {
    let tls = Verdict::permanent().counts_as_failure();
    let set_up = |message| {
        let error = database(DatabaseErrorKind::UnableToSendCommand, message);
        ConnectionError::CouldntSetupConfiguration(error)
    };
    let full = "connection to server at \"127.0.0.1\", port 1 failed: FATAL:  sorry, too many clients already\n";
    for (error, expected) in [
        (
            bad("connection to server at \"127.0.0.1\", port 1 failed: Connection refused"),
            Verdict::transient(),
        ),
        (bad(full), Verdict::transient()),
        (
            bad("Lost connection to MySQL server at 'reading initial packet'"),
            Verdict::transient(),
        ),
        (bad("unable to open database file"), tls),
        (
            bad("FATAL:  database \"shop\" does not exist"),
            Verdict::permanent(),
        ),
        (set_up("error connecting to server"), Verdict::transient()),
        (
            set_up("error communicating with the server"),
            Verdict::transient(),
        ),
        (set_up("timeout waiting for server"), Verdict::transient()),
        (set_up("error performing TLS handshake"), tls),
        (set_up("invalid configuration"), Verdict::permanent()),
        (set_up("Too many connections"), Verdict::transient()),
        (
            ConnectionError::InvalidConnectionUrl("hunter2".to_owned()),
            Verdict::permanent(),
        ),
    ] {
        let shown = format!("{error:?}");
        assert_eq!(found(error), expected, "{shown}");
    }
    for error in [
        bad("failed: FATAL:  password authentication failed for user \"me\""),
        bad("failed: FATAL:  role \"me\" does not exist"),
        set_up("Access denied for user 'me'@'localhost' (using password: NO)"),
        set_up("role \"me\" does not exist"),
    ] {
        let verdict = found(error);
        assert_eq!(verdict, Verdict::permanent());
        assert_eq!(verdict.reason(), Some(Reason::Denied));
    }
}
