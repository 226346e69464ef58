//! The two clients of language models, as an application writes them.

use std::sync::Arc;

use anyhow::Result;
use async_openai::Client;
use async_openai::config::OpenAIConfig;
use async_openai::middleware::ReqwestService;
use async_openai::types::chat::{
    ChatCompletionRequestUserMessage, CreateChatCompletionRequest, CreateChatCompletionRequestArgs,
};
use eventsource_stream::EventStreamError;
use reqwest::Response;
use resilience_peers::LlMock;
use resilience_runtime::{Classify, ResilienceError, Verdict, hint};
use serde_json::{Value, json};
use tower::ServiceExt as _;

pub(crate) type OpenAi = Client<OpenAIConfig>;

pub(crate) fn http() -> reqwest::Client {
    reqwest::Client::builder()
        .no_proxy()
        .build()
        .expect("a client without TLS")
}

/// An attempt is one request, and the headers, which the errors lack, are heard.
pub(crate) fn openai(url: &str) -> OpenAi {
    let service = ReqwestService::new(http()).map_response(|answer: Response| {
        hint::headers(answer.headers());
        answer
    });
    with_hidden_retries(url).with_http_service(service)
}

/// As it is by default: an attempt is up to four requests.
pub(crate) fn with_hidden_retries(url: &str) -> OpenAi {
    let config = OpenAIConfig::new()
        .with_api_base(format!("{url}/v1"))
        .with_api_key("sk-canary-key");
    Client::build(http(), config)
}

pub(crate) fn request(model: &str, prompt: &str) -> Result<CreateChatCompletionRequest> {
    Ok(CreateChatCompletionRequestArgs::default()
        .model(model)
        .messages([ChatCompletionRequestUserMessage::from(prompt).into()])
        .build()?)
}

/// One request, and the answer's text.
pub(crate) async fn complete(openai: &OpenAi, model: &str, prompt: &str) -> Result<String> {
    let answer = openai.chat().create(request(model, prompt)?).await?;
    let choice = answer.choices.into_iter().next();
    Ok(choice
        .and_then(|choice| choice.message.content)
        .unwrap_or_default())
}

/// What a plain client makes of an answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HttpError {
    #[error("no answer")]
    Lost(#[from] reqwest::Error),
    #[error("no event")]
    Garbled,
    #[error("status {status}: {body}")]
    Refused {
        status: u16,
        body: String,
        verdict: Verdict,
    },
    #[error(transparent)]
    Guard(#[from] ResilienceError),
}

impl From<EventStreamError<reqwest::Error>> for HttpError {
    fn from(error: EventStreamError<reqwest::Error>) -> Self {
        match error {
            EventStreamError::Transport(error) => Self::Lost(error),
            _ => Self::Garbled,
        }
    }
}

impl Classify for HttpError {
    fn classify(&self) -> Verdict {
        match self {
            Self::Lost(error) => error.classify(),
            Self::Garbled => Verdict::permanent(),
            Self::Refused { verdict, .. } => *verdict,
            Self::Guard(error) => error.classify(),
        }
    }
}

/// A plain client of an API that speaks as OpenAI does, or as Anthropic does.
#[derive(Clone)]
pub(crate) struct Plain {
    http: reqwest::Client,
    url: Arc<str>,
    key: &'static str,
}

impl Plain {
    pub(crate) fn openai(llmock: &LlMock) -> Self {
        Self::at(format!("{}/v1/chat/completions", llmock.url()))
    }

    pub(crate) fn anthropic(llmock: &LlMock) -> Self {
        Self::at(format!("{}/anthropic/v1/messages", llmock.url()))
    }

    pub(crate) fn at(url: String) -> Self {
        Self {
            http: http(),
            url: url.into(),
            key: "sk-canary-key",
        }
    }

    pub(crate) fn with_key(&self, key: &'static str) -> Self {
        Self {
            key,
            ..self.clone()
        }
    }

    pub(crate) fn key(&self) -> &str {
        self.key
    }

    pub(crate) fn body(model: &str, prompt: &str, max_tokens: u32) -> Value {
        json!({
            "model": model,
            "max_tokens": max_tokens,
            "messages": [{"role": "user", "content": prompt}],
        })
    }

    pub(crate) async fn open(&self, body: &Value) -> Result<Response, HttpError> {
        let request = self.http.post(&*self.url).bearer_auth(self.key);
        let answer = request.json(body).send().await?;
        hint::headers(answer.headers());
        if answer.status().is_success() {
            return Ok(answer);
        }
        let (status, headers) = (answer.status(), answer.headers().clone());
        let body = answer.bytes().await?;
        Err(HttpError::Refused {
            status: status.as_u16(),
            verdict: Verdict::from_llm_response(status, &headers, &body),
            body: String::from_utf8_lossy(&body).into_owned(),
        })
    }

    pub(crate) async fn ask(
        &self,
        model: &str,
        prompt: &str,
        max_tokens: u32,
    ) -> Result<Value, HttpError> {
        let answer = self.open(&Self::body(model, prompt, max_tokens)).await?;
        Ok(answer.json().await?)
    }
}
