//! Calls of many keys that wait for limits per key and for those of the service, against what any order must keep.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use proptest::prelude::*;
use tokio::task::LocalSet;
use tokio::time::{Instant, sleep};

use super::*;

/// A call that passed.
#[derive(Clone, Copy, Debug)]
struct Passed {
    key: usize,
    priority: usize,
    /// How many calls of its key and priority came before it.
    turn: usize,
    asked: u64,
    passed: u64,
}

/// When a call comes, its key and its priority.
type Arrival = (u64, usize, usize);

/// Lets all of these calls wait, each as its own task. Times are in milliseconds.
fn run(config: RateLimitConfig, arrivals: &[Arrival]) -> Vec<Passed> {
    run_until(config, arrivals, None)
}

/// As [`run`], dropping those that have not passed by then.
fn run_until(config: RateLimitConfig, arrivals: &[Arrival], until: Option<u64>) -> Vec<Passed> {
    runtime().block_on(async {
        let limiter = limiter(config);
        let (set, all) = (LocalSet::new(), Rc::new(RefCell::new(Vec::new())));
        let (start, mut turns) = (Instant::now(), BTreeMap::new());
        for &(asked, key, priority) in arrivals {
            let turn = turns.entry((key, priority)).or_insert(0);
            let mut call = Passed {
                key,
                priority,
                turn: *turn,
                asked,
                passed: 0,
            };
            *turn += 1;
            let acquire = limiter.acquire(&key, 1, Duration::MAX);
            let acquire = acquire.priority(Priority::ALL[priority]);
            let all = Rc::clone(&all);
            set.spawn_local(async move {
                if asked > 0 {
                    sleep(ms(asked)).await;
                }
                acquire.await.expect("in time");
                call.passed = start.elapsed().as_millis() as u64;
                all.borrow_mut().push(call);
            });
        }
        match until {
            Some(until) => {
                set.run_until(sleep(ms(until))).await;
                drop(set);
            }
            None => set.await,
        }
        assert_no_waiters(&limiter);
        all.take()
    })
}

/// How many of these were in the window that ends at `at`, itself included.
fn in_window(times: &[u64], period: u64, at: u64) -> usize {
    let times = times.iter();
    times.filter(|&&it| it <= at && it + period > at).count()
}

/// The longest of the windows that begin with a call.
fn most(times: &[u64], period: u64) -> usize {
    let most = times.iter().map(|&at| in_window(times, period, at));
    most.max().unwrap_or(0)
}

const PERIOD: u64 = 1_000;

fn windows(service: usize, key: usize) -> RateLimitConfig {
    let period = ms(PERIOD);
    let of_key = RateLimitConfig::new(key as u32, period);
    let of_service = RateLimitConfig::new(service as u32, period);
    of_service.sliding_window().per_key(of_key)
}

fn arrivals(calls: usize) -> impl Strategy<Value = Vec<Arrival>> {
    let arrival = (0..3_000_u64, 0..4_usize, 0..3_usize);
    prop::collection::vec(arrival, 1..calls).prop_map(|mut arrivals| {
        arrivals.sort_by_key(|(asked, ..)| *asked);
        arrivals
    })
}

proptest! {
    /// Neither limit is ever exceeded, nobody overtakes within a key and a priority, and nobody waits while both limits
    /// have room for it.
    #[test]
    fn nobody_overtakes_exceeds_or_waits_in_vain(
        (service, key) in (1..6_usize, 1..6_usize),
        arrivals in arrivals(60),
    ) {
        let passed = run(windows(service, key), &arrivals);
        prop_assert_eq!(passed.len(), arrivals.len());
        let all: Vec<u64> = passed.iter().map(|call| call.passed).collect();
        prop_assert!(most(&all, PERIOD) <= service);
        let mut of_key: BTreeMap<usize, Vec<u64>> = BTreeMap::new();
        let mut of_lane: BTreeMap<(usize, usize), Vec<usize>> = BTreeMap::new();
        for call in &passed {
            of_key.entry(call.key).or_default().push(call.passed);
            of_lane.entry((call.key, call.priority)).or_default().push(call.turn);
        }
        for times in of_key.values() {
            prop_assert!(most(times, PERIOD) <= key);
        }
        for turns in of_lane.values() {
            prop_assert!(turns.is_sorted(), "{:?}", turns);
        }
        // Room comes when a call leaves the window, and at once for who comes.
        for call in &passed {
            let own = &of_key[&call.key];
            let moments = all.iter().map(|at| at + PERIOD).chain([call.asked]);
            for at in moments.filter(|at| (call.asked..call.passed).contains(at)) {
                let room = in_window(&all, PERIOD, at) < service && in_window(own, PERIOD, at) < key;
                prop_assert!(!room, "at {}: {:?} of {:?}", at, call, passed);
            }
        }
    }

    /// While two keys wait in one priority and their own limits have room, neither passes twice without the other.
    #[test]
    fn keys_of_one_priority_take_turns(
        arrivals in prop::collection::vec((0..2_000_u64, 0..4_usize), 2..60),
        by_bucket in any::<bool>(),
    ) {
        let mut arrivals: Vec<Arrival> = arrivals.into_iter().map(|(at, key)| (at, key, 1)).collect();
        arrivals.sort_by_key(|(asked, ..)| *asked);
        let of_key = RateLimitConfig::per_hour(1_000);
        let config = if by_bucket {
            RateLimitConfig::per_second(5).burst(1).per_key(of_key)
        } else {
            RateLimitConfig::per_second(5).sliding_window().per_key(of_key)
        };
        let passed = run(config, &arrivals);
        for (index, call) in passed.iter().enumerate() {
            // Since when it was the first of its key in line.
            let before = passed[..index].iter().rfind(|it| it.key == call.key);
            let since = before.map_or(call.asked, |it| it.passed.max(call.asked));
            let mut others = BTreeMap::new();
            for other in &passed[..index] {
                if other.key != call.key && other.passed > since {
                    *others.entry(other.key).or_insert(0) += 1;
                }
            }
            for (key, turns) in others {
                // Its call that was in line already, and one that stood at the same moment before it.
                prop_assert!(turns <= 2, "{} had {} turns before {:?}", key, turns, call);
            }
        }
    }

    /// A few of each key at once: exactly in rotation.
    #[test]
    fn calls_that_come_together_pass_in_rotation(
        counts in prop::collection::vec(1..8_usize, 1..6),
    ) {
        let mut arrivals = vec![(0, 99, 1)];
        for (key, count) in counts.iter().enumerate() {
            arrivals.extend((0..*count).map(|_| (0, key, 1)));
        }
        let config = RateLimitConfig::per_second(1).per_key(RateLimitConfig::per_hour(100));
        let passed = run(config, &arrivals);
        let order: Vec<_> = passed[1..].iter().map(|call| call.key).collect();
        let mut expected = Vec::new();
        for round in 0..8 {
            expected.extend((0..counts.len()).filter(|key| counts[*key] > round));
        }
        prop_assert_eq!(order, expected);
    }
}

/// Interactive calls of one tenant beside 10,000 batch calls of others, asking for half of the rate.
#[test]
fn interactive_calls_wait_two_tokens_at_most_beside_batches_of_others() {
    let config = || RateLimitConfig::per_second(100).burst(1);
    let of_key = || RateLimitConfig::per_second(80);
    for config in [
        config().per_key(of_key()),
        config().tokens_per_minute(1_000_000).per_key(of_key()),
    ] {
        let batch = (0..10_000).map(|call| (0, 1 + call % 7, 2));
        let interactive = (0..150_u64).map(|call| (5 + 20 * call + (call * 7) % 7, 0, 0));
        let arrivals: Vec<Arrival> = batch.chain(interactive).collect();
        let passed = run_until(config, &arrivals, Some(3_100));
        let mut waits: Vec<_> = (passed.iter().filter(|call| call.key == 0))
            .map(|call| call.passed - call.asked)
            .collect();
        waits.sort_unstable();
        assert_eq!(waits.len(), 150);
        assert!(waits[waits.len() * 99 / 100] <= 20, "{waits:?}");
        // The batches of all tenants go on alike.
        let mut of_batch = [0_usize; 8];
        for call in passed.iter().filter(|call| call.priority == 2) {
            of_batch[call.key] += 1;
        }
        let (most, least) = (of_batch[1..].iter().max(), of_batch[1..].iter().min());
        assert!(
            most.zip(least)
                .is_some_and(|(most, least)| most - least <= 1),
            "{of_batch:?}"
        );
    }
}
