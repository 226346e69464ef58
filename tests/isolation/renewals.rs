//! Calls that lost the same session share its renewal, also one that is refused, and do not depend on who makes it.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::task::{Context, Waker};
use std::time::Duration;

use resilience_runtime::{
    CircuitState, Classify, Registry, ResilienceError, Verdict, mcp_resilient,
    verdict::{Class, Reason},
};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

#[derive(Debug, thiserror::Error)]
enum McpError {
    #[error("session not found")]
    SessionLost,
    #[error("denied")]
    Denied,
    #[error("refused")]
    Refused,
    #[error(transparent)]
    Resilience(#[from] ResilienceError),
}

impl Classify for McpError {
    fn classify(&self) -> Verdict {
        match self {
            Self::SessionLost => Verdict::session_lost(),
            Self::Denied => Verdict::denied(),
            Self::Refused => Verdict::transient(),
            Self::Resilience(error) => error.classify(),
        }
    }
}

/// What connecting meets.
const WELL: usize = 0;
const DENIED: usize = 1;
const REFUSED: usize = 2;
/// The server loses the new session at once.
const USELESS: usize = 3;

/// A client that has no session yet.
#[derive(Default)]
struct Client {
    alive: AtomicBool,
    server: AtomicUsize,
    connects: AtomicU32,
    calls: AtomicU32,
}

impl Client {
    fn of(server: usize) -> Arc<Self> {
        let client = Self::default();
        client.server.store(server, Ordering::SeqCst);
        Arc::new(client)
    }

    async fn connect(&self) -> Result<(), McpError> {
        self.connects.fetch_add(1, Ordering::SeqCst);
        sleep(ms(10)).await;
        let met = self.server.load(Ordering::SeqCst);
        self.alive.store(met == WELL, Ordering::SeqCst);
        match met {
            DENIED => Err(McpError::Denied),
            REFUSED => Err(McpError::Refused),
            _ => Ok(()),
        }
    }

    async fn ask(&self) -> Result<u32, McpError> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        sleep(ms(1)).await;
        match self.alive.load(Ordering::SeqCst) {
            true => Ok(1),
            false => Err(McpError::SessionLost),
        }
    }

    #[mcp_resilient(service = "renewed", reconnect = Self::connect)]
    async fn tool(&self) -> Result<u32, McpError> {
        self.ask().await
    }

    #[mcp_resilient(service = "bare", reconnect = Self::connect, circuit_breaker = off)]
    async fn without_breaker(&self) -> Result<u32, McpError> {
        self.ask().await
    }

    fn connects(&self) -> u32 {
        self.connects.load(Ordering::SeqCst)
    }
}

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn poll_once<F: Future>(future: Pin<&mut F>) {
    let mut context = Context::from_waker(Waker::noop());
    assert!(future.poll(&mut context).is_pending());
}

async fn ask_at_once(
    registry: &Registry,
    client: &Arc<Client>,
    count: u32,
) -> Vec<Result<u32, McpError>> {
    let mut calls = JoinSet::new();
    for _ in 0..count {
        let client = Arc::clone(client);
        calls.spawn(registry.clone().scope(async move { client.tool().await }));
    }
    calls.join_all().await
}

#[tokio::test(start_paused = true)]
async fn denied_renewal_is_shared_by_all_who_waited_for_it() {
    let (registry, client) = (Registry::new(), Client::of(DENIED));
    let start = Instant::now();
    let all = ask_at_once(&registry, &client, 20).await;
    assert_eq!((client.connects(), start.elapsed()), (1, ms(11)));
    let (own, shared): (Vec<_>, Vec<_>) = all
        .into_iter()
        .map(|answer| answer.expect_err("it is denied"))
        .partition(|error| matches!(error, McpError::Denied));
    assert_eq!((own.len(), shared.len()), (1, 19));
    for error in shared {
        assert!(
            matches!(
                &error,
                McpError::Resilience(ResilienceError::SharedFailure {
                    class: Class::Permanent,
                    reason: Some(Reason::Denied),
                    ..
                })
            ),
            "{error:?}"
        );
    }
    let stats = registry.get("renewed").expect("it is there").stats();
    assert_eq!(stats.circuit.state, CircuitState::Closed);
}

#[tokio::test(start_paused = true)]
async fn call_after_a_denied_renewal_waits_for_a_second_and_asks_itself() {
    let (registry, client) = (Registry::new(), Client::of(DENIED));
    ask_at_once(&registry, &client, 2).await;
    let start = Instant::now();
    for (turn, call) in (2..5).zip(1_u64..) {
        let answer = registry.clone().scope(client.tool()).await;
        assert!(matches!(answer, Err(McpError::Denied)), "{answer:?}");
        assert_eq!(client.connects(), turn);
        assert!(start.elapsed() <= ms(1_010 * call));
    }
    client.server.store(WELL, Ordering::SeqCst);
    let answer = registry.clone().scope(client.tool()).await;
    assert_eq!(answer.expect("it is let in"), 1);
}

#[tokio::test(start_paused = true)]
async fn renewal_that_may_succeed_later_is_tried_again_by_all_together() {
    let (registry, client) = (Registry::new(), Client::of(REFUSED));
    let calls = tokio::spawn({
        let (registry, client) = (registry.clone(), Arc::clone(&client));
        async move { ask_at_once(&registry, &client, 20).await }
    });
    sleep(ms(12)).await;
    client.server.store(WELL, Ordering::SeqCst);
    for answer in calls.await.expect("no panic") {
        assert_eq!(answer.expect("the second renewal is well"), 1);
    }
    assert_eq!(client.connects(), 2);
    let stats = registry.get("renewed").expect("it is there").stats();
    assert_eq!(stats.circuit.state, CircuitState::Closed, "one failure");
}

#[tokio::test(start_paused = true)]
async fn sessions_that_are_lost_at_once_are_failures_and_stop_being_renewed() {
    let (registry, client) = (Registry::new(), Client::of(USELESS));
    for _ in 0..200 {
        let answer = registry.clone().scope(client.tool()).await;
        answer.expect_err("no session works");
    }
    // Three do not help; then five failures open the circuit.
    assert_eq!(client.connects(), 7);
    let service = registry.get("renewed").expect("it is there");
    assert_eq!(service.circuit_breaker().state(), CircuitState::Open);
}

#[tokio::test(start_paused = true)]
async fn sessions_that_are_lost_at_once_are_renewed_once_a_second_without_breaker() {
    let (registry, client) = (Registry::new(), Client::of(USELESS));
    let mut calls = JoinSet::new();
    let start = Instant::now();
    for turn in 0..200_u64 {
        let (registry, client) = (registry.clone(), Arc::clone(&client));
        calls.spawn(async move {
            sleep(ms(20 * turn)).await;
            registry
                .scope(async { client.without_breaker().await })
                .await
        });
    }
    for answer in calls.join_all().await {
        answer.expect_err("no session works");
    }
    let seconds = start.elapsed().as_secs() as u32;
    assert!(client.connects() <= 4 + seconds, "{}", client.connects());
}

#[tokio::test(start_paused = true)]
async fn session_that_works_for_a_while_is_renewed_at_once_each_time() {
    let (registry, client) = (Registry::new(), Client::of(WELL));
    for turn in 1..=20 {
        client.alive.store(false, Ordering::SeqCst);
        let start = Instant::now();
        let answer = registry.clone().scope(client.tool()).await;
        assert_eq!(answer.expect("over a new session"), 1);
        assert_eq!((client.connects(), start.elapsed()), (turn, ms(12)));
    }
}

#[tokio::test(start_paused = true)]
async fn unpolled_renewal_holds_up_others_for_100_ms() {
    let (registry, client) = (Registry::new(), Client::of(WELL));
    let mut unpolled = pin!(registry.clone().scope(client.tool()));
    poll_once(unpolled.as_mut());
    sleep(ms(1)).await;
    // It finds its session lost, and begins to renew it.
    poll_once(unpolled.as_mut());
    assert_eq!(client.connects(), 1);
    let start = Instant::now();
    for answer in ask_at_once(&registry, &client, 20).await {
        assert_eq!(answer.expect("a rival renews it"), 1);
    }
    assert!(
        start.elapsed() <= ms(10 + 100 + 12),
        "{:?}",
        start.elapsed()
    );
    assert_eq!(client.connects(), 2);
    assert_eq!(unpolled.await.expect("it has a session as well"), 1);
}

#[tokio::test(start_paused = true)]
async fn unpolled_waiters_for_a_renewal_hold_up_nobody() {
    let (registry, client) = (Registry::new(), Client::of(WELL));
    let renewing = tokio::spawn({
        let (registry, client) = (registry.clone(), Arc::clone(&client));
        async move { registry.scope(async { client.tool().await }).await }
    });
    sleep(ms(2)).await;
    let mut kept: Vec<_> = (0..8)
        .map(|_| Box::pin(registry.clone().scope(client.tool())))
        .collect();
    for waiting in &mut kept {
        poll_once(waiting.as_mut());
    }
    renewing.abort();
    let start = Instant::now();
    for answer in ask_at_once(&registry, &client, 20).await {
        assert_eq!(answer.expect("one of them renews it"), 1);
    }
    assert!(start.elapsed() <= ms(12), "{:?}", start.elapsed());
}
