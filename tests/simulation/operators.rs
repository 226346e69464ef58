//! People who do something to services that run: new settings, breakers set by hand, caches emptied.

use std::rc::Rc;
use std::time::Duration;

use resilience_runtime::{CircuitBreaker, Registry, ServiceSettings, Settings};
use tokio::time::sleep;

use crate::callers::World;
use crate::changes::{Change, impossible};
use crate::random::Random;
use crate::services::KEYS;
use crate::trace::Trace;

/// Does something now and then, for as long as there are calls to make.
pub async fn interfere(world: Rc<World>, registry: Registry, mut random: Random) {
    while world.left.get() > 0 {
        sleep(random.ms(0, 30_000)).await;
        let which = random.between(0, world.services.len() as u64) as usize;
        let trace = &world.services[which];
        match random.between(0, 24) {
            0..12 => configure(trace, &registry, &mut random),
            // One who thinks better of it.
            12 => (0..2).for_each(|_| configure(trace, &registry, &mut random)),
            // Nothing new, or nothing that can run.
            13 => registry.configure(Settings::without_env()).unwrap(),
            14 => refuse(trace, &registry),
            15 => by_hand(trace, |breaker| breaker.reset()),
            16 => by_hand(trace, |breaker| breaker.force_closed()),
            17 => {
                by_hand(trace, |breaker| breaker.force_open());
                sleep(random.ms(0, 20_000)).await;
                by_hand(trace, |breaker| breaker.force_closed());
            }
            18 => {
                by_hand(trace, |breaker| breaker.disable());
                sleep(random.ms(0, 20_000)).await;
                by_hand(trace, |breaker| breaker.reset());
            }
            19 => hold(trace, random.ms(0, 20_000)).await,
            20 => world.forget(which, None),
            21 => {
                switch(&world, &registry, false);
                sleep(random.ms(0, 3_000)).await;
                switch(&world, &registry, true);
            }
            _ => {
                // Again and again, so that some calls are on their way.
                for _ in 0..random.between(1, 20) {
                    world.forget(which, Some(random.between(0, KEYS.into()) as u32));
                    sleep(random.ms(0, 300)).await;
                }
            }
        }
        world.services.iter().for_each(|it| it.compare());
    }
}

fn configure(trace: &Trace, registry: &Registry, random: &mut Random) {
    let change = Change::of(&trace.first, &trace.rules(), random);
    let settings = Settings::new().service(trace.name(), change.settings);
    registry.configure(settings).unwrap();
    trace.change(change.rules);
}

/// Switches everything off, or on again.
fn switch(world: &World, registry: &Registry, on: bool) {
    registry.configure(Settings::new().enabled(on)).unwrap();
    world.services.iter().for_each(|it| it.bare.set(!on));
}

/// What cannot run changes nothing, also of what could.
fn refuse(trace: &Trace, registry: &Registry) {
    let settings: ServiceSettings = impossible();
    let settings = Settings::new().service(trace.name(), settings);
    registry.configure(settings).unwrap_err();
}

fn by_hand(trace: &Trace, set: impl FnOnce(&CircuitBreaker)) {
    set(&trace.service().circuit_breaker());
    trace.circuit.is_taken_in_hand();
}

/// Keeps the breaker open, if nobody has said something of it, and until somebody does.
async fn hold(trace: &Trace, span: Duration) {
    let Some(held) = trace.service().circuit_breaker().hold_open() else {
        return;
    };
    trace.circuit.is_taken_in_hand();
    let hands = trace.circuit.hands();
    sleep(span).await;
    drop(held);
    if trace.circuit.hands() == hands {
        trace.circuit.is_taken_in_hand();
    }
}
