//! Requests and tokens together, against a reference log of each.

use std::cell::RefCell;
use std::rc::Rc;

use proptest::prelude::*;
use tokio::time::{Instant, advance, sleep};

use super::model::{START, reference};
use super::*;
use crate::rate_limit::RateLimitStrategy as Counting;

const PERIODS: u64 = 1_000_000_000;

/// Rates so alike that now the requests run out first and now the tokens.
fn config() -> impl Strategy<Value = RateLimitConfig> {
    (1..8_u32, 1..8_u32, 1..100_u64, 0..3_usize, 1..25_u32).prop_map(
        |(limit, burst, period, strategy, tokens)| {
            RateLimitConfig::new(limit, Duration::from_nanos(period * PERIODS))
                .burst(burst)
                .strategy(Counting::ALL[strategy])
                .tokens_per_minute(tokens)
        },
    )
}

fn requests_of(config: &RateLimitConfig) -> RateLimitConfig {
    RateLimitConfig {
        tokens_per_minute: None,
        ..config.clone()
    }
}

fn tokens_of(config: &RateLimitConfig) -> RateLimitConfig {
    RateLimitConfig::per_minute(config.tokens_per_minute.expect("counted"))
        .strategy(config.strategy)
}

#[derive(Clone, Debug)]
enum Step {
    Pass(u64),
    Take(u32),
    /// A call used less than it took, as much, or more.
    Settle(usize, u32),
    /// A call was not sent after all.
    GiveBack(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => (0..30 * PERIODS).prop_map(Step::Pass),
        12 => (0..10_u32).prop_map(Step::Take),
        2 => (any::<usize>(), 0..20_u32).prop_map(|(which, used)| Step::Settle(which, used)),
        2 => any::<usize>().prop_map(Step::GiveBack),
    ];
    prop::collection::vec(step, 1..150)
}

proptest! {
    #[test]
    fn try_take_equals_two_reference_logs(config in config(), steps in steps()) {
        let limiter = limiter(config.clone());
        let key = limiter.hash_key("a");
        let mut requests = reference(&requests_of(&config));
        let mut tokens = reference(&tokens_of(&config));
        let (mut now, mut taken) = (START, Vec::new());
        for step in steps {
            match step {
                Step::Pass(nanos) => now += nanos,
                Step::Take(cost) => {
                    let passes = |requests: &dyn model::Reference, tokens: &dyn model::Reference, at| {
                        cost == 0 || requests.passes(1, at) && tokens.passes(cost, at)
                    };
                    let expected = cost <= config.capacity() && passes(&*requests, &*tokens, now);
                    match limiter.try_take(key, Amount::units(cost), Priority::Normal, Moment(now)) {
                        Take::Taken { at } => {
                            prop_assert!(expected);
                            prop_assert_eq!(at, Moment(now));
                            if cost > 0 {
                                requests.take(1, now);
                                tokens.take(cost, now);
                                taken.push((now, cost));
                            }
                        }
                        Take::Rejected { retry_after: None } => prop_assert!(cost > config.capacity()),
                        Take::Rejected { retry_after: Some(wait) } => {
                            prop_assert!(!expected);
                            let then = now + u64::try_from(wait.as_nanos()).expect("short");
                            prop_assert!(passes(&*requests, &*tokens, then));
                            prop_assert!(!passes(&*requests, &*tokens, then - 1));
                        }
                    }
                }
                Step::Settle(which, used) => if !taken.is_empty() {
                    let (at, cost) = taken.swap_remove(which % taken.len());
                    limiter.settle_grant(grant(key, cost, Some(Moment(at))), Amount::units(used), Moment(now));
                    if used < cost {
                        tokens.refund(cost - used, Some(at), now);
                    } else if used > cost {
                        tokens.take(used - cost, now);
                        tokens.forgive(cost);
                    }
                }
                Step::GiveBack(which) => if !taken.is_empty() {
                    let (at, cost) = taken.swap_remove(which % taken.len());
                    limiter.refund_grant(grant(key, cost, Some(Moment(at))), Moment(now));
                    requests.refund(1, Some(at), now);
                    tokens.refund(cost, Some(at), now);
                }
            }
        }
    }

    #[test]
    fn both_bounds_hold_in_any_span(
        config in config(),
        calls in prop::collection::vec((0..20 * PERIODS, 1..8_u32), 1..120),
    ) {
        let limiter = limiter(config.clone());
        let mut admitted = Vec::new();
        let mut now = START;
        for (pause, cost) in calls {
            now += pause;
            if let Take::Taken { at } = limiter.try_take(KeyHash::NONE, Amount::units(cost), Priority::Normal, Moment(now)) {
                admitted.push((at.0, u128::from(cost)));
            }
        }
        let period = config.period.as_nanos();
        let minute = 60 * u128::from(PERIODS);
        let tokens = u128::from(config.capacity());
        let limit = u128::from(config.limit);
        for (first, &(begin, _)) in admitted.iter().enumerate() {
            let mut sum = 0;
            for (count, &(end, cost)) in (1_u128..).zip(&admitted[first..]) {
                sum += cost;
                let span = u128::from(end - begin);
                let holds = match config.strategy {
                    Counting::TokenBucket => {
                        sum * minute <= tokens * minute + span * tokens && count * period <= u128::from(config.burst.unwrap_or(config.limit)) * period + span * limit
                    }
                    Counting::SlidingWindow => {
                        (span >= period || count <= limit) && (span >= minute || sum <= tokens)
                    }
                    // Two windows may touch.
                    Counting::FixedWindow => {
                        (span >= period || count <= 2 * limit)
                            && (span >= minute || sum <= 2 * tokens)
                    }
                };
                prop_assert!(holds, "{count} requests in {span} ns");
            }
        }
    }

    #[test]
    fn who_waits_passes_when_it_was_told_and_in_its_turn(
        (limit, strategy) in (1..4_u32, 0..3_usize),
        costs in prop::collection::vec(1..40_000_u32, 1..12),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .expect("a runtime");
        runtime.block_on(async {
            // A token a millisecond, which a timer can resolve, and a request every so many seconds.
            let config = RateLimitConfig::new(limit, limit * 10 * SECOND)
                .strategy(Counting::ALL[strategy])
                .tokens_per_minute(60_000);
            let limiter = limiter(config);
            let key = limiter.hash_key("a");
            let start = Instant::now();
            let mut tasks = tokio::task::JoinSet::new();
            for cost in costs {
                let promised = limiter.earliest(key, Amount::units(cost), Priority::Normal, Moment::now()).expect("it fits");
                let acquire = limiter.acquire("a", cost, 10_000 * SECOND);
                tasks.spawn(async move {
                    acquire.await.expect("in time");
                    (promised, start.elapsed())
                });
                tokio::task::yield_now().await;
            }
            let mut passed = Vec::new();
            while let Some(joined) = tasks.join_next().await {
                let (promised, passed_at) = joined.expect("no panic");
                assert_eq!(promised, passed_at);
                passed.push(promised);
            }
            assert!(passed.is_sorted());
            assert_no_waiters(&limiter);
        });
    }
}

#[tokio::test(start_paused = true)]
async fn check_takes_neither_if_one_dimension_is_short() {
    let limiter = limiter(RateLimitConfig::per_minute(2).tokens_per_minute(100));
    let taken = limiter.check_n("a", 80);
    assert_eq!((taken.remaining, taken.reset_after), (20, 48 * SECOND));
    assert_eq!(
        limiter.check_n("b", 1).reset_after,
        30 * SECOND,
        "its request"
    );
    // A request is there, the tokens are not.
    let rejected = limiter.check_n("a", 50);
    assert_eq!((rejected.allowed, rejected.remaining), (false, 20));
    assert_eq!(rejected.retry_after, Some(18 * SECOND));
    assert!(
        limiter.check_n("a", 10).allowed,
        "the request is still there"
    );
    // Tokens are there, a request is not.
    let rejected = limiter.check_n("a", 5);
    assert_eq!((rejected.allowed, rejected.remaining), (false, 0));
    assert_eq!(rejected.retry_after, Some(30 * SECOND));
    advance(30 * SECOND).await;
    assert_eq!(limiter.check_n("a", 5).remaining, 0, "no request is left");
    advance(30 * SECOND).await;
    assert_eq!(
        limiter.peek("a").remaining,
        100,
        "the tokens are still there"
    );
    assert!(limiter.check_n("c", 100).allowed, "each key has its own");
}

#[tokio::test(start_paused = true)]
async fn cost_above_tokens_per_minute_never_waits() {
    for requests in [1, 1_000, u32::MAX] {
        let limiter = limiter(RateLimitConfig::per_minute(requests).tokens_per_minute(100));
        let decision = limiter.check_n("a", 101);
        assert_eq!((decision.allowed, decision.limit), (false, 100));
        assert_eq!(decision.retry_after, None);
        assert_eq!(
            rejected(limiter.acquire("a", 101, Duration::MAX).await),
            None
        );
        assert!(limiter.check_n("a", 100).allowed);
    }
}

#[tokio::test(start_paused = true)]
async fn waiters_pass_in_order_whichever_dimension_is_short() {
    let base = RateLimitConfig::new(2, SECOND).tokens_per_minute(6_000);
    for config in [
        base.clone(),
        base.clone().sliding_window(),
        base.fixed_window(),
    ] {
        let limiter = limiter(config);
        assert!(limiter.check_n("a", 6_000).allowed);
        let order = Rc::new(RefCell::new(Vec::new()));
        let set = tokio::task::LocalSet::new();
        for (turn, cost) in [300, 1, 1, 1, 500, 1].into_iter().enumerate() {
            let (limiter, order) = (limiter.clone(), Rc::clone(&order));
            set.spawn_local(async move {
                sleep(ms(turn as u64)).await;
                let acquire = limiter.acquire("a", cost, 100 * SECOND);
                acquire.await.expect("in time");
                order.borrow_mut().push(turn);
            });
        }
        set.await;
        assert_eq!(*order.borrow(), [0, 1, 2, 3, 4, 5]);
        assert_no_waiters(&limiter);
    }
}

#[tokio::test(start_paused = true)]
async fn tokens_alone_count_no_requests() {
    for &strategy in Counting::ALL {
        let config = RateLimitConfig::default()
            .tokens_per_minute(1_000)
            .strategy(strategy);
        let limiter = limiter(config);
        for _ in 0..1_000 {
            assert!(limiter.check("a").allowed);
        }
        let rejected = limiter.check("a");
        let next = match strategy {
            Counting::TokenBucket => ms(60),
            Counting::SlidingWindow | Counting::FixedWindow => 60 * SECOND,
        };
        assert_eq!(rejected.retry_after, Some(next), "{strategy}");
        assert_eq!(rejected.short, Some(LimitName::TOKENS_PER_MINUTE));
    }
}

#[tokio::test(start_paused = true)]
async fn reconfigure_keeps_what_remains_of_both() {
    let requests = RateLimitConfig::per_minute(10);
    let both = requests.clone().tokens_per_minute(1_000);
    for &strategy in Counting::ALL {
        let (requests, both) = (
            requests.clone().strategy(strategy),
            both.clone().strategy(strategy),
        );
        let limiter = limiter(requests.clone());
        assert!(limiter.check_n("a", 7).allowed);
        let change = |config: &RateLimitConfig| limiter.reconfigure(config.clone()).expect("valid");

        change(&both);
        assert_eq!(
            limiter.peek("a").remaining,
            1_000,
            "{strategy}: nothing is known of its tokens"
        );
        assert_eq!(limiter.check_n("a", 600).remaining, 400);
        // A bucket keeps its tokens, and a window what it has admitted.
        change(&both.clone().tokens_per_minute(500));
        let left = if strategy == Counting::TokenBucket {
            400
        } else {
            0
        };
        assert_eq!(limiter.peek("a").remaining, left, "{strategy}");
        change(&both);
        // Another strategy.
        for &other in Counting::ALL {
            change(&both.clone().strategy(other));
            assert_eq!(limiter.peek("a").remaining, 400, "{strategy} to {other}");
        }
        change(&requests);
        assert_eq!(
            limiter.peek("a").remaining,
            2,
            "{strategy}: the request counts on"
        );
        assert!(limiter.check_n("a", 2).allowed);
        change(&both);
        assert_eq!(
            limiter.peek("a").remaining,
            0,
            "{strategy}: no request is left"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn reconfigure_to_and_from_tokens_alone() {
    let both = RateLimitConfig::per_minute(10).tokens_per_minute(1_000);
    let alone = RateLimitConfig::default().tokens_per_minute(1_000);
    for &strategy in Counting::ALL {
        let both = both.clone().strategy(strategy);
        let limiter = limiter(both.clone());
        for _ in 0..10 {
            assert!(limiter.check_n("a", 50).allowed);
        }
        assert_eq!(limiter.peek("a").remaining, 0);
        limiter.reconfigure(alone.clone()).expect("valid");
        assert_eq!(limiter.check_n("a", 50).remaining, 450, "from {strategy}");
        limiter.reconfigure(both).expect("valid");
        assert_eq!(limiter.peek("a").remaining, 450, "to {strategy}");
        limiter.set_limit(None);
        assert!(limiter.is_bypassed());
    }
}

/// If only one of the two is idle, it is as full as a new one.
#[tokio::test(start_paused = true)]
async fn reconfigure_keeps_an_idle_part_idle() {
    for &strategy in Counting::ALL {
        let few = RateLimitConfig::per_second(10).tokens_per_minute(1_000);
        let limiter = limiter(few);
        assert!(limiter.check_n("a", 900).allowed);
        advance(SECOND).await;
        let more = RateLimitConfig::per_second(100).tokens_per_minute(1_000);
        limiter.reconfigure(more.strategy(strategy)).expect("valid");
        for _ in 0..100 {
            assert!(
                limiter.check("a").allowed,
                "{strategy}: there are 100 requests"
            );
        }
        assert!(!limiter.check("a").allowed);
    }
}

#[tokio::test(start_paused = true)]
async fn reconfigure_rechecks_waiters_by_both_dimensions() {
    let limiter = limiter(
        RateLimitConfig::per_minute(60)
            .burst(1)
            .tokens_per_minute(1_000),
    );
    assert!(limiter.check("a").allowed);
    let mut first = Polled::new(limiter.acquire("a", 1, 5 * SECOND));
    let mut second = Polled::new(limiter.acquire("a", 1, 5 * SECOND));
    assert!(first.poll().is_pending() && second.poll().is_pending());
    // A request each four seconds: the second one would get the one after the next.
    let slower = RateLimitConfig::per_minute(15)
        .burst(1)
        .tokens_per_minute(1_000);
    limiter.reconfigure(slower).expect("valid");
    assert!(first.poll().is_pending());
    let Poll::Ready(outcome) = second.poll() else {
        panic!("the wait cannot succeed");
    };
    assert_eq!(rejected(outcome), Some(8 * SECOND));
}
