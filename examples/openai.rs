//! A chat model behind one attribute: `async-openai` without its own retries, tokens per minute, fallbacks by cause, a
//! stream that cannot end halfway unnoticed, and what the log says of it.
//!
//! A server to play with, which breaks on demand and judges the client:
//!
//! ```text
//! pip install llmock
//! llmock serve --port 8000 --error-rate 429=0.2 --error-rate 500=0.2 --stream-fault truncate=0.3 --context-window 1500
//! OPENAI_BASE_URL=http://127.0.0.1:8000/v1 OPENAI_API_KEY=none cargo run -p resilience-peers --example openai
//! llmock report --url http://127.0.0.1:8000
//! ```
//!
//! The real API, for less than a cent: `OPENAI_API_KEY=… cargo run -p resilience-peers --example openai`.
//!
//! It ends with 1 if something was not as promised.
#![allow(clippy::print_stdout, reason = "it shows something")]

use std::env;
use std::future::ready;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use async_openai::error::OpenAIError;
use async_openai::middleware::ReqwestService;
use async_openai::types::chat::{
    ChatCompletionRequestUserMessage, CreateChatCompletionRequest as Request,
    CreateChatCompletionRequestArgs, CreateChatCompletionStreamResponse as Chunk,
};
use futures_util::future::try_join_all;
use futures_util::{Stream, StreamExt as _, TryStreamExt as _};
use resilience_runtime::{Classify, Registry, ResilienceError, ServiceKind, hint, llm_resilient};
use tower::ServiceExt as _;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

type OpenAi = Client<OpenAIConfig>;

const MODEL: &str = "gpt-4o-mini";
const LONGEST_ANSWER: u32 = 300;

/// The client's error, or ours. What the first means is known: feature `async-openai`.
#[derive(Debug, thiserror::Error, Classify)]
enum ChatError {
    #[error("the API")]
    OpenAi(#[from] OpenAIError),
    #[error(transparent)]
    Guard(#[from] ResilienceError),
}

#[derive(Debug)]
struct Answer {
    text: String,
    tokens: u32,
}

impl From<&str> for Answer {
    fn from(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            tokens: 0,
        }
    }
}

/// How many requests were sent.
static REQUESTS: AtomicU64 = AtomicU64::new(0);

/// By default this client sends each request up to four times. A service of one's own leaves that to the attribute; and
/// it sees the headers, which the client's errors lack.
fn openai() -> Result<OpenAi, env::VarError> {
    let http = ReqwestService::default()
        .map_request(|request| {
            REQUESTS.fetch_add(1, Ordering::Relaxed);
            request
        })
        .map_response(|answer: reqwest::Response| {
            hint::headers(answer.headers());
            answer
        });
    let url = env::var("OPENAI_BASE_URL").unwrap_or("https://api.openai.com/v1".to_owned());
    let config = OpenAIConfig::new()
        .with_api_base(url)
        .with_api_key(env::var("OPENAI_API_KEY")?);
    Ok(Client::with_config(config).with_http_service(http))
}

fn request(prompt: &str) -> Result<Request, OpenAIError> {
    CreateChatCompletionRequestArgs::default()
        .model(MODEL)
        .max_completion_tokens(LONGEST_ANSWER)
        .messages([ChatCompletionRequestUserMessage::from(prompt).into()])
        .build()
}

/// Too high rather than too low: what was not used comes back.
fn estimate(prompt: &str) -> u32 {
    u32::try_from(prompt.len() / 3).unwrap_or(u32::MAX) + LONGEST_ANSWER
}

/// The limits are a little below those of the account: what is sent evenly does not arrive evenly.
#[llm_resilient(
    service = "openai",
    client_retries = off,
    timeout = "60s",
    rate_limit(
        requests_per_minute = 450,
        tokens_per_minute = 150_000,
        cost = estimate(prompt),
        usage = |answer: &Answer| answer.tokens,
        max_wait = "30s",
    ),
    fallback(
        on_context_too_large = of_the_end,
        on_throttled = elsewhere,
        value = Answer::from("Please ask again later."),
        on = "transient",
    )
)]
async fn complete(openai: &OpenAi, prompt: &str) -> Result<Answer, ChatError> {
    ask(openai, prompt).await
}

/// One request.
async fn ask(openai: &OpenAi, prompt: &str) -> Result<Answer, ChatError> {
    let answer = openai.chat().create(request(prompt)?).await?;
    let tokens = answer.usage.map_or(0, |usage| usage.total_tokens);
    let choice = answer.choices.into_iter().next();
    let text = choice.and_then(|choice| choice.message.content);
    Ok(Answer {
        text: text.unwrap_or_default(),
        tokens,
    })
}

static SHORTENED: AtomicU64 = AtomicU64::new(0);

/// The end of a prompt that was too long as a whole.
async fn of_the_end(openai: &OpenAi, prompt: &str) -> Result<Answer, ChatError> {
    SHORTENED.fetch_add(1, Ordering::Relaxed);
    let end = prompt.len().saturating_sub(4_000);
    ask(openai, prompt.get(end..).unwrap_or_default()).await
}

/// Stands for another provider.
async fn elsewhere(_: &OpenAi, _: &str) -> Result<Answer, ChatError> {
    Ok("(another provider's answer)".into())
}

/// Retried until the first word, so the frame before it, which has none, must not count as one.
#[llm_resilient(
    service = "openai",
    client_retries = off,
    stream(idle_timeout = "30s", complete = is_last),
    rate_limit(cost = estimate(prompt), max_wait = "30s")
)]
async fn chat(
    openai: &OpenAi,
    prompt: &str,
) -> Result<impl Stream<Item = Result<Chunk, ChatError>> + use<>, ChatError> {
    let stream = openai.chat().create_stream(request(prompt)?).await?;
    let silent = |chunk: &Chunk| text(chunk).is_empty() && !is_last(chunk);
    Ok(stream
        .err_into()
        .skip_while(move |chunk| ready(chunk.as_ref().is_ok_and(silent))))
}

fn text(chunk: &Chunk) -> &str {
    let choice = chunk.choices.first();
    choice
        .and_then(|choice| choice.delta.content.as_deref())
        .unwrap_or_default()
}

fn is_last(chunk: &Chunk) -> bool {
    let choice = chunk.choices.first();
    choice.is_some_and(|choice| choice.finish_reason.is_some())
}

/// Whoever shows an answer as it comes has to begin anew if it breaks off; nobody else can know how.
async fn show(openai: &OpenAi, prompt: &str) -> Result<String, ChatError> {
    let mut tries = 0;
    loop {
        tries += 1;
        let mut shown = String::new();
        let mut stream = std::pin::pin!(chat(openai, prompt).await?);
        let broken = loop {
            match stream.next().await {
                Some(Ok(chunk)) => shown.push_str(text(&chunk)),
                Some(Err(error)) => break error,
                None => return Ok(shown),
            }
        };
        println!("  “{shown}” … broke off: {broken}");
        if tries == 3 {
            return Err(broken);
        }
    }
}

async fn promises(openai: &OpenAi) -> Result<bool, ChatError> {
    println!("one question");
    let answer = complete(openai, "What is a circuit breaker, in one sentence?").await?;
    println!("  “{}”, {} tokens", answer.text, answer.tokens);
    let mut kept = !answer.text.is_empty();

    println!("eight at once, within the tokens of a minute");
    let prompts = (1..=8).map(|number| format!("What is {number} times {number}?"));
    let prompts: Vec<_> = prompts.collect();
    let calls = prompts.iter().map(|prompt| complete(openai, prompt));
    let answers = try_join_all(calls).await?;
    let tokens: u32 = answers.iter().map(|answer| answer.tokens).sum();
    println!("  {} answers, {tokens} tokens", answers.len());
    kept &= answers.iter().all(|answer| !answer.text.is_empty());

    println!("one that may be too long");
    let long = format!("Say something about this: {}", "word ".repeat(2_000));
    let answer = complete(openai, &long).await?;
    println!("  “{}”", answer.text);
    kept &= !answer.text.is_empty();

    println!("a stream");
    let whole = show(openai, "Count from one to ten, in words.").await?;
    println!("  “{whole}”");
    Ok(kept && !whole.is_empty())
}

#[tokio::main]
async fn main() -> ExitCode {
    // Services, functions, numbers and codes: no prompt, no answer, no key, no text of an error.
    tracing_subscriber::registry()
        .with(tracing_subscriber::fmt::layer().without_time().compact())
        .with(Targets::new().with_target("resilience", tracing::Level::INFO))
        .init();
    let Ok(openai) = openai() else {
        println!("OPENAI_API_KEY is missing; for llmock anything will do");
        return ExitCode::FAILURE;
    };
    let kept = promises(&openai).await.unwrap_or_else(|error| {
        println!("  {error}: {:?}", error.classify());
        false
    });
    let Ok(service) = Registry::global().service("openai", ServiceKind::Llm) else {
        return ExitCode::FAILURE;
    };
    let stats = service.stats();
    let sent = REQUESTS.load(Ordering::Relaxed);
    let shortened = SHORTENED.load(Ordering::Relaxed);
    println!(
        "{} calls, {} attempts and {shortened} with less of the prompt, {sent} requests; circuit {:?}",
        stats.calls, stats.attempts, stats.circuit.state
    );
    if kept && sent == stats.attempts + shortened {
        println!("all as promised");
        ExitCode::SUCCESS
    } else {
        println!("NOT as promised");
        ExitCode::FAILURE
    }
}
