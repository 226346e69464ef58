//! What a call costs beside a long line, in waiters that are looked at.

use tokio::time::advance;

use super::*;
use crate::rate_limit::keys::line_end::STEPS;

fn steps_of(work: impl FnOnce()) -> u64 {
    let before = STEPS.get();
    work();
    STEPS.get() - before
}

#[tokio::test(start_paused = true)]
async fn refused_call_does_not_look_at_every_waiter() {
    const WAITERS: u64 = 10_000;
    let both = RateLimitConfig::per_second(10).tokens_per_minute(600);
    for config in [
        RateLimitConfig::per_second(10),
        both.clone(),
        both.sliding_window(),
        RateLimitConfig::per_second(10).sliding_window(),
        RateLimitConfig::per_second(10).fixed_window(),
    ] {
        let limiter = limiter(config);
        let capacity = limiter.peek("a").limit;
        assert!(limiter.check_n("a", capacity).allowed);
        let mut line = Vec::new();
        let joining = steps_of(|| {
            for _ in 0..WAITERS {
                let mut waiter = Polled::new(limiter.acquire("a", 1, 10_000 * SECOND));
                assert!(waiter.poll().is_pending());
                line.push(waiter);
            }
        });
        assert!(joining <= WAITERS, "{joining} steps");
        let told = limiter.check("a").retry_after;
        let refused = steps_of(|| {
            for _ in 0..100 {
                assert_eq!(limiter.check("a").retry_after, told);
                let mut at_once = Polled::new(limiter.acquire("a", 1, Duration::ZERO));
                let Poll::Ready(outcome) = at_once.poll() else {
                    panic!("it does not wait");
                };
                assert_eq!(rejected(outcome), told);
            }
        });
        assert!(refused <= 1, "{refused} steps");
        let left = steps_of(|| {
            for _ in 0..100 {
                let mut waiter = Polled::new(limiter.acquire("a", 1, 10_000 * SECOND));
                assert!(waiter.poll().is_pending());
            }
            assert_eq!(limiter.check("a").retry_after, told);
        });
        assert!(
            left <= 1,
            "{left} steps for those who join at the end and leave"
        );
        // Later it is the same moment.
        advance(ms(1)).await;
        assert_eq!(
            limiter.check("a").retry_after,
            told.map(|wait| wait - ms(1))
        );
        // Nor is it forgotten that some left.
        drop(line.split_off(5_000));
        let sooner = limiter.check("a").retry_after;
        assert!(sooner < told.map(|wait| wait * 3 / 5), "{sooner:?}");
    }
}
