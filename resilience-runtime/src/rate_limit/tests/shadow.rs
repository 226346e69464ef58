//! A limiter in shadow: it decides as one that enforces, and holds nobody back.

use proptest::prelude::*;
use tokio::time::{Instant, advance};

use super::*;
use crate::config::PatternMode;

fn shadow(config: RateLimitConfig) -> RateLimiter {
    limiter(config.mode(PatternMode::Shadow))
}

fn strategies() -> [RateLimitConfig; 4] {
    let base = RateLimitConfig::per_second(3);
    [
        base.clone(),
        base.clone().sliding_window(),
        base.clone().fixed_window(),
        base.tokens_per_minute(60),
    ]
}

#[tokio::test(start_paused = true)]
async fn shadow_limiter_takes_tokens_and_passes_without() {
    for config in strategies() {
        let (limiter, capacity) = (shadow(config.clone()), config.capacity());
        let first = limiter.check_n("a", capacity);
        assert!(first.allowed && first.retry_after.is_none());
        let short = limiter.check_n("a", 1);
        assert!(short.allowed && short.retry_after.is_some(), "{short:?}");
        assert!(limiter.peek("a").allowed);
        let never = limiter.check_n("b", capacity + 1);
        assert!(never.allowed && never.retry_after.is_none());
        assert_eq!(limiter.peek("b").remaining, capacity, "nothing is taken");
        assert_eq!(limiter.shadow_rejected(), 2, "peeks are not counted");
    }
}

#[tokio::test(start_paused = true)]
async fn acquire_in_shadow_does_not_wait_and_takes_nothing() {
    let limiter = shadow(RateLimitConfig::per_minute(60).burst(2));
    let began = Instant::now();
    let first = limiter.acquire("a", 2, SECOND).await.expect("a token");
    assert!(!first.is_shadow_rejected());
    let second = limiter.acquire("a", 1, SECOND).await.expect("it passes");
    assert!(second.is_shadow_rejected());
    assert_eq!(second.tokens(), 0);
    // Nor does it take or give tokens later.
    second.settle(100);
    limiter
        .acquire("a", 1, SECOND)
        .await
        .expect("it passes")
        .refund();
    assert_eq!(limiter.peek("a").remaining, 0);
    assert_eq!(began.elapsed(), Duration::ZERO);
    advance(SECOND).await;
    assert_eq!(limiter.peek("a").remaining, 1);
    assert_eq!(limiter.shadow_rejected(), 2);
    assert_no_waiters(&limiter);
}

#[tokio::test(start_paused = true)]
async fn cooldown_in_shadow_holds_nobody() {
    let limited = shadow(RateLimitConfig::per_minute(60));
    let unlimited = RateLimiter::unlimited("test", 10, 60 * SECOND);
    unlimited.set_cooldown_bounds(10, 60 * SECOND, PatternMode::Shadow);
    for limiter in [limited, unlimited] {
        limiter.cool_down("a", 20 * SECOND);
        assert_eq!(limiter.cooldown("a"), Some(20 * SECOND));
        assert!(limiter.check("a").allowed);
        let passed = limiter.acquire("a", 1, SECOND).await.expect("it passes");
        assert!(passed.is_shadow_rejected());
        assert_eq!(limiter.shadow_rejected(), 2);
        let (key, now) = (limiter.hash_key("a"), Moment::now());
        assert_eq!(
            limiter.earliest(key, Amount::units(1), Priority::Normal, now),
            Some(Duration::ZERO)
        );
        assert!(!limiter.is_cooling_down(key, now));
        advance(20 * SECOND).await;
        assert!(
            !limiter
                .acquire("a", 1, SECOND)
                .await
                .expect("it passes")
                .is_shadow_rejected()
        );
    }
}

#[tokio::test(start_paused = true)]
async fn waiters_pass_at_once_when_the_mode_becomes_shadow() {
    for config in strategies() {
        let limiter = limiter(config.clone());
        let capacity = config.capacity();
        assert!(limiter.check_n("a", capacity).allowed);
        assert!(limiter.check_n("b", capacity).allowed);
        limiter.cool_down("b", 30 * SECOND);
        let mut waiters: Vec<_> = ["a", "b", "a", "a"]
            .map(|key| Polled::new(limiter.acquire(key, 1, 60 * SECOND)))
            .into();
        for waiter in &mut waiters {
            assert!(waiter.poll().is_pending());
        }
        let remaining = ["a", "b"].map(|key| limiter.peek(key).remaining);
        limiter
            .reconfigure(config.mode(PatternMode::Shadow))
            .expect("valid");
        for waiter in &mut waiters {
            assert_eq!(waiter.woken(), 1);
            let Poll::Ready(Ok(passed)) = waiter.poll() else {
                panic!("nobody waits in shadow");
            };
            assert!(passed.is_shadow_rejected());
        }
        assert_eq!(limiter.shadow_rejected(), 4);
        assert_eq!(["a", "b"].map(|key| limiter.peek(key).remaining), remaining);
        advance(60 * SECOND).await;
        // A cooldown that is over is forgotten with the next look at its key.
        assert!(limiter.peek("b").remaining > 0);
        assert_no_waiters(&limiter);
        assert!(
            !limiter
                .acquire("a", 1, SECOND)
                .await
                .expect("it passes")
                .is_shadow_rejected()
        );
    }
}

#[tokio::test(start_paused = true)]
async fn waiters_stay_when_shadow_ends_before_they_are_polled() {
    let config = RateLimitConfig::per_second(1).burst(1);
    let limiter = limiter(config.clone());
    assert!(limiter.check("a").allowed);
    let began = Instant::now();
    let mut first = Polled::new(limiter.acquire("a", 1, 9 * SECOND));
    let mut second = Polled::new(limiter.acquire("a", 1, 9 * SECOND));
    assert!(first.poll().is_pending() && second.poll().is_pending());
    limiter
        .reconfigure(config.clone().mode(PatternMode::Shadow))
        .expect("valid");
    limiter.reconfigure(config).expect("valid");
    assert!(first.poll().is_pending() && second.poll().is_pending());
    assert!(!first.future.await.expect("in time").is_shadow_rejected());
    assert_eq!(began.elapsed(), SECOND);
    second.future.await.expect("in time");
    assert_eq!(began.elapsed(), 2 * SECOND);
    assert_eq!(limiter.shadow_rejected(), 0);
    assert_no_waiters(&limiter);
}

#[derive(Clone, Debug)]
enum Step {
    Check(u8, u32),
    Acquire(u8, u32),
    Advance(u64),
    CoolDown(u8, u64),
    Settle(u8, u32, u32),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => (0..3_u8, 0..5_u32).prop_map(|(key, n)| Step::Check(key, n)),
        3 => (0..3_u8, 0..5_u32).prop_map(|(key, n)| Step::Acquire(key, n)),
        4 => (0..900_u64).prop_map(Step::Advance),
        1 => (0..3_u8, 1..3_000_u64).prop_map(|(key, ms)| Step::CoolDown(key, ms)),
        1 => (0..3_u8, 0..3_u32, 0..5_u32).prop_map(|(key, a, b)| Step::Settle(key, a, b)),
    ];
    prop::collection::vec(step, 0..120)
}

proptest! {
    /// Fed the same, both tell the same, and have the same left, at each step. What one rejects passes the other.
    #[test]
    fn shadow_limiter_decides_as_an_enforcing_one(which in 0..4_usize, steps in steps()) {
        let config = strategies()[which].clone();
        let paused = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .expect("a runtime");
        paused.block_on(async move {
            let (enforcing, shadow) = (limiter(config.clone()), shadow(config));
            let mut rejected = 0;
            for step in steps {
                match step {
                    Step::Check(key, n) => {
                        let (a, b) = (enforcing.check_n(&key, n), shadow.check_n(&key, n));
                        rejected += u64::from(!a.allowed);
                        prop_assert!(b.allowed);
                        prop_assert_eq!(&a, &Decision { allowed: a.allowed, ..b });
                    }
                    Step::Acquire(key, n) => {
                        let a = enforcing.acquire(&key, n, Duration::ZERO).await;
                        let b = shadow.acquire(&key, n, SECOND).await.expect("it passes");
                        rejected += u64::from(a.is_err());
                        prop_assert_eq!(a.is_err(), b.is_shadow_rejected());
                        prop_assert_eq!(a.map_or(0, |it| it.tokens()), b.tokens());
                    }
                    Step::Advance(by) => advance(ms(by)).await,
                    Step::CoolDown(key, by) => {
                        enforcing.cool_down(&key, ms(by));
                        shadow.cool_down(&key, ms(by));
                    }
                    Step::Settle(key, reserved, used) => {
                        enforcing.settle(&key, reserved, used);
                        shadow.settle(&key, reserved, used);
                    }
                }
                prop_assert_eq!(shadow.shadow_rejected(), rejected);
                for key in 0..3_u8 {
                    let (a, b) = (enforcing.peek(&key), shadow.peek(&key));
                    prop_assert_eq!(&a, &Decision { allowed: a.allowed, ..b });
                }
            }
            Ok(())
        })?;
    }
}
