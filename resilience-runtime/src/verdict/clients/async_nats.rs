//! What `async-nats`'s errors mean, those of JetStream and of key-value buckets included.
//!
//! Supported: async-nats 0.51, which needs Rust 1.89.
//!
//! | error | verdict |
//! |---|---|
//! | `NoResponders`, `JetStreamUnavailable`: the server knew of nobody to give it to | transient |
//! | `TimedOut` of a request, a publish or a bucket | outcome unknown, timed out |
//! | `StreamNotFound` of a publish: nobody answered for the subject, as while a stream elects its leader | transient, ignored by the breaker |
//! | `BrokenPipe`, `FlushError`, `MissingHeartbeat` | outcome unknown, on a new connection |
//! | `PublishErrorKind::Send`, `SubscribeErrorKind::Other`: the client is closed | transient, on a new connection |
//! | `MaxAckPending`: this client's own limit | throttled |
//! | `jetstream::Error`, also inside the others | by its code: see the table in the source, `codes/jetstream.rs` |
//! | `WrongLastSequence`, `WrongLastMessageId`, `WrongLastRevision`, `AlreadyExists` | permanent |
//! | `NotFound`, `NoMessageFound`, `ConsumerDeleted` | permanent, not found |
//! | `ConnectErrorKind`: `Io`, `Dns`, `TimedOut`, `MaxReconnects` | transient |
//! | `Authentication`, `AuthorizationViolation` | permanent, denied |
//! | `Tls` | permanent, a breaker failure |
//! | subjects, names, keys, payloads, addresses, limits of a pull | permanent |
//! | the rest | by the error that caused it, else outcome unknown |
//!
//! A subscriber that got the message and died says nothing: the request times out. So does one whose answer got lost with the
//! connection, and a request that was still in the client's buffer.
//!
//! async-nats sends nothing twice. It connects again by itself, and what its buffer held is gone: `publish` is `Ok` before a byte
//! is written. To know that a message is stored, publish it through JetStream and await the answer; give it a `Nats-Msg-Id`
//! (`PublishMessage::build().message_id(…)`), with which the stream drops a second copy, and write `idempotent`.
//!
//! A service that answers with an error answers with an `Ok`: look at its `Nats-Service-Error-Code` by `classify_ok`.

use std::error::Error as _;
use std::fmt::{Debug, Display};

use ::async_nats::error::Error;
use ::async_nats::jetstream::consumer::pull::MessagesErrorKind;
use ::async_nats::jetstream::context as js;
use ::async_nats::jetstream::{self, kv, stream};
use ::async_nats::{
    ConnectErrorKind, PublishErrorKind, RequestErrorKind, SubjectError, SubscribeErrorKind, client,
};

use super::source_chain;
use crate::verdict::display_prefix::display_prefix;
use crate::verdict::{Classify, Reason, Verdict};

const WRONG: Verdict = Verdict::permanent();
const MISSING: Verdict = Verdict::permanent().because(Reason::NotFound);
const DENIED: Verdict = Verdict::permanent().because(Reason::Denied);
const TIMED_OUT: Verdict = Verdict::outcome_unknown().because(Reason::TimedOut);
const NOBODY: Verdict = Verdict::transient();
const CLOSED: Verdict = Verdict::transient().needs_reconnect();
const BROKEN: Verdict = Verdict::outcome_unknown().needs_reconnect();

/// A kind of error; `None` leaves the verdict to what caused it.
trait Kind {
    fn judge(&self) -> Option<Verdict>;
}

impl<K: Kind + Clone + Debug + Display + PartialEq> Classify for Error<K> {
    fn classify(&self) -> Verdict {
        self.kind()
            .judge()
            .or_else(|| self.source().and_then(source_chain::find))
            .unwrap_or(Verdict::outcome_unknown())
    }
}

macro_rules! kinds {
    ($($kind:ty { $($variant:pat => $verdict:expr,)* })*) => {
        $(
            impl Kind for $kind {
                #[allow(clippy::enum_glob_use, reason = "each table names the variants of one kind")]
                fn judge(&self) -> Option<Verdict> {
                    type K = $kind;
                    #[allow(unreachable_patterns, reason = "some kinds are complete")]
                    match self {
                        $($variant => Some($verdict),)*
                        _ => None,
                    }
                }
            }
        )*
    };
}

kinds! {
    PublishErrorKind {
        K::MaxPayloadExceeded | K::InvalidSubject => WRONG,
        K::Send => CLOSED,
    }
    RequestErrorKind {
        K::NoResponders => NOBODY,
        K::TimedOut => TIMED_OUT,
        K::InvalidSubject | K::MaxPayloadExceeded => WRONG,
    }
    SubscribeErrorKind {
        K::InvalidSubject | K::InvalidQueueName => WRONG,
        K::Other => CLOSED,
    }
    client::FlushErrorKind {
        // What was published before may have been sent.
        K::SendError | K::FlushError => BROKEN,
    }
    ConnectErrorKind {
        K::ServerParse => WRONG,
        K::Authentication | K::AuthorizationViolation => DENIED,
        K::Tls => WRONG.counts_as_failure(),
        K::Dns | K::TimedOut | K::Io | K::MaxReconnects => NOBODY,
    }
    js::PublishErrorKind {
        K::StreamNotFound => NOBODY.ignored_by_breaker(),
        K::WrongLastMessageId | K::WrongLastSequence | K::MaxPayloadExceeded => WRONG,
        K::TimedOut => TIMED_OUT,
        K::BrokenPipe => BROKEN,
        K::MaxAckPending => Verdict::throttled(None),
    }
    js::RequestErrorKind {
        K::NoResponders => NOBODY,
        K::TimedOut => TIMED_OUT,
        K::InvalidSubject => WRONG,
    }
    js::CreateStreamErrorKind {
        K::EmptyStreamName | K::InvalidStreamName | K::DomainAndExternalSet => WRONG,
        K::JetStreamUnavailable => NOBODY,
        K::JetStream(error) => error.classify(),
        K::TimedOut => TIMED_OUT,
        K::NotFound => MISSING,
    }
    js::GetStreamErrorKind {
        K::EmptyName | K::InvalidStreamName => WRONG,
        K::JetStream(error) => error.classify(),
    }
    js::ConsumerInfoErrorKind {
        K::InvalidName => WRONG,
        K::NotFound | K::StreamNotFound => MISSING,
        K::Offline | K::NoResponders => NOBODY,
        K::JetStream(error) => error.classify(),
        K::TimedOut => TIMED_OUT,
    }
    js::AccountErrorKind {
        K::TimedOut => TIMED_OUT,
        K::JetStream(error) => error.classify(),
        K::JetStreamUnavailable => NOBODY,
    }
    stream::ConsumerErrorKind {
        K::TimedOut => TIMED_OUT,
        K::InvalidConsumerType | K::InvalidName => WRONG,
        K::JetStream(error) => error.classify(),
    }
    stream::DirectGetErrorKind {
        K::NotFound => MISSING,
        K::InvalidSubject => WRONG,
        K::TimedOut => TIMED_OUT,
        K::ErrorResponse(status, _) => match status.as_u16() {
            503 => NOBODY,
            status => Verdict::from_jetstream(status.into(), 0, false),
        },
    }
    stream::DeleteMessageErrorKind {
        K::TimedOut => TIMED_OUT,
        K::JetStream(error) => error.classify(),
    }
    stream::PurgeErrorKind {
        K::TimedOut => TIMED_OUT,
        K::JetStream(error) => error.classify(),
    }
    stream::LastRawMessageErrorKind {
        K::NoMessageFound => MISSING,
        K::InvalidSubject => WRONG,
        K::JetStream(error) => error.classify(),
    }
    kv::CreateErrorKind {
        K::AlreadyExists | K::InvalidKey => WRONG,
    }
    kv::PutErrorKind {
        K::InvalidKey => WRONG,
    }
    kv::UpdateErrorKind {
        K::InvalidKey | K::WrongLastRevision => WRONG,
        K::TimedOut => TIMED_OUT,
    }
    kv::EntryErrorKind {
        K::InvalidKey => WRONG,
        K::TimedOut => TIMED_OUT,
    }
    MessagesErrorKind {
        K::MissingHeartbeat => BROKEN,
        K::ConsumerDeleted => MISSING,
        K::PushBasedConsumer | K::RequestLimitExceeded => WRONG,
        K::NoResponders => NOBODY,
    }
}

impl Classify for SubjectError {
    fn classify(&self) -> Verdict {
        WRONG
    }
}

/// What JetStream says of a stream that takes no more, by its limits and `discard: new`.
const FULL: &[&str] = &[
    "maximum messages exceeded",
    "maximum bytes exceeded",
    "maximum messages per subject exceeded",
];

impl Classify for jetstream::Error {
    fn classify(&self) -> Verdict {
        let is_full = FULL
            .iter()
            .any(|text| display_prefix(self, text.len()) == *text);
        Verdict::from_jetstream(self.code(), self.error_code().0, is_full)
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;
    use crate::verdict::ErrorCode;
    use crate::verdict::chain_test_util::found;

    /// As the server sends it.
    fn answer(code: u16, number: u32, text: &str) -> jetstream::Error {
        let json = format!(r#"{{"code":{code},"err_code":{number},"description":"{text}"}}"#);
        serde_json::from_str(&json).expect("an error")
    }

    #[test]
    fn nobody_to_answer_is_surely_not_executed() {
        assert_eq!(
            found(client::RequestError::new(RequestErrorKind::NoResponders)),
            NOBODY
        );
        assert_eq!(
            found(js::RequestError::new(js::RequestErrorKind::NoResponders)),
            NOBODY
        );
        let unavailable = js::CreateStreamErrorKind::JetStreamUnavailable;
        assert_eq!(found(js::CreateStreamError::new(unavailable)), NOBODY);
        let election = found(js::PublishError::new(js::PublishErrorKind::StreamNotFound));
        assert_eq!(election, Verdict::transient().ignored_by_breaker());
    }

    #[test]
    fn timeouts_and_broken_pipes_are_outcome_unknown() {
        for verdict in [
            found(client::RequestError::new(RequestErrorKind::TimedOut)),
            found(js::PublishError::new(js::PublishErrorKind::TimedOut)),
            found(kv::UpdateError::new(kv::UpdateErrorKind::TimedOut)),
        ] {
            assert_eq!(verdict, Verdict::outcome_unknown());
            assert_eq!(verdict.reason(), Some(Reason::TimedOut));
        }
        let pipe = found(js::PublishError::new(js::PublishErrorKind::BrokenPipe));
        assert_eq!(pipe, BROKEN);
        let flush = client::FlushErrorKind::FlushError;
        assert_eq!(found(client::FlushError::new(flush)), BROKEN);
    }

    #[test]
    fn jetstream_error_is_found_wherever_it_is() {
        let cases = [
            (answer(503, 10008, ""), Verdict::transient()),
            (
                answer(503, 10077, "maximum messages exceeded"),
                Verdict::throttled(None),
            ),
            (
                answer(503, 10077, "insufficient storage"),
                WRONG.counts_as_failure(),
            ),
            (
                answer(503, 10077, "no: maximum messages exceeded"),
                WRONG.counts_as_failure(),
            ),
            (answer(400, 10052, "hunter2"), WRONG),
        ];
        for (error, expected) in cases {
            let number = i64::try_from(error.error_code().0).expect("small");
            let publish = js::PublishErrorKind::Other;
            let publish = js::PublishError::with_source(publish, error.clone());
            for verdict in [
                found(error.clone()),
                found(js::CreateStreamError::new(
                    js::CreateStreamErrorKind::JetStream(error.clone()),
                )),
                found(stream::ConsumerError::new(
                    stream::ConsumerErrorKind::JetStream(error),
                )),
                found(kv::PutError::with_source(
                    kv::PutErrorKind::Publish,
                    publish,
                )),
            ] {
                assert_eq!(verdict, expected);
                assert_eq!(verdict.code(), Some(ErrorCode::Number(number)));
            }
        }
    }

    #[test]
    fn closed_client_sent_nothing() {
        assert_eq!(
            found(client::PublishError::new(PublishErrorKind::Send)),
            CLOSED
        );
        let request = client::RequestError::with_source(
            RequestErrorKind::Other,
            client::PublishError::new(PublishErrorKind::Send),
        );
        assert_eq!(found(request), CLOSED);
        let dropped = client::RequestError::with_source(RequestErrorKind::Other, "channel closed");
        assert_eq!(found(dropped), Verdict::outcome_unknown());
    }

    #[test]
    fn connect_error_is_never_outcome_unknown() {
        let reset = io::Error::from(io::ErrorKind::ConnectionReset);
        for (error, expected) in [
            (
                ::async_nats::ConnectError::with_source(ConnectErrorKind::Io, reset),
                NOBODY,
            ),
            (ConnectErrorKind::Dns.into(), NOBODY),
            (ConnectErrorKind::TimedOut.into(), NOBODY),
            (ConnectErrorKind::Tls.into(), WRONG.counts_as_failure()),
            (ConnectErrorKind::ServerParse.into(), WRONG),
        ] {
            assert_eq!(found(error), expected);
        }
        let denied = ConnectErrorKind::AuthorizationViolation;
        let denied = found(::async_nats::ConnectError::new(denied));
        assert_eq!(denied.reason(), Some(Reason::Denied));
    }

    #[test]
    fn callers_faults_are_permanent() {
        for verdict in [
            found(SubjectError::InvalidFormat),
            found(client::PublishError::new(
                PublishErrorKind::MaxPayloadExceeded,
            )),
            found(js::PublishError::new(
                js::PublishErrorKind::WrongLastSequence,
            )),
            found(js::PublishError::with_source(
                js::PublishErrorKind::Other,
                SubjectError::InvalidFormat,
            )),
            found(kv::CreateError::new(kv::CreateErrorKind::AlreadyExists)),
        ] {
            assert_eq!(verdict, WRONG);
            assert_eq!(verdict.reason(), None);
        }
        let missing = found(stream::DirectGetError::new(
            stream::DirectGetErrorKind::NotFound,
        ));
        assert_eq!(missing.reason(), Some(Reason::NotFound));
    }
}
