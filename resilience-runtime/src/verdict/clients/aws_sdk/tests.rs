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
        (
            Some("ServiceUnavailable"),
            503,
            Verdict::outcome_unknown(),
            None,
        ),
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
        // The SDK has sent the request three times.
        assert!(!verdict.may_retry(false), "{shown}");
        let once = verdict.without_client_retries();
        assert_eq!(once, expected, "{shown}");
        if kind.is_some() {
            assert_eq!(once.code(), kind);
        }
        let any = anyhow::Error::new(error);
        let chain: &(dyn std::error::Error + Send + Sync) = any.as_ref();
        assert_eq!(chain.classify(), verdict, "{shown}");
        assert_eq!(
            chain.classify().without_client_retries(),
            expected,
            "{shown}"
        );
    }
}

#[test]
fn missing_credentials_are_no_failure_of_the_service() {
    use aws_credential_types::provider::error::CredentialsError;

    let denied = Verdict::permanent();
    for (error, expected, reason) in [
        (
            CredentialsError::not_loaded_no_source(),
            denied,
            Some(Reason::Denied),
        ),
        (
            CredentialsError::invalid_configuration("hunter2"),
            denied,
            Some(Reason::Denied),
        ),
        (
            CredentialsError::provider_error("hunter2"),
            Verdict::transient(),
            None,
        ),
        (
            CredentialsError::provider_timed_out(std::time::Duration::from_secs(1)),
            Verdict::transient(),
            None,
        ),
        (
            CredentialsError::unhandled("hunter2"),
            Verdict::outcome_unknown(),
            None,
        ),
    ] {
        let connector = ConnectorError::other(Box::new(error), None);
        let verdict = Error::dispatch_failure(connector)
            .classify()
            .without_client_retries();
        assert_eq!(verdict, expected);
        assert_eq!(verdict.reason(), reason);
    }
    let unsigned =
        "failed to select an auth scheme to sign the request with. \"SigV4\" wasn't a valid option";
    let verdict = Error::dispatch_failure(ConnectorError::other(unsigned.into(), None)).classify();
    assert_eq!(verdict.reason(), Some(Reason::Denied));
    assert!(verdict.is_permanent() && !verdict.is_breaker_failure());
}

mod by_answer {
    use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
    use aws_smithy_types::body::SdkBody;

    use super::*;

    fn verdict(
        code: Option<&str>,
        status: u16,
        headers: &[(&'static str, &'static str)],
    ) -> Verdict {
        let status = status.try_into().expect("a status");
        let mut response = HttpResponse::new(status, SdkBody::empty());
        for (name, value) in headers {
            response.headers_mut().insert(*name, *value);
        }
        SdkError::<ErrorMetadata, HttpResponse>::service_error(metadata(code), response).classify()
    }

    #[test]
    fn unlisted_code_is_classified_by_status() {
        for code in [None, Some("Hunter2")] {
            for (status, expected) in [
                (304, Verdict::permanent()),
                (400, Verdict::permanent()),
                (412, Verdict::permanent()),
                (416, Verdict::permanent()),
                (429, Verdict::throttled(None)),
                (500, Verdict::outcome_unknown()),
                (503, Verdict::outcome_unknown()),
            ] {
                assert_eq!(verdict(code, status, &[]), expected, "{code:?} {status}");
            }
        }
        // A listed code is not overruled.
        assert_eq!(
            verdict(Some("SlowDown"), 503, &[]),
            Verdict::throttled(None)
        );
        assert_eq!(verdict(Some("NoSuchKey"), 503, &[]), Verdict::permanent());
    }

    #[test]
    fn wait_is_read_from_the_headers() {
        let wait = |headers: &[_]| verdict(Some("SlowDown"), 503, headers).retry_after();
        let second = std::time::Duration::from_secs(1);
        assert_eq!(wait(&[("x-amz-retry-after", "5000")]), Some(5 * second));
        assert_eq!(wait(&[("retry-after", "2")]), Some(2 * second));
        let both = [("retry-after", "2"), ("x-amz-retry-after", "3000")];
        assert_eq!(wait(&both), Some(3 * second));
        assert_eq!(wait(&[("x-amz-retry-after", "soon")]), None);
        let unlisted = verdict(None, 503, &[("x-amz-retry-after", "1000")]);
        assert_eq!(unlisted.retry_after(), Some(second));
        let absent = verdict(Some("NoSuchKey"), 404, &[("retry-after", "2")]);
        assert_eq!(absent.retry_after(), None);
    }

    #[test]
    fn bedrock_says_in_a_sentence_that_the_context_is_too_large() {
        let error = |message: &str| {
            let metadata = ErrorMetadata::builder()
                .code("ValidationException")
                .message(message)
                .build();
            Error::service_error(metadata, 400).classify()
        };
        let too_large = error("Input is too long for requested model.");
        assert_eq!(too_large.reason(), Some(Reason::ContextTooLarge));
        let other = error("The text \"Input is too long for requested model.\" is not a model");
        assert_eq!(other.reason(), None);
    }
}
