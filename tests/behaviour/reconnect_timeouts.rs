//! `reconnect` and timeouts: a silence is taken for a lost session, unless the attempt has just renewed it.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use resilience_runtime::{Classify, Registry, ResilienceError, Verdict, mcp_resilient};
use tokio::time::sleep;

#[derive(Debug, thiserror::Error)]
enum McpError {
    #[error("session not found")]
    SessionLost,
    #[error(transparent)]
    Resilience(#[from] ResilienceError),
}

impl Classify for McpError {
    fn classify(&self) -> Verdict {
        match self {
            Self::SessionLost => Verdict::session_lost(),
            Self::Resilience(error) => error.classify(),
        }
    }
}

/// Silent until it is renewed, as a client is whose server answers a lost session with an error that names
/// no request.
#[derive(Default)]
struct Silent {
    renewals: AtomicUsize,
    asked: AtomicUsize,
}

impl Silent {
    async fn connect(&self) -> Result<(), McpError> {
        self.renewals.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }

    async fn answer(&self) -> Result<(), McpError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        if self.renewals.load(Ordering::SeqCst) == 0 {
            std::future::pending::<()>().await;
        }
        Ok(())
    }

    #[mcp_resilient(reconnect = Self::connect, timeout = "1s")]
    async fn order(&self) -> Result<(), McpError> {
        self.answer().await
    }

    #[mcp_resilient(reconnect = Self::connect, timeout = "1s", idempotent)]
    async fn read(&self) -> Result<(), McpError> {
        self.answer().await
    }

    #[mcp_resilient(reconnect = Self::connect, deadline = "1s")]
    async fn hurry(&self) -> Result<(), McpError> {
        self.answer().await
    }

    fn counts(&self) -> (usize, usize) {
        let count = |counter: &AtomicUsize| counter.load(Ordering::SeqCst);
        (count(&self.asked), count(&self.renewals))
    }
}

#[tokio::test(start_paused = true)]
async fn a_session_that_is_silent_is_renewed_before_it_is_used_again() {
    let client = Silent::default();
    let calls = async {
        assert!(matches!(
            client.order().await,
            Err(McpError::Resilience(ResilienceError::Timeout { .. }))
        ));
        assert_eq!(client.counts(), (1, 0), "it may have been executed");
        client.order().await.unwrap();
    };
    Registry::new().scope(calls).await;
    assert_eq!(client.counts(), (2, 1));

    let client = Silent::default();
    Registry::new().scope(client.read()).await.unwrap();
    assert_eq!(client.counts(), (2, 1));

    let client = Silent::default();
    let calls = async {
        assert!(matches!(
            client.hurry().await,
            Err(McpError::Resilience(
                ResilienceError::DeadlineExceeded { .. }
            ))
        ));
        client.hurry().await.unwrap();
    };
    Registry::new().scope(calls).await;
    assert_eq!(client.counts(), (2, 1));
}

/// Its renewal takes most of an attempt's time, and its answer more than what is left.
#[derive(Default)]
struct SlowToConnect {
    connects: AtomicUsize,
    asked: AtomicUsize,
    /// Whether it answers over the new session.
    silent: AtomicBool,
}

impl SlowToConnect {
    async fn connect(&self) -> Result<(), McpError> {
        sleep(Duration::from_millis(900)).await;
        self.connects.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }

    #[mcp_resilient(reconnect = Self::connect, timeout = "1s", idempotent)]
    async fn read(&self) -> Result<(), McpError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        match self.connects.load(Ordering::SeqCst) {
            0 => return Err(McpError::SessionLost),
            1 if self.silent.load(Ordering::SeqCst) => std::future::pending().await,
            _ => sleep(Duration::from_millis(500)).await,
        }
        Ok(())
    }

    fn counts(&self) -> (usize, usize) {
        let count = |counter: &AtomicUsize| counter.load(Ordering::SeqCst);
        (count(&self.asked), count(&self.connects))
    }
}

#[tokio::test(start_paused = true)]
async fn a_timeout_after_a_slow_renewal_keeps_the_new_session() {
    let client = SlowToConnect::default();
    let out = Registry::new().scope(client.read()).await;
    assert!(out.is_ok(), "{out:?}");
    assert_eq!(client.counts(), (3, 1));

    // The other call begins by waiting for that renewal, which takes as much of its time.
    let client = SlowToConnect::default();
    let (one, other) = Registry::new()
        .scope(async { tokio::join!(client.read(), client.read()) })
        .await;
    assert!(one.and(other).is_ok());
    assert_eq!(client.counts(), (3 + 2, 1));
}

#[tokio::test(start_paused = true)]
async fn a_renewed_session_that_is_silent_is_renewed_before_the_next_call() {
    let client = SlowToConnect::default();
    client.silent.store(true, Ordering::SeqCst);
    let calls = async {
        // Cut after the renewal, then over the new session for a whole second.
        let out = client.read().await;
        assert!(
            matches!(
                out,
                Err(McpError::Resilience(ResilienceError::Timeout { .. }))
            ),
            "{out:?}"
        );
        assert_eq!(client.counts(), (3, 1));
        client.silent.store(false, Ordering::SeqCst);
        let _ = client.read().await;
        assert_eq!(client.counts().1, 2);
    };
    Registry::new().scope(calls).await;
}
