//! What a rejected call is told: when both could have it.

use proptest::prelude::*;

use tokio::time::advance;

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
                        Polled::new(limiter.acquire("a", limit - i % limit.min(2), Duration::MAX))
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
