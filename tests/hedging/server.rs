//! A server whose answers are scripted: how long each takes, and what it is.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use resilience_runtime::telemetry::ServiceStats;
use resilience_runtime::{Registry, ServiceKind};
use tokio::time::{Instant, sleep};

use crate::errors::ApiError;

pub type Answer = Result<u32, ApiError>;

/// What the server does with one request.
pub enum Does {
    Answers(u64, u32),
    Fails(u64, ApiError),
    Hangs,
    Panics(u64),
}

pub use Does::{Answers, Fails, Hangs, Panics};

/// A server that follows a script, request by request; after its end it hangs.
pub struct Server {
    script: Vec<Does>,
    began: Instant,
    asked: Mutex<Vec<Duration>>,
    /// Requests whose future was dropped before it ended.
    pub dropped: AtomicUsize,
}

/// Times are in milliseconds.
impl Server {
    pub fn new(script: impl IntoIterator<Item = Does>) -> Self {
        Self {
            script: script.into_iter().collect(),
            began: Instant::now(),
            asked: Mutex::default(),
            dropped: AtomicUsize::new(0),
        }
    }

    pub async fn ask(&self) -> Answer {
        let number = {
            let mut asked = self.asked.lock().unwrap();
            asked.push(self.began.elapsed());
            asked.len() - 1
        };
        let running = Running(&self.dropped);
        let answer = match self.script.get(number) {
            Some(Answers(after, value)) => {
                pause(*after).await;
                Ok(*value)
            }
            Some(Fails(after, error)) => {
                pause(*after).await;
                Err(copy(error))
            }
            Some(Panics(after)) => {
                pause(*after).await;
                panic!("the body panics")
            }
            Some(Hangs) | None => std::future::pending().await,
        };
        std::mem::forget(running);
        answer
    }

    /// When each request came, in milliseconds since the server was made.
    pub fn asked_at(&self) -> Vec<u64> {
        let asked = self.asked.lock().unwrap();
        asked.iter().map(|at| at.as_millis() as u64).collect()
    }

    pub fn dropped(&self) -> usize {
        self.dropped.load(Ordering::Relaxed)
    }
}

/// Pends even where there is no time to wait.
async fn pause(millis: u64) {
    match millis {
        0 => tokio::task::yield_now().await,
        millis => sleep(Duration::from_millis(millis)).await,
    }
}

struct Running<'a>(&'a AtomicUsize);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

fn copy(error: &ApiError) -> ApiError {
    match error {
        ApiError::Transient => ApiError::Transient,
        ApiError::Unknown => ApiError::Unknown,
        ApiError::Throttled(wait) => ApiError::Throttled(*wait),
        ApiError::Permanent => ApiError::Permanent,
        ApiError::Resilience(_) => unreachable!("the server has none"),
    }
}

pub fn stats(registry: &Registry) -> ServiceStats {
    registry
        .service("api", ServiceKind::Custom)
        .unwrap()
        .stats()
}

/// Hedges, hedges that won, and attempts that lost.
pub fn hedges(registry: &Registry) -> (u64, u64, u64) {
    let stats = stats(registry);
    (stats.hedges, stats.hedge_wins, stats.hedge_cancelled)
}

/// What is left of the limit of the key `one`.
pub fn tokens_left(registry: &Registry) -> u32 {
    let api = registry.service("api", ServiceKind::Custom).unwrap();
    api.rate_limiter().unwrap().peek("one").remaining
}

/// Since `began`, in milliseconds.
pub fn millis_since(began: Instant) -> u64 {
    began.elapsed().as_millis() as u64
}
