//! Streams that break: retried before the first item, told after it, never taken for whole.

use std::future::ready;
use std::pin::Pin;
use std::time::Duration;

use anyhow::Result;
use async_openai::types::chat::CreateChatCompletionStreamResponse as Chunk;
use eventsource_stream::Eventsource as _;
use futures_util::{Stream, StreamExt as _, TryStreamExt as _};
use resilience_peers::LlMock;
use resilience_runtime::{Registry, ResilienceError, ServiceKind, llm_resilient};
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::llm_clients::{HttpError, OpenAi, Plain, openai, request};

/// The frame with the role and without a word comes before the answer begins.
fn is_content(chunk: &Chunk) -> bool {
    chunk.choices.iter().any(|choice| {
        let said = choice.delta.content.as_deref().unwrap_or_default();
        !said.is_empty() || choice.finish_reason.is_some()
    })
}

fn is_last(chunk: &Chunk) -> bool {
    let mut choices = chunk.choices.iter();
    choices.any(|choice| choice.finish_reason.is_some())
}

#[llm_resilient(
    service = "chat",
    retry(base_delay = "20ms"),
    stream(idle_timeout = "3s", complete = is_last)
)]
async fn chat(
    openai: &OpenAi,
    model: &str,
    prompt: &str,
) -> Result<impl Stream<Item = Result<Chunk>> + use<>> {
    let stream = openai.chat().create_stream(request(model, prompt)?).await?;
    Ok(stream
        .map_err(anyhow::Error::new)
        .skip_while(|chunk| ready(chunk.as_ref().is_ok_and(|chunk| !is_content(chunk)))))
}

/// The answer, or how it ended, and with how many items.
async fn whole<T, E>(stream: impl Stream<Item = Result<T, E>>) -> (usize, Result<(), E>) {
    let mut stream = std::pin::pin!(stream);
    let mut items = 0;
    while let Some(item) = stream.next().await {
        match item {
            Ok(_) => items += 1,
            Err(error) => return (items, Err(error)),
        }
    }
    (items, Ok(()))
}

async fn fault(llmock: &LlMock, model: &str, kind: &str, after: u32) -> Result<()> {
    let fault = json!({
        "type": "stream_fault", "kind": kind, "after_chunks": after, "stall_seconds": 600,
        "match": {"model": model, "stream": true},
    });
    llmock.scenario(&json!({ "behaviors": [fault] })).await
}

/// Of two requests: it knows of one that stalls when it is done with it.
async fn faults(llmock: &LlMock, model: &str) -> Result<Vec<Option<String>>> {
    while llmock.served(model).await?.len() < 2 {
        sleep(Duration::from_millis(20)).await;
    }
    let served = llmock.served(model).await?.into_iter();
    Ok(served.map(|request| request.fault).collect())
}

#[tokio::test]
async fn no_half_of_an_answer_is_taken_for_the_whole() -> Result<()> {
    let mut llmock = LlMock::start().await?;
    of_async_openai(&llmock).await?;
    of_a_plain_client(&llmock).await?;
    let verdict = llmock.verdict().await?;
    assert!(verdict.passed, "{}", verdict.text);

    // What the verdict is worth: without `complete` nobody can know.
    llmock.reset().await?;
    without_complete(&llmock).await?;
    let verdict = llmock.verdict().await?;
    assert!(!verdict.passed && verdict.text.contains("truncated_stream_accepted"));
    Ok(())
}

async fn of_async_openai(llmock: &LlMock) -> Result<()> {
    let openai = openai(&llmock.url());
    let registry = Registry::new();

    // Before the first word: at once, or behind the frame with the role.
    for (kind, after) in [
        ("truncate", 0),
        ("truncate", 1),
        ("disconnect", 0),
        ("disconnect", 1),
    ] {
        let model = format!("{kind} {after}");
        fault(llmock, &model, kind, after).await?;
        let stream = registry.scope(chat(&openai, &model, "hello")).await?;
        let (items, end) = whole(stream).await;
        assert!(items > 2 && end.is_ok(), "{model}: {items} {end:?}");
        let broken = Some(format!("stream:{kind}@{after}"));
        assert_eq!(faults(llmock, &model).await?, [broken, None], "{model}");
    }
    let service = registry.service("chat", ServiceKind::Llm)?;
    let stats = service.stats();
    assert_eq!(
        (stats.calls, stats.attempts, stats.broken_streams),
        (4, 8, 0)
    );

    // After it, the caller is told, and asks again as a whole.
    for kind in ["truncate", "disconnect", "stall"] {
        fault(llmock, kind, kind, 3).await?;
        let stream = registry.scope(chat(&openai, kind, "hello")).await?;
        let (items, end) = whole(stream).await;
        assert_eq!(items, 2, "{kind}");
        let error = end.expect_err("it is not whole");
        match kind {
            "truncate" => assert!(matches!(
                error.downcast_ref(),
                Some(ResilienceError::StreamInterrupted { .. })
            )),
            "stall" => assert!(matches!(
                error.downcast_ref(),
                Some(ResilienceError::Timeout { after, .. }) if *after == Duration::from_secs(3)
            )),
            _ => assert!(error.is::<async_openai::error::OpenAIError>()),
        }
        let stream = registry.scope(chat(&openai, kind, "hello")).await?;
        assert!(whole(stream).await.1.is_ok(), "{kind}");
        let broken = Some(format!("stream:{kind}@3"));
        assert_eq!(faults(llmock, kind).await?, [broken, None], "{kind}");
    }
    assert_eq!(service.stats().broken_streams, 3);

    Ok(())
}

type Events = Pin<Box<dyn Stream<Item = Result<Value, HttpError>> + Send>>;

fn event_is(event: &Value, kind: &str) -> bool {
    event["type"] == kind
}

/// The events of an answer of Anthropic's, from the first words on.
#[llm_resilient(
    service = "messages",
    retry(base_delay = "20ms"),
    stream(idle_timeout = "30s", complete = |event| event_is(event, "message_stop"))
)]
async fn messages(plain: &Plain, model: &str) -> Result<Events, HttpError> {
    let mut body = Plain::body(model, "hello", 99);
    body["stream"] = true.into();
    let events = plain.open(&body).await?.bytes_stream().eventsource();
    let events = events.map(|event| {
        let data = event?.data;
        serde_json::from_str(&data).map_err(|_| HttpError::Garbled)
    });
    let begun = |event: &Value| event_is(event, "content_block_delta") || event_is(event, "error");
    Ok(Box::pin(events.skip_while(move |event| {
        ready(event.as_ref().is_ok_and(|event| !begun(event)))
    })))
}

async fn of_a_plain_client(llmock: &LlMock) -> Result<()> {
    let plain = Plain::anthropic(llmock);
    let registry = Registry::new();
    // Behind `message_start` and two more there is no word yet.
    for kind in ["truncate", "disconnect"] {
        let (early, late) = (format!("{kind} early"), format!("{kind} late"));
        fault(llmock, &early, kind, 3).await?;
        let (items, end) = whole(registry.scope(messages(&plain, &early)).await?).await;
        assert!(items > 2 && end.is_ok(), "{kind}: {items} {end:?}");
        let broken = Some(format!("stream:{kind}@3"));
        assert_eq!(faults(llmock, &early).await?, [broken, None]);

        fault(llmock, &late, kind, 5).await?;
        let (items, end) = whole(registry.scope(messages(&plain, &late)).await?).await;
        assert_eq!((items, end.is_err()), (2, true), "{kind}");
        let stream = registry.scope(messages(&plain, &late)).await?;
        assert!(whole(stream).await.1.is_ok());
        let broken = Some(format!("stream:{kind}@5"));
        assert_eq!(faults(llmock, &late).await?, [broken, None]);
    }
    Ok(())
}

async fn without_complete(llmock: &LlMock) -> Result<()> {
    #[llm_resilient(service = "credulous", stream = "first_item")]
    async fn credulous(
        openai: &OpenAi,
        model: &str,
    ) -> Result<impl Stream<Item = Result<Chunk>> + use<>> {
        let stream = openai
            .chat()
            .create_stream(request(model, "hello")?)
            .await?;
        Ok(stream.map_err(anyhow::Error::new))
    }
    let openai = openai(&llmock.url());
    fault(llmock, "m", "truncate", 3).await?;
    let stream = Registry::new().scope(credulous(&openai, "m")).await?;
    assert!(whole(stream).await.1.is_ok());
    Ok(())
}
