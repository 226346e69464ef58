//! Calls against an oracle that knows how long each target takes.

use std::time::Duration;

use resilience_runtime::targets::Target;
use resilience_runtime::{Registry, TargetPool, resilient};
use tokio::time::{Instant, sleep};

use crate::place::{Answer, Answers, Does, Place, Refuses, Throttles, asked, stats};

#[resilient(service = "chat", idempotent, retry(max_attempts = 4), retry_budget = off, targets = pool)]
async fn ask(#[target] to: &Place, pool: &TargetPool<Place>) -> Answer {
    to.ask().await
}

/// A sequence of numbers that depends on its seed alone.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }

    /// A time between two calls, of an average.
    fn pause(&mut self, average: Duration) -> Duration {
        let uniform = (self.next() as f64 + 1.0) / (1_u64 << 31) as f64;
        average.mul_f64(-uniform.ln())
    }
}

fn leaked(does: &[Does]) -> &'static TargetPool<Place> {
    let places = does.iter().enumerate();
    let places =
        places.map(|(number, does)| (format!("t{number}"), Place::new(number as u32, *does)));
    Box::leak(Box::new(TargetPool::of(places).unwrap()))
}

/// Makes so many calls, and returns when each began and how long it took.
async fn calls(
    registry: &Registry,
    places: &'static TargetPool<Place>,
    pauses: impl IntoIterator<Item = Duration>,
) -> Vec<Duration> {
    let mut running = Vec::new();
    for pause in pauses {
        let registry = registry.clone();
        running.push(tokio::spawn(async move {
            let began = Instant::now();
            registry.scope(ask(places)).await.unwrap();
            began.elapsed()
        }));
        sleep(pause).await;
    }
    let mut took = Vec::new();
    for call in running {
        took.push(call.await.unwrap());
    }
    took
}

/// How long the same calls take where each goes to the least (in flight + 1) × true latency.
fn oracle(latencies: &[u64], pauses: &[Duration]) -> Vec<Duration> {
    let mut now = Duration::ZERO;
    let mut running: Vec<Vec<Duration>> = vec![Vec::new(); latencies.len()];
    let mut took = Vec::new();
    for pause in pauses {
        for ends in &mut running {
            ends.retain(|end| *end > now);
        }
        let cost = |at: &usize| (running[*at].len() as u64 + 1) * latencies[*at];
        let best = (0..latencies.len()).min_by_key(cost).unwrap();
        let latency = Duration::from_millis(latencies[best]);
        running[best].push(now + latency);
        took.push(latency);
        now += *pause;
    }
    took
}

fn p99(mut took: Vec<Duration>) -> Duration {
    took.sort_unstable();
    took[took.len() * 99 / 100]
}

/// Targets of which a third answers ten times as slowly from some time on.
async fn compare(count: usize, seed: u64) {
    let mut numbers = Numbers(seed);
    let fast: Vec<u64> = (0..count).map(|_| 50 + numbers.next() % 8).collect();
    let does: Vec<Does> = fast.iter().map(|latency| Answers(*latency)).collect();
    let places = leaked(&does);
    let registry = Registry::new();
    let average = Duration::from_millis(10);
    let mut pauses =
        |count: usize| -> Vec<Duration> { (0..count).map(|_| numbers.pause(average)).collect() };
    calls(&registry, places, pauses(count * 20)).await;
    let slow = count / 3;
    let mut latencies = fast;
    for (target, latency) in places.targets().iter().zip(&mut latencies).take(slow) {
        *latency *= 10;
        target.value().does(Answers(*latency));
    }
    let before = asked(places);
    calls(&registry, places, pauses(100 * slow)).await;
    for (now, before) in asked(places).iter().zip(&before).take(slow) {
        let met = now - before;
        assert!(met <= 10, "seed {seed}: {met} calls went to a slow one");
    }
    let before = asked(places);
    let made = 4_000;
    let pauses = pauses(made);
    let ours = p99(calls(&registry, places, pauses.clone()).await);
    let best = p99(oracle(&latencies, &pauses));
    assert!(
        ours <= best.mul_f64(1.2),
        "seed {seed}, {count} targets: {ours:?} against {best:?}"
    );
    let probes: usize = (0..slow).map(|at| asked(places)[at] - before[at]).sum();
    assert!(
        probes * 100 <= made,
        "seed {seed}: {probes} probes of {made} calls"
    );
    assert!(probes > 0, "seed {seed}");
}

#[tokio::test(start_paused = true)]
async fn three_targets_are_nearly_as_fast_as_an_oracle() {
    for seed in 0..10 {
        compare(3, seed).await;
    }
}

#[tokio::test(start_paused = true)]
async fn thirty_targets_are_nearly_as_fast_as_an_oracle() {
    for seed in 0..10 {
        compare(30, seed).await;
    }
}

/// The shares of targets that all answer equally fast, as a part of their weights; the calls come so many milliseconds apart.
async fn shares(weights: &[f64], every: u64, latencies: [u64; 2]) -> Vec<f64> {
    let places = weights.iter().enumerate().map(|(number, weight)| {
        let place = Place::new(
            number as u32,
            Answers(latencies[0] + number as u64 % 2 * (latencies[1] - latencies[0])),
        );
        Target::new(format!("t{number}"), place).weight(*weight)
    });
    let places: &'static TargetPool<Place> = Box::leak(Box::new(TargetPool::of(places).unwrap()));
    let registry = Registry::new();
    let mut numbers = Numbers(every);
    let made = 20_000;
    let average = Duration::from_millis(every);
    calls(&registry, places, (0..made).map(|_| numbers.pause(average))).await;
    let sum: f64 = weights.iter().sum();
    let asked = asked(places);
    assert_eq!(asked.iter().sum::<usize>(), made);
    let share = |(asked, weight): (&usize, &f64)| *asked as f64 / made as f64 / (weight / sum);
    asked.iter().zip(weights).map(share).collect()
}

#[tokio::test(start_paused = true)]
async fn equally_fast_targets_get_calls_by_weight() {
    for weights in [
        &[1.0, 1.0, 1.0][..],
        &[1.0, 2.0],
        &[3.0, 4.0, 5.0],
        &[1.0, 2.0, 4.0],
    ] {
        // From one call after the other to a hundred at a time.
        for every in [500, 60, 10, 1] {
            let shares = shares(weights, every, [50, 50]).await;
            for share in &shares {
                assert!(
                    (0.95..1.05).contains(share),
                    "{weights:?} every {every} ms: {shares:?}"
                );
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn nearly_equally_fast_targets_all_get_calls() {
    for every in [500, 10] {
        let shares = shares(&[1.0, 1.0], every, [50, 55]).await;
        assert!(
            shares.iter().all(|share| (0.8..1.2).contains(share)),
            "every {every} ms: {shares:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_single_slow_answer_does_not_cost_a_target_its_calls_for_good() {
    let places = leaked(&[Answers(50), Answers(50)]);
    let registry = Registry::new();
    let each = |count: usize| std::iter::repeat_n(Duration::from_millis(100), count);
    calls(&registry, places, each(40)).await;
    places.targets()[0].value().does(Answers(120));
    while asked(places)[0] < 30 {
        calls(&registry, places, each(1)).await;
        if asked(places)[0] > 25 {
            break;
        }
    }
    calls(&registry, places, each(3)).await;
    places.targets()[0].value().does(Answers(50));
    let before = asked(places);
    calls(&registry, places, each(2_000)).await;
    let after = asked(places);
    let again = after[0] - before[0];
    assert!(
        again > 600,
        "{again} of 2,000 calls went to the one that had been slower"
    );
}

#[tokio::test(start_paused = true)]
async fn bad_targets_are_left_within_ten_calls() {
    for bad in [Refuses, Throttles(None), Throttles(Some(30)), Answers(500)] {
        let places = leaked(&[Answers(50), Answers(55), Answers(50)]);
        let registry = Registry::new();
        let each = |count: usize| std::iter::repeat_n(Duration::from_millis(10), count);
        calls(&registry, places, each(300)).await;
        places.targets()[1].value().does(bad);
        let before = asked(places)[1];
        calls(&registry, places, each(200)).await;
        let met = asked(places)[1] - before;
        assert!((1..=10).contains(&met), "{bad:?}: {met} calls went there");
        assert_eq!(stats(&registry, "chat").failed, 0, "{bad:?}");
        places.targets()[1].value().does(Answers(50));
        calls(&registry, places, each(6_000)).await;
        let before = asked(places)[1];
        calls(&registry, places, each(600)).await;
        let met = asked(places)[1] - before;
        assert!(
            met > 100,
            "{bad:?}: it has recovered, and got {met} of 600 calls"
        );
    }
}
