//! A language model behind HTTP, as moody as the real ones.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// How one request is answered.
#[derive(Clone, Copy)]
pub enum Mood {
    Well,
    /// The same after some time, as a model that has to think.
    #[allow(dead_code)] // Of the demo's deployments.
    Thinking(Duration),
    /// 503.
    Overloaded,
    /// 429, with a Retry-After in seconds.
    Throttling(u32),
    /// The same for one tenant, as `x-throttled: tenant` says.
    #[allow(dead_code)] // Of `examples/provider_limits.rs`.
    ThrottlingTenant(u32),
    /// Takes the request and says nothing.
    Hanging,
}

/// The server. It runs until the program ends.
#[derive(Clone)]
pub struct LlmServer {
    pub address: SocketAddr,
    state: Arc<Mutex<State>>,
}

struct State {
    /// The next requests are answered like this, one each,
    next: VecDeque<Mood>,
    /// and all others by the mood of the model that is asked.
    large: Mood,
    small: Mood,
    requests: Vec<Instant>,
}

impl LlmServer {
    pub async fn start() -> anyhow::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let server = Self {
            address: listener.local_addr()?,
            state: Arc::new(Mutex::new(State {
                next: VecDeque::new(),
                large: Mood::Well,
                small: Mood::Well,
                requests: Vec::new(),
            })),
        };
        tokio::spawn(server.clone().serve(listener));
        Ok(server)
    }

    /// The next requests are answered like this.
    pub fn next(&self, moods: &[Mood]) {
        self.state().next.extend(moods);
    }

    /// Takes back what `next` prepared and nobody asked for.
    pub fn forget_next(&self) {
        self.state().next.clear();
    }

    /// From now on the models answer like this.
    pub fn becomes(&self, large: Mood, small: Mood) {
        let mut state = self.state();
        state.large = large;
        state.small = small;
    }

    /// When each request since the last time came in.
    pub fn take_requests(&self) -> Vec<Instant> {
        std::mem::take(&mut self.state().requests)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn serve(self, listener: TcpListener) {
        while let Ok((stream, _)) = listener.accept().await {
            let server = self.clone();
            let service = service_fn(move |request| server.clone().answer(request));
            tokio::spawn(async move {
                // A client that hangs up in the middle is part of the story.
                let _ = http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service)
                    .await;
            });
        }
    }

    async fn answer(self, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
        let model = request.uri().path().trim_start_matches('/').to_owned();
        let body = request.into_body().collect().await;
        let body = body.map(|body| body.to_bytes()).unwrap_or_default();
        let asked: Value = serde_json::from_slice(&body).unwrap_or_default();

        let mood = {
            let mut state = self.state();
            state.requests.push(Instant::now());
            let usual = match model.as_str() {
                "small" => state.small,
                _ => state.large,
            };
            state.next.pop_front().unwrap_or(usual)
        };
        if let Mood::Thinking(time) = mood {
            tokio::time::sleep(time).await;
        }
        let response = Response::builder();
        let (response, answer) = match mood {
            Mood::Well | Mood::Thinking(_) => {
                let prompt = asked["prompt"].as_str().unwrap_or_default();
                let text = format!("{model} model: you said “{prompt}”");
                // A word is a token here.
                let tokens = |text: &str| text.split_whitespace().count();
                let used = tokens(prompt) + tokens(&text);
                (
                    response,
                    json!({ "text": text, "usage": { "total_tokens": used } }),
                )
            }
            Mood::Overloaded => (
                response.status(StatusCode::SERVICE_UNAVAILABLE),
                json!({ "error": "overloaded" }),
            ),
            Mood::Throttling(seconds) => (
                response
                    .status(StatusCode::TOO_MANY_REQUESTS)
                    .header("retry-after", seconds),
                json!({ "error": "slow down" }),
            ),
            Mood::ThrottlingTenant(seconds) => (
                response
                    .status(StatusCode::TOO_MANY_REQUESTS)
                    .header("retry-after", seconds)
                    .header("x-throttled", "tenant"),
                json!({ "error": "your tenant has to slow down" }),
            ),
            Mood::Hanging => {
                // Longer than anybody here waits; the connection ends before.
                tokio::time::sleep(Duration::from_secs(60)).await;
                (response, json!({}))
            }
        };
        let body = Full::new(Bytes::from(answer.to_string()));
        Ok(response.body(body).expect("a fixed status and header"))
    }
}
