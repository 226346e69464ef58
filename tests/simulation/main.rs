//! Long simulations under paused time: many calls over days, by impatient callers, of services that go through
//! outages, slowness, throttling, lost replies and flapping. What must always hold is checked at each step.
//!
//! `SIMULATION_CALLS` says how many calls, `SIMULATION_SEED` which history. The long form:
//! `SIMULATION_CALLS=1000000 cargo test --release --test simulation`.

mod call;
mod callers;
mod functions;
mod promise;
mod random;
mod weather;
mod witness;

use std::rc::Rc;
use std::time::Duration;

use resilience_runtime::{CircuitState, Registry};
use tokio::task::LocalSet;
use tokio::time::{Instant, sleep};

use callers::World;
use functions::{BY_SEED, Cast, WITH_CHANCE};
use random::Random;
use witness::Witness;

const CALLERS: u64 = 40;

fn from_environment(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |text| text.parse().expect("a number"))
}

/// Waits until the healed service is well again, calling it once a second.
async fn recovers(world: &World, which: usize) {
    let witness = &world.services[which];
    let rules = &witness.rules;
    // A pause that has just begun, a park that has just begun, a limit that is used up, and then so many
    // probes, one after the other.
    let pace = Duration::from_secs(1);
    let bound = rules.longest_pause
        + rules.max_park.unwrap_or_default()
        + rules.refilled_after
        + (rules.success_threshold + 1) * 2 * pace;
    let healed = Instant::now();
    let breaker = witness.service().circuit_breaker();
    let functions = world.functions;
    let first = functions.iter().position(|it| it.service == which).unwrap();
    for key in 0.. {
        if breaker.state() == CircuitState::Closed {
            break;
        }
        let took = healed.elapsed();
        assert!(
            took <= bound,
            "{}: {} after {took:?}",
            rules.name,
            breaker.state()
        );
        world.call(first, key % functions::KEYS, 1, None).await;
        sleep(pace).await;
    }
    sleep(rules.refilled_after + rules.max_park.unwrap_or_default()).await;
    for (function, of) in functions.iter().enumerate() {
        if of.service == which {
            assert!(
                world.call(function, 0, 1, None).await,
                "{}: no answer",
                rules.name
            );
        }
    }
    let keyed = functions[first].keyed;
    witness.at_rest(keyed).await;
}

/// Plays so many calls in acts; after each, everything is healed, and must be well and at rest in time.
async fn play(cast: &Cast, seed: u64, calls: u64, acts: u64) -> Rc<World> {
    let registry = Registry::new();
    let chance = Random::seeded(seed);
    let services = cast.services.iter().zip(1..);
    let world = Rc::new(World::new(
        cast.functions,
        services
            .map(|(rules, number)| Witness::new(rules(), &registry, chance.branch(number)))
            .collect(),
    ));
    let local = LocalSet::new();
    let began = Instant::now();
    let acting = registry.scope(async {
        // What is explicit of a service is known once the function was called that says it.
        world
            .services
            .iter()
            .for_each(|it| it.weather.borrow_mut().heal());
        for function in 0..world.functions.len() {
            world.call(function, 0, 1, None).await;
        }
        for which in 0..world.services.len() {
            recovers(&world, which).await;
        }
    });
    local.run_until(acting).await;
    for act in 0..acts {
        world
            .services
            .iter()
            .for_each(|it| it.weather.borrow_mut().go_on());
        world.left.set(calls / acts);
        let callers: Vec<_> = (0..CALLERS)
            .map(|caller| {
                let random = chance.branch((act + 1) << 32 | caller);
                local.spawn_local(registry.scope(Rc::clone(&world).keep_calling(random)))
            })
            .collect();
        let acting = registry.scope(async {
            for caller in callers {
                caller.await.unwrap();
            }
            world
                .services
                .iter()
                .for_each(|it| it.weather.borrow_mut().heal());
            for which in 0..world.services.len() {
                recovers(&world, which).await;
            }
        });
        local.run_until(acting).await;
    }
    println!("{:.1} days", began.elapsed().as_secs_f64() / 86_400.0);
    world
}

/// A simulation in which nothing happens proves nothing.
fn much_happened(world: &World) {
    for witness in &world.services {
        let (tally, probed) = (*witness.tally.borrow(), witness.probed.get());
        println!("{}: {probed} probes, {tally:?}", witness.rules.name);
        let often = tally.calls() / 4_000;
        let seen = [
            tally.successes / 200,
            tally.by_circuit,
            tally.retries,
            tally.abandoned,
            tally.transient,
            tally.outcome_unknown,
            tally.permanent,
            tally.timeouts,
            probed,
        ];
        assert!(seen.iter().all(|times| *times >= often), "{seen:?}");
    }
    let all = |of: fn(&Witness) -> u64| world.services.iter().map(|it| of(it)).sum::<u64>();
    let often = all(|it| it.tally.borrow().calls()) / 4_000;
    assert!(all(|it| it.tally.borrow().by_rate_limit) >= often);
    assert!(all(|it| it.tally.borrow().by_bulkhead) >= often);
    assert!(all(|it| it.tally.borrow().deadlines) >= often);
    assert!(all(|it| it.tally.borrow().parked) >= often);
}

fn simulate(cast: &Cast, seed: u64, calls: u64, acts: u64) -> Rc<World> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    println!("SIMULATION_SEED={seed} SIMULATION_CALLS={calls}");
    runtime.block_on(play(cast, seed, calls, acts))
}

#[test]
fn nothing_is_broken_or_lost_whatever_the_services_do() {
    let seed = from_environment("SIMULATION_SEED", 1);
    let calls = from_environment("SIMULATION_CALLS", 100_000);
    much_happened(&simulate(&BY_SEED, seed, calls, 10));
}

/// Here the seed does not decide all: the pauses of retries and the order after a park are drawn.
#[test]
fn nor_where_pauses_are_drawn_and_tokens_are_settled() {
    let seed = from_environment("SIMULATION_SEED", 1);
    let calls = from_environment("SIMULATION_CALLS", 100_000) / 4;
    let world = simulate(&WITH_CHANCE, seed, calls, 10);
    let tally = *world.services[0].tally.borrow();
    println!("{tally:?}");
    let often = tally.calls() / 1_000;
    let seen = [
        tally.successes,
        tally.by_circuit,
        tally.by_rate_limit,
        tally.retries,
        tally.parked,
    ];
    assert!(seen.iter().all(|times| *times >= often), "{seen:?}");
}

#[test]
fn one_seed_is_one_history() {
    let of = |seed| simulate(&BY_SEED, seed, 5_000, 1).digest();
    assert_eq!(of(7), of(7));
    assert_ne!(of(7), of(8));
}
