//! Tokens in batches: still no more than the bucket allows and what was in stock, and none lost.

use proptest::prelude::*;

use super::super::batches::{SHARDS, batch};
use super::super::token_bucket::TokenBucket;
use super::model::START;
use super::*;

const KEY: KeyHash = KeyHash::NONE;

/// A token each millisecond, 640 at once, 10 in each batch.
fn config() -> RateLimitConfig {
    RateLimitConfig::per_second(1_000).burst(640).batch(10)
}

fn takes(limiter: &RateLimiter, shard: usize, cost: u32, now: u64) -> bool {
    limiter
        .shared
        .takes_from_stock(|| shard, KEY, cost, Moment(now))
        || limiter
            .shared
            .try_take_locked(KEY, cost, Moment(now))
            .0
            .is_ok()
}

fn remaining(limiter: &RateLimiter, now: u64) -> u32 {
    limiter.shared.with(KEY, Moment(now), |state, now, _| {
        state.peek(KEY, now).remaining
    })
}

fn in_stock(limiter: &RateLimiter) -> u32 {
    limiter.shared.in_stock().iter().sum()
}

#[test]
fn a_batch_is_at_most_a_64th_of_the_burst_and_lasts_a_while() {
    let of = |limit, burst, wanted| {
        let bucket = TokenBucket::new(limit, SECOND, burst);
        batch(bucket, wanted).map(|(batch, _)| batch)
    };
    assert_eq!(of(1_000, 640, 1_000), Some(10));
    assert_eq!(of(1_000, 640, 7), Some(7));
    assert_eq!(of(1_000, 127, 1_000), None, "one at a time");
    assert_eq!(of(1_000, 640, 1), None);
    assert_eq!(of(1_000, u32::MAX, u32::MAX), Some(0xFFFF));
    assert_eq!(
        of(1_000_000_000, 1_000_000_000, 1_000),
        None,
        "a microsecond"
    );
    assert_eq!(of(1_000_000_000, 1_000_000_000, 60_000), Some(60_000));
}

#[test]
fn one_goes_to_the_bucket_for_ten() {
    let limiter = limiter(config());
    for taken in 1..=20 {
        assert!(takes(&limiter, 3, 1, START));
        let rest = (10 - taken % 10) % 10;
        assert_eq!(limiter.shared.in_stock()[3], rest, "after {taken}");
    }
    assert!(
        !limiter
            .shared
            .takes_from_stock(|| 0, limiter.hash_key("a"), 1, Moment(START))
    );
    // Who looks sees what is in stock as well.
    assert!(takes(&limiter, 0, 1, START) && in_stock(&limiter) == 9);
    assert_eq!(remaining(&limiter, START), 640 - 21);
    assert_eq!(in_stock(&limiter), 0);
}

#[test]
fn what_is_old_is_exchanged() {
    let limiter = limiter(config());
    assert!(takes(&limiter, 0, 1, START));
    // 10 ms later the bucket is full again, and the nine are worth nothing.
    assert!(takes(&limiter, 0, 1, START + 10_000_000));
    assert_eq!(limiter.shared.in_stock()[0], 9);
    assert_eq!(remaining(&limiter, START + 10_000_000), 639);
}

#[test]
fn behind_the_lock_it_is_not_earlier_than_at_the_stocks() {
    let limiter = limiter(config());
    assert!(takes(&limiter, 0, 1, START));
    let later = Moment(START).after(SECOND);
    for _ in 0..2 {
        assert!(takes(&limiter, 0, 320, later.0));
    }
    // For who comes a second late as for who comes now.
    for now in [START, later.0] {
        let now = Moment(now);
        assert_eq!(limiter.earliest(KEY, 1, now), Some(ms(1)));
    }
}

#[test]
fn who_calls_seldom_leaves_the_rate_to_others() {
    let limiter = limiter(config());
    let mut now = START;
    assert!(takes(&limiter, 1, 640, now));
    // Each call of the seldom one finds its stock too old.
    let (mut seldom, mut often) = (0, 0);
    for millisecond in 0..1_000 {
        now += 1_000_000;
        often += u32::from(takes(&limiter, 1, 1, now));
        if millisecond % 11 == 0 {
            seldom += u32::from(takes(&limiter, 0, 1, now));
        }
    }
    assert_eq!(seldom + often, 1_000);
    assert!(often >= 900, "{often}");
}

#[test]
fn nobody_takes_from_stock_under_a_cooldown() {
    let limiter = limiter(config());
    for shard in 0..SHARDS {
        assert!(takes(&limiter, shard, 1, START));
    }
    limiter.cool_down_key(KEY, SECOND, Moment(START));
    assert_eq!(in_stock(&limiter), 0);
    for shard in 0..SHARDS {
        assert!(!takes(&limiter, shard, 1, START + 1));
    }
    // Afterwards there is all of it.
    let later = START + 1_000_000_000;
    assert_eq!(remaining(&limiter, later), 640);
    assert!(takes(&limiter, 0, 1, later));
}

#[test]
fn what_the_server_says_is_left_is_left() {
    let limiter = limiter(config());
    for shard in 0..SHARDS {
        assert!(takes(&limiter, shard, 1, START));
    }
    limiter.lower(KEY, Some(12), None, Moment(START));
    let passed = (0..700)
        .filter(|turn| takes(&limiter, turn % SHARDS, 1, START))
        .count();
    assert_eq!(passed, 12);
}

#[test]
fn nobody_overtakes_those_who_wait() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let limiter = limiter(config());
        let now = Moment::now().0;
        assert!(takes(&limiter, 0, 1, now));
        let until = Moment(now).after(10 * SECOND);
        let mut waiting = ByHand::new(limiter.wait(KEY, 640, until));
        assert!(waiting.poll().is_pending());
        for shard in 0..SHARDS {
            assert!(!takes(&limiter, shard, 1, now));
        }
        tokio::time::advance(ms(1)).await;
        assert!(matches!(waiting.poll(), Poll::Ready(Ok(_))));
    });
}

#[test]
fn live_changes_bring_the_stocks_home() {
    let limiter = limiter(config());
    let mut taken = 0;
    for (turn, wanted) in [Some(4), None, Some(1_000), Some(1), Some(8)]
        .into_iter()
        .enumerate()
    {
        for shard in 0..SHARDS {
            taken += u32::from(takes(&limiter, shard, 1, START));
        }
        limiter.set_limit(Some(RateLimitConfig {
            batch: wanted,
            ..config()
        }));
        // Under this clock everything is full again; what counts is that stocks are closed.
        assert_eq!(in_stock(&limiter), 0, "change {turn}");
    }
    assert_eq!(taken as usize, 5 * SHARDS);
}

#[test]
fn a_strict_limit_holds_under_threads() {
    let limiter = limiter(RateLimitConfig::per_hour(6_400).batch(100));
    let passed: usize = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..12)
            .map(|_| {
                scope.spawn(|| {
                    let take = || limiter.try_take(KEY, 1, Moment::now());
                    (0..1_000)
                        .filter(|_| matches!(take(), Take::Taken { .. }))
                        .count()
                })
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().expect("no panic"))
            .sum()
    });
    // An hour's 6,400 give two a second; all of them are had, wherever they were in stock.
    assert!((6_400..=6_500).contains(&passed), "{passed}");
}

#[derive(Clone, Debug)]
enum Step {
    Pass(u64),
    /// By which thread, and how much.
    Take(usize, u32),
    /// Somebody looks, and the stocks come home.
    Look,
    /// The last one was not sent after all.
    GiveBack,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        3 => (0..3_000_u64).prop_map(|micros| Step::Pass(micros * 1_000)),
        16 => (0..SHARDS, prop_oneof![6 => Just(1_u32), 1 => 1..40_u32, 1 => Just(300)])
            .prop_map(|(shard, cost)| Step::Take(shard, cost)),
        1 => Just(Step::Look),
        1 => Just(Step::GiveBack),
    ];
    prop::collection::vec(step, 1..300)
}

proptest! {
    #[test]
    fn the_bound_holds_at_any_offset(
        steps in steps(),
        (limit, burst, wanted) in (1..3_000_u32, 128..1_500_u32, 2..30_u32),
    ) {
        let config = RateLimitConfig::per_second(limit).burst(burst).batch(wanted);
        let limiter = limiter(config);
        let mut now = START;
        let mut passed = Vec::new();
        for step in steps {
            match step {
                Step::Pass(nanos) => now += nanos,
                Step::Take(shard, cost) => {
                    if takes(&limiter, shard, cost, now) {
                        passed.push((now, cost));
                    }
                }
                Step::Look => {
                    remaining(&limiter, now);
                    prop_assert_eq!(in_stock(&limiter), 0);
                }
                Step::GiveBack => {
                    if let Some((at, cost)) = passed.pop() {
                        limiter.give_back(took(KEY, cost, Some(Moment(at))), Moment(now));
                    }
                }
            }
            let batch = wanted.min(burst / 64);
            prop_assert!(limiter.shared.in_stock().iter().all(|&stock| stock <= batch));
        }
        let most = u128::from(burst + SHARDS as u32 * wanted.min(burst / 64)) * 1_000_000_000;
        for (first, &(begin, _)) in passed.iter().enumerate() {
            let mut sum = 0;
            for &(end, cost) in &passed[first..] {
                sum += u128::from(cost) * 1_000_000_000;
                prop_assert!(sum <= most + u128::from(end - begin) * u128::from(limit));
            }
        }
    }

    /// At one instant there are as many as in one bucket, to the last.
    #[test]
    fn none_is_lost_and_none_is_doubled(
        steps in prop::collection::vec((0..SHARDS, 1..20_u32, 0..12_u8), 1..200),
    ) {
        let limiter = limiter(config());
        let mut left = 640;
        for (shard, cost, what) in steps {
            match what {
                0 => prop_assert_eq!(remaining(&limiter, START), left),
                1 if left < 640 => {
                    limiter.give_back(took(KEY, 1, Some(Moment(START))), Moment(START));
                    left += 1;
                }
                2 => limiter.shared.with(KEY, Moment(START), |state, now, wakers| {
                    state.set_limit(Some(config().batch(cost)), now, wakers);
                }),
                _ => {
                    let taken = takes(&limiter, shard, cost, START);
                    prop_assert_eq!(taken, cost <= left);
                    left -= if taken { cost } else { 0 };
                }
            }
        }
        prop_assert_eq!(remaining(&limiter, START), left);
    }
}
