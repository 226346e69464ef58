//! The script against a private server.

mod faults;
mod model;
mod server;

use std::time::Duration;

use self::server::Server;
use super::*;
use crate::config::RateLimitStrategy::{self, FixedWindow, SlidingWindow, TokenBucket};
use crate::fleet::{LimitId, SharedLimit};

fn limit(strategy: RateLimitStrategy, limit: u32, seconds: u64, burst: u32) -> SharedLimit {
    SharedLimit::new(limit, Duration::from_secs(seconds), burst, strategy)
}

fn request(id: u128, limits: &[SharedLimit]) -> GrantRequest {
    GrantRequest {
        id: LimitId::from_bits(id),
        limits: limits.into(),
        holder: 1,
        demand: 1,
        least: vec![1; limits.len()],
        wanted: vec![1; limits.len()],
        life: Duration::ZERO,
        ahead: Duration::ZERO,
        settlement: None,
        cooldown: Duration::ZERO,
    }
}

#[tokio::test]
async fn passes_the_conformance_suite() {
    let server = Server::start();
    let store = server.store().await;
    crate::fleet::conformance::check(|| store.clone()).await;
}

/// Prints what a call costs; run with `--ignored --nocapture`.
#[tokio::test]
#[ignore = "a measurement"]
async fn cost_of_a_call() {
    let server = Server::cluster();
    let cluster = RedisStore::cluster([server.url().as_str()]).timeout(Duration::from_secs(5));
    let cluster = cluster.connect().await.expect("a connection");
    let store = server.store().await;
    let bucket = limit(TokenBucket, 1_000_000, 1, 2_000_000);
    let window = limit(SlidingWindow, 60_000_000, 60, 0);
    let fixed = limit(FixedWindow, 60_000_000, 60, 0);
    let small = limit(SlidingWindow, 6_000, 60, 0);
    let all = [bucket, window, fixed];
    // The time between two calls: in a window that is used up, grants are in all slots.
    for (name, store, limits, step) in [
        ("bucket", &store, &all[..1], 10),
        ("sliding window", &store, &all[1..2], 10),
        ("fixed window", &store, &all[2..], 10),
        ("all three", &store, &all[..], 10),
        ("used up window", &store, &[small][..], 50_000),
        (
            "used up window and bucket",
            &store,
            &[small, bucket][..],
            50_000,
        ),
        ("all three, run_id by the script", &cluster, &all[..], 10),
    ] {
        let ask = GrantRequest {
            life: Duration::from_secs(1),
            ahead: Duration::from_secs(2),
            wanted: vec![20; limits.len()],
            ..request(name.len() as u128, limits)
        };
        let terms = Terms::new(&ask).expect("no mistake");
        let rounds = 20_000;
        server.command("CONFIG RESETSTAT");
        let begin = std::time::Instant::now();
        for round in 0..rounds {
            let now = 1_764_633_600_000_000 + round * step;
            let answer = store.link.grant_in(ask.id, &terms, now, None).await;
            answer.expect("an answer");
        }
        let took = begin.elapsed() / rounds as u32;
        let stats = server.command("INFO commandstats");
        let script = stats.lines().find(|line| line.contains("evalsha"));
        eprintln!("{name}: {took:?} a round trip, {script:?}");
    }
}
