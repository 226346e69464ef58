//! What the AWS SDK's errors mean, whatever the service.
//!
//! Supported: `aws-smithy-runtime-api` and `aws-smithy-types` 1.x, which all current SDK crates share.
//!
//! | error | verdict |
//! |---|---|
//! | `ServiceError` | [`Verdict::from_aws_code`]; without a code that it knows, left to the kind |
//! | `ConstructionFailure` | permanent |
//! | `DispatchFailure`: refused | transient |
//! | `DispatchFailure`: the request is none | permanent |
//! | `DispatchFailure` else, `TimeoutError`, `ResponseError` | outcome unknown |
//!
//! In a chain of sources, as in an `anyhow::Error`, the type of a service's error is lost: there a
//! connection's failure is found, and the metadata of a code that the service's model does not name. For
//! all of it keep the `SdkError`, e.g. in an enum of your own with `#[derive(Classify)]`.
//!
//! **The SDK retries by itself**, with three attempts. Switch that off on its configuration with
//! `retry_config(RetryConfig::disabled())`.

use aws_smithy_runtime_api::client::result::{ConnectorError, SdkError};
use aws_smithy_types::error::ErrorMetadata;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::retry::ErrorKind;

use super::source_chain;
use crate::verdict::{Classify, Verdict};

impl<E: ProvideErrorMetadata, R> Classify for SdkError<E, R> {
    fn classify(&self) -> Verdict {
        match self {
            Self::ConstructionFailure(_) => Verdict::permanent(),
            Self::DispatchFailure(failure) => failure
                .as_connector_error()
                .map_or(Verdict::outcome_unknown(), Classify::classify),
            Self::TimeoutError(_) | Self::ResponseError(_) => Verdict::outcome_unknown(),
            Self::ServiceError(error) => error.err().meta().classify(),
            _ => Verdict::unclassified(),
        }
    }
}

impl Classify for ErrorMetadata {
    fn classify(&self) -> Verdict {
        self.code()
            .map_or(Verdict::unclassified(), Verdict::from_aws_code)
    }
}

impl Classify for ConnectorError {
    fn classify(&self) -> Verdict {
        if self.is_user() {
            return Verdict::permanent();
        }
        // Only the source distinguishes a failed connection; a timeout may happen before or after it.
        if let Some(verdict) = std::error::Error::source(self).and_then(source_chain::find) {
            return verdict;
        }
        match self.as_other() {
            Some(ErrorKind::ThrottlingError) => Verdict::throttled(None),
            Some(ErrorKind::ClientError) => Verdict::permanent(),
            _ => Verdict::outcome_unknown(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;
    use crate::verdict::chain_test_util::found;
    use crate::verdict::{ErrorCode, Reason};

    type Error = SdkError<ErrorMetadata, u16>;

    fn metadata(code: Option<&str>) -> ErrorMetadata {
        let metadata = ErrorMetadata::builder().message("hunter2");
        match code {
            Some(code) => metadata.code(code).build(),
            None => metadata.build(),
        }
    }

    #[test]
    fn service_error_is_classified_by_code_not_status() {
        for (code, status, expected, reason) in [
            (
                Some("ThrottlingException"),
                400,
                Verdict::throttled(None),
                None,
            ),
            (Some("SlowDown"), 503, Verdict::throttled(None), None),
            (
                Some("ResourceNotFoundException"),
                400,
                Verdict::permanent(),
                Some(Reason::NotFound),
            ),
            (
                Some("AccessDeniedException"),
                400,
                Verdict::permanent(),
                Some(Reason::Denied),
            ),
            (Some("DecryptionFailure"), 400, Verdict::permanent(), None),
            (
                Some("InvalidRequestException"),
                400,
                Verdict::permanent(),
                None,
            ),
            (
                Some("InternalServiceError"),
                500,
                Verdict::outcome_unknown(),
                None,
            ),
            (Some("ServiceUnavailable"), 503, Verdict::transient(), None),
            (Some("Hunter2"), 500, Verdict::unclassified(), None),
            (None, 503, Verdict::unclassified(), None),
        ] {
            let verdict = Error::service_error(metadata(code), status).classify();
            assert_eq!(verdict, expected, "{code:?}");
            assert_eq!(verdict.reason(), reason, "{code:?}");
            let known = code.filter(|code| *code != "Hunter2");
            assert_eq!(
                verdict.code().map(|code| code.to_string()).as_deref(),
                known
            );
            // In a chain of sources the metadata is found.
            assert_eq!(found(metadata(code)), expected);
            let boxed: Box<dyn std::error::Error + Send + Sync> =
                Box::new(Error::service_error(metadata(code), status));
            assert_eq!(boxed.classify(), expected, "{code:?}");
        }
    }

    #[test]
    fn other_errors_are_classified_by_variant() {
        let io = |kind| Box::new(io::Error::from(kind));
        for (error, expected) in [
            (Error::construction_failure("hunter2"), Verdict::permanent()),
            (Error::timeout_error("hunter2"), Verdict::outcome_unknown()),
            (
                Error::response_error("hunter2", 200),
                Verdict::outcome_unknown(),
            ),
        ] {
            assert_eq!(error.classify(), expected, "{error:?}");
        }
        for (connector, expected) in [
            (
                ConnectorError::io(io(io::ErrorKind::ConnectionRefused)),
                Verdict::transient(),
            ),
            (
                ConnectorError::io(io(io::ErrorKind::ConnectionReset)),
                Verdict::outcome_unknown(),
            ),
            (
                ConnectorError::io("hunter2".into()),
                Verdict::outcome_unknown(),
            ),
            (
                ConnectorError::timeout("hunter2".into()),
                Verdict::outcome_unknown(),
            ),
            (ConnectorError::user("hunter2".into()), Verdict::permanent()),
            (
                ConnectorError::other("hunter2".into(), None),
                Verdict::outcome_unknown(),
            ),
            (
                ConnectorError::other("hunter2".into(), Some(ErrorKind::ThrottlingError)),
                Verdict::throttled(None),
            ),
        ] {
            let shown = format!("{connector:?}");
            let kind = match expected.is_transient() {
                true => Some(ErrorCode::Io(io::ErrorKind::ConnectionRefused)),
                false => None,
            };
            let error = Error::dispatch_failure(connector);
            let verdict = error.classify();
            assert_eq!(verdict, expected, "{shown}");
            if kind.is_some() {
                assert_eq!(verdict.code(), kind);
            }
            let any = anyhow::Error::new(error);
            let chain: &(dyn std::error::Error + Send + Sync) = any.as_ref();
            assert_eq!(chain.classify(), expected, "{shown}");
        }
    }
}
