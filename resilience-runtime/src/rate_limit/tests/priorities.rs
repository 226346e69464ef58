//! Waiters of different priorities, under paused time.

use std::cell::RefCell;
use std::rc::Rc;

use proptest::prelude::*;
use tokio::task::LocalSet;
use tokio::time::{Instant, advance, sleep};

use super::*;

/// Whose turn it is at that place of a round, among so many that wait.
fn next(place: usize, waiting: [usize; 3]) -> Option<usize> {
    let kept = match place % 8 {
        6 => Some(1),
        7 => Some(2),
        _ => None,
    };
    kept.filter(|class| waiting[*class] > 0)
        .or_else(|| (0..3).find(|class| waiting[*class] > 0))
}

/// Polls all of them, as often as somebody passes or is woken by that. Returns class and place of those that passed.
fn poll_all(lists: &mut [Vec<Polled<Acquire>>; 3]) -> Vec<(usize, usize)> {
    let mut passed = Vec::new();
    for _ in 0..3 {
        for (class, list) in lists.iter_mut().enumerate() {
            let mut place = 0;
            list.retain_mut(|waiter| {
                let waits = waiter.poll().is_pending();
                if !waits {
                    passed.push((class, place));
                }
                place += 1;
                waits
            });
        }
    }
    passed
}

type Passed = Rc<RefCell<Vec<(usize, usize, Duration)>>>;

/// Lets all of these wait at once, in this order. Returns class, turn within the class, and time of each that passes.
async fn all_pass(
    limiter: &RateLimiter,
    classes: &[usize],
    cost: impl Fn(usize) -> Cost,
) -> Vec<(usize, usize, Duration)> {
    let (set, passed) = (LocalSet::new(), Passed::default());
    let (start, mut turns) = (Instant::now(), [0; 3]);
    for &class in classes {
        let turn = turns[class];
        turns[class] += 1;
        let acquire = limiter.acquire_cost("a", cost(class), Duration::MAX);
        let acquire = acquire.priority(Priority::ALL[class]);
        let passed = Rc::clone(&passed);
        set.spawn_local(async move {
            acquire.await.expect("in time");
            passed.borrow_mut().push((class, turn, start.elapsed()));
        });
    }
    set.await;
    passed.take()
}

proptest! {
    /// They pass in the order of a list, whatever the limits are, each as soon as there is enough for it.
    #[test]
    fn waiters_pass_by_priority_and_in_turn(
        classes in prop::collection::vec(0..3_usize, 1..60),
        kind in 0..4_u8,
    ) {
        let config = match kind {
            0 => RateLimitConfig::per_second(1),
            1 => RateLimitConfig::per_second(1).sliding_window(),
            2 => RateLimitConfig::per_second(1).output_tokens_per_minute(120),
            _ => RateLimitConfig::per_second(1).tokens_per_hour(9_000).fixed_window(),
        };
        let passed = runtime().block_on(async {
            let limiter = limiter(config);
            assert!(limiter.check("a").allowed);
            let passed = all_pass(&limiter, &classes, |_| Cost::new(0, 1)).await;
            assert_no_waiters(&limiter);
            passed
        });
        let mut waiting = [0; 3];
        for class in &classes {
            waiting[*class] += 1;
        }
        let mut turns = [0; 3];
        for (place, &(class, turn, after)) in passed.iter().enumerate() {
            prop_assert_eq!(Some(class), next(place, waiting));
            prop_assert_eq!(turn, turns[class], "first come, first served");
            waiting[class] -= 1;
            turns[class] += 1;
            prop_assert_eq!(after.as_secs() as usize, place + 1);
        }
        prop_assert_eq!(passed.len(), classes.len());
    }

    /// Those who join, leave and give up in between change the order of nobody else, and nobody waits for ever.
    #[test]
    fn order_holds_while_others_join_and_leave(
        steps in prop::collection::vec((0..3_usize, 0..4_u8, any::<prop::sample::Index>()), 1..80),
    ) {
        runtime().block_on(async {
            let limiter = limiter(RateLimitConfig::per_second(1));
            assert!(limiter.check("a").allowed);
            let mut lists: [Vec<Polled<Acquire>>; 3] = Default::default();
            let mut place = 0;
            for (class, what, which) in steps {
                if lists.iter().all(Vec::is_empty) {
                    // A line without waiters is none: the next one begins a round.
                    place = 0;
                }
                match what {
                    0 | 1 => {
                        let acquire = limiter.acquire("a", 1, Duration::MAX);
                        let mut joined = Polled::new(acquire.priority(Priority::ALL[class]));
                        assert!(joined.poll().is_pending());
                        lists[class].push(joined);
                    }
                    2 if !lists[class].is_empty() => {
                        let index = which.index(lists[class].len());
                        drop(lists[class].remove(index));
                        assert_eq!(poll_all(&mut lists), []);
                    }
                    _ => {
                        advance(SECOND).await;
                        let waiting = [0, 1, 2].map(|class: usize| lists[class].len());
                        let expected = next(place, waiting);
                        let passed: Vec<_> = expected.map(|class| (class, 0)).into_iter().collect();
                        assert_eq!(poll_all(&mut lists), passed);
                        match expected {
                            Some(_) => place += 1,
                            // The token stays there.
                            None => assert!(limiter.check("a").allowed),
                        }
                    }
                }
            }
            drop(lists);
            assert_no_waiters(&limiter);
        });
    }
}

#[tokio::test(start_paused = true)]
async fn wait_is_judged_by_those_that_come_before() {
    for config in [
        RateLimitConfig::per_second(1),
        RateLimitConfig::per_second(1).output_tokens_per_minute(1_000),
    ] {
        let limiter = limiter(config);
        assert!(limiter.check("a").allowed);
        let cost = Cost::new(0, 1);
        let join = |priority, wait| {
            let mut joined = Polled::new(limiter.acquire_cost("a", cost, wait).priority(priority));
            let outcome = joined.poll();
            (joined, outcome)
        };
        let lows: Vec<_> = (0..100)
            .map(|_| join(Priority::Low, 1_000 * SECOND).0)
            .collect();
        // Behind all of them it would have to wait for 101 s.
        let (_, outcome) = join(Priority::Low, 100 * SECOND);
        assert!(outcome.is_ready());
        let (high, outcome) = join(Priority::High, SECOND);
        assert!(outcome.is_pending());
        let (_, outcome) = join(Priority::High, SECOND);
        assert!(outcome.is_ready(), "there is one before it");
        // Six of a round, then the one that is kept for low ones.
        let more: Vec<_> = (0..6)
            .map(|_| join(Priority::High, 10 * SECOND).0)
            .collect();
        let (_, outcome) = join(Priority::High, 8 * SECOND);
        assert!(outcome.is_ready());
        let (_, outcome) = join(Priority::High, 9 * SECOND);
        assert!(outcome.is_pending());
        drop((lows, high, more));
        assert_no_waiters(&limiter);
    }
}

#[tokio::test(start_paused = true)]
async fn higher_one_takes_the_place_of_a_head_that_waits_already() {
    let limiter = limiter(RateLimitConfig::per_second(1));
    assert!(limiter.check("a").allowed);
    let mut low = Polled::new(limiter.acquire("a", 1, 9 * SECOND).priority(Priority::Low));
    assert!(low.poll().is_pending());
    advance(ms(900)).await;
    let mut high = Polled::new(limiter.acquire("a", 1, 9 * SECOND).priority(Priority::High));
    assert!(high.poll().is_pending());
    advance(ms(100)).await;
    // The one that was there first is woken as planned, and sees that it is no longer its turn.
    assert!(low.poll().is_pending());
    assert!(high.poll().is_ready());
    advance(SECOND).await;
    assert!(low.poll().is_ready());
    assert_no_waiters(&limiter);
}

#[tokio::test(start_paused = true)]
async fn unpolled_high_one_holds_up_the_others_for_a_moment_alone() {
    let limiter = limiter(RateLimitConfig::per_second(1));
    assert!(limiter.check("a").allowed);
    let mut unpolled = Vec::new();
    for _ in 0..20 {
        let acquire = limiter.acquire("a", 1, 900 * SECOND);
        let mut high = Polled::new(acquire.priority(Priority::High));
        assert!(high.poll().is_pending());
        unpolled.push(high);
    }
    let start = Instant::now();
    let low = limiter.acquire("a", 1, 900 * SECOND);
    low.priority(Priority::Low).await.expect("in time");
    let late = start.elapsed() - SECOND;
    assert!(late <= ms(5 * (1 + 5) + 5), "{late:?}");
    drop(unpolled);
    assert_no_waiters(&limiter);
}

#[tokio::test(start_paused = true)]
async fn cooldown_ends_for_high_ones_first() {
    let limiter = limiter(RateLimitConfig::per_second(1_000));
    limiter.cool_down("a", 10 * SECOND);
    let classes = [2, 2, 2, 0, 0, 1];
    let passed = all_pass(&limiter, &classes, |_| Cost::new(0, 0)).await;
    let order: Vec<_> = passed.iter().map(|(class, ..)| *class).collect();
    assert_eq!(order, [0, 0, 1, 2, 2, 2]);
    assert!(passed[0].2 >= 10 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn keys_have_lines_of_their_own() {
    let limiter = limiter(RateLimitConfig::per_second(1));
    assert!(limiter.check("a").allowed && limiter.check("b").allowed);
    let start = Instant::now();
    let high = limiter.acquire("a", 1, 9 * SECOND).priority(Priority::High);
    let low = limiter.acquire("b", 1, 9 * SECOND).priority(Priority::Low);
    let (high, low) = tokio::join!(high, low);
    high.expect("in time");
    low.expect("in time");
    assert_eq!(start.elapsed(), SECOND);
}

/// Interactive calls beside 10,000 batch calls of one service, asking for half of the rate.
#[tokio::test(start_paused = true)]
async fn interactive_calls_wait_two_tokens_at_most_beside_a_batch() {
    let period = ms(10);
    for config in [
        RateLimitConfig::per_second(100).burst(1),
        RateLimitConfig::per_second(100)
            .burst(1)
            .tokens_per_minute(1_000_000),
    ] {
        let limiter = limiter(config);
        let set = LocalSet::new();
        let batch = Rc::new(RefCell::new(0));
        for _ in 0..10_000 {
            let acquire = limiter
                .acquire("a", 1, Duration::MAX)
                .priority(Priority::Low);
            let batch = Rc::clone(&batch);
            set.spawn_local(async move {
                acquire.await.expect("in time");
                *batch.borrow_mut() += 1;
            });
        }
        let mut waits: Vec<Duration> = set
            .run_until(async {
                sleep(ms(5)).await;
                let mut calls = tokio::task::JoinSet::new();
                for call in 0..300_u64 {
                    // Half of the rate, and not in step with it.
                    sleep(ms(17 + (call * 7) % 7)).await;
                    let acquire = limiter
                        .acquire("a", 1, Duration::MAX)
                        .priority(Priority::High);
                    calls.spawn_local(async move {
                        let asked = Instant::now();
                        acquire.await.expect("in time");
                        asked.elapsed()
                    });
                }
                calls.join_all().await
            })
            .await;
        waits.sort();
        let p99 = waits[waits.len() * 99 / 100];
        assert!(p99 <= 2 * period, "{p99:?}");
        // The batch gets all that is left: half of the rate.
        let passed = *batch.borrow();
        assert!((210..=390).contains(&passed), "{passed} of the batch");
    }
}
