use std::io;
use std::time::Duration;

use super::*;
use crate::verdict::ErrorCode;
use crate::verdict::chain_test_util::found;

/// As a server of version 8.0 replies.
fn command(code: i32, name: &str) -> ErrorKind {
    let reply = format!(r#"{{"code":{code},"codeName":"{name}","errmsg":"hunter2"}}"#);
    ErrorKind::Command(serde_json::from_str(&reply).expect("a reply"))
}

fn write(code: i32) -> ErrorKind {
    let reply = format!(r#"{{"code":{code},"errmsg":"hunter2"}}"#);
    let error = serde_json::from_str(&reply).expect("a reply");
    ErrorKind::Write(WriteFailure::WriteError(error))
}

fn concern(code: i32, labels: &str) -> ErrorKind {
    let reply = format!(
        r#"{{"code":{code},"codeName":"","errmsg":"waiting for replication timed out","errInfo":null,"errorLabels":[{labels}]}}"#
    );
    let error = serde_json::from_str(&reply).expect("a reply");
    ErrorKind::Write(WriteFailure::WriteConcernError(error))
}

fn insert_many(reply: &str) -> ErrorKind {
    ErrorKind::InsertMany(serde_json::from_str(reply).expect("a reply"))
}

const MOVED: Verdict = Verdict::outcome_unknown().ignored_by_breaker();

#[test]
fn command_error_is_classified_by_its_code() {
    for (code, name, expected) in [
        (10107, "NotWritablePrimary", MOVED),
        (11602, "InterruptedDueToReplStateChange", MOVED),
        (91, "ShutdownInProgress", Verdict::outcome_unknown()),
        (112, "WriteConflict", MOVED),
        (46, "LockBusy", Verdict::transient().ignored_by_breaker()),
        (50, "MaxTimeMSExpired", Verdict::permanent()),
        (13, "Unauthorized", Verdict::permanent()),
        (
            14031,
            "OutOfDiskSpace",
            Verdict::permanent().counts_as_failure(),
        ),
        (16500, "", Verdict::throttled(None)),
        (8000, "AtlasError", Verdict::unclassified()),
    ] {
        let verdict = found(Error::from(command(code, name)));
        assert_eq!(verdict, expected, "{name}");
        if !expected.is_unknown() {
            assert_eq!(verdict.code(), Some(ErrorCode::Number(code.into())));
        }
    }
}

#[test]
fn labels_decide_before_the_code() {
    let contention = Verdict::transient().ignored_by_breaker();
    let unknown = Verdict::outcome_unknown();
    let wait = Duration::from_millis(100);
    let labels = |labels: &'static [&'static str]| move |label: &str| labels.contains(&label);
    let conflict = Verdict::from_mongodb(112, None);
    for (verdict, network, has, expected) in [
        (
            conflict,
            false,
            labels(&[TRANSIENT_TRANSACTION_ERROR]),
            contention,
        ),
        (
            unknown,
            true,
            labels(&[TRANSIENT_TRANSACTION_ERROR]),
            Verdict::transient(),
        ),
        (
            Verdict::unclassified(),
            false,
            labels(&[TRANSIENT_TRANSACTION_ERROR]),
            Verdict::transient(),
        ),
        (
            Verdict::permanent(),
            false,
            labels(&[UNKNOWN_TRANSACTION_COMMIT_RESULT]),
            unknown,
        ),
        (MOVED, false, labels(&[NO_WRITES_PERFORMED]), contention),
        (
            Verdict::permanent(),
            false,
            labels(&[NO_WRITES_PERFORMED]),
            Verdict::permanent(),
        ),
        (
            Verdict::unclassified(),
            false,
            labels(&[SYSTEM_OVERLOADED_ERROR, RETRYABLE_ERROR]),
            Verdict::throttled(Some(wait)),
        ),
        // The driver puts them on a connection that did not come about.
        (
            unknown,
            true,
            labels(&[SYSTEM_OVERLOADED_ERROR, RETRYABLE_ERROR]),
            Verdict::transient(),
        ),
        (unknown, false, labels(&["RetryableWriteError"]), unknown),
    ] {
        assert_eq!(by_labels(verdict, Some(wait), network, has), expected);
    }
    let commit = concern(
        64,
        r#""UnknownTransactionCommitResult","RetryableWriteError""#,
    );
    assert_eq!(found(Error::from(commit)), unknown);
    let nothing = concern(91, r#""NoWritesPerformed""#);
    assert_eq!(found(Error::from(nothing)), Verdict::transient());
}

#[test]
fn partial_writes_are_never_transient() {
    let duplicate =
        r#"{"writeErrors":[{"index":1,"code":11000,"errmsg":"hunter2"}],"writeConcernError":null}"#;
    let conflict =
        r#"{"writeErrors":[{"index":1,"code":112,"errmsg":"hunter2"}],"writeConcernError":null}"#;
    let late = r#"{"writeErrors":null,"writeConcernError":{"code":64,"codeName":"WriteConcernFailed","errmsg":"","errInfo":null}}"#;
    for (kind, expected) in [
        (write(11000), Verdict::permanent()),
        (write(46), MOVED),
        (write(99999), Verdict::outcome_unknown()),
        (concern(64, ""), Verdict::outcome_unknown()),
        (concern(100, ""), Verdict::permanent()),
        (insert_many(duplicate), Verdict::permanent()),
        (insert_many(conflict), MOVED),
        (insert_many(late), Verdict::outcome_unknown()),
        (
            ErrorKind::BulkWrite(BulkWriteError::default()),
            Verdict::outcome_unknown(),
        ),
    ] {
        let shown = format!("{kind:?}");
        assert_eq!(found(Error::from(kind)), expected, "{shown}");
    }
    // Labels of its second command, say.
    let bulk = ErrorKind::BulkWrite(BulkWriteError::default());
    for (labels, expected) in [
        (&[NO_WRITES_PERFORMED][..], Verdict::outcome_unknown()),
        (
            &[SYSTEM_OVERLOADED_ERROR, RETRYABLE_ERROR],
            Verdict::outcome_unknown(),
        ),
        (&[TRANSIENT_TRANSACTION_ERROR], Verdict::transient()),
    ] {
        let has = |label: &str| labels.contains(&label) && tells_of_all(&bulk, label);
        let verdict = by_labels(Verdict::outcome_unknown(), None, false, has);
        assert_eq!(verdict, expected, "{labels:?}");
    }
    let refused = Error::from(io::Error::from(io::ErrorKind::ConnectionRefused));
    let bulk = by_bulk_write(&BulkWriteError::default(), Some(&refused));
    assert_eq!(bulk, Verdict::outcome_unknown());
}

#[test]
fn network_error_is_classified_by_what_was_sent() {
    for (kind, expected) in [
        (io::ErrorKind::ConnectionRefused, Verdict::transient()),
        (io::ErrorKind::ConnectionReset, Verdict::outcome_unknown()),
        (io::ErrorKind::TimedOut, Verdict::outcome_unknown()),
        (io::ErrorKind::Other, Verdict::outcome_unknown()),
    ] {
        assert_eq!(
            found(Error::from(io::Error::from(kind))),
            expected,
            "{kind:?}"
        );
    }
}

#[test]
fn other_kinds_are_classified_by_variant() {
    for (kind, expected) in [
        (
            ErrorKind::Shutdown,
            Verdict::permanent().ignored_by_breaker(),
        ),
        (ErrorKind::SessionsNotSupported, Verdict::permanent()),
        (ErrorKind::MissingResumeToken, Verdict::permanent()),
    ] {
        let shown = format!("{kind:?}");
        assert_eq!(found(Error::from(kind)), expected, "{shown}");
    }
    assert_eq!(found(Error::custom("hunter2")), Verdict::unclassified());
}

/// What the driver itself says of an address where nobody is.
#[tokio::test]
async fn missing_server_is_a_failure_that_is_not_repeated() {
    let address = "mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=50";
    let client = ::mongodb::Client::with_uri_str(address)
        .await
        .expect("lazy");
    let error = client.list_database_names().await.expect_err("nobody");
    assert!(matches!(*error.kind, ErrorKind::ServerSelection { .. }));
    assert_eq!(found(error), Verdict::permanent().counts_as_failure());
}
