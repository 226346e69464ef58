//! Calls in flight that were all told to come back later do not come back at the same moment.

use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use resilience_runtime::{Classify, Registry, ResilienceError, Verdict, resilient};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("come back later")]
    Busy(Duration),
    #[error(transparent)]
    Resilience(#[from] ResilienceError),
}

impl Classify for Failure {
    fn classify(&self) -> Verdict {
        match self {
            Self::Busy(wait) => Verdict::throttled(Some(*wait)),
            Self::Resilience(error) => error.classify(),
        }
    }
}

const HERD: u32 = 50;
const PAUSE: Duration = Duration::from_secs(10);

/// A server that is busy until a moment, and writes down who came when after that.
struct Server {
    began: Instant,
    busy_until: Duration,
    came: Mutex<Vec<(Duration, u32)>>,
}

impl Server {
    fn busy_for(busy_until: Duration) -> Arc<Self> {
        Arc::new(Self {
            began: Instant::now(),
            busy_until,
            came: Mutex::default(),
        })
    }

    fn answer(&self, who: u32) -> Result<(), Failure> {
        let now = self.began.elapsed();
        if now < self.busy_until {
            return Err(Failure::Busy(self.busy_until - now));
        }
        self.came.lock().expect("no panic").push((now, who));
        Ok(())
    }

    fn came(&self) -> Vec<(Duration, u32)> {
        self.came.lock().expect("no panic").clone()
    }

    fn order(&self) -> Vec<u32> {
        self.came().into_iter().map(|(_, who)| who).collect()
    }

    /// How many came within any `span`.
    fn most_within(&self, span: Duration) -> usize {
        let came = self.came();
        let count = |from: Duration| {
            let within = came
                .iter()
                .filter(|(at, _)| (from..from + span).contains(at));
            within.count()
        };
        came.iter().map(|&(at, _)| count(at)).max().unwrap_or(0)
    }
}

macro_rules! services {
    ($($name:ident($service:literal): { $($limit:tt)* };)*) => { $(
        #[resilient(
            service = $service,
            circuit_breaker = off,
            timeout = off,
            deadline = off,
            retry(max_attempts = 2, base_delay = "1ms", jitter = "none"),
            $($limit)*
        )]
        async fn $name(server: Arc<Server>, who: u32) -> Result<(), Failure> {
            // All of them are on the way when the first answer comes.
            sleep(Duration::from_millis(1)).await;
            server.answer(who)
        }
    )* };
}

services! {
    unlimited("unlimited"): { };
    limited("limited"): { rate_limit(requests_per_second = 50, burst = 50) };
    patient("unlimited"): { rate_limit(max_wait = "1m") };
}

fn spawn<F>(calls: &mut JoinSet<()>, registry: &Registry, call: F)
where
    F: Future<Output = Result<(), Failure>> + Send + 'static,
{
    let call = registry.scope(call);
    calls.spawn(async move { call.await.expect("the server is well after its pause") });
}

#[tokio::test(start_paused = true)]
async fn a_herd_is_spread_after_the_pause() {
    let (server, registry) = (Server::busy_for(PAUSE), Registry::new());
    let mut calls = JoinSet::new();
    for who in 0..HERD {
        spawn(&mut calls, &registry, unlimited(Arc::clone(&server), who));
    }
    calls.join_all().await;
    let came = server.came();
    let (first, last) = (came[0].0, came[came.len() - 1].0);
    assert_eq!(came.len(), HERD as usize);
    assert!(first >= PAUSE, "{first:?}");
    // A tenth of the pause, and the timers' resolution.
    assert!(last <= PAUSE + Duration::from_millis(1_010), "{last:?}");
    let most = server.most_within(Duration::from_millis(100));
    assert!(most <= HERD as usize / 4, "{most} at once");
}

#[tokio::test(start_paused = true)]
async fn who_waited_first_is_not_overtaken() {
    let (server, registry) = (Server::busy_for(PAUSE), Registry::new());
    let mut calls = JoinSet::new();
    for who in 0..HERD {
        spawn(&mut calls, &registry, limited(Arc::clone(&server), who));
    }
    calls.join_all().await;
    assert_eq!(server.order(), (0..HERD).collect::<Vec<_>>());
}

/// Calls that come while others wait for the end of the pause wait behind them.
#[tokio::test(start_paused = true)]
async fn later_calls_do_not_overtake_those_who_wait() {
    let (server, registry) = (Server::busy_for(PAUSE), Registry::new());
    let mut calls = JoinSet::new();
    for who in 0..5 {
        spawn(&mut calls, &registry, unlimited(Arc::clone(&server), who));
    }
    sleep(PAUSE / 2).await;
    for who in 5..10 {
        spawn(&mut calls, &registry, patient(Arc::clone(&server), who));
    }
    calls.join_all().await;
    assert_eq!(server.order(), (0..10).collect::<Vec<_>>());
}

/// The backoff of a retry holds, however soon its turn in the line comes.
#[tokio::test(start_paused = true)]
async fn a_turn_that_comes_early_does_not_shorten_the_backoff() {
    #[resilient(
        service = "one a second",
        circuit_breaker = off,
        classify = |_: &Failure| Verdict::transient(),
        retry(max_attempts = 2, base_delay = "1500ms", jitter = "none"),
        rate_limit(requests_per_second = 1, burst = 1, max_wait = "30s", key = "all")
    )]
    async fn slow(server: Arc<Server>) -> Result<(), Failure> {
        sleep(Duration::from_millis(10)).await;
        server.answer(0)
    }
    let (server, registry) = (Server::busy_for(Duration::from_millis(20)), Registry::new());
    let mut call = JoinSet::new();
    spawn(&mut call, &registry, slow(Arc::clone(&server)));
    sleep(Duration::from_millis(1)).await;
    let service = registry.get("one a second").expect("it was called");
    let limiter = service.rate_limiter().expect("it has a limit");
    limiter.cool_down("all", Duration::from_secs(1));
    let mut before = JoinSet::new();
    for _ in 0..3 {
        spawn(&mut before, &registry, slow(Arc::clone(&server)));
    }
    sleep(Duration::from_millis(100)).await;
    before.shutdown().await;
    call.join_all().await;
    let at = server.came()[0].0;
    let backoff = Duration::from_millis(1_510);
    assert!((backoff..backoff * 2).contains(&at), "{at:?}");
}
