//! The limits of the clock, jumps of it, and very many calls.

use proptest::prelude::*;
use tokio::time::advance;

use super::model::{START, config};
use super::*;

const DAY: Duration = Duration::from_secs(86_400);

#[derive(Clone, Debug)]
enum Step {
    Pass(u64),
    Take(u32),
    Refund(usize),
    Charge(u32),
    Cooldown(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (0..60_u64).prop_map(Step::Pass),
        8 => (0..8_u32).prop_map(Step::Take),
        1 => any::<usize>().prop_map(Step::Refund),
        1 => (1..20_u32).prop_map(Step::Charge),
        1 => (0..100_u64).prop_map(Step::Cooldown),
    ];
    prop::collection::vec(step, 1..150)
}

proptest! {
    /// Centuries after the zero of the clock it does what it does in the beginning.
    #[test]
    fn decisions_do_not_depend_on_the_origin_of_the_clock(config in config(), steps in steps(), keyed in any::<bool>()) {
        let answers = |mut now: u64| {
            let limiter = limiter(config.clone());
            let key = if keyed { limiter.hash_key("a") } else { KeyHash::NONE };
            let (mut taken, mut answers) = (Vec::new(), Vec::new());
            for step in &steps {
                match *step {
                    Step::Pass(nanos) => now += nanos,
                    Step::Take(cost) => match limiter.try_take(key, Amount::units(cost), Priority::Normal, Moment(now)) {
                        Take::Taken { .. } => {
                            taken.push((now, cost));
                            answers.push(None);
                        }
                        Take::Rejected { retry_after } => answers.push(Some(retry_after)),
                    },
                    Step::Refund(which) if !taken.is_empty() => {
                        let (at, cost) = taken.swap_remove(which % taken.len());
                        limiter.refund_grant(grant(key, cost, Some(Moment(at))), Moment(now));
                    }
                    Step::Refund(_) => {}
                    Step::Charge(cost) => limiter.settle_grant(grant(key, 0, None), Amount::units(cost), Moment(now)),
                    Step::Cooldown(nanos) => {
                        limiter.cool_down_key(key, CooldownScope::Service, Duration::from_nanos(nanos), Moment(now));
                    }
                }
                answers.push(Some(limiter.earliest(key, Amount::units(1), Priority::Normal, Moment(now))));
            }
            answers
        };
        // Later than that, waits would end beyond what a number holds.
        prop_assert_eq!(answers(START), answers(u64::MAX - 10_000_000));
    }
}

/// 10⁹ tokens, taken as soon as they are there, in strides of a whole bucket.
#[test]
fn token_bucket_refills_a_billion_tokens_exactly() {
    for (limit, period, burst) in [
        (7, SECOND, 1_000_003),
        (999_983, SECOND, 999_979),
        (60, 60 * SECOND, 1_000_000),
        (5_000_000, DAY, 4_000_000),
    ] {
        let limiter = limiter(RateLimitConfig::new(limit, period).burst(burst));
        let period = period.as_nanos();
        let (mut now, mut taken) = (START, u128::from(burst));
        assert!(matches!(
            limiter.try_take(
                KeyHash::NONE,
                Amount::units(burst),
                Priority::Normal,
                Moment(now)
            ),
            Take::Taken { .. }
        ));
        while taken < 1_000_000_000 {
            let wait = limiter.earliest(
                KeyHash::NONE,
                Amount::units(burst),
                Priority::Normal,
                Moment(now),
            );
            let wait = u64::try_from(wait.expect("some day").as_nanos()).expect("short");
            let rejected = limiter.try_take(
                KeyHash::NONE,
                Amount::units(burst),
                Priority::Normal,
                Moment(now + wait - 1),
            );
            assert!(
                matches!(rejected, Take::Rejected { .. }),
                "one nanosecond early"
            );
            now += wait;
            assert!(matches!(
                limiter.try_take(
                    KeyHash::NONE,
                    Amount::units(burst),
                    Priority::Normal,
                    Moment(now)
                ),
                Take::Taken { .. }
            ));
            taken += u128::from(burst);
            // A full bucket loses what does not fit: less than a nanosecond's worth each time.
            let due = (taken - u128::from(burst)) * period;
            let passed = u128::from(now - START) * u128::from(limit);
            let strides = taken / u128::from(burst);
            assert!(passed >= due && passed - due <= strides * u128::from(limit));
        }
    }
}

/// As many requests at one instant as a window can count, and one more.
#[test]
fn windows_count_up_to_u32_max() {
    for config in [
        RateLimitConfig::new(u32::MAX, DAY).sliding_window(),
        RateLimitConfig::new(u32::MAX, DAY).fixed_window(),
    ] {
        let limiter = limiter(config);
        let take = |cost, at| {
            let taken = limiter.try_take(
                KeyHash::NONE,
                Amount::units(cost),
                Priority::Normal,
                Moment(at),
            );
            matches!(taken, Take::Taken { .. })
        };
        let day = u64::try_from(DAY.as_nanos()).expect("short");
        for part in 0..15 {
            assert!(take(u32::MAX / 15, START + part));
        }
        assert!(!take(1, START + 20));
        limiter.settle_grant(
            grant(KeyHash::NONE, 0, None),
            Amount::units(u32::MAX),
            Moment(START + 20),
        );
        limiter.settle_grant(
            grant(KeyHash::NONE, 0, None),
            Amount::units(u32::MAX),
            Moment(START + 20),
        );
        assert!(!take(1, START + day - 1));
        assert!(take(u32::MAX, START + day + 20));
        assert!(!take(1, START + day + 21));
    }
}

#[tokio::test(start_paused = true)]
async fn keys_are_idle_after_a_clock_jump_of_years() {
    for config in [
        RateLimitConfig::per_second(3).burst(5),
        RateLimitConfig::per_hour(3).sliding_window(),
        RateLimitConfig::per_minute(3).fixed_window(),
        RateLimitConfig::per_minute(3).tokens_per_minute(1_000),
    ] {
        let limiter = limiter(config.max_keys(10));
        for jump in [DAY, 30 * DAY, 3_000 * DAY] {
            for key in 0..20 {
                while limiter.check(&key).allowed {}
                limiter.cool_down(&key, 50 * SECOND);
            }
            let mut waiting = Polled::new(limiter.acquire(&1, 1, 10 * DAY));
            assert!(waiting.poll().is_pending());
            advance(jump).await;
            assert!(waiting.poll().is_ready(), "{jump:?}");
            for key in 2..20 {
                let look = limiter.peek(&key);
                assert_eq!(
                    (look.remaining, limiter.cooldown(&key)),
                    (look.limit, None),
                    "{jump:?}"
                );
            }
            assert!(limiter.check(&7).allowed);
        }
    }
}
