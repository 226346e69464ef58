//! What `async-openai`'s errors mean.
//!
//! Supported: async-openai 0.43.
//!
//! | error | verdict |
//! |---|---|
//! | `ApiError` | [`Verdict::from_llm_error`], by status, `type` and `code` |
//! | `Reqwest` | by the rules of `reqwest` |
//! | `StreamError`: the stream broke | outcome unknown |
//! | `JSONDeserialize`: an error that the client cannot read | by the status, `type` and `code` in it |
//! | `JSONDeserialize`: the answer came, but is another | permanent |
//! | files, arguments | permanent |
//!
//! The error has no headers. Of a 429 the wait is read from OpenAI's words, `try again in 45.40s`, or else
//! not known, unless a service of one's own hands them to [`hint::headers`](crate::hint::headers). Of a 5xx the
//! client keeps only the text of the body, which is read as JSON if it is that. Of other answers it understands
//! OpenAI's errors alone: where the code is a number, as OpenRouter and Google send it, or where an error
//! comes in the middle of a stream, it only reports that it could not parse it. That text is parsed here, too. Of a 4xx whose body is
//! no JSON, such as nginx' page for a 429, nothing is left that could be read, and it counts as permanent: look at the status in the
//! HTTP service.
//!
//! **The client retries by itself**, three times and also on an `insufficient_quota` that is only in `code`: with
//! three attempts of an attribute that makes twelve requests. Switch it off with async-openai's feature
//! `middleware` and `Client::with_http_service(ReqwestService::new(reqwest::Client::new()))`, and say so with
//! `client_retries = off`. Until then the error tells of the last request alone, so what would be transient is outcome unknown.

use ::async_openai::error::{ApiErrorResponse, OpenAIError, StreamError};

use super::source_chain;
use crate::verdict::retry_after_text::try_again_in;
use crate::verdict::{Classify, Verdict};

impl Classify for OpenAIError {
    fn classify(&self) -> Verdict {
        let verdict = match self {
            Self::ApiError(answer) => answer.classify(),
            Self::Reqwest(error) => error.classify(),
            Self::StreamError(error) => match **error {
                StreamError::EventStream(_) => Verdict::outcome_unknown(),
                StreamError::UnknownEvent(_) => Verdict::permanent(),
            },
            Self::Boxed(error) => source_chain::find(&**error).unwrap_or(Verdict::unclassified()),
            Self::JSONDeserialize(_, text) => {
                Verdict::from_llm_text(text.as_bytes()).unwrap_or(Verdict::permanent())
            }
            Self::FileSaveError(_) | Self::FileReadError(_) | Self::InvalidArgument(_) => {
                Verdict::permanent()
            }
        };
        verdict.after_client_retries()
    }
}

impl Classify for ApiErrorResponse {
    fn classify(&self) -> Verdict {
        // From another version of `http` one day, so by number.
        let status = self.status_code.as_u16();
        let error = &self.api_error;
        if self.status_code.is_server_error() && error.r#type.is_none() && error.code.is_none() {
            // The client does not parse these bodies.
            return Verdict::from_llm_response(status, &(), error.message.as_bytes());
        }
        let (kind, code) = (error.r#type.as_deref(), error.code.as_deref());
        let message = Some(&*error.message);
        let verdict = Verdict::from_llm_fields(status, &(), &[kind, code], message);
        match try_again_in(&error.message) {
            Some(wait) if verdict.is_throttled() => verdict.with_retry_after(wait),
            _ => verdict,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use ::async_openai::Client;
    use ::async_openai::config::OpenAIConfig;
    use ::async_openai::error::ApiError;
    use ::async_openai::middleware::ReqwestService;
    use ::reqwest::StatusCode;

    use super::*;
    use crate::verdict::chain_test_util::found;
    use crate::verdict::{ErrorCode, Reason};

    fn answer(status: u16, kind: Option<&str>, code: Option<&str>, message: &str) -> OpenAIError {
        OpenAIError::ApiError(ApiErrorResponse {
            status_code: StatusCode::from_u16(status).expect("a status"),
            api_error: ApiError {
                message: message.to_owned(),
                r#type: kind.map(str::to_owned),
                code: code.map(str::to_owned),
                ..ApiError::default()
            },
        })
    }

    #[test]
    fn api_error_is_classified_by_its_fields() {
        let spent = Verdict::permanent().ignored_by_breaker();
        let quota = Some("insufficient_quota");
        let wait = Verdict::throttled(Some(Duration::from_millis(45_400)));
        for (status, kind, code, message, expected, reason) in [
            (429, quota, None, "", spent, Some(Reason::QuotaExhausted)),
            (429, None, quota, "", spent, Some(Reason::QuotaExhausted)),
            (
                429,
                quota,
                None,
                "try again in 1s",
                spent,
                Some(Reason::QuotaExhausted),
            ),
            (402, None, None, "", spent, Some(Reason::QuotaExhausted)),
            (
                429,
                Some("tokens"),
                Some("rate_limit_exceeded"),
                "Please try again in 45.40s.",
                wait,
                None,
            ),
            (
                429,
                None,
                None,
                "You exceeded your current quota",
                Verdict::throttled(None),
                None,
            ),
            (
                529,
                Some("overloaded_error"),
                None,
                "",
                Verdict::transient(),
                None,
            ),
            (503, None, Some("slow_down"), "", Verdict::transient(), None),
            (
                503,
                None,
                None,
                "upstream connect error",
                Verdict::outcome_unknown(),
                None,
            ),
            (
                500,
                None,
                None,
                "try again in 5s",
                Verdict::outcome_unknown(),
                None,
            ),
            (502, None, None, "<html>", Verdict::outcome_unknown(), None),
            (
                500,
                None,
                None,
                r#"{"error":{"type":"insufficient_quota"}}"#,
                spent,
                Some(Reason::QuotaExhausted),
            ),
            (
                400,
                None,
                Some("context_length_exceeded"),
                "",
                Verdict::context_too_large(),
                Some(Reason::ContextTooLarge),
            ),
            (
                400,
                None,
                Some("content_policy_violation"),
                "",
                Verdict::permanent(),
                None,
            ),
            (
                401,
                Some("invalid_request_error"),
                Some("invalid_api_key"),
                "",
                Verdict::permanent(),
                Some(Reason::Denied),
            ),
            (
                404,
                None,
                Some("model_not_found"),
                "",
                Verdict::permanent(),
                Some(Reason::NotFound),
            ),
        ] {
            let verdict = found(answer(status, kind, code, message));
            assert!(!verdict.may_retry(false), "{status} {kind:?} {code:?}");
            let verdict = verdict.without_client_retries();
            assert_eq!(verdict, expected, "{status} {kind:?} {code:?}");
            assert_eq!(verdict.reason(), reason, "{status} {kind:?} {code:?}");
        }
    }

    #[test]
    fn other_errors_are_classified_by_variant() {
        let parse = serde_json::from_str::<u64>("\"hunter2\"").expect_err("no number");
        let stream = |error| OpenAIError::StreamError(Box::new(error));
        let text = || "hunter2".to_owned();
        let refused = std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
        for (error, expected) in [
            (
                stream(StreamError::EventStream(text())),
                Verdict::outcome_unknown(),
            ),
            (
                OpenAIError::JSONDeserialize(parse, text()),
                Verdict::permanent(),
            ),
            (OpenAIError::InvalidArgument(text()), Verdict::permanent()),
            (OpenAIError::FileReadError(text()), Verdict::permanent()),
            (OpenAIError::FileSaveError(text()), Verdict::permanent()),
            (OpenAIError::Boxed(refused.into()), Verdict::transient()),
        ] {
            let shown = format!("{error:?}");
            let verdict = found(error);
            assert!(!verdict.may_retry(false), "{shown}");
            assert_eq!(verdict.without_client_retries(), expected, "{shown}");
        }
    }

    #[test]
    fn unparsed_error_body_is_classified() {
        let soon = Verdict::throttled(Some(Duration::from_secs(34)));
        for (text, expected) in [
            (
                r#"{"error":{"message":"x","code":429}}"#,
                Verdict::throttled(None),
            ),
            (
                r#"{"error":{"message":"x","code":503}}"#,
                Verdict::outcome_unknown(),
            ),
            (
                r#"{"error":{"message":"x","code":400}}"#,
                Verdict::permanent(),
            ),
            (
                r#"[{"error":{"code":429,"message":"x","status":"RESOURCE_EXHAUSTED","details":[
                    {"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"34s"}]}}]"#,
                soon,
            ),
            (
                r#"{"error":{"message":"x","type":"server_error","code":null}}"#,
                Verdict::outcome_unknown(),
            ),
            (
                r#"{"error":{"type":"overloaded_error"}}"#,
                Verdict::transient(),
            ),
            (
                r#"{"error":{"message":"x","type":"odd","code":7}}"#,
                Verdict::outcome_unknown(),
            ),
            (r#"{"error":"hunter2"}"#, Verdict::outcome_unknown()),
            (r#"{"error":null}"#, Verdict::permanent()),
            (r#"{"choices":"none"}"#, Verdict::permanent()),
            ("<html>", Verdict::permanent()),
        ] {
            let parse = serde_json::from_str::<u64>("\"hunter2\"").expect_err("no number");
            let error = OpenAIError::JSONDeserialize(parse, text.to_owned());
            assert_eq!(found(error).without_client_retries(), expected, "{text}");
        }
    }

    #[tokio::test]
    async fn refused_connection_is_transient_without_the_clients_retries() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        drop(listener);
        let config = OpenAIConfig::new().with_api_base(format!("http://{address}"));
        let once = ::reqwest::Client::builder().no_proxy().build();
        let client = Client::with_config(config)
            .with_http_service(ReqwestService::new(once.expect("a client")));
        let error = client
            .models()
            .list()
            .await
            .expect_err("the port is closed");
        let verdict = found(error);
        assert!(verdict.is_outcome_unknown());
        assert_eq!(verdict.without_client_retries(), Verdict::transient());
        assert_eq!(verdict.code(), Some(ErrorCode::Name("connect")));
    }
}
