//! What `lapin`'s errors mean, a client of AMQP 0.9.1, i.e. of RabbitMQ.
//!
//! Supported: lapin 4.12 and later 4.x.
//!
//! | error | verdict |
//! |---|---|
//! | `ProtocolError`: 403 | permanent, denied, on a new channel |
//! | 404 | permanent, not found, on a new channel; a queue whose node is down: transient |
//! | 405: another connection's exclusive queue | transient, ignored by the breaker, on a new channel |
//! | 311, 312, 313, 402, 406, 530, 540 | permanent, on a new channel; 530 at a limit on connections: transient |
//! | 320, 506, 541: the broker stops, or is ill | outcome unknown, on a new connection |
//! | 501 to 505 | outcome unknown, ignored by the breaker, on a new connection |
//! | `InvalidChannelState` of a command: it was not sent | transient, on a new channel |
//! | `InvalidChannelState` of `basic.ack`, `basic.nack`, `basic.reject` | permanent, ignored by the breaker: the broker delivers again |
//! | `InvalidChannelState` of what the broker said | outcome unknown, on a new channel |
//! | `InvalidConnectionState`, `MissingHeartbeatError`, `ParsingError` | outcome unknown, on a new connection |
//! | `IOError`: refused | transient with `client_retries = off`, else outcome unknown |
//! | `IOError`: anything else | outcome unknown, on a new connection |
//! | `ChannelsLimitReached` | transient, ignored by the breaker |
//! | `InvalidProtocolVersion` | permanent, a breaker failure |
//! | `AuthProviderError` | permanent, denied |
//! | `RuntimeShutdownError` | outcome unknown, ignored by the breaker |
//! | the rest | permanent |
//!
//! An error of a channel ends all that waits on it: a `PublisherConfirm` fails with the error of another publish. Give each call a
//! channel of its own where that matters, and a `reconnect` that opens a new one: a channel stays closed.
//!
//! lapin sends nothing twice. With `ConnectionProperties::enable_auto_recover()` it connects again by itself; a message that waits for its
//! confirm meanwhile waits without end (so against RabbitMQ 3.10 behind a proxy that refuses), or ends with the "refused" of the last
//! attempt, although the broker has it. Hence the first row on `IOError`. Leave recovery off, which is the default, and say so by
//! `client_retries = off`; with it, keep a `timeout`.
//!
//! **What is no error.** Without `confirm_select` a publish is `Ok` before the broker has read it. With it, wait for the confirm, and judge
//! it by `classify_ok`, since a `Nack` and an unroutable message are an `Ok`:
//!
//! ```text
//! fn unconfirmed(confirmation: &lapin::Confirmation) -> Option<Verdict> {
//!     match confirmation {
//!         // Some of the queues may have it.
//!         Confirmation::Nack(_) => Some(Verdict::outcome_unknown()),
//!         // `mandatory`, and no queue is bound.
//!         Confirmation::Ack(Some(_)) => Some(Verdict::permanent()),
//!         Confirmation::Ack(None) | Confirmation::NotRequested => None,
//!     }
//! }
//!
//! #[resilient(classify_ok = unconfirmed, timeout = "5s")]
//! async fn publish(channel: &Channel, body: &[u8]) -> Result<Confirmation, BoxError> { … }
//! ```
//!
//! A broker with an alarm on its memory or disk stops reading, and a publish waits without end: keep the `timeout`.

use ::lapin::protocol::AMQPError;
use ::lapin::{Error, ErrorKind};

use super::io;
use crate::verdict::{Classify, Reason, Verdict};

/// The commands that lapin refuses to send where the channel is not open. What the broker sends has other names.
const COMMANDS: &[&str] = &[
    "access.request",
    "basic.consume",
    "basic.get",
    "basic.publish",
    "basic.qos",
    "basic.recover",
    "basic.recover-async",
    "channel.open",
    "confirm.select",
    "exchange.bind",
    "exchange.declare",
    "exchange.delete",
    "exchange.unbind",
    "queue.bind",
    "queue.declare",
    "queue.delete",
    "queue.purge",
    "queue.unbind",
    "tx.commit",
    "tx.rollback",
    "tx.select",
];

/// They belong to a delivery of the channel that is gone.
const ACKS: &[&str] = &["basic.ack", "basic.nack", "basic.reject"];

impl Classify for Error {
    fn classify(&self) -> Verdict {
        match self.kind() {
            ErrorKind::ProtocolError(error) => error.classify(),
            ErrorKind::IOError(error) => match io::of_a_connection(error) {
                // While it connects again, messages wait for their confirms.
                refused if refused.is_transient() => refused.after_client_retries(),
                verdict => verdict,
            },
            ErrorKind::InvalidChannelState(_, context) => by_context(context),
            ErrorKind::InvalidConnectionState(_)
            | ErrorKind::MissingHeartbeatError
            | ErrorKind::ParsingError(_) => Verdict::outcome_unknown().needs_reconnect(),
            ErrorKind::ChannelsLimitReached => Verdict::transient().ignored_by_breaker(),
            ErrorKind::InvalidProtocolVersion(_) => Verdict::permanent().counts_as_failure(),
            ErrorKind::AuthProviderError(_) => Verdict::permanent().because(Reason::Denied),
            ErrorKind::RuntimeShutdownError(_) => Verdict::outcome_unknown().ignored_by_breaker(),
            ErrorKind::InvalidChannel(_)
            | ErrorKind::SerialisationError(_)
            | ErrorKind::FutureCompleted
            | ErrorKind::NoDefaultRuntime => Verdict::permanent(),
            _ => Verdict::unclassified(),
        }
    }
}

impl Classify for AMQPError {
    fn classify(&self) -> Verdict {
        Verdict::from_amqp(self.get_id(), self.get_message().as_str())
    }
}

fn by_context(context: &str) -> Verdict {
    let verdict = if COMMANDS.contains(&context) {
        Verdict::transient()
    } else if ACKS.contains(&context) {
        Verdict::permanent().ignored_by_breaker()
    } else {
        Verdict::outcome_unknown()
    };
    verdict.needs_reconnect()
}

#[cfg(test)]
mod tests {
    use std::io::{Error as IoFailure, ErrorKind as IoKind};
    use std::sync::Arc;

    use ::lapin::protocol::{AMQPHardError, AMQPSoftError};
    use ::lapin::{ChannelState, ConnectionState};

    use super::*;
    use crate::verdict::chain_test_util::found;

    const CUT: Verdict = Verdict::outcome_unknown().needs_reconnect();

    #[test]
    fn protocol_error_is_classified_by_its_code() {
        let again = Verdict::transient().ignored_by_breaker().needs_reconnect();
        let wrong = Verdict::permanent().needs_reconnect();
        for (kind, expected, reason) in [
            (
                AMQPSoftError::ACCESSREFUSED.into(),
                wrong,
                Some(Reason::Denied),
            ),
            (
                AMQPSoftError::NOTFOUND.into(),
                wrong,
                Some(Reason::NotFound),
            ),
            (AMQPSoftError::RESOURCELOCKED.into(), again, None),
            (AMQPSoftError::PRECONDITIONFAILED.into(), wrong, None),
            (AMQPHardError::CONNECTIONFORCED.into(), CUT, None),
            (AMQPHardError::RESOURCEERROR.into(), CUT, None),
            (AMQPHardError::INTERNALERROR.into(), CUT, None),
            (
                AMQPHardError::CHANNELERROR.into(),
                CUT.ignored_by_breaker(),
                None,
            ),
            (AMQPHardError::NOTALLOWED.into(), wrong, None),
        ] {
            let error = AMQPError::new(kind, "hunter2".into());
            let verdict = found(Error::from(ErrorKind::ProtocolError(error.clone())));
            assert_eq!(verdict, expected, "{error:?}");
            assert_eq!(verdict.reason(), reason, "{error:?}");
            assert_eq!(found(error), expected);
        }
    }

    #[test]
    fn command_on_a_closed_channel_was_not_sent() {
        let unsent = Verdict::transient().needs_reconnect();
        let gone = Verdict::permanent().ignored_by_breaker().needs_reconnect();
        for (context, expected) in [
            ("basic.publish", unsent),
            ("queue.declare", unsent),
            ("tx.commit", unsent),
            ("basic.ack", gone),
            ("channel.close-ok received", CUT),
            ("basic.return", CUT),
            ("queue.declare-ok", CUT),
        ] {
            let kind = ErrorKind::InvalidChannelState(ChannelState::Closed, context);
            assert_eq!(found(Error::from(kind)), expected, "{context}");
        }
    }

    #[test]
    fn refused_connection_may_be_that_of_a_recovery() {
        let io = |kind| ErrorKind::IOError(Arc::new(IoFailure::from(kind)));
        let refused = found(Error::from(io(IoKind::ConnectionRefused)));
        assert_eq!(refused, Verdict::transient().after_client_retries());
        for kind in [
            IoKind::ConnectionReset,
            IoKind::ConnectionAborted,
            IoKind::Other,
        ] {
            assert_eq!(found(Error::from(io(kind))), CUT, "{kind:?}");
        }
    }

    #[test]
    fn other_errors_are_classified_by_kind() {
        let state = ErrorKind::InvalidConnectionState(ConnectionState::Closed);
        let auth = ErrorKind::AuthProviderError("hunter2".to_owned());
        for (kind, expected) in [
            (state, CUT),
            (ErrorKind::MissingHeartbeatError, CUT),
            (
                ErrorKind::ChannelsLimitReached,
                Verdict::transient().ignored_by_breaker(),
            ),
            (auth, Verdict::permanent()),
            (ErrorKind::FutureCompleted, Verdict::permanent()),
        ] {
            assert_eq!(found(Error::from(kind.clone())), expected, "{kind:?}");
        }
    }
}
