//! Limits of a fleet, over a store in memory.

use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use tokio::time::{Instant, sleep};

use crate::config::{OnStoreLoss, PatternMode, RateLimitConfig};
use crate::fleet::{FleetConfig, Member, MemoryStore};
use crate::rate_limit::RateLimiter;

fn process(store: &MemoryStore, config: RateLimitConfig) -> RateLimiter {
    let limiter = RateLimiter::new("openai", config.shared(true)).expect("a limit");
    let fleet = FleetConfig::new("test").secret(b"secret");
    limiter.join(&Arc::new(Member::new(Arc::new(store.clone()), fleet)));
    limiter
}

/// Calls of one process at this rate for so long; returns when they were sent.
async fn load(
    limiter: RateLimiter,
    per_second: f64,
    lasts: Duration,
    seed: u64,
    log: Arc<Mutex<Vec<Duration>>>,
    began: Instant,
) -> usize {
    let mut random = StdRng::seed_from_u64(seed);
    let mut sent = 0;
    while began.elapsed() < lasts {
        let pause = -random.random_range(1e-9..1.0_f64).ln() / per_second;
        sleep(Duration::from_secs_f64(pause)).await;
        let passed = limiter.acquire("user", 1, Duration::ZERO).await;
        if passed.is_ok() {
            log.lock().expect("no panic").push(began.elapsed());
            sent += 1;
        }
    }
    sent
}

/// The most that was sent in any window.
fn most_in(log: &[Duration], window: Duration) -> usize {
    let mut first = 0;
    let mut most = 0;
    for (last, at) in log.iter().enumerate() {
        while *at >= log[first] + window {
            first += 1;
        }
        most = most.max(last + 1 - first);
    }
    most
}

async fn run(
    config: RateLimitConfig,
    rates: &[f64],
    lasts: Duration,
) -> (Vec<Duration>, Vec<usize>, u64) {
    let store = MemoryStore::new();
    store.delay_answers(Duration::from_millis(1));
    let log = Arc::new(Mutex::new(Vec::new()));
    let began = Instant::now();
    let loads = rates.iter().enumerate().map(|(number, rate)| {
        let limiter = process(&store, config.clone());
        let log = Arc::clone(&log);
        tokio::spawn(load(limiter, *rate, lasts, number as u64, log, began))
    });
    let loads: Vec<_> = loads.collect();
    let mut sent = Vec::new();
    for load in loads {
        sent.push(load.await.expect("no panic"));
    }
    let mut log = log.lock().expect("no panic").clone();
    log.sort_unstable();
    (log, sent, store.requests())
}

#[tokio::test(start_paused = true)]
async fn saturated_window_is_used_up_and_never_exceeded() {
    let minute = Duration::from_secs(60);
    let config = RateLimitConfig::per_minute(600).sliding_window();
    let (log, _, requests) = run(config, &[20.0, 5.0, 10.0, 3.0], 10 * minute).await;
    let most = most_in(&log, minute);
    assert!(most <= 600, "{most}");
    let used = log.len() as f64 / 6_000.0;
    assert!(used >= 0.95, "{used}");
    assert!(requests < 6_000, "{requests}");
}

#[tokio::test(start_paused = true)]
async fn saturated_bucket_is_used_up_and_never_exceeded() {
    let config = RateLimitConfig::per_second(1_000).burst(1_000);
    let (log, sent, requests) = run(
        config,
        &[500.0, 500.0, 250.0, 250.0],
        Duration::from_secs(20),
    )
    .await;
    for window in [1, 2, 5] {
        let most = most_in(&log, Duration::from_secs(window));
        assert!(
            most as u64 <= 1_000 + 1_000 * window,
            "{most} in {window} s"
        );
    }
    let used = log.len() as f64 / 21_000.0;
    assert!(used >= 0.9, "{used}");
    // An equal part each, or what it needs, which is about 4,000 for the last two.
    assert!(sent.iter().all(|sent| *sent >= 2_500), "{sent:?}");
    assert!(requests < 21_000 / 7, "{requests}");
}

#[tokio::test(start_paused = true)]
async fn without_a_store_each_has_its_share_or_nothing_or_all() {
    for (by, expected) in [
        (OnStoreLoss::Share, 300),
        (OnStoreLoss::Closed, 0),
        (OnStoreLoss::Open, 600),
    ] {
        let store = MemoryStore::new();
        let config = RateLimitConfig::per_minute(600)
            .sliding_window()
            .on_store_loss(by);
        let [one, other] = [(); 2].map(|()| process(&store, config.clone()));
        for limiter in [&one, &other] {
            assert!(limiter.acquire("user", 1, Duration::ZERO).await.is_ok());
        }
        sleep(Duration::from_secs(3)).await;
        // The second one is known to the first now.
        assert!(other.acquire("user", 1, Duration::ZERO).await.is_ok());
        assert!(one.acquire("user", 1, Duration::ZERO).await.is_ok());
        store.fail_next(u64::MAX);
        let log = Arc::new(Mutex::new(Vec::new()));
        load(
            one,
            50.0,
            Duration::from_secs(180),
            1,
            Arc::clone(&log),
            Instant::now(),
        )
        .await;
        let log = log.lock().expect("no panic").clone();
        let most = most_in(&log, Duration::from_secs(60));
        assert!(most <= expected + 1, "{by}: {most}");
        assert!(
            most as f64 >= 0.9 * f64::from(expected as u32),
            "{by}: {most}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_kept_of_those_who_waited_for_the_store() {
    let store = MemoryStore::new();
    let config = RateLimitConfig::per_minute(600).sliding_window();
    let limiter = process(&store, config.on_store_loss(OnStoreLoss::Closed));
    let waiting = || limiter.shared.link().expect("it joined").waiting();
    for (faults, delay) in [(0, 1), (u64::MAX, 1), (0, 10_000)] {
        store.fail_next(faults);
        store.delay_answers(Duration::from_millis(delay));
        for user in 0..500 {
            let acquired = limiter.acquire(&user, 1, Duration::from_millis(user % 3));
            // Some give up while they wait.
            let _ = tokio::time::timeout(Duration::from_millis(user % 5), acquired).await;
        }
        sleep(Duration::from_secs(30)).await;
        assert_eq!(waiting(), 0, "{faults} {delay}");
    }
}

#[tokio::test(start_paused = true)]
async fn check_finds_what_it_has_asked_for() {
    let store = MemoryStore::new();
    let per_key = RateLimitConfig::per_minute(3).sliding_window();
    let config = RateLimitConfig::per_minute(10).sliding_window();
    for (config, most) in [(config.clone(), 10), (config.per_key(per_key), 3)] {
        let limiter = process(&store, config);
        let mut passed = 0;
        for _ in 0..100 {
            let decision = limiter.check("user");
            passed += usize::from(decision.allowed);
            let wait = decision.retry_after.unwrap_or_default();
            sleep(wait.min(Duration::from_millis(10))).await;
        }
        assert_eq!(passed, most);
        store.forget();
        sleep(Duration::from_secs(120)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn shadow_counts_for_itself() {
    let store = MemoryStore::new();
    let config = RateLimitConfig::per_minute(10).sliding_window();
    let limiter = process(&store, config.mode(PatternMode::Shadow));
    for _ in 0..30 {
        assert!(limiter.check("user").allowed);
    }
    assert_eq!(limiter.shadow_rejected(), 20);
    assert_eq!(store.requests(), 0);
}
