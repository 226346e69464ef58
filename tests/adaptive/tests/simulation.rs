//! The adaptive limit beside every fixed one, and beside the strategies of `throttle-net`, on simulated services.
//!
//! `SEEDS=8 MINUTES=60 cargo test --release -p resilience-adaptive-tests -- --nocapture` prints the numbers. Without these, each
//! service is simulated with one seed, and the long run has 10 minutes.

use std::time::Duration;

use resilience_adaptive_tests::limiters::{self, Limiter};
use resilience_adaptive_tests::server::{Excess, Model};
use resilience_adaptive_tests::world::{Outcome, World};
use resilience_runtime::ServiceKind;
use resilience_runtime::bulkhead::AdaptiveConfig;
use throttle_net::{Aimd, Vegas};

fn from_environment(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |text| text.parse().expect("a number"))
}

fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn world(
    name: &'static str,
    excess: Excess,
    capacity: usize,
    mean: Duration,
    spread: f64,
) -> World {
    let ceiling = capacity as f64 / mean.as_secs_f64();
    World {
        name,
        model: Model {
            excess,
            capacity: vec![(s(0), capacity)],
            mean: vec![(s(0), mean)],
            spread,
        },
        callers: vec![(s(0), 2.0 * ceiling)],
        measured: (s(60), s(120)),
    }
}

fn mean(outcomes: &[Outcome]) -> Outcome {
    let of = |value: fn(&Outcome) -> f64| {
        outcomes.iter().map(value).sum::<f64>() / outcomes.len() as f64
    };
    Outcome {
        goodput: of(|it| it.goodput),
        p95: Duration::from_secs_f64(of(|it| it.p95.as_secs_f64())),
        refused: of(|it| it.refused),
        limit: of(|it| it.limit),
    }
}

fn run(world: &World, limiter: &dyn Fn() -> Box<dyn Limiter>) -> Outcome {
    let seeds = 11..11 + from_environment("SEEDS", 1);
    let outcomes: Vec<Outcome> = seeds.map(|seed| world.run(limiter, seed)).collect();
    mean(&outcomes)
}

/// The fixed limit of the highest goodput, and of those within a fiftieth of it the one of the shortest times.
fn best_fixed(world: &World) -> Outcome {
    let capacity = world.model.capacity(world.measured.0) as f64;
    let shares = [0.8, 0.9, 1.0, 1.1, 1.25];
    let outcomes = shares.map(|share| {
        run(world, &|| {
            Box::new(limiters::fixed((capacity * share).round() as usize))
        })
    });
    let most = outcomes.iter().map(|it| it.goodput).fold(0.0, f64::max);
    let good = outcomes.into_iter().filter(|it| it.goodput >= 0.98 * most);
    good.min_by_key(|it| it.p95)
        .expect("the best is among them")
}

fn print(who: &str, outcome: Outcome, best: Outcome) {
    println!(
        "  {who:<22} goodput {:7.1}/s ({:4.2})  p95 {:7.1} ms ({:5.2})  refused {:6.1}/s  limit {:5.1}",
        outcome.goodput,
        outcome.goodput / best.goodput,
        outcome.p95.as_secs_f64() * 1_000.0,
        outcome.p95.as_secs_f64() / best.p95.as_secs_f64(),
        outcome.refused,
        outcome.limit,
    );
}

/// Compares all on a service, and returns what ours comes to: the shares of goodput and p95.
fn compare(world: &World, kind: ServiceKind) -> (f64, f64) {
    let best = best_fixed(world);
    println!("{}", world.name);
    print("best fixed limit", best, best);
    print(
        "fixed limit 20",
        run(world, &|| Box::new(limiters::fixed(20))),
        best,
    );
    let ours = run(world, &|| {
        Box::new(limiters::adaptive(AdaptiveConfig::preset(kind)))
    });
    print("adaptive", ours, best);
    let aimd = run(world, &|| Box::new(limiters::throttle_net(Aimd::default())));
    print("throttle-net AIMD", aimd, best);
    let aimd = run(world, &|| {
        Box::new(limiters::throttle_net(Aimd::new(1, 0.9)))
    });
    print("throttle-net AIMD 0.9", aimd, best);
    let vegas = run(world, &|| {
        Box::new(limiters::throttle_net(Vegas::default()))
    });
    print("throttle-net Vegas", vegas, best);
    (
        ours.goodput / best.goodput,
        ours.p95.as_secs_f64() / best.p95.as_secs_f64(),
    )
}

fn check(world: &World, kind: ServiceKind) {
    check_above(0.9, world, kind);
}

fn check_above(least: f64, world: &World, kind: ServiceKind) {
    let (goodput, p95) = compare(world, kind);
    assert!(goodput >= least, "{}: goodput {goodput}", world.name);
    assert!(p95 <= 1.5, "{}: p95 {p95}", world.name);
}

#[test]
fn fixed_capacity() {
    for (name, capacity) in [
        ("throttles above 8", 8),
        ("throttles above 40", 40),
        ("throttles above 100", 100),
    ] {
        check(
            &world(name, Excess::Throttled, capacity, ms(100), 0.3),
            ServiceKind::Custom,
        );
    }
}

#[test]
fn capacity_that_halves() {
    for (name, excess) in [
        ("throttles above 40, then 20", Excess::Throttled),
        ("queues above 40, then 20", Excess::Queued),
    ] {
        let mut halves = world(name, excess, 40, ms(100), 0.3);
        halves.model.capacity.push((s(60), 20));
        halves.measured = (s(120), s(180));
        check(&halves, ServiceKind::Custom);
    }
}

#[test]
fn queue_without_a_signal() {
    for (name, capacity, spread) in [
        ("queues above 8, times alike", 8, 0.1),
        ("queues above 40, times alike", 40, 0.1),
        ("queues above 40, times of 0.3", 40, 0.3),
        ("queues above 40, times of 1.0", 40, 1.0),
        ("queues above 100, times of 0.3", 100, 0.3),
    ] {
        check(
            &world(name, Excess::Queued, capacity, ms(100), spread),
            ServiceKind::Custom,
        );
    }
}

#[test]
fn language_model() {
    let model = world(
        "a model, answers of 2 s, throttles above 30",
        Excess::Throttled,
        30,
        s(2),
        1.0,
    );
    check(&model, ServiceKind::Llm);
}

#[test]
fn slower_service_with_the_same_room() {
    let mut slower = world(
        "throttles above 40, needs 100 ms, then 250 ms",
        Excess::Throttled,
        40,
        ms(100),
        0.3,
    );
    slower.model.mean.push((s(60), ms(250)));
    slower.measured = (s(120), s(180));
    check(&slower, ServiceKind::Custom);

    let mut slower = world(
        "queues above 40, needs 100 ms, then 250 ms",
        Excess::Queued,
        40,
        ms(100),
        0.3,
    );
    slower.model.mean.push((s(60), ms(250)));
    slower.callers.push((s(60), 320.0));
    slower.measured = (s(120), s(180));
    // More than is promised: it has to find out that it is not its own calls that make the service slow.
    check_above(0.75, &slower, ServiceKind::Custom);
}

#[test]
fn queue_over_a_long_time() {
    for (name, spread) in [
        ("queues above 40, times of 0.3, later", 0.3),
        ("queues above 40, times of 1.0, later", 1.0),
    ] {
        let first = world(name, Excess::Queued, 40, ms(100), spread);
        let best = best_fixed(&first);
        let mut later = first;
        let from = 60 * from_environment("MINUTES", 10);
        later.measured = (s(from), s(from + 120));
        println!("{name}");
        let ours = run(&later, &|| {
            Box::new(limiters::adaptive(AdaptiveConfig::default()))
        });
        print("adaptive", ours, best);
        assert!(ours.goodput >= 0.9 * best.goodput);
        assert!(ours.p95 <= best.p95.mul_f64(1.5));
    }
}
