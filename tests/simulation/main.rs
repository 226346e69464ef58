//! Long simulations under paused time: many calls over days, by impatient callers, of services that go through
//! outages, slowness, throttling, lost replies and flapping, while people change their settings, set their breakers by hand
//! and empty their caches. What must always hold is checked at each step.
//!
//! `SIMULATION_CALLS` says how many calls, `SIMULATION_SEED` which history. The long form:
//! `SIMULATION_CALLS=1000000 cargo test --release --test simulation`.

mod answers;
mod cache_model;
mod call;
mod callers;
mod changes;
mod circuit;
mod invariants;
mod last_good;
mod operators;
mod outages;
mod random;
mod retention;
mod rules;
mod services;
mod tally;
mod trace;

use std::rc::Rc;
use std::time::Duration;

use resilience_runtime::{CircuitState, Registry};
use tokio::task::LocalSet;
use tokio::time::{Instant, sleep};

use callers::{Known, World};
use random::Random;
use services::{BY_SEED, Cast, READ_THROUGH, WITH_CHANCE};
use tally::Tally;
use trace::Trace;

const CALLERS: u64 = 40;

fn from_environment(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |text| text.parse().expect("a number"))
}

/// Calls a healed service once a second until its breaker is closed.
async fn closes(world: &World, which: usize) {
    let trace = &world.services[which];
    let rules = trace.rules().clone();
    // A pause that has just begun, a park that has just begun, a limit that is used up, and then so many
    // probes, one after the other.
    let pace = Duration::from_secs(1);
    let bound = rules.longest_pause
        + rules.max_cooldown.unwrap_or_default()
        + rules.refilled_after
        + (rules.success_threshold + 1) * 2 * pace;
    let healed = Instant::now();
    let breaker = trace.service().circuit_breaker();
    let first = world.functions_of(which).next().unwrap();
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
        // What is answered from a cache asks no breaker.
        world.forget(which, None);
        world.call(first, key % services::KEYS, 1, None).await;
        sleep(pace).await;
    }
    sleep(rules.refilled_after + rules.max_cooldown.unwrap_or_default()).await;
}

/// Waits until the healed service is well again.
async fn recovers(world: &World, which: usize) {
    let trace = &world.services[which];
    let name = trace.name();
    closes(world, which).await;
    world.forget(which, None);
    // Where a share of calls counts, the first successes may be those that make enough of the failures before them.
    let mut may_open = trace.rules().failures.is_none();
    for function in world.functions_of(which) {
        let mut answered = world.call(function, 0, 1, None).await;
        if !answered && may_open {
            assert_ne!(
                trace.service().circuit_breaker().state(),
                CircuitState::Closed,
                "{name}: no answer"
            );
            may_open = false;
            closes(world, which).await;
            answered = world.call(function, 0, 1, None).await;
        }
        assert!(answered, "{name}: no answer");
    }
    let mut functions = world.functions_of(which);
    let keyed = functions.any(|it| world.functions[it].function.keyed);
    trace.at_rest(keyed).await;
}

/// Plays so many calls in acts; after each, everything is healed, and must be well and at rest in time.
async fn play(play: Play, seed: u64) -> Rc<World> {
    let Play {
        cast,
        operators,
        calls,
        acts,
    } = play;
    let registry = Registry::new();
    let chance = Random::seeded(seed);
    let functions = cast.iter().enumerate().flat_map(|(service, it)| {
        it.functions.iter().map(move |function| Known {
            function,
            service,
            retention: Rc::new((function.retention)()),
        })
    });
    let services = cast.iter().zip(1..);
    let world = Rc::new(World::new(
        functions.collect(),
        services
            .map(|(it, number)| Trace::new((it.rules)(), &registry, chance.branch(number)))
            .collect(),
    ));
    let local = LocalSet::new();
    let began = Instant::now();
    let acting = registry.scope(async {
        // What is explicit of a service is known once the function was called that says it.
        world
            .services
            .iter()
            .for_each(|it| it.outages.borrow_mut().heal());
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
            .for_each(|it| it.outages.borrow_mut().go_on());
        world.left.set(calls / acts);
        let random = |who| chance.branch((act + 1) << 32 | who);
        let callers = (0..CALLERS).map(|caller| {
            let calling = Rc::clone(&world).keep_calling(random(caller));
            local.spawn_local(registry.scope(calling))
        });
        let operators = (CALLERS..CALLERS + operators).map(|operator| {
            let registry = registry.clone();
            let interfering = operators::interfere(Rc::clone(&world), registry, random(operator));
            local.spawn_local(interfering)
        });
        let people: Vec<_> = callers.chain(operators).collect();
        let acting = registry.scope(async {
            for person in people {
                person.await.unwrap();
            }
            world
                .services
                .iter()
                .for_each(|it| it.outages.borrow_mut().heal());
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
    for trace in &world.services {
        let (tally, probed) = (*trace.tally.borrow(), trace.circuit.probed.get());
        println!("{}: {probed} probes, {tally:?}", trace.name());
        let often = tally.calls() / 4_000;
        let seen = [
            tally.successes / 200,
            // Of which call it was that a memory covered up, nobody knows.
            tally.by_circuit + tally.fallback_cache + trace.covered.get(),
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
}

/// The same for what not every service does, and for services that were changed.
fn everything_happened(world: &World) {
    let all = |of: fn(&Tally) -> u64| {
        let times = |trace: &Rc<Trace>| of(&trace.tally.borrow());
        world.services.iter().map(times).sum::<u64>()
    };
    let often = all(Tally::calls) / 4_000;
    let seen = [
        all(|it| it.successes / 200),
        all(|it| it.by_circuit),
        all(|it| it.by_rate_limit),
        all(|it| it.by_bulkhead),
        all(|it| it.deadlines * 10),
        all(|it| it.retries),
        all(|it| it.abandoned),
        all(|it| it.transient),
        all(|it| it.outcome_unknown),
        all(|it| it.timeouts),
        all(|it| it.permanent),
        all(|it| it.cooldowns),
        all(|it| it.fallback_call),
        all(|it| it.fallback_cache),
    ];
    assert!(seen.iter().all(|times| *times >= often), "{seen:?}");
}

/// Who plays, and for how long.
#[derive(Clone, Copy)]
struct Play {
    cast: Cast,
    /// Those who change settings, breakers and caches while calls run.
    operators: u64,
    calls: u64,
    acts: u64,
}

/// Plays it; `SIMULATION_CALLS` in its place says how long.
fn simulate(cast: Cast, operators: u64, share: u64) -> Rc<World> {
    let seed = from_environment("SIMULATION_SEED", 1);
    let calls = from_environment("SIMULATION_CALLS", 100_000) / share;
    let play = Play {
        cast,
        operators,
        calls,
        acts: 10,
    };
    run(play, seed)
}

fn run(scene: Play, seed: u64) -> Rc<World> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    println!("SIMULATION_SEED={seed}, {} calls", scene.calls);
    runtime.block_on(play(scene, seed))
}

#[test]
fn nothing_is_broken_or_lost_whatever_the_services_do() {
    let world = simulate(BY_SEED, 0, 1);
    much_happened(&world);
    everything_happened(&world);
}

/// Limits, breakers, bulkheads, budgets and deadlines change while calls run and stand in line, and breakers are forced,
/// held, reset and switched off.
#[test]
fn nor_whatever_people_change_meanwhile() {
    let world = simulate(BY_SEED, 3, 4);
    everything_happened(&world);
    for trace in &world.services {
        let (rules, rejections) = (trace.rules(), trace.service().stats().rejections);
        println!("{}: {} changes", rules.name, trace.changed.get());
        assert!(trace.bare_calls.get() > 0, "{}", rules.name);
        assert!(trace.changed.get() >= 20, "{}", rules.name);
        // Also what nobody wrote down at first.
        assert!(rules.later.limit.is_none() || rejections.rate_limit > 0);
        assert!(rules.later.places.is_none() || rejections.bulkhead > 0);
    }
}

/// Here the seed does not decide all: the pauses of retries and the order after a park are drawn.
#[test]
fn nor_where_pauses_are_drawn_and_tokens_are_settled() {
    for operators in [0, 2] {
        let world = simulate(WITH_CHANCE, operators, 8);
        let tally = *world.services[0].tally.borrow();
        println!("{tally:?}");
        let seen = [
            tally.successes,
            tally.by_circuit,
            tally.by_rate_limit,
            tally.retries,
            tally.cooldowns,
        ];
        assert!(seen.iter().all(|times| *times > 0), "{seen:?}");
    }
}

/// What is answered from memory is an answer to the question, not too old, and nothing that was forgotten.
#[test]
fn nor_does_a_cache_tell_what_it_must_not() {
    for operators in [0, 2] {
        let world = simulate(READ_THROUGH, operators, 2);
        let cache = world.services[0].service().stats().cache;
        println!("{cache:?}");
        let seen = [
            cache.hits,
            cache.misses,
            cache.shared,
            cache.stale,
            cache.negative,
            cache.refreshes,
        ];
        assert!(seen.iter().all(|times| *times >= 20), "{seen:?}");
    }
}

#[test]
fn one_seed_is_one_history() {
    let of = |operators, seed| {
        let play = Play {
            cast: BY_SEED,
            operators,
            calls: 5_000,
            acts: 1,
        };
        run(play, seed).digest()
    };
    for operators in [0, 3] {
        assert_eq!(of(operators, 7), of(operators, 7));
        assert_ne!(of(operators, 7), of(operators, 8));
    }
    assert_ne!(of(0, 7), of(3, 7));
}
