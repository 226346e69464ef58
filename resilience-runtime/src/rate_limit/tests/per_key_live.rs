//! Limits per key that change while calls wait: nobody is lost, and nothing is left over.

use proptest::prelude::*;

use tokio::time::advance;

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
        let limiter = limiter(config(Some((3, None)), Some((2, None)), 0, 3, false).expect("some"));
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
                        if let Take::Taken { .. } =
                            limiter.try_take(hashes[key], Amount::units(cost), Priority::Normal, at)
                        {
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
                    let outcome = Pin::new(&mut call.wait).poll(&mut Context::from_waker(&waker));
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
                let _ =
                    limiter.try_take(*key, Amount::units(cost), Priority::Normal, Moment::now());
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
