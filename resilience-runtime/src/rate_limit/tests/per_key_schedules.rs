//! Calls of many keys that are polled when woken alone, against what is known to be taken.

use std::collections::BTreeMap;

use proptest::prelude::*;

use tokio::time::advance;

use super::*;
use crate::rate_limit::state::State;
use crate::rate_limit::wait::{Wait, WaitError};

#[derive(Clone, Debug)]
enum Event {
    /// Key, cost, priority, longest wait.
    Call(usize, u32, usize, Option<u64>),
    /// By hand, without waiting.
    Try(usize, u32, usize),
    Drop(prop::sample::Index),
    /// A woken one is not polled for so long.
    Sleep(prop::sample::Index, u64),
    Refund(prop::sample::Index),
    Settle(prop::sample::Index, u32),
    Pause(usize, bool, u64),
}

fn event() -> impl Strategy<Value = Event> {
    let index = any::<prop::sample::Index>;
    prop_oneof![
        12 => (0..4_usize, 0..3_u32, 0..3_usize, prop::option::weighted(0.3, 0..1_500_u64))
            .prop_map(|(k, c, p, w)| Event::Call(k, c, p, w)),
        3 => (0..4_usize, 0..3_u32, 0..3_usize).prop_map(|(k, c, p)| Event::Try(k, c, p)),
        3 => index().prop_map(Event::Drop),
        2 => (index(), 1..200_u64).prop_map(|(i, t)| Event::Sleep(i, t)),
        1 => index().prop_map(Event::Refund),
        1 => (index(), 0..4_u32).prop_map(|(i, t)| Event::Settle(i, t)),
        1 => (0..4_usize, any::<bool>(), 1..400_u64).prop_map(|(k, s, t)| Event::Pause(k, s, t)),
    ]
}

struct Call {
    key: usize,
    cost: u32,
    priority: usize,
    turn: usize,
    wait: Wait,
    wakes: Arc<Wakes>,
    seen: usize,
    began: u64,
    until: Option<u64>,
    asleep: u64,
    slept: bool,
}

impl Call {
    fn poll(&mut self) -> Poll<<Wait as Future>::Output> {
        self.seen = self.wakes.0.load(Ordering::SeqCst);
        let waker = Waker::from(Arc::clone(&self.wakes));
        Pin::new(&mut self.wait).poll(&mut Context::from_waker(&waker))
    }
}

/// What the model knows is taken: when, and how much.
#[derive(Default)]
struct Log(Vec<(u64, u32)>);

impl Log {
    fn used(&self, period: u64, at: u64) -> u32 {
        let counted = self.0.iter().filter(|(t, _)| *t <= at && t + period > at);
        counted.map(|(_, cost)| cost).sum()
    }
}

struct World {
    now: u64,
    limits: (u32, u32),
    periods: (u64, u64),
    service: Log,
    keys: BTreeMap<usize, Log>,
    pause: (u64, BTreeMap<usize, u64>),
    /// Nobody is held by the spread after a pause.
    no_pauses: bool,
}

impl World {
    fn room(&self, key: usize, cost: u32, at: u64) -> bool {
        let of_key = self
            .keys
            .get(&key)
            .map_or(0, |log| log.used(self.periods.1, at));
        let paused = self
            .pause
            .0
            .max(self.pause.1.get(&key).copied().unwrap_or(0))
            > at;
        !paused
            && (cost == 0
                || self.service.used(self.periods.0, at) + cost <= self.limits.0
                    && of_key + cost <= self.limits.1)
    }
    fn take(&mut self, key: usize, cost: u32) {
        let now = self.now;
        if cost > 0 {
            self.service.0.push((now, cost));
            self.keys.entry(key).or_default().0.push((now, cost));
        }
    }
    fn give(&mut self, key: usize, cost: u32, at: u64) {
        for log in [&mut self.service, self.keys.entry(key).or_default()] {
            let mut left = cost;
            for it in log.0.iter_mut().filter(|(t, _)| *t == at) {
                let less = it.1.min(left);
                it.1 -= less;
                left -= less;
            }
        }
    }
}

fn run(
    limits: (u32, u32),
    periods: (u64, u64),
    events: Vec<(u64, Event)>,
    max_keys: usize,
    unit: bool,
    leak: bool,
) {
    runtime().block_on(async {
        let of_key = RateLimitConfig::new(limits.1, ms(periods.1));
        let config = RateLimitConfig::new(limits.0, ms(periods.0))
            .sliding_window()
            .per_key(of_key);
        let limiter = limiter(config.max_keys(max_keys));
        let hashes: Vec<_> = (0..4)
            .map(|key: usize| limiter.hash_per_key(&key))
            .collect();
        let mut world = World {
            now: 0,
            limits,
            periods,
            service: Log::default(),
            keys: BTreeMap::new(),
            pause: (0, BTreeMap::new()),
            no_pauses: events.iter().all(|(_, it)| !matches!(it, Event::Pause(..))),
        };
        let mut calls: Vec<Call> = Vec::new();
        let mut granted: Vec<(usize, u32, u64, Moment)> = Vec::new();
        let mut last_passed: BTreeMap<(usize, usize), usize> = BTreeMap::new();
        let mut turn = 0;
        let mut events = events.into_iter();
        let mut next = events.next();
        let mut due = next.as_ref().map_or(0, |(pause, _)| *pause);
        let mut idle = 0;
        let mut last_event = 0;
        let mut slept_until = 0;
        loop {
            let mut fresh: Vec<Call> = Vec::new();
            while let Some((_, event)) = next.take_if(|_| due <= world.now) {
                last_event = world.now;
                match event {
                    Event::Call(key, cost, priority, until) => {
                        turn += 1;
                        let cost = if unit { 1 } else { cost };
                        let until_at =
                            until.map_or(Moment::FAR_FUTURE, |it| Moment::now().after(ms(it)));
                        let cost = cost.min(limits.0).min(limits.1);
                        let wait = limiter.wait(
                            hashes[key],
                            Amount::units(cost),
                            Priority::ALL[priority],
                            until_at,
                        );
                        let call = Call {
                            key,
                            cost,
                            priority,
                            turn,
                            wait,
                            wakes: Arc::default(),
                            seen: 0,
                            began: world.now,
                            until: until.map(|it| it + world.now),
                            asleep: 0,
                            slept: false,
                        };
                        call.wakes.0.store(1, Ordering::SeqCst);
                        fresh.push(call);
                    }
                    Event::Try(key, cost, priority) => {
                        let cost = cost.min(limits.0).min(limits.1);
                        let now = Moment::now();
                        let taken = limiter.try_take(
                            hashes[key],
                            Amount::units(cost),
                            Priority::ALL[priority],
                            now,
                        );
                        match taken {
                            Take::Taken { .. } => {
                                assert!(world.room(key, cost, world.now), "try exceeds");
                                world.take(key, cost);
                                granted.push((key, cost, world.now, now));
                            }
                            Take::Rejected { retry_after } => {
                                assert!(retry_after.is_some(), "never");
                                let alone = calls.is_empty();
                                if alone {
                                    assert!(
                                        !world.room(key, cost, world.now) || max_keys < 4,
                                        "room, and rejected"
                                    );
                                }
                            }
                        }
                    }
                    Event::Drop(index) if !calls.is_empty() => {
                        let index = index.index(calls.len());
                        drop(calls.remove(index));
                    }
                    Event::Sleep(index, time) if !calls.is_empty() => {
                        let call = index.index(calls.len());
                        calls[call].asleep = if leak { u64::MAX } else { world.now + time };
                        calls[call].slept = true;
                        slept_until = slept_until.max(world.now + time);
                    }
                    Event::Refund(index) if !granted.is_empty() => {
                        let (key, cost, at, moment) = granted.remove(index.index(granted.len()));
                        limiter.refund_grant(grant(hashes[key], cost, Some(moment)), Moment::now());
                        world.give(key, cost, at);
                    }
                    Event::Settle(index, used) if !granted.is_empty() => {
                        let (key, cost, at, moment) = granted.remove(index.index(granted.len()));
                        limiter.settle_grant(
                            grant(hashes[key], cost, Some(moment)),
                            Amount::units(used),
                            Moment::now(),
                        );
                        if used > cost {
                            world.take(key, used - cost)
                        } else {
                            world.give(key, cost - used, at)
                        }
                    }
                    Event::Pause(key, of_key, time) => {
                        let scope = if of_key {
                            CooldownScope::Key
                        } else {
                            CooldownScope::Service
                        };
                        limiter.cool_down_key(hashes[key], scope, ms(time), Moment::now());
                        let until = world.now + time;
                        if of_key {
                            let end = world.pause.1.entry(key).or_default();
                            *end = until.max(*end);
                        } else {
                            world.pause.0 = world.pause.0.max(until);
                        }
                    }
                    _ => {}
                }
                next = events.next();
                due = world.now + next.as_ref().map_or(0, |(pause, _)| *pause);
                calls.append(&mut fresh);
            }
            // Only who was woken is polled.
            loop {
                let mut any = false;
                let mut index = 0;
                while index < calls.len() {
                    let call = &mut calls[index];
                    if call.asleep > world.now || call.wakes.0.load(Ordering::SeqCst) == call.seen {
                        index += 1;
                        continue;
                    }
                    any = true;
                    let outcome = call.poll();
                    let Poll::Ready(outcome) = outcome else {
                        index += 1;
                        continue;
                    };
                    let call = calls.remove(index);
                    match outcome {
                        Ok(Some(at)) => {
                            assert!(
                                world.room(call.key, call.cost, world.now),
                                "exceeds {} {} at {}",
                                call.key,
                                call.cost,
                                world.now
                            );
                            assert!(
                                call.until
                                    .is_none_or(|until| until.max(call.asleep) + 1 >= world.now)
                            );
                            world.take(call.key, call.cost);
                            granted.push((call.key, call.cost, world.now, at));
                            if call.cost > 0 && !call.slept {
                                let last =
                                    last_passed.entry((call.key, call.priority)).or_default();
                                // Who waits without an end keeps its order.
                                if call.until.is_none() {
                                    assert!(*last < call.turn, "overtaken");
                                    *last = call.turn;
                                }
                            }
                        }
                        Ok(None) => panic!("no shadow"),
                        Err(WaitError::Refused(refusal)) => {
                            assert!(
                                call.until.is_some(),
                                "refused at {} began {}: {refusal:?}",
                                world.now,
                                call.began
                            );
                            assert!(refusal.retry_after.is_some(), "never");
                        }
                        Err(other) => panic!("{other:?}"),
                    }
                }
                if !any {
                    break;
                }
            }
            // Nobody waits in vain: the first of each key and the highest priority, with the smallest cost of all
            // that are first.
            let asleep = calls.iter().filter(|call| call.asleep > world.now).count();
            let slack = if asleep > 0 {
                5 * (1 + (asleep as u64).ilog2() as u64) + 10
            } else if slept_until + 60 < world.now {
                3
            } else {
                60
            };
            if world.no_pauses
                && last_event + slack < world.now
                && max_keys >= 4
                && (unit || asleep == 0 && slack == 3)
            {
                let mut keys = BTreeMap::new();
                for call in calls.iter().filter(|call| call.asleep <= world.now) {
                    keys.entry((call.key, call.priority)).or_insert(call);
                }
                let has_room = |call: &&Call| {
                    (world.now - slack..=world.now)
                        .all(|at| at >= call.began && world.room(call.key, call.cost, at))
                };
                let mut fits = keys.values().map(has_room);
                // Where all cost the same nobody stands in the way of another.
                let fit = if unit {
                    fits.any(|it| it)
                } else {
                    !keys.is_empty() && fits.all(|it| it)
                };
                assert!(
                    !fit,
                    "room at {} since {slack} ms, {asleep} asleep",
                    world.now
                );
            }
            if next.is_none() && calls.iter().all(|call| call.asleep == u64::MAX) {
                break;
            }
            if calls.is_empty() && next.is_none() {
                break;
            }
            world.now += 1;
            idle += 1;
            assert!(
                idle < 60_000,
                "starved: {:?}",
                calls
                    .iter()
                    .map(|c| (c.key, c.cost, c.began))
                    .collect::<Vec<_>>()
            );
            if next.is_none() && world.now > last_event + 20_000 {
                panic!(
                    "starved: {:?}",
                    calls
                        .iter()
                        .map(|c| (c.key, c.cost, c.began, c.slept))
                        .collect::<Vec<_>>()
                );
            }
            advance(ms(1)).await;
        }
        calls.clear();
        advance(ms(2_000)).await;
        let _ = limiter.check(&0);
        for key in 0..4_usize {
            let _ = limiter.peek(&key);
        }
        advance(ms(100)).await;
        let tickets = limiter.shared.read(State::waiting);
        assert_eq!(tickets, 0);
    });
}

proptest! {
    #[test]
    fn random_schedules(
        limits in (1..6_u32, 1..6_u32),
        periods in (50..400_u64, 50..400_u64),
        events in prop::collection::vec((0..40_u64, event()), 1..60),
        max_keys in prop_oneof![2 => Just(100_usize), 1 => 1..4_usize],
        (unit, leak) in any::<(bool, bool)>(),
    ) {
        run(limits, periods, events, max_keys, unit, leak);
    }
}
