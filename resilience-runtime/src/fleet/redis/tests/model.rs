//! One random schedule, decided by the authority and by the script.

use std::sync::atomic::{AtomicU64, Ordering};

use proptest::prelude::*;
use tokio::runtime::Runtime;

use super::*;
use crate::fleet::Settlement;
use crate::fleet::authority::State;
use crate::fleet::memory;

/// Somewhat before a window of any length begins.
const START: u64 = 1_764_633_599_000_000;

#[derive(Clone, Debug)]
struct Step {
    /// Microseconds since the last one; below zero, the clock went back.
    pause: i64,
    holder: u64,
    demand: u64,
    least: Vec<u32>,
    more: Vec<u32>,
    life: u64,
    ahead: u64,
    settlement: Option<(u64, Vec<i64>, bool)>,
    cooldown: u64,
    /// Which version of the limits it asks by.
    version: usize,
    /// The data are lost before it.
    lost: bool,
}

fn limits() -> impl Strategy<Value = Vec<SharedLimit>> {
    let strategy = prop_oneof![Just(TokenBucket), Just(SlidingWindow), Just(FixedWindow)];
    let tokens = prop_oneof![1..30_u32, 1..30_u32, 100..100_000_u32, Just(u32::MAX)];
    let seconds = prop_oneof![1..4_u64, 1..4_u64, Just(60), Just(3_600), Just(86_400)];
    let one =
        (strategy, tokens, seconds, 0..8_u32).prop_map(|(strategy, tokens, seconds, burst)| {
            // From less than the limit to twice of it.
            let burst = (u64::from(tokens) * u64::from(burst + 1) / 4).max(1);
            let burst = u32::try_from(burst).unwrap_or(u32::MAX);
            limit(strategy, tokens, seconds, burst)
        });
    prop::collection::vec(one, 1..5)
}

fn step() -> impl Strategy<Value = Step> {
    let pause = prop_oneof![
        3 => Just(0_i64),
        8 => 0..400_000_i64,
        4 => 0..3_000_000_i64,
        1 => 0..200_000_000_i64,
        1 => -90_000_000..0_i64,
    ];
    let least = prop_oneof![8 => 0..4_u32, 2 => 0..40_u32, 1 => 0..u32::MAX];
    let more = prop_oneof![4 => 0..20_u32, 1 => 0..100_000_u32];
    let used = prop_oneof![4 => -5..6_i64, 1 => -100_000..100_000_i64, 1 => any::<i64>()];
    let settlement = (0..6_u64, prop::collection::vec(used, 5), any::<bool>());
    let rare = |weight| prop::bool::weighted(weight);
    (
        (pause, 0..5_u64, 0..50_u64),
        prop::collection::vec(least, 5),
        prop::collection::vec(more, 5),
        prop_oneof![Just(0), Just(1_000_000), 0..1_000_000_u64],
        prop_oneof![Just(0), 0..5_000_000_u64],
        proptest::option::weighted(0.3, settlement),
        (rare(0.03), 0..3_000_000_u64),
        (rare(0.1), rare(0.02)),
    )
        .prop_map(
            |((pause, holder, demand), least, more, life, ahead, settlement, cooldown, rest)| {
                Step {
                    pause,
                    holder,
                    demand,
                    least,
                    more,
                    life,
                    ahead,
                    settlement,
                    cooldown: if cooldown.0 { cooldown.1 } else { 0 },
                    version: usize::from(rest.0),
                    lost: rest.1,
                }
            },
        )
}

fn request_of(
    step: &Step,
    id: u64,
    limits: &[SharedLimit],
    (epoch, ends_at): (u64, u64),
) -> GrantRequest {
    let count = limits.len();
    let least = step.least[..count].to_vec();
    let wanted = least.iter().zip(&step.more);
    GrantRequest {
        holder: step.holder,
        demand: step.demand,
        wanted: wanted
            .map(|(least, more)| least.saturating_add(*more))
            .collect(),
        least,
        life: Duration::from_micros(step.life),
        ahead: Duration::from_micros(step.ahead),
        settlement: step
            .settlement
            .as_ref()
            .map(|(number, used, same)| Settlement {
                number: *number,
                used: used[..count].to_vec(),
                epoch: if *same { epoch } else { epoch + 1 },
                ends_at: if number % 2 == 0 { 0 } else { ends_at },
            }),
        cooldown: Duration::from_micros(step.cooldown),
        ..request(id.into(), limits)
    }
}

#[test]
fn script_decides_as_the_authority() {
    let server = Server::start();
    let runtime = Runtime::new().expect("a runtime");
    let store = runtime.block_on(server.store());
    let ids = AtomicU64::new(1);
    let config = ProptestConfig::with_cases(64);
    let schedule = (
        prop::collection::vec(limits(), 2),
        prop::collection::vec(step(), 60),
    );
    proptest!(config, |((versions, steps) in schedule)| {
        let id = ids.fetch_add(1, Ordering::Relaxed);
        let mut state = None;
        let mut now = START;
        let (mut epoch, mut ends_at) = (0, 0);
        let mut lost_at = None;
        for (index, step) in steps.iter().enumerate() {
            now = now.checked_add_signed(step.pause).expect("small");
            let ask = request_of(step, id, &versions[step.version], (epoch, ends_at));
            let Ok(terms) = Terms::new(&ask) else { continue };
            if step.lost {
                state = None;
                lost_at = Some(now);
                server.command(&format!("DEL resilience:{{{}}}", ask.id));
            }
            let lost = lost_at.map(|lost_at: u64| now.saturating_sub(lost_at));
            let expected = memory::grant(State::decide(&mut state, &terms, lost, now, now));
            let answer = runtime.block_on(store.link.grant_in(ask.id, &terms, now, lost));
            let answer = answer.expect("an answer");
            prop_assert_eq!(&answer, &expected, "step {}: {:?}", index, ask);
            (epoch, ends_at) = (answer.epoch, answer.ends_at);
        }
    });
}
