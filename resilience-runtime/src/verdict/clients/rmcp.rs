//! What `rmcp`'s errors mean, for clients of the Model Context Protocol.
//!
//! Supported: rmcp 3.11 and later 3.x. With the feature `reqwest` the errors of its HTTP client are seen as
//! they are, with status and `Retry-After`; without it only the status, which the error shows.
//!
//! | error | verdict |
//! |---|---|
//! | `McpError` | [`Verdict::from_jsonrpc_error`] |
//! | -32000, -32600, -32001 that say that a session is gone; HTTP 400 and 404 that speak of one; `SessionExpired` | [`Verdict::session_lost`] |
//! | `TransportSend`: written to a closed pipe | transient, on a new connection |
//! | `TransportSend`: over HTTP | by the HTTP client's error or the status |
//! | `TransportClosed` | outcome unknown, on a new connection |
//! | `Timeout` | outcome unknown |
//! | `Cancelled`, unanswered questions to the user | permanent, ignored by the breaker |
//! | an answer that is not what was asked for | permanent |
//! | missing or insufficient authorization | permanent, denied |
//!
//! A tool that failed is an `Ok` with `is_error`: give it back to the model, or judge it with
//! [`tool_error`](crate::rmcp::tool_error).
//!
//! The client has no timeout of its own and hangs forever on some lost sessions: keep the one of
//! `#[mcp_resilient]`. Over stdio it never connects again: give the attribute a `reconnect`.

pub(crate) mod input_required;

use std::error::Error;
use std::io;

use ::rmcp::service::ClientInitializeError;
use ::rmcp::transport::DynamicTransportError;
use ::rmcp::{ErrorData, ServiceError};

use crate::verdict::codes::mcp_texts::speaks_of_session;
use crate::verdict::display_prefix::display_prefix;
use crate::verdict::{Classify, ErrorCode, Verdict};

impl Classify for ServiceError {
    fn classify(&self) -> Verdict {
        match self {
            Self::McpError(error) => error.classify(),
            Self::TransportSend(error) => error.classify(),
            Self::TransportClosed => Verdict::outcome_unknown().needs_reconnect(),
            Self::Timeout { .. } => Verdict::outcome_unknown(),
            Self::UnexpectedResponse => Verdict::permanent(),
            Self::Cancelled { .. }
            | Self::SubscriptionLagged { .. }
            | Self::InputRequiredRoundsExceeded { .. } => Verdict::permanent().ignored_by_breaker(),
            _ => Verdict::unclassified(),
        }
    }
}

impl Classify for ErrorData {
    fn classify(&self) -> Verdict {
        Verdict::from_jsonrpc_error(self.code.0, &self.message)
    }
}

/// To initialize takes no effect, so nothing of it is left open.
impl Classify for ClientInitializeError {
    fn classify(&self) -> Verdict {
        match self {
            Self::TransportError { error, .. } => error.classify().while_connecting(),
            Self::JsonRpcError(error) => error.classify().while_connecting(),
            Self::ConnectionClosed(_) => Verdict::transient(),
            Self::LegacyFallbackFailed { fallback, .. } => fallback.classify(),
            Self::Cancelled => Verdict::permanent().ignored_by_breaker(),
            _ => Verdict::permanent(),
        }
    }
}

impl Classify for DynamicTransportError {
    fn classify(&self) -> Verdict {
        let error: &(dyn Error + 'static) = &*self.error;
        #[cfg(feature = "reqwest")]
        if let Some(error) = error.downcast_ref::<HttpError>() {
            return error.classify();
        }
        // A message that was not written to its end is none.
        let not_sent = Verdict::transient().needs_reconnect();
        if let Some(error) = error.downcast_ref::<io::Error>() {
            return not_sent.with_code(ErrorCode::Io(error.kind()));
        }
        // The HTTP client reports the status only in its `Display` output.
        let shown = display_prefix(error, 1024);
        let shown = shown
            .strip_prefix("unexpected server response: ")
            .unwrap_or(&shown);
        if let Some(verdict) = http_answer(shown) {
            verdict
        } else if self.transport_name.contains("streamable_http") {
            // Over HTTP to send is to wait for the answer.
            Verdict::outcome_unknown()
        } else {
            not_sent
        }
    }
}

#[cfg(feature = "reqwest")]
type HttpError = ::rmcp::transport::streamable_http_client::StreamableHttpError<::reqwest::Error>;

#[cfg(feature = "reqwest")]
impl Classify for HttpError {
    fn classify(&self) -> Verdict {
        use crate::verdict::Reason;
        match self {
            Self::Client(error) => error.classify(),
            Self::HttpStatus(answer) => match &answer.retry_after {
                Some(wait) => Verdict::from_http(answer.status, &[("retry-after", wait)]),
                None => Verdict::from_http(answer.status, &()),
            },
            Self::UnexpectedServerResponse(shown) => {
                http_answer(shown).unwrap_or(Verdict::permanent())
            }
            Self::Io(error) => error.classify(),
            Self::SessionExpired => Verdict::session_lost(),
            // Refused before the call was made.
            Self::ReinitializationFailed(error) => {
                error.classify().while_connecting().needs_reconnect()
            }
            Self::SessionRecoveryTimeout | Self::TransportChannelClosed => {
                Verdict::outcome_unknown().needs_reconnect()
            }
            Self::Sse(_)
            | Self::UnexpectedEndOfStream
            | Self::TokioJoinError(_)
            | Self::ControlRequestTimeout => Verdict::outcome_unknown(),
            Self::AuthRequired(_) | Self::InsufficientScope(_) => {
                Verdict::permanent().because(Reason::Denied)
            }
            Self::ResponseBodyTooLarge { .. }
            | Self::UnexpectedContentType(_)
            | Self::ServerDoesNotSupportSse
            | Self::ServerDoesNotSupportDeleteSession
            | Self::Deserialize(_)
            | Self::MissingSessionIdInResponse
            | Self::ReservedHeaderConflict(_) => Verdict::permanent(),
            _ => Verdict::unclassified(),
        }
    }
}

/// `HTTP 503 Service Unavailable: …`, as the client shows an answer that it did not understand.
fn http_answer(shown: &str) -> Option<Verdict> {
    let rest = shown.strip_prefix("HTTP ")?;
    let (status, text) = rest.split_at_checked(3)?;
    if !status.bytes().all(|b| b.is_ascii_digit()) || text.starts_with(|c: char| c.is_ascii_digit())
    {
        return None;
    }
    let status: u16 = status.parse().ok()?;
    Some(if matches!(status, 400 | 404) && speaks_of_session(text) {
        Verdict::session_lost().with_code(ErrorCode::Http(status))
    } else {
        Verdict::from_http(status, &())
    })
}

#[cfg(test)]
mod tests;
