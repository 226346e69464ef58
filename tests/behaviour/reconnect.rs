//! `reconnect`: a lost session is renewed once, then the call is sent again.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use resilience_runtime::{Classify, Registry, ResilienceError, Verdict, mcp_resilient};
use tokio::time::{Instant, sleep};

#[derive(Debug, thiserror::Error)]
enum McpError {
    #[error("session not found")]
    SessionLost,
    #[error("closed")]
    Closed,
    #[error("refused")]
    Refused,
    #[error("bad request")]
    Permanent,
    #[error(transparent)]
    Resilience(#[from] ResilienceError),
}

impl Classify for McpError {
    fn classify(&self) -> Verdict {
        match self {
            Self::SessionLost => Verdict::session_lost(),
            Self::Closed => Verdict::outcome_unknown().needs_reconnect(),
            Self::Refused => Verdict::transient(),
            Self::Permanent => Verdict::permanent(),
            Self::Resilience(error) => error.classify(),
        }
    }
}

/// A client whose session can be lost.
#[derive(Default)]
struct Client {
    alive: AtomicBool,
    /// The server loses each session at once.
    hopeless: bool,
    calls: AtomicUsize,
    executed: AtomicUsize,
    connects: AtomicUsize,
    /// How often connecting fails.
    refusals: AtomicUsize,
}

impl Client {
    fn connected() -> Self {
        let client = Self::default();
        client.alive.store(true, Ordering::SeqCst);
        client
    }

    fn lost() -> Self {
        Self::default()
    }

    async fn connect(&self) -> Result<(), McpError> {
        self.connects.fetch_add(1, Ordering::SeqCst);
        sleep(Duration::from_millis(10)).await;
        let refused = self
            .refusals
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
                left.checked_sub(1)
            });
        if refused.is_ok() {
            return Err(McpError::Refused);
        }
        self.alive.store(!self.hopeless, Ordering::SeqCst);
        Ok(())
    }

    async fn call(&self) -> Result<usize, McpError> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        sleep(Duration::from_millis(1)).await;
        if self.alive.load(Ordering::SeqCst) {
            Ok(self.executed.fetch_add(1, Ordering::SeqCst) + 1)
        } else {
            Err(McpError::SessionLost)
        }
    }

    fn counts(&self) -> (usize, usize, usize) {
        let count = |counter: &AtomicUsize| counter.load(Ordering::SeqCst);
        (
            count(&self.calls),
            count(&self.connects),
            count(&self.executed),
        )
    }

    #[mcp_resilient(reconnect = Self::connect)]
    async fn tool(&self) -> Result<usize, McpError> {
        self.call().await
    }
}

#[tokio::test(start_paused = true)]
async fn lost_session_reconnects_once_and_retries_at_once() {
    let client = Client::lost();
    let began = Instant::now();
    let out = Registry::new().scope(client.tool()).await;
    assert_eq!(out.unwrap(), 1);
    assert_eq!(client.counts(), (2, 1, 1));
    assert_eq!(began.elapsed(), Duration::from_millis(12), "no backoff");
}

#[tokio::test(start_paused = true)]
async fn a_session_in_order_is_left_alone() {
    /// It has no session, and takes none away from others.
    #[mcp_resilient(timeout = "1s", retry = off)]
    async fn silent() -> Result<(), McpError> {
        std::future::pending().await
    }
    let client = Client::connected();
    let calls = async {
        silent().await.unwrap_err();
        client.tool().await.unwrap();
    };
    Registry::new().scope(calls).await;
    assert_eq!(client.counts(), (1, 0, 1));
}

#[tokio::test(start_paused = true)]
async fn session_lost_twice_ends_the_call() {
    let client = Client {
        hopeless: true,
        ..Client::default()
    };
    let out = Registry::new().scope(client.tool()).await;
    assert!(matches!(out, Err(McpError::SessionLost)));
    assert_eq!(client.counts(), (2, 1, 0));
}

#[tokio::test(start_paused = true)]
async fn calls_of_one_lost_session_reconnect_once() {
    let client = Client::lost();
    let calls = async {
        let (a, b, c) = tokio::join!(client.tool(), client.tool(), client.tool());
        a.and(b).and(c).unwrap();
    };
    Registry::new().scope(calls).await;
    assert_eq!(client.counts(), (6, 1, 3));
}

#[tokio::test(start_paused = true)]
async fn failed_reconnect_is_a_failed_attempt() {
    let client = Client::lost();
    client.refusals.store(1, Ordering::SeqCst);
    let registry = Registry::new();
    let out = registry.scope(client.tool()).await;
    assert_eq!(out.unwrap(), 1);
    // The second attempt never got to the body.
    assert_eq!(client.counts(), (2, 2, 1));
    assert_eq!(registry.get("mcp").unwrap().stats().attempts, 3);

    let client = Client::lost();
    client.refusals.store(9, Ordering::SeqCst);
    let out = Registry::new().scope(client.tool()).await;
    assert!(matches!(out, Err(McpError::Refused)));
    assert_eq!(client.counts(), (1, 2, 0));
}

#[tokio::test(start_paused = true)]
async fn hanging_reconnect_is_cut_and_retried() {
    struct Hanging(AtomicUsize);
    impl Hanging {
        async fn connect(&self) -> Result<(), McpError> {
            if self.0.fetch_add(1, Ordering::SeqCst) == 0 {
                std::future::pending::<()>().await;
            }
            Ok(())
        }

        #[mcp_resilient(reconnect = Self::connect, timeout = "1s")]
        async fn tool(&self) -> Result<(), McpError> {
            if self.0.load(Ordering::SeqCst) < 2 {
                return Err(McpError::SessionLost);
            }
            Ok(())
        }
    }
    let client = Hanging(AtomicUsize::new(0));
    let out = Registry::new().scope(client.tool()).await;
    assert!(out.is_ok(), "{out:?}");
    assert_eq!(client.0.load(Ordering::SeqCst), 2);
}

#[tokio::test(start_paused = true)]
async fn unknown_outcome_is_not_retried_and_next_call_reconnects() {
    struct Closing {
        open: AtomicBool,
        connects: AtomicUsize,
        calls: AtomicUsize,
    }
    impl Closing {
        async fn connect(&self) -> Result<(), McpError> {
            self.connects.fetch_add(1, Ordering::SeqCst);
            self.open.store(true, Ordering::SeqCst);
            Ok(())
        }

        #[mcp_resilient(reconnect = Self::connect)]
        async fn order(&self) -> Result<(), McpError> {
            self.calls.fetch_add(1, Ordering::SeqCst);
            if self.open.load(Ordering::SeqCst) {
                Ok(())
            } else {
                Err(McpError::Closed)
            }
        }
    }
    let client = Closing {
        open: AtomicBool::new(false),
        connects: AtomicUsize::new(0),
        calls: AtomicUsize::new(0),
    };
    let calls = async {
        assert!(matches!(client.order().await, Err(McpError::Closed)));
        assert_eq!(client.calls.load(Ordering::SeqCst), 1);
        client.order().await.unwrap();
        assert_eq!(client.calls.load(Ordering::SeqCst), 2);
    };
    Registry::new().scope(calls).await;
    assert_eq!(client.connects.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn without_retries_the_next_call_reconnects() {
    async fn connect(client: &Client) -> Result<(), McpError> {
        client.connect().await
    }
    #[mcp_resilient(retry = off, reconnect = connect)]
    async fn once(client: &Client) -> Result<usize, McpError> {
        client.call().await
    }
    let client = Client::lost();
    let calls = async {
        assert!(matches!(once(&client).await, Err(McpError::SessionLost)));
        assert_eq!(once(&client).await.unwrap(), 1);
    };
    Registry::new().scope(calls).await;
    assert_eq!(client.counts(), (2, 1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_permanent_error_renews_nothing() {
    async fn connect(_: &Client) -> Result<(), McpError> {
        panic!("not asked for");
    }
    #[mcp_resilient(reconnect = connect)]
    async fn wrong(_client: &Client) -> Result<(), McpError> {
        Err(McpError::Permanent)
    }
    let client = Client::connected();
    let calls = async {
        for _ in 0..2 {
            assert!(matches!(wrong(&client).await, Err(McpError::Permanent)));
        }
    };
    Registry::new().scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn other_failures_retry_with_backoff_without_reconnect() {
    async fn connect(_: &AtomicUsize) -> Result<(), McpError> {
        panic!("not asked for");
    }
    #[mcp_resilient(
        reconnect = connect,
        retry(max_attempts = 3, base_delay = "1s", multiplier = 1.0, jitter = "none")
    )]
    async fn refused(asked: &AtomicUsize) -> Result<(), McpError> {
        asked.fetch_add(1, Ordering::SeqCst);
        Err(McpError::Refused)
    }
    let asked = AtomicUsize::new(0);
    let began = Instant::now();
    let out = Registry::new().scope(refused(&asked)).await;
    assert!(matches!(out, Err(McpError::Refused)));
    assert_eq!(asked.load(Ordering::SeqCst), 3);
    assert_eq!(began.elapsed(), Duration::from_secs(2));
}

#[tokio::test(start_paused = true)]
async fn dropped_reconnect_is_done_by_the_next_call() {
    let client = Client::lost();
    let calls = async {
        let dropped = tokio::time::timeout(Duration::from_millis(5), client.tool()).await;
        assert!(dropped.is_err());
        assert_eq!(client.tool().await.unwrap(), 1);
    };
    Registry::new().scope(calls).await;
    assert_eq!(client.counts(), (2, 2, 1));
}

impl Client {
    async fn connect_slowly_once(&self) -> Result<(), McpError> {
        if self.connects.fetch_add(1, Ordering::SeqCst) == 0 {
            std::future::pending::<()>().await;
        }
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn cut_reconnect_does_not_affect_the_next_attempt() {
    #[mcp_resilient(reconnect = Client::connect_slowly_once, timeout = "1s", idempotent)]
    async fn read(client: &Client) -> Result<usize, McpError> {
        match client.calls.fetch_add(1, Ordering::SeqCst) {
            0 => Err(McpError::SessionLost),
            1 => Err(McpError::Closed),
            calls => Ok(calls),
        }
    }
    let client = Client::lost();
    let calls = async {
        assert!(matches!(read(&client).await, Err(McpError::Closed)));
        // That attempt did run, so its session is lost and the next call renews it.
        read(&client).await.unwrap();
    };
    Registry::new().scope(calls).await;
    assert_eq!(client.counts(), (3, 3, 0));
}
