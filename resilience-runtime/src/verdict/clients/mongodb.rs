//! What the errors of `mongodb`, the driver of MongoDB, mean.
//!
//! Supported: mongodb 3.9 and later 3.x.
//!
//! | error | verdict |
//! |---|---|
//! | label `UnknownTransactionCommitResult` | outcome unknown |
//! | label `TransientTransactionError`: nothing was committed | transient; for a code of contention ignored by the breaker |
//! | labels `SystemOverloadedError` and `RetryableError`: a connection that did not come about | transient |
//! | the same of a command | throttled |
//! | label `NoWritesPerformed` | as below, but an unknown outcome becomes transient |
//! | `Command` | by its code: see `codes/mongodb.rs` |
//! | `Write(WriteError)`, `InsertMany` with write errors | permanent by their code, else outcome unknown: others may have been written |
//! | `WriteConcernError` alone: written, but not on enough servers | outcome unknown; 100, not enough servers configured: permanent |
//! | `BulkWrite` | as its source and its errors, but never transient |
//! | `Io`: refused | transient |
//! | `Io`: anything else | outcome unknown |
//! | `ConnectionPoolCleared`, `DnsResolve` | transient |
//! | `ServerSelection` | permanent, a breaker failure |
//! | `Authentication` | permanent, denied |
//! | `GridFs(FileNotFound)`, `GridFs(RevisionNotFound)` | permanent, not found |
//! | `InvalidResponse`, `Internal` | outcome unknown |
//! | `Shutdown` | permanent, ignored by the breaker |
//! | `Custom` | by the kind: write a `classify` with `get_custom` |
//! | the rest: arguments, BSON, TLS, sessions, transactions | permanent |
//!
//! **What it repeats.** A read and a write of one document once, and a `commitTransaction`. The server knows a repeated write by its
//! number and executes it once; and where the second attempt fails before it is sent, the driver returns the error of the first,
//! so that what is refused was not executed. An overloaded server is asked twice more. `retryWrites=false&retryReads=false` in the address
//! and `ClientOptions::max_adaptive_retries` switch it off, and what multiplies: 2 × 3 attempts here. Leave it on, where the server is
//! to see that it has executed a write before; repeat nothing of the kind by an attribute that is not `idempotent`.
//!
//! `ServerSelection` hides servers that are down or elect a primary, for the whole `serverSelectionTimeoutMS` (30 s by default), and a
//! retry would wait that long again. Make it shorter than the timeout of an attempt. An `insert_many` of more than one batch
//! (100 000 documents or 48 MB) is "refused" where an earlier batch was written: make it `retry = off`, or the documents' `_id`s by yourself.
//!
//! Put the attribute on a function that begins and commits its own transaction, without `and_run`, which repeats it for 120 s.

use ::mongodb::error::{
    BulkWriteError, CommandError, Error, ErrorKind, GridFsErrorKind, InsertManyError,
    NO_WRITES_PERFORMED, RETRYABLE_ERROR, SYSTEM_OVERLOADED_ERROR, TRANSIENT_TRANSACTION_ERROR,
    UNKNOWN_TRANSACTION_COMMIT_RESULT, WriteConcernError, WriteFailure,
};

use crate::verdict::display_prefix::display_prefix;
use crate::verdict::{Classify, Reason, Verdict};

impl Classify for Error {
    fn classify(&self) -> Verdict {
        let source = std::error::Error::source(self).and_then(|source| {
            // The driver keeps it in a box.
            source
                .downcast_ref::<Box<Self>>()
                .map(|boxed| &**boxed)
                .or_else(|| source.downcast_ref::<Self>())
        });
        let verdict = match &*self.kind {
            ErrorKind::BulkWrite(error) => by_bulk_write(error, source),
            kind => by_kind(kind),
        };
        let is_network = matches!(*self.kind, ErrorKind::Io(_));
        by_labels(verdict, self.base_backoff(), is_network, |label| {
            self.contains_label(label) && tells_of_all(&self.kind, label)
        })
    }
}

/// Whether a label tells of all that was sent. A bulk write also shows those of its source, which is one of its commands:
/// others may have been executed before. A transaction is one whole.
fn tells_of_all(kind: &ErrorKind, label: &str) -> bool {
    !matches!(kind, ErrorKind::BulkWrite(_))
        || matches!(
            label,
            TRANSIENT_TRANSACTION_ERROR | UNKNOWN_TRANSACTION_COMMIT_RESULT
        )
}

/// Labels come from the server, or from the driver, which knows what it was doing.
fn by_labels(
    verdict: Verdict,
    wait: Option<std::time::Duration>,
    is_network: bool,
    has: impl Fn(&str) -> bool,
) -> Verdict {
    let labelled = if has(UNKNOWN_TRANSACTION_COMMIT_RESULT) {
        Verdict::outcome_unknown()
    } else if has(TRANSIENT_TRANSACTION_ERROR) {
        if verdict.is_ignored_by_breaker() && !verdict.is_unknown() {
            Verdict::transient().ignored_by_breaker()
        } else {
            Verdict::transient()
        }
    } else if has(SYSTEM_OVERLOADED_ERROR) && has(RETRYABLE_ERROR) {
        if is_network {
            // The driver says so of a connection that did not come about.
            Verdict::transient()
        } else {
            Verdict::throttled(wait)
        }
    } else if has(NO_WRITES_PERFORMED) {
        return verdict.not_executed();
    } else {
        return verdict;
    };
    verdict
        .code()
        .map_or(labelled, |code| labelled.with_code(code))
}

fn by_kind(kind: &ErrorKind) -> Verdict {
    match kind {
        ErrorKind::Command(error) => by_command(error),
        ErrorKind::Write(WriteFailure::WriteError(error)) => by_write(error.code),
        ErrorKind::Write(WriteFailure::WriteConcernError(error)) => by_concern(error),
        ErrorKind::InsertMany(error) => by_insert_many(error),
        ErrorKind::Io(error) => match error.classify() {
            unknown if unknown.is_unknown() => Verdict::outcome_unknown(),
            verdict => verdict,
        },
        ErrorKind::ConnectionPoolCleared { .. } | ErrorKind::DnsResolve { .. } => {
            Verdict::transient()
        }
        ErrorKind::ServerSelection { .. } => Verdict::permanent().counts_as_failure(),
        ErrorKind::Authentication { .. } => Verdict::permanent().because(Reason::Denied),
        ErrorKind::GridFs(
            GridFsErrorKind::FileNotFound { .. } | GridFsErrorKind::RevisionNotFound { .. },
        ) => Verdict::permanent().because(Reason::NotFound),
        ErrorKind::InvalidResponse { .. } | ErrorKind::Internal { .. } => {
            Verdict::outcome_unknown()
        }
        ErrorKind::Shutdown => Verdict::permanent().ignored_by_breaker(),
        ErrorKind::InvalidArgument { .. }
        | ErrorKind::BsonDeserialization(_)
        | ErrorKind::BsonSerialization(_)
        | ErrorKind::GridFs(_)
        | ErrorKind::SessionsNotSupported
        | ErrorKind::InvalidTlsConfig { .. }
        | ErrorKind::Transaction { .. }
        | ErrorKind::IncompatibleServer { .. }
        | ErrorKind::MissingResumeToken => Verdict::permanent(),
        other => by_name(other),
    }
}

/// Variants that are there only if another crate asks for them, and so have no name here.
fn by_name(kind: &ErrorKind) -> Verdict {
    let begins = |name: &str| display_prefix(&format_args!("{kind:?}"), name.len()) == name;
    if begins("Bson(") {
        Verdict::permanent()
    } else if begins("ProxyConnect") {
        Verdict::transient()
    } else {
        Verdict::unclassified()
    }
}

fn by_command(error: &CommandError) -> Verdict {
    Verdict::from_mongodb(error.code, error.base_backoff)
}

/// One document was not written. Others of the same command may have been.
fn by_write(code: i32) -> Verdict {
    let verdict = Verdict::from_mongodb(code, None);
    if verdict.is_permanent() {
        return verdict;
    }
    let unknown = if verdict.is_ignored_by_breaker() && !verdict.is_unknown() {
        Verdict::outcome_unknown().ignored_by_breaker()
    } else {
        Verdict::outcome_unknown()
    };
    verdict
        .code()
        .map_or(unknown, |code| unknown.with_code(code))
}

/// It was written, and may be rolled back.
fn by_concern(error: &WriteConcernError) -> Verdict {
    let verdict = match error.code {
        100 => Verdict::permanent(),
        _ => Verdict::outcome_unknown(),
    };
    Verdict::from_mongodb(error.code, None)
        .code()
        .map_or(verdict, |code| verdict.with_code(code))
}

fn by_insert_many(error: &InsertManyError) -> Verdict {
    let first = error.write_errors.iter().flatten().next();
    match (first, &error.write_concern_error) {
        (Some(error), _) => by_write(error.code),
        (None, Some(error)) => by_concern(error),
        (None, None) => Verdict::outcome_unknown(),
    }
}

/// Some of its writes may have been executed, whatever it is.
fn by_bulk_write(error: &BulkWriteError, source: Option<&Error>) -> Verdict {
    if let Some(source) = source {
        let verdict = source.classify();
        let unknown = verdict.is_transient() || verdict.is_throttled() || verdict.is_unknown();
        return if unknown {
            Verdict::outcome_unknown()
        } else {
            verdict
        };
    }
    let mut writes = error.write_errors.values();
    match (writes.next(), error.write_concern_errors.first()) {
        (Some(error), _) => by_write(error.code),
        (None, Some(error)) => by_concern(error),
        (None, None) => Verdict::outcome_unknown(),
    }
}

#[cfg(test)]
mod tests;
