use std::time::Duration;

use ::genai::adapter::AdapterKind;
use ::genai::chat::{ChatOptions, ChatRequest, ChatResponse};
use ::genai::resolver::{AuthData, Endpoint, ServiceTargetResolver};
use ::genai::{Client, ModelIden, ServiceTarget};

use super::*;
use crate::verdict::ErrorCode;
use crate::verdict::chain_test_util::found;
use crate::verdict::clients::http_test_server::{HttpServer, answer};

fn client(kind: AdapterKind, url: String) -> Client {
    let resolver = ServiceTargetResolver::from_resolver_fn(move |target: ServiceTarget| {
        Ok(ServiceTarget {
            endpoint: Endpoint::from_owned(format!("{url}/v1/")),
            auth: AuthData::from_single("hunter2"),
            model: ModelIden::new(kind, target.model.model_name),
        })
    });
    Client::builder()
        .with_service_target_resolver(resolver)
        .build()
        .expect("a client")
}

fn captured() -> ChatOptions {
    ChatOptions::default().with_capture_raw_body(true)
}

async fn complete(kind: AdapterKind, url: String) -> Result<ChatResponse, Error> {
    let request = ChatRequest::from_user("hello");
    let client = client(kind, url);
    client.exec_chat("m", request, Some(&captured())).await
}

async fn ask(kind: AdapterKind, status: u16, headers: &str, body: &str) -> (Verdict, usize) {
    let server = HttpServer::start([answer(status, headers, body)]).await;
    let error = complete(kind, server.url()).await.expect_err("no reply");
    (found(error), server.requests())
}

#[tokio::test]
async fn reply_is_classified_by_status_headers_and_body() {
    let spent =
        r#"{"error":{"message":"x","type":"insufficient_quota","code":"insufficient_quota"}}"#;
    let large = r#"{"error":{"message":"x","type":"invalid_request_error","code":"context_length_exceeded"}}"#;
    let busy = r#"{"type":"error","error":{"type":"overloaded_error","message":"x"}}"#;
    let soon = Verdict::throttled(Some(Duration::from_secs(7)));
    for (kind, status, headers, body, expected, reason) in [
        (
            AdapterKind::OpenAI,
            429,
            "retry-after: 7\r\n",
            "{}",
            soon,
            None,
        ),
        (
            AdapterKind::OpenAI,
            429,
            "",
            spent,
            Verdict::quota_exhausted(),
            Some(Reason::QuotaExhausted),
        ),
        (
            AdapterKind::OpenAI,
            400,
            "",
            large,
            Verdict::permanent(),
            Some(Reason::ContextTooLarge),
        ),
        (
            AdapterKind::OpenAI,
            401,
            "",
            "{}",
            Verdict::permanent(),
            Some(Reason::Denied),
        ),
        (
            AdapterKind::Gemini,
            404,
            "",
            "{}",
            Verdict::permanent(),
            Some(Reason::NotFound),
        ),
        (
            AdapterKind::OpenAI,
            503,
            "",
            "{}",
            Verdict::outcome_unknown(),
            None,
        ),
        (
            AdapterKind::Anthropic,
            529,
            "",
            busy,
            Verdict::from_llm_response(529, &(), busy.as_bytes()),
            None,
        ),
    ] {
        let (verdict, requests) = ask(kind, status, headers, body).await;
        assert_eq!(verdict, expected, "{status} {body}");
        assert_eq!(verdict.reason(), reason, "{status} {body}");
        assert_eq!(requests, 1, "{status}");
    }
}

#[tokio::test]
async fn lost_connection_is_classified_by_the_http_client() {
    let error = complete(AdapterKind::OpenAI, HttpServer::none().await).await;
    let verdict = found(error.expect_err("refused"));
    assert_eq!(verdict, Verdict::transient());
    assert_eq!(verdict.code(), Some(ErrorCode::Name("connect")));

    let server = HttpServer::start([""]).await;
    let error = complete(AdapterKind::OpenAI, server.url()).await;
    let verdict = found(error.expect_err("hung up"));
    assert_eq!(verdict, Verdict::outcome_unknown());
    assert_eq!(server.requests(), 1);
}

#[tokio::test]
async fn error_inside_a_200_is_known_where_genai_reports_it() {
    let body = r#"{"error":{"code":429,"message":"x"}}"#;
    let (verdict, _) = ask(AdapterKind::Gemini, 200, "", body).await;
    assert!(verdict.is_throttled(), "{verdict:?}");

    // Of this one it makes an answer.
    let server = HttpServer::start([answer(200, "", body)]).await;
    let out = complete(AdapterKind::OpenAI, server.url()).await;
    assert!(out.expect("an answer").content.is_empty());
}

#[tokio::test]
async fn answer_without_an_error_is_permanent_and_a_failure() {
    let (verdict, _) = ask(AdapterKind::Gemini, 200, "", r#"{"a":1}"#).await;
    assert_eq!(verdict, Verdict::permanent().counts_as_failure());
    let (verdict, _) = ask(AdapterKind::OpenAI, 200, "", "{").await;
    assert_eq!(verdict, Verdict::permanent());
}

/// The first error of a stream.
async fn stream(kind: AdapterKind, server: &str, options: ChatOptions) -> Error {
    use std::future::poll_fn;
    use std::pin::pin;

    use futures_core::Stream as _;

    let client = client(kind, server.to_owned());
    let request = ChatRequest::from_user("hello");
    let out = client.exec_chat_stream("m", request, Some(&options)).await;
    let mut stream = match out {
        Ok(out) => pin!(out.stream),
        Err(error) => return error,
    };
    loop {
        let event = poll_fn(|context| stream.as_mut().poll_next(context)).await;
        if let Err(error) = event.expect("an error before the end") {
            return error;
        }
    }
}

#[tokio::test]
async fn error_of_a_stream_is_classified_by_what_it_holds() {
    let busy = answer(429, "retry-after: 7\r\n", "{}");
    let server = HttpServer::start([busy]).await;
    let error = stream(AdapterKind::OpenAI, &server.url(), captured()).await;
    assert_eq!(
        found(error),
        Verdict::throttled(Some(Duration::from_secs(7)))
    );

    let url = HttpServer::none().await;
    let error = stream(AdapterKind::OpenAI, &url, captured()).await;
    assert_eq!(found(error), Verdict::transient());

    let events = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: text/event-stream\r\n\r\n";
    for (kind, event) in [
        (
            AdapterKind::OpenAI,
            "data: {\"error\":{\"type\":\"rate_limit_error\",\"message\":\"x\"}}\n\n",
        ),
        (
            AdapterKind::Anthropic,
            "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"rate_limit_error\",\"message\":\"x\"}}\n\n",
        ),
    ] {
        let server = HttpServer::start([format!("{events}{event}")]).await;
        let error = stream(kind, &server.url(), captured()).await;
        assert!(found(error).is_throttled(), "{kind}");
    }
}

#[tokio::test]
async fn silent_stream_is_outcome_unknown() {
    let error = Error::WebStream {
        model_iden: ModelIden::new(AdapterKind::OpenAI, "m"),
        cause: String::new(),
        error: Box::new(StreamTimeout::Headers),
    };
    let verdict = found(error);
    assert_eq!(verdict, Verdict::outcome_unknown());
    assert_eq!(verdict.reason(), Some(Reason::TimedOut));
}

#[test]
fn what_was_found_out_here_is_permanent() {
    let model_iden = || ModelIden::new(AdapterKind::OpenAI, "m");
    let (model, resolver) = (model_iden(), model_iden());
    for (error, expected, reason) in [
        (
            Error::RequiresApiKey { model_iden: model },
            Verdict::permanent(),
            Some(Reason::Denied),
        ),
        (
            Error::Resolver {
                model_iden: resolver,
                resolver_error: ResolverError::ApiKeyEnvNotFound {
                    env_name: "hunter2".to_owned(),
                },
            },
            Verdict::permanent(),
            Some(Reason::Denied),
        ),
        (
            Error::ModelMapperFailed {
                model_iden: model_iden(),
                cause: ResolverError::Custom("hunter2".to_owned()),
            },
            Verdict::unclassified(),
            None,
        ),
        (
            Error::JsonModeWithoutInstruction,
            Verdict::permanent(),
            None,
        ),
        (
            Error::Internal("hunter2".to_owned()),
            Verdict::permanent(),
            None,
        ),
    ] {
        let verdict = found(error);
        assert_eq!(verdict, expected);
        assert_eq!(verdict.reason(), reason);
    }
    for body in [
        json!({"type": "error", "code": "rate_limit_exceeded", "message": "x"}),
        json!({"code": 503, "message": "x"}),
        json!({"message": "x"}),
    ] {
        let verdict = found(Error::ChatResponse {
            model_iden: model_iden(),
            body,
        });
        assert!(!verdict.is_permanent(), "{verdict:?}");
    }
}
