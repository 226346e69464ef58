//! What the AWS SDK's errors mean, whatever the service.
//!
//! Supported: `aws-smithy-runtime-api`, `aws-smithy-types` and `aws-credential-types` 1.x, which all current SDK crates share.
//!
//! | error | verdict |
//! |---|---|
//! | `ServiceError` | [`Verdict::from_aws_code`]; without a code that it knows, by status and headers |
//! | `ConstructionFailure` | permanent |
//! | `DispatchFailure`: refused | transient |
//! | `DispatchFailure`: the request is none | permanent |
//! | no credentials, or wrong ones in the configuration | permanent, denied: nothing was sent |
//! | a credentials provider failed or timed out | transient: nothing was sent |
//! | `DispatchFailure` else, `TimeoutError`, `ResponseError` | outcome unknown |
//!
//! The wait is read from `x-amz-retry-after`, else from `Retry-After`.
//!
//! In a chain of sources, as in an `anyhow::Error`, the type of a service's error is lost. A connection's failure is found
//! there, the metadata of a code that the service's model does not name, and of an error that the model names its name, which
//! its `Display` begins with. Status and headers are not.
//!
//! **The SDK retries by itself**, with three attempts, and its error tells of the last one alone: a message may have been
//! executed by the first, whose reply was lost. So what would be transient is outcome unknown. Switch the retries off on the SDK's
//! configuration with `retry_config(RetryConfig::disabled())`, and say so with `client_retries = off` on the attribute. Otherwise
//! they multiply: with `#[secret_resilient]`, 4 attempts of 3 requests each. An operation that takes a `client_request_token`, which the
//! SDK makes up anew in each call, should be given one that is made before the annotated function.

use std::any::Any;
use std::error::Error;
use std::time::Duration;

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::{ConnectorError, SdkError};
use aws_smithy_types::error::ErrorMetadata;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::retry::ErrorKind;

use super::source_chain;
use crate::verdict::codes::http::retry_after;
use crate::verdict::codes::http_parts::HttpHeaders;
use crate::verdict::codes::llm_prose::is_context_too_large;
use crate::verdict::display_prefix::display_prefix;
use crate::verdict::{Classify, ErrorCode, Reason, Verdict};

impl<E: ProvideErrorMetadata, R: 'static> Classify for SdkError<E, R> {
    fn classify(&self) -> Verdict {
        let verdict = match self {
            Self::ConstructionFailure(_) => Verdict::permanent(),
            Self::DispatchFailure(failure) => failure
                .as_connector_error()
                .map_or(Verdict::outcome_unknown(), Classify::classify),
            Self::TimeoutError(_) => Verdict::outcome_unknown().because(Reason::TimedOut),
            Self::ResponseError(_) => Verdict::outcome_unknown(),
            Self::ServiceError(error) => by_service(error.err().meta(), error.raw()),
            _ => Verdict::unclassified(),
        };
        verdict.after_client_retries()
    }
}

/// By the code; a code that is not listed or not there leaves it to the answer.
fn by_service(metadata: &ErrorMetadata, answer: &dyn Any) -> Verdict {
    let by_code = metadata.classify();
    let Some(answer) = answer.downcast_ref::<HttpResponse>() else {
        return by_code;
    };
    let headers = Headers(answer);
    if by_code.is_unknown() {
        let by_status = Verdict::from_http(answer.status().as_u16(), &headers);
        return match headers.retry_after() {
            Some(wait) if !by_status.is_permanent() => by_status.with_retry_after(wait),
            _ => by_status,
        };
    }
    match headers.retry_after().or_else(|| retry_after(&headers)) {
        Some(wait) if !by_code.is_permanent() => by_code.with_retry_after(wait),
        _ => by_code,
    }
}

/// The headers of a response.
struct Headers<'a>(&'a HttpResponse);

impl HttpHeaders for Headers<'_> {
    fn header(&self, name: &str) -> Option<&str> {
        self.0.headers().get(name)
    }
}

impl Headers<'_> {
    /// Milliseconds, as the SDK itself reads it.
    fn retry_after(&self) -> Option<Duration> {
        let text = self.header("x-amz-retry-after")?;
        text.trim().parse().ok().map(Duration::from_millis)
    }
}

impl Classify for ErrorMetadata {
    fn classify(&self) -> Verdict {
        let Some(code) = self.code() else {
            return Verdict::unclassified();
        };
        let verdict = Verdict::from_aws_code(code).after_client_retries();
        // Bedrock has no code for it.
        let prose = self.message().filter(|_| code == "ValidationException");
        if prose.is_some_and(is_context_too_large) {
            return verdict.because(Reason::ContextTooLarge);
        }
        verdict
    }
}

impl Classify for ConnectorError {
    fn classify(&self) -> Verdict {
        if self.is_user() {
            return Verdict::permanent();
        }
        // Only the source distinguishes a failed connection; a timeout may happen before or after it.
        let source = self.source();
        let verdict = match source.and_then(source_chain::find) {
            Some(verdict) => verdict,
            None if source.is_some_and(cannot_be_signed) => Verdict::denied(),
            None if self.is_timeout() => Verdict::outcome_unknown().because(Reason::TimedOut),
            None => match self.as_other() {
                Some(ErrorKind::ThrottlingError) => Verdict::throttled(None),
                Some(ErrorKind::ClientError) => Verdict::permanent(),
                _ => Verdict::outcome_unknown(),
            },
        };
        verdict.after_client_retries()
    }
}

/// Nothing is sent before there are credentials to sign it with.
impl Classify for CredentialsError {
    fn classify(&self) -> Verdict {
        match self {
            Self::CredentialsNotLoaded(_) | Self::InvalidConfiguration(_) => {
                Verdict::denied().with_code(ErrorCode::Name("no credentials"))
            }
            Self::ProviderTimedOut(_) | Self::ProviderError(_) => Verdict::transient()
                .with_code(ErrorCode::Name("credentials provider"))
                .after_client_retries(),
            _ => Verdict::unclassified(),
        }
    }
}

/// Whether no credentials fit the service; the type of that error is private to the SDK.
fn cannot_be_signed(error: &(dyn Error + 'static)) -> bool {
    const TEXT: &str = "failed to select an auth scheme to sign the request with.";
    display_prefix(error, TEXT.len()) == TEXT
}

#[cfg(test)]
mod tests;
