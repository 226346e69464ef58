//! Very many calls of two tenants, under paused time: some are polled whenever they are woken, some once and never again,
//! some are dropped half-way or go on in another task, and many are made inside of others. The servers have outages, throttle one
//! tenant and revoke secrets. Nothing crosses, nothing starves, nothing counts twice, and no limit is exceeded.
//!
//! `SIMULATION_CALLS` says how many calls, `SIMULATION_SEED` which history. The long form:
//! `SIMULATION_CALLS=1000000 cargo test --release --test isolation simulation`. How long some pauses are, and in which order
//! callers go on after a cooldown, is drawn anew each time.

mod agents;
mod call;
mod callers;
#[path = "../../simulation/random.rs"]
mod random;
mod remote;
mod services;
mod shadow;
mod world;

use std::rc::Rc;
use std::time::Duration;

use resilience_runtime::Registry;
use tokio::task::LocalSet;
use tokio::time::{Instant, sleep, timeout};

use callers::FUNCTIONS;
use random::Random;
use world::World;

const CALLERS: u64 = 30;

/// So many in an act, after which all is healed and looked at.
const ACT: u64 = 5_000;

fn from_environment(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |text| text.parse().expect("a number"))
}

/// Everybody is answered while the servers are well, although nobody polls those that are kept.
async fn nobody_starves(world: &Rc<World>, random: &mut Random) {
    world.set_well(true);
    // Cooldowns, open circuits and the time of bodies that nobody polls are over.
    sleep(Duration::from_secs(40)).await;
    for _ in 0..4 {
        for which in 0..FUNCTIONS.len() {
            callers::wait(which, callers::call(world, which, random)).await;
            sleep(Duration::from_millis(500)).await;
        }
    }
    for (which, function) in FUNCTIONS.iter().enumerate() {
        let before = world.ends.borrow().answered;
        // Those that ask others drop some of them half-way, and are asked again.
        let tries = if function.is_sure { 1 } else { 50 };
        for _ in 0..tries {
            let asking = callers::wait(which, callers::call(world, which, random));
            if function.is_sure {
                let soon = timeout(Duration::from_millis(200), asking).await;
                assert!(soon.is_ok(), "function {which} waits for others");
            } else {
                asking.await;
            }
            if world.ends.borrow().answered > before {
                break;
            }
        }
        let answered = world.ends.borrow().answered > before;
        assert!(answered, "function {which}: no answer");
    }
}

async fn play(world: &Rc<World>, local: &LocalSet, calls: u64, mut chance: Random) {
    local.run_until(nobody_starves(world, &mut chance)).await;
    for act in 0..calls.div_ceil(ACT) {
        world.set_well(false);
        world.left.set(ACT.min(calls));
        let random = |who| chance.branch((act + 1) << 32 | who);
        let mut people: Vec<_> = (0..CALLERS)
            .map(|who| local.spawn_local(Rc::clone(world).keep_calling(random(who))))
            .collect();
        let revoking = Rc::clone(world).revoke(random(CALLERS));
        people.push(local.spawn_local(revoking));
        let mut later = random(CALLERS + 1);
        let acting = async {
            for person in people {
                person.await.expect("it does not panic");
            }
            nobody_starves(world, &mut later).await;
            // Now and then they are dropped, and all has to be given back.
            if act % 10 == 9 || calls <= (act + 1) * ACT {
                let kept = world.kept.take();
                drop(kept);
                world.is_at_rest().await;
            }
        };
        local.run_until(acting).await;
    }
    world.can_be_left();
}

fn run(seed: u64, calls: u64) -> Rc<World> {
    println!("SIMULATION_SEED={seed}, {calls} calls");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let began = Instant::now();
        let chance = Random::seeded(seed);
        let world = World::new(Registry::new(), &chance);
        play(&world, &LocalSet::new(), calls, chance).await;
        println!("{:.1} hours", began.elapsed().as_secs_f64() / 3_600.0);
        world
    })
}

/// A simulation in which nothing happens proves nothing.
fn much_happened(world: &World, calls: u64) {
    let ends = world.ends.borrow();
    println!("{} calls with those inside, {ends:?}", world.calls());
    let often = calls / 200;
    let seen = [
        ends.answered,
        ends.from_memory,
        ends.failed,
        ends.rejected,
        ends.dropped,
        ends.kept,
        ends.resumed,
        ends.moved,
        world.renewals.get() * 10,
    ];
    assert!(seen.iter().all(|times| *times >= often), "{seen:?}");
    for shadow in &world.shadows {
        let (begun, probed) = (shadow.begun.get(), shadow.probed.get());
        println!("{}: {begun} bodies, {probed} probes", shadow.rules.name);
        assert!(begun >= calls / 20);
    }
}

#[test]
fn nothing_crosses_and_nothing_starves() {
    let seed = from_environment("SIMULATION_SEED", 1);
    let calls = from_environment("SIMULATION_CALLS", 20_000);
    let world = run(seed, calls);
    much_happened(&world, calls);
}
