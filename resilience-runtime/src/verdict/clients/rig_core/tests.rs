use std::io;
use std::sync::Arc;
use std::time::Duration;

use ::rig_core::completion::CompletionRequest;
use ::rig_core::providers::openai::OpenAIConfig;
use http::StatusCode;

use super::*;
use crate::verdict::chain_test_util::found;
use crate::verdict::clients::http_test_server::{HttpServer, answer};

async fn complete(url: String) -> ProviderError {
    let client = OpenAIConfig::new("hunter2").with_base_url(url).client();
    let reply = client.chat("m").call(CompletionRequest::new("hello")).await;
    reply.expect_err("no reply")
}

async fn ask(status: u16, headers: &str, body: &str) -> (Verdict, usize) {
    let server = HttpServer::start([answer(status, headers, body)]).await;
    let error = complete(server.url()).await;
    (found(error), server.requests())
}

#[tokio::test]
async fn reply_is_classified_by_status_headers_and_body() {
    let spent =
        r#"{"error":{"message":"x","type":"insufficient_quota","code":"insufficient_quota"}}"#;
    let large = r#"{"error":{"message":"x","type":"invalid_request_error","code":"context_length_exceeded"}}"#;
    for (status, headers, body, expected, reason) in [
        (
            429,
            "retry-after: 7\r\n",
            "{}",
            Verdict::throttled(Some(Duration::from_secs(7))),
            None,
        ),
        (
            429,
            "",
            spent,
            Verdict::quota_exhausted(),
            Some(Reason::QuotaExhausted),
        ),
        (
            400,
            "",
            large,
            Verdict::permanent(),
            Some(Reason::ContextTooLarge),
        ),
        (401, "", "{}", Verdict::permanent(), Some(Reason::Denied)),
        (404, "", "{}", Verdict::permanent(), Some(Reason::NotFound)),
        (500, "", "{}", Verdict::outcome_unknown(), None),
        (503, "", "{}", Verdict::outcome_unknown(), None),
    ] {
        let (verdict, requests) = ask(status, headers, body).await;
        assert_eq!(verdict, expected, "{status} {body}");
        assert_eq!(verdict.reason(), reason, "{status} {body}");
        assert!(verdict.code().is_some(), "{status} {body}");
        assert_eq!(requests, 1, "{status}");
    }
}

#[tokio::test]
async fn error_inside_a_200_is_no_success() {
    let (verdict, _) = ask(200, "", r#"{"error":{"code":429,"message":"x"}}"#).await;
    assert!(verdict.is_throttled(), "{verdict:?}");
    let (verdict, _) = ask(
        200,
        "",
        r#"{"error":{"message":"x","type":"server_error"}}"#,
    )
    .await;
    assert_eq!(verdict, Verdict::outcome_unknown());
    let (verdict, _) = ask(200, "", "not JSON").await;
    assert_eq!(verdict, Verdict::permanent());
}

#[tokio::test]
async fn lost_connection_is_classified_by_the_http_client() {
    let verdict = found(complete(HttpServer::none().await).await);
    assert_eq!(verdict, Verdict::transient());
    assert_eq!(verdict.code(), Some(ErrorCode::Name("connect")));

    let server = HttpServer::start([""]).await;
    let verdict = found(complete(server.url()).await);
    assert_eq!(verdict, Verdict::outcome_unknown());
    assert_eq!(server.requests(), 1);
}

#[test]
fn reply_without_a_status_is_classified_by_its_code() {
    let reply = |code: &str, body: &str| {
        let reply = ProviderResponseError::without_status(body);
        found(ProviderError::ProviderResponse(
            reply.with_code(Some(code.to_owned())),
        ))
    };
    assert!(reply("RESOURCE_EXHAUSTED", "").is_throttled());
    assert!(reply("ThrottlingException", "").is_throttled());
    assert_eq!(
        reply("PERMISSION_DENIED", "").reason(),
        Some(Reason::Denied)
    );
    assert_eq!(reply("hunter2", ""), Verdict::outcome_unknown());
    assert!(reply("", r#"{"error":{"type":"rate_limit_error"}}"#).is_throttled());
}

#[test]
fn refusal_of_the_content_is_permanent() {
    let reply = ProviderResponseError::new(StatusCode::SERVICE_UNAVAILABLE, "").with_refusal(true);
    let verdict = found(ProviderError::ProviderResponse(reply));
    assert_eq!(verdict, Verdict::permanent());
    assert_eq!(verdict.code(), Some(ErrorCode::Http(503)));
}

#[test]
fn expired_cache_is_not_the_answer_not_found() {
    for (status, expected) in [
        (StatusCode::NOT_FOUND, Verdict::permanent()),
        (StatusCode::FORBIDDEN, Verdict::permanent()),
        (StatusCode::TOO_MANY_REQUESTS, Verdict::throttled(None)),
    ] {
        let verdict = found(ProviderError::CacheExpired {
            name: "hunter2".to_owned(),
            response: ProviderResponseError::new(status, ""),
        });
        assert_eq!(verdict, expected);
        assert_eq!(verdict.reason(), None);
    }
}

#[test]
fn report_is_classified_as_what_it_reports() {
    let not_found = ProviderError::from_http_response(StatusCode::NOT_FOUND, "{}");
    for error in [
        not_found.clone(),
        ProviderError::Relayed(Box::new(not_found.report())),
    ] {
        assert_eq!(found(error).reason(), Some(Reason::NotFound));
    }
    assert_eq!(found(not_found.report()).reason(), Some(Reason::NotFound));
    for (kind, expected) in [
        (ErrorKind::Http, Verdict::outcome_unknown()),
        (ErrorKind::Timeout, Verdict::outcome_unknown()),
        (
            ErrorKind::Cancelled,
            Verdict::permanent().ignored_by_breaker(),
        ),
        (ErrorKind::Denied, Verdict::permanent()),
        (ErrorKind::Request, Verdict::permanent()),
        (ErrorKind::Other, Verdict::unclassified()),
    ] {
        assert_eq!(
            found(ErrorReport::new(kind, "hunter2")),
            expected,
            "{kind:?}"
        );
    }
    let report = ErrorReport::new(ErrorKind::Other, "").with_http_status(429);
    assert!(found(report).is_throttled());
}

#[test]
fn what_was_found_out_here_is_permanent() {
    assert_eq!(
        found(ProviderError::request("hunter2")),
        Verdict::permanent()
    );
    let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
    assert_eq!(found(ProviderError::request(refused)), Verdict::transient());
    assert_eq!(
        found(ProviderError::Response("hunter2".to_owned())),
        Verdict::permanent()
    );
    assert_eq!(found(ProviderError::Truncated), Verdict::outcome_unknown());
    let ended = ProviderError::Http(Arc::new(HttpError::StreamEnded));
    assert_eq!(found(ended), Verdict::outcome_unknown());
    let headers = ProviderError::Http(Arc::new(HttpError::NoHeaders));
    assert_eq!(found(headers), Verdict::permanent());
}

#[test]
fn vector_store_error_is_classified_by_what_it_holds() {
    let refused = || io::Error::from(io::ErrorKind::ConnectionRefused);
    for (error, expected) in [
        (
            VectorStoreError::DatastoreError(Box::new(refused())),
            Verdict::transient(),
        ),
        (
            VectorStoreError::DatastoreError("hunter2".into()),
            Verdict::unclassified(),
        ),
        (
            VectorStoreError::ExternalAPIError(StatusCode::TOO_MANY_REQUESTS, String::new()),
            Verdict::throttled(None),
        ),
        (
            VectorStoreError::EmbeddingError(ProviderError::Truncated),
            Verdict::outcome_unknown(),
        ),
        (
            VectorStoreError::Http(HttpError::instance(refused())),
            Verdict::transient(),
        ),
        (
            VectorStoreError::MissingIdError("hunter2".to_owned()),
            Verdict::permanent(),
        ),
    ] {
        assert_eq!(found(error), expected);
    }
}
