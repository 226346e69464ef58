//! The slowest answers of a server that now and then takes 20 times as long, with and without a second request.

use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use layered::{Execute, Service as _, Stack as _};
use resilience_runtime::resilient;
use seatbelt::hedging::Hedging;
use seatbelt::{RecoveryInfo, ResilienceContext};
use tick::Clock;
use tower::{Layer as _, Service as _, ServiceExt as _, service_fn};
use tower_resilience::hedge::HedgeLayer;

use crate::body::{Answer, Failure};

/// Tasks that call at the same time.
const CALLERS: u64 = 32;
/// Calls of each task before anything is counted.
const WARM_UP: u64 = 10;
/// Requests in a hundred that are slow, and how much slower.
const SLOW: u64 = 3;
const SLOWER: u64 = 20;

/// A server in this process. Which requests are slow depends on their number alone.
#[derive(Debug, Default)]
pub struct Server {
    requests: AtomicU64,
}

type Served = &'static Server;

impl Server {
    /// One for a contestant. It is never freed; a process makes a few.
    fn new() -> Served {
        Box::leak(Box::default())
    }

    async fn answer(&self) -> Answer {
        let number = self.requests.fetch_add(1, Relaxed);
        let random = mixed(number);
        let usual = 16 + (random >> 32) % 9;
        let millis = match random % 100 {
            percent if percent < SLOW => usual * SLOWER,
            _ => usual,
        };
        tokio::time::sleep(Duration::from_millis(millis)).await;
        Ok(number)
    }
}

/// The finalizer of splitmix64.
fn mixed(number: u64) -> u64 {
    let mut bits = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

/// What a contestant came to.
#[derive(Clone, Debug)]
pub struct Tail {
    /// Who.
    pub contestant: &'static str,
    /// The median.
    pub p50: Duration,
    /// What 95 of a hundred calls stay below.
    pub p95: Duration,
    /// What 99 of a hundred calls stay below.
    pub p99: Duration,
    /// Requests that reached the server, for each call.
    pub requests: f64,
}

#[resilient(service = "plain", idempotent, retry = off, timeout = "4s")]
async fn plain(server: &Server) -> Answer {
    server.answer().await
}

#[resilient(service = "p95", idempotent, retry = off, timeout = "4s", hedge(delay = "p95"))]
async fn hedged(server: &Server) -> Answer {
    server.answer().await
}

/// Measures all contestants, one after the other. The others get as their delay what ours finds out: the 95th percentile
/// of what was measured without hedges.
///
/// # Panics
/// If a call fails, which none does.
pub async fn tails(calls: u64) -> Vec<Tail> {
    let server = Server::new();
    let without = tail("without", server, calls, move || plain(server)).await;
    let delay = without.p95;
    let server = Server::new();
    let ours = tail("resilience, p95", server, calls, move || hedged(server)).await;
    let seatbelt = by_seatbelt(calls, delay).await;
    let tower = by_tower_resilience(calls, delay).await;
    vec![without, ours, seatbelt, tower]
}

async fn by_seatbelt(calls: u64, delay: Duration) -> Tail {
    let context = ResilienceContext::<Served, Answer>::new(Clock::new_tokio()).name("tail");
    let stack = (
        Hedging::layer("hedging", &context)
            .clone_input()
            .max_hedged_attempts(1)
            .hedging_delay(delay)
            .recovery_with(|out: &Answer, _| match out {
                Ok(_) => RecoveryInfo::never(),
                Err(_) => RecoveryInfo::retry(),
            }),
        Execute::new(|server: Served| server.answer()),
    );
    let service = &*Box::leak(Box::new(stack.into_service()));
    let server = Server::new();
    tail("seatbelt, fixed", server, calls, move || {
        service.execute(server)
    })
    .await
}

async fn by_tower_resilience(calls: u64, delay: Duration) -> Tail {
    // It counts the first request as well.
    let layer = HedgeLayer::builder()
        .delay(delay)
        .max_hedged_attempts(2)
        .build();
    let service = layer.layer(service_fn(|server: Served| server.answer()));
    let server = Server::new();
    let ask = move || {
        let mut service = service.clone();
        async move {
            let ready = service.ready().await.map_err(|_| Failure::Unexpected)?;
            ready.call(server).await.map_err(|_| Failure::Unexpected)
        }
    };
    tail("tower-resilience, fixed", server, calls, ask).await
}

async fn tail<F, Fut>(contestant: &'static str, server: Served, calls: u64, ask: F) -> Tail
where
    F: Fn() -> Fut + Clone + Send + 'static,
    Fut: Future<Output = Answer> + Send,
{
    run(WARM_UP, ask.clone()).await;
    let before = server.requests.load(Relaxed);
    let mut took = run(calls.div_ceil(CALLERS), ask).await;
    let sent = server.requests.load(Relaxed) - before;
    took.sort_unstable();
    let below = |percent: usize| took[(took.len() * percent).div_ceil(100) - 1];
    Tail {
        contestant,
        p50: below(50),
        p95: below(95),
        p99: below(99),
        requests: sent as f64 / took.len() as f64,
    }
}

/// How long each call took.
async fn run<F, Fut>(each: u64, ask: F) -> Vec<Duration>
where
    F: Fn() -> Fut + Clone + Send + 'static,
    Fut: Future<Output = Answer> + Send,
{
    let callers: Vec<_> = (0..CALLERS)
        .map(|_| {
            let ask = ask.clone();
            tokio::spawn(async move {
                let mut took = Vec::new();
                for _ in 0..each {
                    let began = Instant::now();
                    ask().await.expect("an answer");
                    took.push(began.elapsed());
                }
                took
            })
        })
        .collect();
    let mut all = Vec::new();
    for caller in callers {
        all.extend(caller.await.expect("a task that ends"));
    }
    all
}
