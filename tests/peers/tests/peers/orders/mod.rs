//! Orders that are placed over HTTP, behind whatever stands in between. To place one twice would be wrong.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use resilience_peers::Upstream;
use resilience_runtime::{Classify, Registry, ResilienceError, Verdict, resilient};

/// What the client makes of an answer that is no success.
#[derive(Debug, thiserror::Error, Classify)]
pub(crate) enum OrderError {
    #[error("no answer")]
    Lost(#[from] reqwest::Error),
    #[error("status {}: {}", .0.status, .0.body)]
    Refused(#[classify(with = Refusal::verdict)] Refusal),
    #[error(transparent)]
    Guard(#[from] ResilienceError),
}

/// An answer with all that came.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: u16,
    headers: reqwest::header::HeaderMap,
    body: String,
}

impl Refusal {
    fn verdict(&self) -> Verdict {
        Verdict::from_http_response(self.status, &self.headers, self.body.as_bytes())
    }
}

impl OrderError {
    /// The status and the body, of an answer.
    pub(crate) fn answer(&self) -> Option<(u16, &str)> {
        match self {
            Self::Refused(Refusal { status, body, .. }) => Some((*status, body)),
            _ => None,
        }
    }
}

/// A client of an order service.
pub(crate) struct Orders {
    http: reqwest::Client,
    url: String,
    host: Option<&'static str>,
    sent: AtomicU64,
}

impl Orders {
    /// One that places them there.
    pub(crate) fn at(url: impl Into<String>) -> Self {
        let http = reqwest::Client::builder()
            .no_proxy()
            .pool_max_idle_per_host(0)
            .build();
        Self {
            http: http.expect("a client without TLS"),
            url: url.into(),
            host: None,
            sent: AtomicU64::new(0),
        }
    }

    /// It names this host.
    pub(crate) fn with_host(mut self, host: &'static str) -> Self {
        self.host = Some(host);
        self
    }

    /// How many requests it has sent.
    pub(crate) fn sent(&self) -> u64 {
        self.sent.load(Ordering::SeqCst)
    }

    /// Waits until it has sent so many.
    pub(crate) async fn has_sent(&self, requests: u64) {
        while self.sent() < requests {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// Sends one request.
    pub(crate) async fn send(&self) -> Result<String, OrderError> {
        self.sent.fetch_add(1, Ordering::SeqCst);
        let mut request = self.http.post(&self.url).body("one");
        if let Some(host) = self.host {
            request = request.header("host", host);
        }
        let answer = request.send().await?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        let body = answer.text().await?;
        if status.is_success() {
            return Ok(body);
        }
        Err(OrderError::Refused(Refusal {
            status: status.as_u16(),
            headers,
            body,
        }))
    }

    /// Places an order: so often that it would go on for minutes, if it may be sent again.
    pub(crate) async fn place(&self) -> Result<String, OrderError> {
        Registry::new().scope(place(self)).await
    }

    /// Places an order that comes to this end at the first attempt, after the upstream has executed it: what the client
    /// cannot know.
    pub(crate) async fn is_lost(&self, upstream: &Upstream, status: u16) -> OrderError {
        let (sent, executed) = (self.sent(), upstream.executed());
        let error = self.place().await.expect_err("lost");
        let answer = error.answer().map(|(status, _)| status);
        assert_eq!(answer, Some(status), "{error}");
        assert!(error.classify().is_outcome_unknown(), "{error}");
        assert_eq!(upstream.executed() - executed, 1, "{error}");
        assert_eq!(self.sent() - sent, 1, "{error}");
        error
    }

    /// Places an order that is refused for certain until, at its third attempt, the upstream is there.
    pub(crate) async fn arrives_once(&self, upstream: &Upstream) {
        let (sent, executed) = (self.sent(), upstream.executed());
        let comes_back = async {
            self.has_sent(sent + 3).await;
            upstream.listen().expect("its port");
            Ok(())
        };
        let (placed, ()) = tokio::try_join!(self.place(), comes_back).expect("placed");
        assert_eq!(placed, "done");
        assert!(self.sent() - sent >= 3);
        assert_eq!(upstream.executed() - executed, 1);
    }
}

#[resilient(
    service = "orders",
    retry(max_attempts = 10_000, base_delay = "1ms", max_delay = "20ms"),
    retry_budget = off,
    circuit_breaker = off,
    deadline = "120s"
)]
async fn place(orders: &Orders) -> Result<String, OrderError> {
    orders.send().await
}
