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
