//! What `rig-core`'s errors mean.
//!
//! Supported: rig-core 0.44 to 0.46, which needs Rust 1.95 (0.45 and later 1.97), with any of its providers.
//!
//! | error | verdict |
//! |---|---|
//! | a reply of the provider: `ProviderResponse`, `InvalidAuthentication` | [`Verdict::from_llm_response`], by status, headers and body |
//! | an error inside a 200, or of a transport without a status | by its number or name, else by the transport's code, else outcome unknown |
//! | a refusal of the content | permanent |
//! | `CacheExpired` | permanent, not "not found": the prompt's cache is gone, not what it asks for |
//! | `Http`: no reply | by the HTTP client's error, else outcome unknown |
//! | `Truncated`, `Stalled`: the stream broke or stood still | outcome unknown |
//! | `Json`, `Response`, `MismatchedDimensions`: the reply came, but is another | permanent |
//! | `Url`, `UnsupportedOption`; `Request` | permanent; by its source, else permanent |
//! | `Relayed`, `ErrorReport` | the same rules, by its reply, status and kind |
//! | `VectorStoreError` | by the provider's or the store's reply, or by its source |
//!
//! Most of these errors have no `source()`, so without this feature they are unclassified: a 401 opens the circuit. A
//! report keeps of a lost connection only the texts, so a refused one counts as outcome unknown there.
//!
//! A turn that the provider calls failed, with a 200, is an `Ok` whose `error` is set: judge it with `classify_ok`.
//!
//! rig-core sends each request once. What it keeps is complete: status, body and headers, `Retry-After` among them. The
//! headers of an `Ok` are not handed out, so the limiter learns of a provider's budget from errors alone.

use ::rig_core::ProviderResponseError;
use ::rig_core::error::{ErrorKind, ErrorReport, ProviderError};
use ::rig_core::http_client::Error as HttpError;
use ::rig_core::vector_store::VectorStoreError;

use super::source_chain;
use crate::verdict::{Classify, ErrorCode, HttpHeaders, Reason, Verdict};

impl Classify for ProviderError {
    fn classify(&self) -> Verdict {
        match self {
            Self::CacheExpired { response, .. } => without_reason(by_reply(response)),
            Self::ProviderResponse(reply) | Self::InvalidAuthentication(reply) => by_reply(reply),
            Self::Relayed(report) => report.classify(),
            Self::Http(error) => error.classify(),
            Self::Request(source) => source_chain::find(&**source).unwrap_or(Verdict::permanent()),
            Self::Json(_)
            | Self::Url(_)
            | Self::Response(_)
            | Self::MismatchedDimensions { .. }
            | Self::UnsupportedOption(_) => Verdict::permanent(),
            // `Provider` is what rig says of a connection that misbehaves.
            Self::Truncated | Self::Provider(_) => Verdict::outcome_unknown(),
            // `Stalled`, from 0.45 on.
            other => by_kind(other.kind()),
        }
    }
}

impl Classify for ErrorReport {
    fn classify(&self) -> Verdict {
        if let Some(reply) = &self.provider_response {
            by_reply(reply)
        } else if self.refusal {
            Verdict::permanent()
        } else if let Some(status) = self.http_status {
            by_status(status, &(), "")
        } else {
            by_kind(self.kind)
        }
    }
}

impl Classify for HttpError {
    fn classify(&self) -> Verdict {
        match self {
            Self::InvalidStatusCodeWithDetails {
                status,
                body,
                headers,
            } => by_status(status.as_u16(), headers, body),
            Self::Instance(error) => {
                source_chain::find(&**error).unwrap_or(Verdict::outcome_unknown())
            }
            Self::StreamEnded => Verdict::outcome_unknown(),
            // A request that cannot be built, or a reply that is not what was asked for.
            _ => Verdict::permanent(),
        }
    }
}

impl Classify for VectorStoreError {
    fn classify(&self) -> Verdict {
        match self {
            Self::EmbeddingError(error) => error.classify(),
            Self::Http(error) => error.classify(),
            Self::ExternalAPIError(status, body) => {
                Verdict::from_http_response(status.as_u16(), &(), body.as_bytes())
            }
            Self::DatastoreError(source) => {
                source_chain::find(&**source).unwrap_or(Verdict::unclassified())
            }
            _ => Verdict::permanent(),
        }
    }
}

fn by_reply(reply: &ProviderResponseError) -> Verdict {
    let verdict = match reply.status {
        Some(status) if !status.is_success() => match &reply.headers {
            Some(headers) => by_status(status.as_u16(), headers, &reply.body),
            None => by_status(status.as_u16(), &(), &reply.body),
        },
        _ => by_envelope(reply),
    };
    match verdict.code() {
        Some(code) if reply.refusal => Verdict::permanent().with_code(code),
        None if reply.refusal => Verdict::permanent(),
        _ => verdict,
    }
}

/// An error that came with a 200, in the middle of a stream, or over another protocol than HTTP.
fn by_envelope(reply: &ProviderResponseError) -> Verdict {
    let code = reply.code.as_deref();
    let by_code = [Verdict::from_llm_event(code, None)]
        .into_iter()
        .chain(code.map(Verdict::from_aws_code))
        .find(|verdict| !verdict.is_unknown());
    by_code
        .or_else(|| Verdict::from_llm_text(reply.body.as_bytes()))
        .unwrap_or(Verdict::outcome_unknown())
}

fn by_status<H: HttpHeaders + ?Sized>(status: u16, headers: &H, body: &str) -> Verdict {
    Verdict::from_llm_response(status, headers, body.as_bytes())
}

fn by_kind(kind: ErrorKind) -> Verdict {
    match kind {
        ErrorKind::Http => Verdict::outcome_unknown(),
        ErrorKind::Timeout => Verdict::outcome_unknown().because(Reason::TimedOut),
        ErrorKind::Cancelled => Verdict::permanent().ignored_by_breaker(),
        ErrorKind::Denied => Verdict::denied(),
        ErrorKind::Json
        | ErrorKind::Url
        | ErrorKind::Request
        | ErrorKind::Response
        | ErrorKind::HandlerUnavailable => Verdict::permanent(),
        _ => return Verdict::unclassified(),
    }
    .with_code(ErrorCode::Name(kind.code()))
}

/// A cache must not remember that "it" was not found, or denied.
fn without_reason(verdict: Verdict) -> Verdict {
    let not_there = matches!(verdict.reason(), Some(Reason::NotFound | Reason::Denied));
    match verdict.code() {
        Some(code) if not_there => Verdict::permanent().with_code(code),
        _ => verdict,
    }
}

#[cfg(test)]
mod tests;
