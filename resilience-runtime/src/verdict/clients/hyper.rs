//! What `hyper`'s errors mean, alone and in `hyper-util`'s legacy client.
//!
//! Supported: hyper 1, hyper-util 0.1 and, where it is used without hyper, h2 0.4.
//!
//! | error | verdict |
//! |---|---|
//! | `legacy::Error`: `is_connect` | transient |
//! | over HTTP/2 the server refused the stream, or went away below it | transient |
//! | `is_canceled`, `is_closed`: the connection was closed before the request was written | transient, on a new connection |
//! | `is_timeout`: no answer to a keep-alive ping | outcome unknown, [`Reason::TimedOut`], on a new connection |
//! | `is_incomplete_message`, `is_parse`, broken while sending or in the middle of the answer | outcome unknown, on a new connection |
//! | `is_user`: the request's own body failed, the runtime ended | outcome unknown, ignored by the breaker |
//! | `legacy::Error` without a source: a request that the client does not send | permanent |
//!
//! A status is no error of hyper: judge it by [`Verdict::from_http`], or with the body by one of its
//! siblings.
//!
//! The future of a connection fails with a `GOAWAY` as well, and says nothing of a single request then. So
//! where a `hyper::Error` is not that of the legacy client, only a `GOAWAY` without an error counts as
//! proof, with which that future does not fail. The legacy client connects again by itself, and sends again
//! what was surely not sent (`retry_canceled_requests`); its errors ask for no reconnect.

use std::error::Error as _;

use ::hyper::Error;
use hyper_util::client::legacy::Error as ClientError;

use super::not_processed::{self, NotProcessed};
use crate::verdict::{Classify, ErrorCode, Reason, Verdict};

impl Classify for ClientError {
    fn classify(&self) -> Verdict {
        if self.is_connect() {
            return Verdict::transient().with_code(ErrorCode::Name("connect"));
        }
        let Some(source) = self.source() else {
            return Verdict::permanent().with_code(ErrorCode::Name("request"));
        };
        if not_processed::find(source).is_some() {
            return Verdict::transient().with_code(ErrorCode::Name("not processed"));
        }
        match source.downcast_ref::<Error>() {
            // The pool replaces the connection.
            Some(error) => without_answer(error).0,
            None => Verdict::outcome_unknown(),
        }
    }
}

impl Classify for Error {
    fn classify(&self) -> Verdict {
        let (verdict, connection) = match not_processed::find(self) {
            Some(NotProcessed::Refused) => named(Verdict::transient(), "refused", Usable),
            Some(NotProcessed::GoingAway { gracefully: true }) => {
                named(Verdict::transient(), "going away", Broken)
            }
            Some(NotProcessed::NotSent) => named(Verdict::transient(), "not sent", Broken),
            Some(NotProcessed::GoingAway { gracefully: false }) | None => without_answer(self),
        };
        match connection {
            Usable => verdict,
            Broken => verdict.needs_reconnect(),
        }
    }
}

/// What has become of the connection.
enum Connection {
    Usable,
    Broken,
}
use Connection::{Broken, Usable};

/// Judges an error that does not prove that the request was not processed.
fn without_answer(error: &Error) -> (Verdict, Connection) {
    let unknown = Verdict::outcome_unknown();
    if error.is_closed() {
        // The channel to a connection that has ended.
        named(Verdict::transient(), "closed", Broken)
    } else if error.is_timeout() {
        named(unknown.because(Reason::TimedOut), "timeout", Broken)
    } else if error.is_incomplete_message() {
        named(unknown, "incomplete message", Broken)
    } else if error.is_parse() {
        named(unknown, "parse", Broken)
    } else if error.is_user() {
        named(unknown.ignored_by_breaker(), "user", Usable)
    } else if is_reset(error) {
        named(unknown, "reset", Usable)
    } else {
        named(unknown, "broken", Broken)
    }
}

fn named(verdict: Verdict, name: &'static str, connection: Connection) -> (Verdict, Connection) {
    (verdict.with_code(ErrorCode::Name(name)), connection)
}

impl Classify for ::h2::Error {
    fn classify(&self) -> Verdict {
        let verdict = match not_processed::find(self) {
            Some(NotProcessed::Refused) => Verdict::transient(),
            Some(NotProcessed::GoingAway { gracefully: true }) => {
                Verdict::transient().needs_reconnect()
            }
            _ if self.is_reset() => Verdict::outcome_unknown(),
            _ => Verdict::outcome_unknown().needs_reconnect(),
        };
        verdict.with_code(ErrorCode::Name("h2"))
    }
}

/// Only this stream was ended; the connection is well.
fn is_reset(error: &Error) -> bool {
    error
        .source()
        .and_then(|source| source.downcast_ref::<::h2::Error>())
        .is_some_and(::h2::Error::is_reset)
}

#[cfg(test)]
mod tests;
