//! A queue under random events: arrivals, drops, refunds, cooldowns and changes of the limit.

use std::sync::Mutex;

use proptest::prelude::*;
use tokio::time::{Instant, sleep, timeout};

use super::*;
use crate::rate_limit::RateLimitStrategy as Counting;

#[derive(Clone, Debug)]
enum Event {
    /// Cost, how long it would wait, when it is dropped, and whether it gives the tokens back.
    Acquire(u32, u64, u64, bool),
    Cooldown(u64),
    Charge(u32),
    Refund(u32),
    Reconfigure(u32, usize, Option<u32>),
    Unlimit,
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        12 => (0..6_u32, 0..2_000_u64, 0..2_000_u64, any::<bool>())
            .prop_map(|(cost, wait, patience, back)| Event::Acquire(cost, wait, patience, back)),
        2 => (0..800_u64).prop_map(Event::Cooldown),
        1 => (1..8_u32).prop_map(Event::Charge),
        1 => (1..8_u32).prop_map(Event::Refund),
        // Tokens as scarce as the requests, and back before the test looks.
        1 => (1..8_u32, 0..3_usize, prop::option::of(600..6_000_u32))
            .prop_map(|(limit, strategy, tokens)| Event::Reconfigure(limit, strategy, tokens)),
        1 => Just(Event::Unlimit),
    ]
}

proptest! {
    #[test]
    fn waiters_keep_order_deadlines_and_cooldowns(
        events in prop::collection::vec((0..60_u64, event()), 1..40),
        keyed in any::<bool>(),
    ) {
        runtime().block_on(async {
            let limiter = limiter(RateLimitConfig::new(3, ms(100)).max_keys(1));
            if !keyed {
                // The only slot is taken: all of this happens in the overflow state.
                limiter.cool_down("other", 60 * SECOND);
            }
            let passed = Arc::new(Mutex::new(Vec::new()));
            let cooldown_until = Arc::new(Mutex::new(Instant::now()));
            let mut tasks = tokio::task::JoinSet::new();
            for (turn, (pause, event)) in events.into_iter().enumerate() {
                sleep(ms(pause)).await;
                match event {
                    Event::Acquire(cost, max_wait, patience, back) => {
                        let acquire = limiter.acquire("a", cost, ms(max_wait));
                        let (passed, cooldown_until) = (Arc::clone(&passed), Arc::clone(&cooldown_until));
                        tasks.spawn(async move {
                            let began = Instant::now();
                            let outcome = timeout(ms(patience), acquire).await;
                            assert!(began.elapsed() <= ms(max_wait.min(patience) + 1));
                            if let Ok(Ok(reservation)) = outcome {
                                assert!(*cooldown_until.lock().expect("alone") <= Instant::now());
                                if cost > 0 {
                                    passed.lock().expect("alone").push(turn);
                                }
                                if back {
                                    reservation.refund();
                                }
                            }
                        });
                        tokio::task::yield_now().await;
                    }
                    Event::Cooldown(span) => {
                        limiter.cool_down("a", ms(span));
                        let mut until = cooldown_until.lock().expect("alone");
                        *until = (*until).max(Instant::now() + ms(span));
                    }
                    Event::Charge(cost) => limiter.settle("a", 0, cost),
                    Event::Refund(amount) => limiter.refund("a", amount),
                    Event::Reconfigure(limit, strategy, tokens_per_minute) => {
                        let config = RateLimitConfig {
                            tokens_per_minute,
                            ..RateLimitConfig::new(limit, ms(100))
                        };
                        let config = config.strategy(Counting::ALL[strategy]).max_keys(1);
                        limiter.reconfigure(config).expect("valid");
                    }
                    Event::Unlimit => limiter.set_limit(None),
                }
            }
            while let Some(joined) = tasks.join_next().await {
                joined.expect("no panic");
            }
            let passed = passed.lock().expect("alone").clone();
            assert!(passed.is_sorted(), "{passed:?}");
            sleep(100 * SECOND).await;
            let decision = limiter.peek("a");
            assert_eq!((decision.allowed, decision.remaining), (true, decision.limit));
            let _ = limiter.check("other");
            let _ = limiter.check("a");
            assert_no_waiters(&limiter);
        });
    }
}
