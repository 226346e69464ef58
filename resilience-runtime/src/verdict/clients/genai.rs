//! What `genai`'s errors mean.
//!
//! Supported: genai 0.7, with any of its providers.
//!
//! | error | verdict |
//! |---|---|
//! | a reply with another status than 2xx: `ResponseFailedStatus`, `HttpError` | [`Verdict::from_llm_response`], by status, headers and body |
//! | no reply: `webc::Error::Reqwest` | by the rules of `reqwest` |
//! | `WebStream` | by the error that it holds; its own timeout: outcome unknown, [`Reason::TimedOut`]; else outcome unknown |
//! | `ChatResponse`: an error in the middle of a stream | by its number or name, else outcome unknown |
//! | `ChatResponseGeneration`: a reply that holds no answer | by the error in it if the body was captured, else permanent and a failure |
//! | no key: `RequiresApiKey`, `NoAuthData`, `NoAuthResolver`, a resolver that finds none | permanent, denied |
//! | a resolver or model mapper of one's own that failed with a text | unclassified |
//! | the rest: requests that the model does not take, replies that are not JSON | permanent |
//!
//! The errors have no `source()`, so without this feature they are unclassified: a 401 opens the circuit. What they keep is
//! complete, `Retry-After` among it, except where an error comes inside a 200. For most providers genai makes an `Ok`
//! without content of that: judge it with `classify_ok` (`answer.content.is_empty()`). For others it keeps the body only
//! with `ChatOptions::with_capture_raw_body(true)`.
//!
//! genai does not retry by itself.

use ::genai::resolver::Error as ResolverError;
use ::genai::webc::{Error as WebError, StreamTimeout};
use ::genai::{BoxError, Error};
use serde_json::{Value, json};

use super::source_chain;
use crate::verdict::{Classify, Reason, Verdict};

impl Classify for Error {
    fn classify(&self) -> Verdict {
        match self {
            Self::HttpError {
                status,
                body,
                headers,
                ..
            } => Verdict::from_llm_response(status.as_u16(), &**headers, body.as_bytes()),
            Self::WebAdapterCall { webc_error, .. } | Self::WebModelCall { webc_error, .. } => {
                webc_error.classify()
            }
            Self::WebStream { error, .. } => by_stream(error),
            Self::ChatResponse { body, .. } => by_event(body),
            Self::ChatResponseGeneration { response_body, .. } => by_error_in(response_body)
                // A server that answers something else is not well, if it was no error.
                .unwrap_or(Verdict::permanent().counts_as_failure()),
            Self::RequiresApiKey { .. } | Self::NoAuthResolver { .. } | Self::NoAuthData { .. } => {
                Verdict::denied()
            }
            Self::Resolver { resolver_error, .. } => by_resolver(resolver_error),
            Self::ModelMapperFailed { cause, .. } => by_resolver(cause),
            _ => Verdict::permanent(),
        }
    }
}

impl Classify for WebError {
    fn classify(&self) -> Verdict {
        match self {
            Self::ResponseFailedStatus {
                status,
                body,
                headers,
            } => Verdict::from_llm_response(status.as_u16(), &**headers, body.as_bytes()),
            Self::Reqwest(error) => error.classify(),
            Self::ResponseFailedNotJson { .. }
            | Self::ResponseFailedInvalidJson { .. }
            | Self::JsonValueExt(_) => Verdict::permanent(),
        }
    }
}

fn by_stream(error: &BoxError) -> Verdict {
    let unknown = Verdict::outcome_unknown();
    if error.is::<StreamTimeout>() {
        return unknown.because(Reason::TimedOut);
    }
    source_chain::find(&**error).unwrap_or(unknown)
}

/// Some providers' events are handed on whole, of others only the error in them.
fn by_event(body: &Value) -> Verdict {
    by_error_in(body)
        .or_else(|| by_error_in(&json!({ "error": body })))
        .unwrap_or(Verdict::outcome_unknown())
}

fn by_error_in(body: &Value) -> Option<Verdict> {
    Verdict::from_llm_text(body.to_string().as_bytes())
}

fn by_resolver(error: &ResolverError) -> Verdict {
    match error {
        ResolverError::ApiKeyEnvNotFound { .. } | ResolverError::ResolverAuthDataNotSingleValue => {
            Verdict::denied()
        }
        ResolverError::Custom(_) => Verdict::unclassified(),
    }
}

#[cfg(test)]
mod tests;
