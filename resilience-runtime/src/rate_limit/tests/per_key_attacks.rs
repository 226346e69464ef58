//! Limits per key beside those of the service, under calls that leave, are not polled, and live changes.

use tokio::time::{Instant, advance};

use super::*;

fn join_n(limiter: &RateLimiter, key: &str, cost: u32) -> Polled<Acquire> {
    let mut joined = Polled::new(limiter.acquire(key, cost, Duration::MAX));
    assert!(joined.poll().is_pending());
    joined
}

/// Polls all that were woken, until nobody is.
fn settle_all<K>(
    waiting: &mut Vec<(K, Polled<Acquire>, usize)>,
    mut passed: impl FnMut(&K),
) -> usize {
    let mut polls = 0;
    loop {
        let mut any = false;
        waiting.retain_mut(|(key, waiter, seen)| {
            if waiter.woken() <= *seen {
                return true;
            }
            any = true;
            *seen = waiter.woken();
            polls += 1;
            match waiter.poll() {
                Poll::Ready(outcome) => {
                    outcome.expect("passes");
                    passed(key);
                    false
                }
                Poll::Pending => true,
            }
        });
        if !any {
            return polls;
        }
    }
}

/// A call that the service rejects after a change, and that is not polled, does not hold up its key.
#[tokio::test(start_paused = true)]
async fn unpolled_one_that_the_service_rejects_holds_up_its_key_for_a_moment() {
    let limiter =
        limiter(RateLimitConfig::per_minute(60).per_key(RateLimitConfig::per_hour(1_000)));
    assert!(limiter.check_n("z", 60).allowed);
    let mut big = Polled::new(limiter.acquire("a", 50, 52 * SECOND));
    assert!(big.poll().is_pending());
    let start = Instant::now();
    let small = tokio::spawn(limiter.acquire("a", 1, Duration::MAX));
    tokio::task::yield_now().await;
    limiter.settle("z", 0, 5);
    assert!(big.woken() > 0);
    small.await.expect("no panic").expect("in time");
    assert!(
        start.elapsed() <= 6 * SECOND + ms(20),
        "{:?}",
        start.elapsed()
    );
    drop(big);
    assert_no_waiters(&limiter);
}

/// Waiters are spread after a pause, whether they wait in the line of the service or in that of their key.
#[tokio::test(start_paused = true)]
async fn after_a_pause_of_the_service_the_calls_of_each_key_are_spread() {
    for keys in [1, 3, 100] {
        let of_key = RateLimitConfig::per_minute(500);
        let limiter = limiter(RateLimitConfig::per_minute(1_000).per_key(of_key));
        let a = limiter.hash_per_key("a");
        limiter.cool_down_key(a, CooldownScope::Service, 10 * SECOND, Moment::now());
        let mut waiting: Vec<_> = (0..200)
            .map(|i| (i, join_n(&limiter, &format!("{}", i % keys), 1), 0))
            .collect();
        let told = limiter.check("new").retry_after.expect("some time");
        assert!(
            (10 * SECOND + ms(950)..=11 * SECOND).contains(&told),
            "{told:?}"
        );
        advance(10 * SECOND - ms(1)).await;
        let mut most = 0;
        for _ in 0..=1_001 {
            let mut at_once = 0;
            settle_all(&mut waiting, |_| at_once += 1);
            most = most.max(at_once);
            advance(ms(1)).await;
        }
        assert!(most <= 10, "{most} of 200 at once");
        assert!(waiting.is_empty(), "{} left", waiting.len());
        assert!(limiter.check("new").allowed);
        assert_no_waiters(&limiter);
    }
}

#[tokio::test(start_paused = true)]
async fn fast_path_opens_again_after_a_pause_of_one_key() {
    let limiter = limiter(RateLimitConfig::per_minute(1_000));
    let a = limiter.hash_per_key("a");
    let is_open = || limiter.shared.fast_path.close().is_some();
    assert!(limiter.check("b").allowed);
    limiter.cool_down_key(a, CooldownScope::Key, SECOND, Moment::now());
    advance(2 * SECOND).await;
    for _ in 0..2 {
        let taken = limiter.try_take(a, Amount::DEFAULT, Priority::Normal, Moment::now());
        assert!(matches!(taken, Take::Taken { .. }));
    }
    assert!(is_open());
}

/// What a call did not take of its key, since it waited before there were limits per key, is not given back.
#[tokio::test(start_paused = true)]
async fn refund_gives_a_key_nothing_that_was_not_taken_of_it() {
    let limiter = limiter(RateLimitConfig::per_second(1));
    let a = limiter.hash_per_key("a");
    let take = || limiter.try_take(a, Amount::units(1), Priority::Normal, Moment::now());
    assert!(matches!(take(), Take::Taken { .. }));
    let mut wait =
        Polled::new(limiter.wait(a, Amount::units(1), Priority::Normal, Moment::FAR_FUTURE));
    assert!(wait.poll().is_pending());
    limiter
        .reconfigure(
            RateLimitConfig::per_second(1).per_key(RateLimitConfig::per_hour(2).sliding_window()),
        )
        .expect("valid");
    advance(SECOND).await;
    let Poll::Ready(Ok(Some(at))) = wait.poll() else {
        panic!("not yet")
    };
    let mut passed = 1;
    for _ in 0..4 {
        advance(SECOND).await;
        passed += usize::from(matches!(take(), Take::Taken { .. }));
    }
    assert_eq!(passed, 2, "the key has two in an hour");
    limiter.refund_grant(grant(a, 1, Some(at)), Moment::now());
    for _ in 0..4 {
        advance(SECOND).await;
        passed += usize::from(matches!(take(), Take::Taken { .. }));
    }
    assert!(passed <= 3, "{passed}");
}

/// Tokens move from the service to the key while calls wait.
#[tokio::test(start_paused = true)]
async fn waiters_keep_their_cost_where_tokens_are_counted_elsewhere() {
    let tokens = || RateLimitConfig::NONE.tokens_per_minute(6_000);
    let requests = || RateLimitConfig::per_minute(60).burst(1);
    for (before, after) in [
        (tokens().per_key(requests()), requests().per_key(tokens())),
        (requests().per_key(tokens()), tokens().per_key(requests())),
    ] {
        let limiter = limiter(before);
        while limiter.check_n("a", 3_000).allowed {
            advance(SECOND).await;
        }
        let mut waiter = Polled::new(limiter.acquire("a", 3_000, Duration::MAX));
        assert!(waiter.poll().is_pending());
        limiter.reconfigure(after).expect("valid");
        let mut outcome = waiter.poll();
        for _ in 0..200 {
            if outcome.is_ready() {
                break;
            }
            advance(SECOND).await;
            outcome = waiter.poll();
        }
        let Poll::Ready(outcome) = outcome else {
            panic!("pending")
        };
        outcome.expect("it fits");
        let left = limiter.peek("a").remaining;
        assert!(left <= 3_000, "{left}");
    }
}

/// The time told is when both could have it, also where the key alone rejects.
#[tokio::test(start_paused = true)]
async fn rejected_waiter_is_told_when_both_are_there() {
    let tokens = |limit| RateLimitConfig::NONE.tokens_per_minute(limit);
    let limiter = limiter(tokens(600).per_key(tokens(600)));
    assert!(limiter.check_n("a", 600).allowed);
    let mut waiter = Polled::new(limiter.acquire("a", 100, 20 * SECOND));
    assert!(waiter.poll().is_pending());
    // The service more than the key.
    limiter.shared.with(
        limiter.hash_per_key("a"),
        Moment::now(),
        |state, now, wakers| {
            state.cool_down(
                KeyHash::NONE,
                CooldownScope::Service,
                50 * SECOND,
                now,
                wakers,
            );
        },
    );
    limiter.settle("a", 0, 200);
    let Poll::Ready(outcome) = waiter.poll() else {
        panic!("pending")
    };
    let told = rejected(outcome).expect("some time");
    advance(told).await;
    let again = limiter.check_n("a", 100);
    assert!(again.allowed, "told {told:?}: {again:?}");
}

#[tokio::test(start_paused = true)]
async fn call_that_the_service_rejects_begins_no_window_of_its_key() {
    let of_key = RateLimitConfig::new(2, 10 * SECOND).fixed_window();
    let limiter = limiter(RateLimitConfig::per_second(1).per_key(of_key));
    assert!(limiter.check("z").allowed);
    assert!(!limiter.check("a").allowed);
    assert_eq!(limiter.peek("a").reset_after, SECOND);
    advance(9 * SECOND).await;
    assert!(limiter.check("a").allowed);
    advance(SECOND).await;
    assert!(limiter.check("a").allowed);
    advance(SECOND).await;
    assert!(!limiter.check("a").allowed);
}

/// Each admission costs a few polls, however many wait.
#[tokio::test(start_paused = true)]
async fn admission_takes_few_polls() {
    let mut all_polls = Vec::new();
    for keys in [0, 1, 100] {
        let config = RateLimitConfig::per_second(10).burst(1);
        let config = if keys == 0 {
            config
        } else {
            config.per_key(RateLimitConfig::per_hour(5_000))
        };
        let limiter = limiter(config);
        let name = |i: usize| format!("{}", i % keys.max(1));
        assert!(limiter.check(&name(0)).allowed);
        let mut waiting: Vec<_> = (0..1_000)
            .map(|i| (i, join_n(&limiter, &name(i), 1), 0))
            .collect();
        let (mut polls, mut passed) = (0, 0);
        polls += settle_all(&mut waiting, |_| passed += 1);
        for _ in 0..3_000 {
            advance(ms(1)).await;
            polls += settle_all(&mut waiting, |_| passed += 1);
        }
        assert!(passed >= 29, "{passed}");
        all_polls.push(polls);
    }
    // As many as in one line of a service.
    assert!(
        all_polls[1..]
            .iter()
            .all(|polls| *polls <= all_polls[0] * 3 / 2),
        "{all_polls:?}"
    );
}

/// While calls of a key wait for the service, new ones do not look at all of them.
#[tokio::test(start_paused = true)]
async fn joining_a_long_line_of_a_key_takes_few_steps() {
    use crate::rate_limit::keys::line_end::STEPS;
    let of_key = RateLimitConfig::per_hour(100_000).tokens_per_hour(1_000_000);
    let limiter = limiter(RateLimitConfig::per_minute(1).per_key(of_key));
    assert!(limiter.check("z").allowed);
    let before = STEPS.get();
    let mut waiting = Vec::new();
    for _ in 0..2_000 {
        waiting.push(join_n(&limiter, "a", 1));
        advance(Duration::from_micros(10)).await;
    }
    let steps = STEPS.get() - before;
    assert!(steps <= 20_000, "{steps}");
}

mod random {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

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
            let config = RateLimitConfig::new(limits.0, ms(periods.0)).sliding_window().per_key(of_key);
            let limiter = limiter(config.max_keys(max_keys));
            let hashes: Vec<_> = (0..4).map(|key: usize| limiter.hash_per_key(&key)).collect();
            let mut world = World {
                now: 0, limits, periods,
                service: Log::default(), keys: BTreeMap::new(),
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
                            let until_at = until.map_or(Moment::FAR_FUTURE, |it| Moment::now().after(ms(it)));
                            let cost = cost.min(limits.0).min(limits.1);
                            let wait = limiter.wait(hashes[key], Amount::units(cost), Priority::ALL[priority], until_at);
                            let call = Call {
                                key, cost, priority, turn, wait, wakes: Arc::default(), seen: 0,
                                began: world.now, until: until.map(|it| it + world.now), asleep: 0, slept: false,
                            };
                            call.wakes.0.store(1, Ordering::SeqCst);
                            fresh.push(call);
                        }
                        Event::Try(key, cost, priority) => {
                            let cost = cost.min(limits.0).min(limits.1);
                            let now = Moment::now();
                            let taken = limiter.try_take(hashes[key], Amount::units(cost), Priority::ALL[priority], now);
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
                                        assert!(!world.room(key, cost, world.now) || max_keys < 4 , "room, and rejected");
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
                            limiter.settle_grant(grant(hashes[key], cost, Some(moment)), Amount::units(used), Moment::now());
                            if used > cost { world.take(key, used - cost) } else { world.give(key, cost - used, at) }
                        }
                        Event::Pause(key, of_key, time) => {
                            let scope = if of_key { CooldownScope::Key } else { CooldownScope::Service };
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
                        let Poll::Ready(outcome) = outcome else { index += 1; continue };
                        let call = calls.remove(index);
                        match outcome {
                            Ok(Some(at)) => {
                                assert!(world.room(call.key, call.cost, world.now) , "exceeds {} {} at {}", call.key, call.cost, world.now);
                                assert!(call.until.is_none_or(|until| until.max(call.asleep) + 1 >= world.now));
                                world.take(call.key, call.cost);
                                granted.push((call.key, call.cost, world.now, at));
                                if call.cost > 0 && !call.slept {
                                    let last = last_passed.entry((call.key, call.priority)).or_default();
                                    // Who waits without an end keeps its order.
                                    if call.until.is_none() {
                                        assert!(*last < call.turn, "overtaken");
                                        *last = call.turn;
                                    }
                                }
                            }
                            Ok(None) => panic!("no shadow"),
                            Err(WaitError::Refused(refusal)) => {
                                assert!(call.until.is_some(), "refused at {} began {}: {refusal:?}", world.now, call.began);
                                assert!(refusal.retry_after.is_some(), "never");
                            }
                            Err(other) => panic!("{other:?}"),
                        }
                    }
                    if !any { break; }
                }
                // Nobody waits in vain: the first of each key and the highest priority, with the smallest cost of all
                // that are first.
                let asleep = calls.iter().filter(|call| call.asleep > world.now).count();
                let slack = if asleep > 0 {
                    5 * (1 + (asleep as u64).ilog2() as u64) + 10
                } else if slept_until + 60 < world.now { 3 } else { 60 };
                if world.no_pauses && last_event + slack < world.now && max_keys >= 4 && (unit || asleep == 0 && slack == 3) {
                    let mut keys = BTreeMap::new();
                    for call in calls.iter().filter(|call| call.asleep <= world.now) {
                        keys.entry((call.key, call.priority)).or_insert(call);
                    }
                    let has_room = |call: &&Call| (world.now - slack..=world.now).all(|at| at >= call.began && world.room(call.key, call.cost, at));
                    let mut fits = keys.values().map(has_room);
                    // Where all cost the same nobody stands in the way of another.
                    let fit = if unit { fits.any(|it| it) } else { !keys.is_empty() && fits.all(|it| it) };
                    assert!(!fit, "room at {} since {slack} ms, {asleep} asleep", world.now);
                }
                if next.is_none() && calls.iter().all(|call| call.asleep == u64::MAX) { break; }
                if calls.is_empty() && next.is_none() { break; }
                world.now += 1;
                idle += 1;
                assert!(idle < 60_000, "starved: {:?}", calls.iter().map(|c| (c.key, c.cost, c.began)).collect::<Vec<_>>());
                if next.is_none() && world.now > last_event + 20_000 { panic!("starved: {:?}", calls.iter().map(|c| (c.key, c.cost, c.began, c.slept)).collect::<Vec<_>>()); }
                advance(ms(1)).await;
            }
            calls.clear();
            advance(ms(2_000)).await;
            let _ = limiter.check(&0);
            for key in 0..4_usize { let _ = limiter.peek(&key); }
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
}

mod live {
    use proptest::prelude::*;

    use super::*;
    use crate::config::PatternMode;
    use crate::rate_limit::RateLimitStrategy as Counting;
    use crate::rate_limit::state::State;
    use crate::rate_limit::wait::Wait;

    #[derive(Clone, Debug)]
    enum Event {
        Call(usize, u32, usize, Option<u64>),
        Try(usize, u32),
        Drop(prop::sample::Index),
        Sleep(prop::sample::Index, u64),
        Refund(prop::sample::Index),
        Settle(prop::sample::Index, u32),
        Cap(usize, bool, u32),
        Pause(usize, bool, u64),
        /// Limits of the service and per key (requests, tokens), strategy, slots, shadow.
        Change(
            Option<(u32, Option<u32>)>,
            Option<(u32, Option<u32>)>,
            usize,
            usize,
            bool,
        ),
    }

    fn limits() -> impl Strategy<Value = Option<(u32, Option<u32>)>> {
        prop::option::weighted(0.7, (1..6_u32, prop::option::of(600..6_000_u32)))
    }

    fn event() -> impl Strategy<Value = Event> {
        let index = any::<prop::sample::Index>;
        prop_oneof![
            12 => (0..5_usize, 0..7_u32, 0..3_usize, prop::option::weighted(0.3, 0..1_500_u64))
                .prop_map(|(k, c, p, w)| Event::Call(k, c, p, w)),
            3 => (0..5_usize, 0..7_u32).prop_map(|(k, c)| Event::Try(k, c)),
            3 => index().prop_map(Event::Drop),
            2 => (index(), 1..200_u64).prop_map(|(i, t)| Event::Sleep(i, t)),
            1 => index().prop_map(Event::Refund),
            1 => (index(), 0..9_u32).prop_map(|(i, t)| Event::Settle(i, t)),
            1 => (0..5_usize, any::<bool>(), 0..4_u32).prop_map(|(k, s, t)| Event::Cap(k, s, t)),
            2 => (0..5_usize, any::<bool>(), 1..400_u64).prop_map(|(k, s, t)| Event::Pause(k, s, t)),
            4 => (limits(), limits(), 0..3_usize, prop_oneof![Just(9_usize), 1..4_usize], prop::bool::weighted(0.2))
                .prop_map(|(s, k, c, m, w)| Event::Change(s, k, c, m, w)),
        ]
    }

    struct Call {
        wait: Wait,
        wakes: Arc<Wakes>,
        seen: usize,
        key: KeyHash,
        cost: u32,
        until: Option<u64>,
        asleep: u64,
    }

    fn config(
        service: Option<(u32, Option<u32>)>,
        key: Option<(u32, Option<u32>)>,
        counting: usize,
        max_keys: usize,
        shadow: bool,
    ) -> Option<RateLimitConfig> {
        let of = |limits: (u32, Option<u32>)| RateLimitConfig {
            tokens_per_minute: limits.1,
            ..RateLimitConfig::new(limits.0, ms(100))
        };
        let config = match (service, key) {
            (None, None) => return None,
            (Some(service), None) => of(service),
            (Some(service), Some(key)) => of(service).per_key(of(key)),
            (None, Some(key)) => RateLimitConfig::NONE.per_key(of(key)),
        };
        let mode = if shadow {
            PatternMode::Shadow
        } else {
            PatternMode::default()
        };
        Some(
            config
                .strategy(Counting::ALL[counting])
                .max_keys(max_keys)
                .mode(mode),
        )
    }

    fn run(events: Vec<(u64, Event)>) {
        runtime().block_on(async {
            let limiter =
                limiter(config(Some((3, None)), Some((2, None)), 0, 3, false).expect("some"));
            let hashes: Vec<_> = (0..5)
                .map(|key: usize| {
                    if key == 4 {
                        KeyHash::NONE
                    } else {
                        limiter.hash_per_key(&key)
                    }
                })
                .collect();
            let mut calls: Vec<Call> = Vec::new();
            let mut granted: Vec<(KeyHash, u32, Moment)> = Vec::new();
            let mut now = 0;
            let mut events = events.into_iter();
            let mut next = events.next();
            let mut due = 0;
            let mut ended = None;
            loop {
                while let Some((pause, event)) = next.take_if(|_| due <= now) {
                    due = now + pause;
                    match event {
                        Event::Call(key, cost, priority, until) => {
                            let until_at =
                                until.map_or(Moment::FAR_FUTURE, |it| Moment::now().after(ms(it)));
                            let wait = limiter.wait(
                                hashes[key],
                                Amount::units(cost),
                                Priority::ALL[priority],
                                until_at,
                            );
                            let call = Call {
                                wait,
                                wakes: Arc::default(),
                                seen: 0,
                                key: hashes[key],
                                cost,
                                until: until.map(|it| it + now),
                                asleep: 0,
                            };
                            call.wakes.0.store(1, Ordering::SeqCst);
                            calls.push(call);
                        }
                        Event::Try(key, cost) => {
                            let at = Moment::now();
                            if let Take::Taken { .. } = limiter.try_take(
                                hashes[key],
                                Amount::units(cost),
                                Priority::Normal,
                                at,
                            ) {
                                granted.push((hashes[key], cost, at));
                            }
                        }
                        Event::Drop(index) if !calls.is_empty() => {
                            let index = index.index(calls.len());
                            drop(calls.remove(index));
                        }
                        Event::Sleep(index, time) if !calls.is_empty() => {
                            let index = index.index(calls.len());
                            calls[index].asleep = now + time;
                        }
                        Event::Refund(index) if !granted.is_empty() => {
                            let (key, cost, at) = granted.remove(index.index(granted.len()));
                            limiter.refund_grant(grant(key, cost, Some(at)), Moment::now());
                        }
                        Event::Settle(index, used) if !granted.is_empty() => {
                            let (key, cost, at) = granted.remove(index.index(granted.len()));
                            limiter.settle_grant(
                                grant(key, cost, Some(at)),
                                Amount::units(used),
                                Moment::now(),
                            );
                        }
                        Event::Cap(key, of_key, remaining) => {
                            let scope = if of_key {
                                CooldownScope::Key
                            } else {
                                CooldownScope::Service
                            };
                            limiter.cap_remaining(
                                hashes[key],
                                scope,
                                left(Some(remaining), None),
                                Moment::now(),
                            );
                        }
                        Event::Pause(key, of_key, time) => {
                            let scope = if of_key {
                                CooldownScope::Key
                            } else {
                                CooldownScope::Service
                            };
                            limiter.cool_down_key(hashes[key], scope, ms(time), Moment::now());
                        }
                        Event::Change(service, key, counting, max_keys, shadow) => {
                            limiter.set_limit(config(service, key, counting, max_keys, shadow));
                        }
                        _ => {}
                    }
                    next = events.next();
                }
                loop {
                    let mut any = false;
                    let mut index = 0;
                    while index < calls.len() {
                        let call = &mut calls[index];
                        if call.asleep > now || call.wakes.0.load(Ordering::SeqCst) == call.seen {
                            index += 1;
                            continue;
                        }
                        any = true;
                        call.seen = call.wakes.0.load(Ordering::SeqCst);
                        let waker = Waker::from(Arc::clone(&call.wakes));
                        let outcome =
                            Pin::new(&mut call.wait).poll(&mut Context::from_waker(&waker));
                        let Poll::Ready(outcome) = outcome else {
                            index += 1;
                            continue;
                        };
                        let call = calls.remove(index);
                        if let Some(until) = call.until {
                            assert!(until.max(call.asleep) + 1 >= now);
                        }
                        if let Ok(Some(at)) = outcome {
                            granted.push((call.key, call.cost, at));
                        }
                    }
                    if !any {
                        break;
                    }
                }
                if calls.is_empty() && next.is_none() {
                    break;
                }
                if next.is_none() {
                    let ended = *ended.get_or_insert(now);
                    assert!(
                        now < ended + 120_000,
                        "starved: {:?}",
                        calls
                            .iter()
                            .map(|c| (c.cost, c.until, c.asleep, ended, now))
                            .collect::<Vec<_>>()
                    );
                    // Only the timers matter.
                    let step = if now < ended + 5_000 { 1 } else { 7 };
                    now += step;
                    advance(ms(step)).await;
                } else {
                    now += 1;
                    advance(ms(1)).await;
                }
            }
            advance(2 * SECOND).await;
            assert_eq!(limiter.shared.read(State::waiting), 0);
            advance(120 * SECOND).await;
            for key in &hashes[..4] {
                for cost in [0, 1] {
                    let _ = limiter.try_take(
                        *key,
                        Amount::units(cost),
                        Priority::Normal,
                        Moment::now(),
                    );
                }
            }
            let _ = limiter.check(&77);
            assert_no_waiters(&limiter);
            limiter.set_limit(None);
            assert!(limiter.is_bypassed());
        });
    }

    proptest! {
        #[test]
        fn live_changes_lose_nobody(events in prop::collection::vec((0..40_u64, event()), 1..60)) {
            run(events);
        }
    }
}

mod told {
    use proptest::prelude::*;

    use super::*;
    use crate::rate_limit::RateLimitStrategy as Counting;
    use crate::rate_limit::state::State;
    use crate::rate_limit::wait::{Wait, WaitError};

    type Set = (Option<u32>, Option<u32>, Option<u32>, Option<u32>, usize);

    fn set() -> impl Strategy<Value = Set> {
        let limit = || prop::option::of(1..40_u32);
        (limit(), limit(), limit(), limit(), 0..3_usize)
    }

    fn of((requests, tokens, input, output, counting): Set) -> RateLimitConfig {
        RateLimitConfig {
            requests_per_second: requests,
            tokens_per_minute: tokens,
            input_tokens_per_second: input,
            output_tokens_per_hour: output,
            ..RateLimitConfig::NONE
        }
        .strategy(Counting::ALL[counting])
    }

    #[derive(Clone, Debug)]
    enum Event {
        Take(usize, u32, u32),
        Wait(usize, u32, u32, u64),
        Settle(prop::sample::Index, u32, u32),
        Refund(prop::sample::Index),
        Pause(usize, bool, u64),
    }

    fn event() -> impl Strategy<Value = Event> {
        let index = any::<prop::sample::Index>;
        prop_oneof![
            8 => (0..3_usize, 0..20_u32, 0..20_u32).prop_map(|(k, i, o)| Event::Take(k, i, o)),
            4 => (0..3_usize, 0..20_u32, 0..20_u32, 0..60_000_u64).prop_map(|(k, i, o, w)| Event::Wait(k, i, o, w)),
            2 => (index(), 0..60_u32, 0..60_u32).prop_map(|(x, i, o)| Event::Settle(x, i, o)),
            1 => index().prop_map(Event::Refund),
            1 => (0..3_usize, any::<bool>(), 1..4_000_u64).prop_map(|(k, s, t)| Event::Pause(k, s, t)),
        ]
    }

    proptest! {
        /// Who comes back when it was told, alone, passes; never is told only where it never can.
        #[test]
        fn who_comes_back_when_told_passes(
            (service, key) in (set(), set()),
            max_keys in 1..5_usize,
            events in prop::collection::vec((0..3_000_u64, event()), 1..40),
        ) {
            let config = of(service).per_key(of(key)).max_keys(max_keys);
            prop_assume!(config.validate().is_ok());
            runtime().block_on(async {
                let limiter = limiter(config);
                let mut granted = Vec::new();
                let mut waits: Vec<Polled<Wait>> = Vec::new();
                let hash = |key: usize| if key == 2 { KeyHash::NONE } else { limiter.hash_per_key(&key) };
                let try_take = |key: usize, amount| limiter.try_take(hash(key), amount, Priority::Normal, Moment::now());
                for (pause, event) in events {
                    advance(ms(pause)).await;
                    let seen: Vec<usize> = waits.iter().map(Polled::woken).collect();
                    let mut index = 0;
                    waits.retain_mut(|it| { let woken = seen[index] > 0; index += 1; !woken || it.poll().is_pending() });
                    match event {
                        Event::Take(key, input, output) => {
                            let amount = Amount::split(input, output);
                            match try_take(key, amount) {
                                Take::Taken { at } => granted.push((hash(key), amount, at)),
                                Take::Rejected { retry_after } => {
                                    let told = limiter.refusal(hash(key), amount, Priority::Normal, Moment::now());
                                    let fits = limiter.shared.with(hash(key), Moment::now(), |it, now, _| it.ready_at(hash(key), amount, Priority::Normal, now).is_some());
                                    assert_eq!(told.retry_after.is_some(), fits);
                                    assert_eq!(retry_after.is_some(), fits);
                                    waits.clear();
                                    if let Some(told) = told.retry_after {
                                        advance(told).await;
                                        let again = try_take(key, amount);
                                        let Take::Taken { at } = again else { panic!("told {told:?}, then {again:?}") };
                                        granted.push((hash(key), amount, at));
                                    }
                                }
                            }
                        }
                        Event::Wait(key, input, output, span) => {
                            let amount = Amount::split(input, output);
                            let until = Moment::now().after(ms(span));
                            let mut wait = Polled::new(limiter.wait(hash(key), amount, Priority::Normal, until));
                            match wait.poll() {
                                Poll::Pending => waits.push(wait),
                                Poll::Ready(Ok(at)) => granted.push((hash(key), amount, at.expect("no shadow"))),
                                Poll::Ready(Err(WaitError::Refused(told))) => {
                                    waits.clear();
                                    let fits = limiter.shared.with(hash(key), Moment::now(), |it, now, _| it.ready_at(hash(key), amount, Priority::Normal, now).is_some());
                                    assert_eq!(told.retry_after.is_some(), fits);
                                    if let Some(told) = told.retry_after {
                                        advance(told).await;
                                        let again = try_take(key, amount);
                                        let Take::Taken { at } = again else { panic!("told {told:?}, then {again:?}") };
                                        granted.push((hash(key), amount, at));
                                    }
                                }
                                other => panic!("{other:?}"),
                            }
                        }
                        Event::Settle(index, input, output) if !granted.is_empty() => {
                            let (key, amount, at) = granted.remove(index.index(granted.len()));
                            let grant = Grant { key, amount, at: Some(at), unit: None };
                            limiter.settle_grant(grant, Amount::split(input, output), Moment::now());
                        }
                        Event::Refund(index) if !granted.is_empty() => {
                            let (key, amount, at) = granted.remove(index.index(granted.len()));
                            limiter.refund_grant(Grant { key, amount, at: Some(at), unit: None }, Moment::now());
                        }
                        Event::Pause(key, of_key, time) => {
                            let scope = if of_key { CooldownScope::Key } else { CooldownScope::Service };
                            limiter.cool_down_key(hash(key), scope, ms(time), Moment::now());
                        }
                        _ => {}
                    }
                }
            });
        }
    }

    /// Nothing overflows.
    #[tokio::test(start_paused = true)]
    async fn extreme_numbers() {
        for strategy in Counting::ALL {
            for limit in [1, u32::MAX] {
                for span in [
                    Duration::from_millis(1),
                    Duration::from_secs(366 * 24 * 3600),
                ] {
                    let of = |limit| RateLimitConfig::new(limit, span).strategy(*strategy);
                    let config = of(limit).per_key(of(u32::MAX - limit.min(2) + 1));
                    if config.validate().is_err() {
                        continue;
                    }
                    let limiter = limiter(config);
                    let mut waits: Vec<_> = (0..4)
                        .map(|i| {
                            Polled::new(limiter.acquire(
                                "a",
                                limit - i % limit.min(2),
                                Duration::MAX,
                            ))
                        })
                        .collect();
                    for wait in &mut waits {
                        let _ = wait.poll();
                    }
                    let _ = limiter.check_n("a", u32::MAX);
                    let _ = limiter.check_n("b", 0);
                    limiter.settle("a", 0, u32::MAX);
                    limiter.settle("a", u32::MAX, 0);
                    limiter.cool_down("a", Duration::MAX);
                    let _ = limiter.check_n("a", u32::MAX);
                    advance(span).await;
                    for wait in &mut waits {
                        if wait.woken() > 0 {
                            let _ = wait.poll();
                        }
                    }
                    drop(waits);
                    advance(Duration::from_secs(400 * 24 * 3600)).await;
                    let _ = limiter.check_n("a", 1);
                    assert_eq!(limiter.shared.read(State::waiting), 0);
                }
            }
        }
    }
}

/// Of each eight that pass one is normal and one low, if such wait, whichever limits are short.
#[tokio::test(start_paused = true)]
async fn each_eight_have_one_of_each_priority() {
    let second = RateLimitConfig::per_second;
    for (config, keys) in [
        (second(1).per_key(RateLimitConfig::per_hour(999)), 1),
        (second(1).per_key(RateLimitConfig::per_hour(999)), 3),
        (RateLimitConfig::per_hour(999).per_key(second(1)), 1),
        (second(1).per_key(second(1)), 1),
        (second(1).per_key(second(1)), 3),
        (second(2).sliding_window().per_key(second(1)), 3),
    ] {
        let limiter = limiter(config);
        for key in 0..keys {
            while limiter.check(&key).allowed {}
        }
        while limiter.check(&99).allowed {}
        let mut waiting = Vec::new();
        for i in 0..240 {
            let priority = match i {
                0..160 => 0,
                160..200 => 1,
                _ => 2,
            };
            let acquire = limiter.acquire(&(i % keys), 1, Duration::MAX);
            let mut joined = Polled::new(acquire.priority(Priority::ALL[priority]));
            assert!(joined.poll().is_pending());
            waiting.push((priority, joined, 0));
        }
        let mut order = Vec::new();
        for _ in 0..100_000 {
            advance(ms(10)).await;
            settle_all(&mut waiting, |priority| order.push(*priority));
            if order.len() > 80 {
                break;
            }
        }
        let text: String = order.iter().map(|it| ['h', 'n', 'l'][*it]).collect();
        for eight in order[8..].windows(8) {
            assert!(
                eight.contains(&1) && eight.contains(&2),
                "{keys} keys: {text}"
            );
        }
    }
}

/// Keys go on taking turns while calls leave, time out and come.
#[tokio::test(start_paused = true)]
async fn keys_take_turns_while_calls_leave() {
    let limiter = limiter(
        RateLimitConfig::per_second(10)
            .burst(1)
            .per_key(RateLimitConfig::per_hour(5_000)),
    );
    assert!(limiter.check("z").allowed);
    let mut waiting: Vec<(usize, Polled<Acquire>, usize)> = Vec::new();
    let mut counts = [0_usize; 4];
    let mut number = 0_usize;
    for tick in 0..3_000_usize {
        // Key 0 has a thousand, key 1 a few, key 2 calls that leave at once, key 3 one at a time.
        for (key, most) in [(0, 300), (1, 5), (2, 20), (3, 1)] {
            while waiting.iter().filter(|(it, ..)| *it == key).count() < most {
                let wait = if key == 2 {
                    ms(37) * (1 + number as u32 % 40)
                } else {
                    Duration::MAX
                };
                number += 1;
                let mut joined = Polled::new(limiter.acquire(&key, 1, wait));
                match joined.poll() {
                    Poll::Pending => waiting.push((key, joined, 0)),
                    Poll::Ready(_) => break,
                }
            }
        }
        if tick % 7 == 3 {
            let leaves: Vec<_> = (0..waiting.len())
                .filter(|at| waiting[*at].0 == 0)
                .collect();
            waiting.remove(leaves[tick * 31 % leaves.len().min(3)]);
        }
        advance(ms(1)).await;
        loop {
            let mut any = false;
            waiting.retain_mut(|(key, waiter, seen)| {
                if waiter.woken() <= *seen {
                    return true;
                }
                any = true;
                *seen = waiter.woken();
                match waiter.poll() {
                    Poll::Ready(outcome) => {
                        counts[*key] += usize::from(outcome.is_ok());
                        false
                    }
                    Poll::Pending => true,
                }
            });
            if !any {
                break;
            }
        }
    }
    let all: usize = counts.iter().sum();
    assert!(all >= 29, "{counts:?}");
    assert!(
        counts[1] >= all / 5 && counts[3] >= all / 5 && counts[0] >= all / 6,
        "{counts:?}"
    );
}
