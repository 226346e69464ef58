//! What a reply code of AMQP 0.9.1 means, with which a broker closes a channel or a connection.

use crate::verdict::{ErrorCode, Reason, Verdict};

/// What RabbitMQ says with 404 of a queue that exists, on a node that does not answer.
const NODE_IS_DOWN: &str = "NOT_FOUND - home node ";

/// How RabbitMQ ends what it says with 530 of a limit on connections, before anything was sent: `connection limit (5) is reached`.
const AT_THE_LIMIT: (&str, &str) = ("connection limit (", ") is reached");

impl Verdict {
    /// Returns the verdict on a reply code and its text. Whatever it is, a new channel is needed, and beyond the codes below 500
    /// other than 320 and 402 a new connection.
    ///
    /// | codes | verdict |
    /// |---|---|
    /// | 403 `ACCESS_REFUSED` | permanent, denied |
    /// | 404 `NOT_FOUND` | permanent, not found; a queue whose node is down: transient |
    /// | 405 `RESOURCE_LOCKED`: another connection's exclusive queue | transient, ignored by the breaker |
    /// | 311, 312, 313, 402, 406, 540 | permanent |
    /// | 530 `NOT_ALLOWED` | permanent; a limit on connections: transient |
    /// | 320 `CONNECTION_FORCED`, 506 `RESOURCE_ERROR`, 541 `INTERNAL_ERROR` | outcome unknown |
    /// | 501 to 505: frames out of order, often after a channel was closed | outcome unknown, ignored by the breaker |
    pub(crate) fn from_amqp(code: u16, text: &str) -> Self {
        let verdict = match code {
            403 => Self::permanent().because(Reason::Denied),
            404 if text.starts_with(NODE_IS_DOWN) => Self::transient(),
            404 => Self::permanent().because(Reason::NotFound),
            405 => Self::transient().ignored_by_breaker(),
            530 if text.contains(AT_THE_LIMIT.0) && text.ends_with(AT_THE_LIMIT.1) => {
                Self::transient()
            }
            311..=313 | 402 | 406 | 530 | 540 => Self::permanent(),
            501..=505 => Self::outcome_unknown().ignored_by_breaker(),
            320 | 506 | 541 => Self::outcome_unknown(),
            _ => return Self::unclassified(),
        };
        verdict.needs_reconnect().with_code(name(code))
    }
}

fn name(code: u16) -> ErrorCode {
    ErrorCode::Name(match code {
        311 => "CONTENT_TOO_LARGE",
        312 => "NO_ROUTE",
        313 => "NO_CONSUMERS",
        320 => "CONNECTION_FORCED",
        402 => "INVALID_PATH",
        403 => "ACCESS_REFUSED",
        404 => "NOT_FOUND",
        405 => "RESOURCE_LOCKED",
        406 => "PRECONDITION_FAILED",
        501 => "FRAME_ERROR",
        502 => "SYNTAX_ERROR",
        503 => "COMMAND_INVALID",
        504 => "CHANNEL_ERROR",
        505 => "UNEXPECTED_FRAME",
        506 => "RESOURCE_ERROR",
        530 => "NOT_ALLOWED",
        540 => "NOT_IMPLEMENTED",
        541 => "INTERNAL_ERROR",
        _ => "AMQP",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn from_amqp_classifies_each_code() {
        let unknown = Verdict::outcome_unknown();
        for (code, expected) in [
            (311, Verdict::permanent()),
            (312, Verdict::permanent()),
            (313, Verdict::permanent()),
            (320, unknown),
            (402, Verdict::permanent()),
            (403, Verdict::permanent()),
            (404, Verdict::permanent()),
            (405, Verdict::transient().ignored_by_breaker()),
            (406, Verdict::permanent()),
            (501, unknown.ignored_by_breaker()),
            (504, unknown.ignored_by_breaker()),
            (506, unknown),
            (530, Verdict::permanent()),
            (540, Verdict::permanent()),
            (541, unknown),
        ] {
            let verdict = Verdict::from_amqp(code, "hunter2");
            assert_eq!(verdict, expected.needs_reconnect(), "{code}");
            assert!(matches!(verdict.code(), Some(ErrorCode::Name(name)) if name != "AMQP"));
        }
        assert_eq!(Verdict::from_amqp(200, ""), Verdict::unclassified());
        let reason = |code| Verdict::from_amqp(code, "").reason();
        assert_eq!(reason(403), Some(Reason::Denied));
        assert_eq!(reason(404), Some(Reason::NotFound));
    }

    #[test]
    fn fixed_texts_of_rabbitmq_are_known() {
        let transient = Verdict::transient().needs_reconnect();
        let permanent = Verdict::permanent().needs_reconnect();
        let quoted =
            "NOT_ALLOWED - attempt to reuse consumer tag 'connection limit (5) is reached'";
        for (code, text, expected) in [
            (
                404,
                "NOT_FOUND - home node 'rabbit@a' of durable queue 'q' in vhost '/' is down or inaccessible",
                transient,
            ),
            (
                404,
                "NOT_FOUND - no queue 'NOT_FOUND - home node ' in vhost '/'",
                permanent,
            ),
            (
                530,
                "NOT_ALLOWED - access to vhost '/' refused for user 'me': connection limit (5) is reached",
                transient,
            ),
            (530, "NOT_ALLOWED - vhost shop not found", permanent),
            (530, quoted, permanent),
        ] {
            assert_eq!(Verdict::from_amqp(code, text), expected, "{text}");
        }
    }
}
