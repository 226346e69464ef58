//! Each strategy against a reference that keeps a log of all events.

use proptest::prelude::*;
use tokio::runtime::Runtime;

use super::*;
use crate::rate_limit::RateLimitStrategy as Counting;

/// A naive limiter: it remembers everything and computes from the beginning.
pub(super) trait Reference {
    fn passes(&self, cost: u32, now: u64) -> bool;
    fn take(&mut self, cost: u32, now: u64);
    fn refund(&mut self, amount: u32, taken: Option<u64>, now: u64);
    /// Leaves so much of a debt that a call of that cost is due after one period.
    fn forgive(&mut self, _cost: u32) {}
}

/// Tokens times the period, refilled nanosecond by nanosecond by `limit`.
struct Bucket {
    limit: i128,
    period: i128,
    size: i128,
    level: i128,
    at: u64,
}

impl Bucket {
    fn level(&self, now: u64) -> i128 {
        (self.level + i128::from(now - self.at) * self.limit).min(self.size)
    }
}

impl Reference for Bucket {
    fn passes(&self, cost: u32, now: u64) -> bool {
        self.level(now) >= i128::from(cost) * self.period
    }

    fn take(&mut self, cost: u32, now: u64) {
        self.level = self.level(now) - i128::from(cost) * self.period;
        self.at = now;
    }

    fn refund(&mut self, amount: u32, _: Option<u64>, now: u64) {
        self.level = (self.level(now) + i128::from(amount) * self.period).min(self.size);
        self.at = now;
    }

    fn forgive(&mut self, cost: u32) {
        let deepest = (i128::from(cost.max(1)) - self.limit).min(0);
        self.level = self.level.max(deepest * self.period);
    }
}

/// One entry a token.
struct Sliding {
    limit: usize,
    period: u64,
    log: Vec<u64>,
}

impl Sliding {
    fn is_counted(&self, at: u64, now: u64) -> bool {
        at + self.period > now
    }
}

impl Reference for Sliding {
    fn passes(&self, cost: u32, now: u64) -> bool {
        let used = self
            .log
            .iter()
            .filter(|&&at| self.is_counted(at, now))
            .count();
        used + cost as usize <= self.limit
    }

    fn take(&mut self, cost: u32, now: u64) {
        self.log.extend((0..cost).map(|_| now));
    }

    fn refund(&mut self, amount: u32, taken: Option<u64>, now: u64) {
        for _ in 0..amount {
            let found = self
                .log
                .iter()
                .position(|&at| self.is_counted(at, now) && taken.is_none_or(|taken| taken == at));
            if let Some(index) = found {
                self.log.remove(index);
            }
        }
    }
}

struct Fixed {
    limit: u64,
    period: u64,
    start: u64,
    used: u64,
}

impl Fixed {
    fn used(&self, now: u64) -> u64 {
        if now < self.start + self.period {
            self.used
        } else {
            0
        }
    }
}

impl Reference for Fixed {
    fn passes(&self, cost: u32, now: u64) -> bool {
        self.used(now) + u64::from(cost) <= self.limit
    }

    fn take(&mut self, cost: u32, now: u64) {
        if self.used(now) == 0 {
            self.start = now;
            self.used = 0;
        }
        self.used += u64::from(cost);
    }

    fn refund(&mut self, amount: u32, taken: Option<u64>, _: u64) {
        if taken.is_none_or(|taken| taken >= self.start) {
            self.used = self.used.saturating_sub(amount.into());
        }
    }
}

pub(super) fn reference(config: &RateLimitConfig) -> Box<dyn Reference> {
    let period = u64::try_from(config.period.as_nanos()).expect("short");
    match config.strategy {
        Counting::TokenBucket => {
            let size = i128::from(config.capacity()) * i128::from(period);
            Box::new(Bucket {
                limit: config.limit.into(),
                period: period.into(),
                size,
                level: size,
                at: 0,
            })
        }
        Counting::SlidingWindow => Box::new(Sliding {
            limit: config.limit as usize,
            period,
            log: Vec::new(),
        }),
        Counting::FixedWindow => Box::new(Fixed {
            limit: config.limit.into(),
            period,
            start: 0,
            used: 0,
        }),
    }
}

pub(super) fn config() -> impl Strategy<Value = RateLimitConfig> {
    (1..12_u32, 1..12_u32, 1..200_u64, 0..3_usize).prop_map(|(limit, burst, period, strategy)| {
        RateLimitConfig::new(limit, Duration::from_nanos(period))
            .burst(burst)
            .strategy(Counting::ALL[strategy])
    })
}

#[derive(Clone, Debug)]
enum Step {
    Pass(u64),
    Take(u32),
    /// Gives part of an earlier take back, exactly or without saying when it was taken.
    Refund(usize, u32, bool),
    /// An estimate was too low.
    Charge(u32),
    Cooldown(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (0..60_u64).prop_map(Step::Pass),
        8 => (0..8_u32).prop_map(Step::Take),
        2 => (any::<usize>(), 1..8_u32, any::<bool>()).prop_map(|(which, n, exact)| Step::Refund(which, n, exact)),
        1 => (1..20_u32).prop_map(Step::Charge),
        1 => (0..100_u64).prop_map(Step::Cooldown),
    ];
    prop::collection::vec(step, 1..150)
}

/// Moments of the test begin here, late enough for nothing to saturate.
pub(super) const START: u64 = 1_000_000_000_000_000;

proptest! {
    #[test]
    fn check_equals_the_reference_log(config in config(), steps in steps(), keyed in any::<bool>()) {
        let limiter = limiter(config.clone());
        let key = if keyed { limiter.hash_key("a") } else { KeyHash::NONE };
        let mut naive = reference(&config);
        let (mut now, mut cooling_down, mut taken) = (START, 0, Vec::new());
        for step in steps {
            match step {
                Step::Pass(nanos) => now += nanos,
                Step::Take(cost) => {
                    let expected = now >= cooling_down
                        && cost <= config.capacity()
                        && (cost == 0 || naive.passes(cost, now));
                    match limiter.try_take(key, Amount::units(cost), Priority::Normal, Moment(now)) {
                        Take::Taken { at } => {
                            prop_assert!(expected);
                            prop_assert_eq!(at, Moment(now));
                            if cost > 0 {
                                naive.take(cost, now);
                                taken.push((now, cost));
                            }
                        }
                        Take::Rejected { retry_after: None } => prop_assert!(cost > config.capacity()),
                        Take::Rejected { retry_after: Some(wait) } => {
                            prop_assert!(!expected);
                            // Exact: then it passes, and one nanosecond earlier it does not.
                            let wait = u64::try_from(wait.as_nanos()).expect("short");
                            let then = now + wait;
                            prop_assert!(then >= cooling_down && (cost == 0 || naive.passes(cost, then)));
                            prop_assert!(then - 1 < cooling_down || !naive.passes(cost, then - 1));
                        }
                    }
                }
                Step::Refund(which, amount, exact) => if !taken.is_empty() {
                    let (at, cost) = taken.swap_remove(which % taken.len());
                    let amount = amount.min(cost);
                    let at = exact.then_some(Moment(at));
                    limiter.refund_grant(grant(key, amount, at), Moment(now));
                    naive.refund(amount, at.map(|at| at.0), now);
                }
                Step::Charge(cost) => {
                    limiter.settle_grant(grant(key, 0, None), Amount::units(cost), Moment(now));
                    naive.take(cost, now);
                    naive.forgive(0);
                }
                Step::Cooldown(nanos) => {
                    limiter.cool_down_key(key, CooldownScope::Service, Duration::from_nanos(nanos), Moment(now));
                    cooling_down = cooling_down.max(now + nanos);
                }
            }
        }
    }

    #[test]
    fn limits_hold_at_any_offset(
        config in config(),
        requests in prop::collection::vec((0..40_u64, 1..6_u32), 1..120),
    ) {
        let limiter = limiter(config.clone());
        let mut admitted = Vec::new();
        let mut now = START;
        for (pause, cost) in requests {
            now += pause;
            if let Take::Taken { at } = limiter.try_take(KeyHash::NONE, Amount::units(cost), Priority::Normal, Moment(now)) {
                admitted.push((at.0, u128::from(cost)));
            }
        }
        let period = config.period.as_nanos();
        for (first, &(begin, _)) in admitted.iter().enumerate() {
            let mut sum = 0;
            for &(end, cost) in &admitted[first..] {
                sum += cost;
                let span = u128::from(end - begin);
                match config.strategy {
                    Counting::TokenBucket => prop_assert!(
                        sum * period <= u128::from(config.capacity()) * period
                            + span * u128::from(config.limit)
                    ),
                    Counting::SlidingWindow => {
                        prop_assert!(span >= period || sum <= config.limit.into());
                    }
                    // Two windows may touch.
                    Counting::FixedWindow => {
                        prop_assert!(span >= period || sum <= 2 * u128::from(config.limit));
                    }
                }
            }
        }
    }

    #[test]
    fn reconfigure_never_creates_tokens(
        before in config(),
        after in config(),
        taken in prop::collection::vec((0..40_u64, 1..6_u32), 1..20),
        keyed in any::<bool>(),
    ) {
        let limiter = limiter(before);
        let mut now = Moment::now();
        let key = if keyed { limiter.hash_key("a") } else { KeyHash::NONE };
        for (pause, cost) in taken {
            now = now.after(Duration::from_nanos(pause));
            limiter.try_take(key, Amount::units(cost), Priority::Normal, now);
        }
        let look = |limiter: &RateLimiter| {
            limiter.shared.with(key, now, |state, now, _| state.peek(key, now))
        };
        let old = look(&limiter);
        limiter.shared.with(key, now, |state, now, wakers| {
            state.set_limit(Some(after.clone()), now, wakers);
        });
        let new = look(&limiter);
        prop_assert_eq!(new.limit, after.capacity());
        if old.reset_after.is_zero() {
            prop_assert_eq!(new.remaining, new.limit);
        } else if limiter.config().strategy == Counting::TokenBucket {
            prop_assert!(new.remaining <= old.remaining.min(new.limit));
        } else {
            prop_assert!(new.remaining <= new.limit);
        }
    }

    #[test]
    fn waiters_pass_in_order_and_at_the_promised_moment(
        (limit, burst, strategy) in (1..6_u32, 1..6_u32, 0..3_usize),
        requests in prop::collection::vec((0..50_u64, 0..6_u32, 0..3_000_u64, 0..2_000_u64), 1..30),
    ) {
        let config = RateLimitConfig::new(limit, ms(100)).burst(burst).strategy(Counting::ALL[strategy]);
        let capacity = config.capacity();
        let runtime: Runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .expect("a runtime");
        runtime.block_on(async {
            let limiter = limiter(config.clone());
            let start = tokio::time::Instant::now();
            let mut tasks = tokio::task::JoinSet::new();
            for (turn, (pause, cost, max_wait, patience)) in requests.into_iter().enumerate() {
                tokio::time::sleep(ms(pause)).await;
                let limiter = limiter.clone();
                tasks.spawn(async move {
                    let began = start.elapsed();
                    let acquire = limiter.acquire("a", cost, ms(max_wait));
                    let outcome = tokio::time::timeout(ms(patience), acquire).await;
                    (turn, cost, ms(max_wait), ms(patience), began, start.elapsed(), outcome)
                });
                tokio::task::yield_now().await;
            }
            let mut passed = Vec::new();
            while let Some(joined) = tasks.join_next().await {
                let (turn, cost, max_wait, patience, began, ended, outcome) = joined.expect("no panic");
                let waited = ended - began;
                match outcome {
                    Ok(Ok(_)) => {
                        assert!(waited <= max_wait + ms(1) && waited <= patience + ms(1));
                        if cost > 0 {
                            passed.push((turn, cost, ended));
                        }
                    }
                    Ok(Err(error)) => {
                        // The queue only gets shorter, so a rejection is immediate; but timers are up to a millisecond
                        // late, and a bucket that is full loses what comes meanwhile: then one that had just enough
                        // time has not.
                        let lacking = (waited + error.retry_after().unwrap_or_default())
                            .saturating_sub(max_wait);
                        assert!(
                            waited.is_zero() || lacking <= ms(turn as u64),
                            "{turn} waited {waited:?} of {max_wait:?} and was rejected: {lacking:?}"
                        );
                        assert_eq!(error.retry_after().is_none(), cost > capacity);
                    }
                    Err(_) => assert!(waited >= patience),
                }
            }
            passed.sort_by_key(|&(turn, _, _)| turn);
            assert!(passed.is_sorted_by_key(|&(_, _, ended)| ended), "{passed:?}");
            for (first, &(_, _, begin)) in passed.iter().enumerate() {
                let mut sum = 0;
                for &(_, cost, end) in &passed[first..] {
                    sum += u128::from(cost);
                    let span = (end - begin).as_nanos();
                    match config.strategy {
                        Counting::TokenBucket => assert!(
                            sum * 100_000_000 <= u128::from(burst) * 100_000_000 + span * u128::from(limit)
                        ),
                        Counting::SlidingWindow => {
                            assert!(span >= 100_000_000 || sum <= limit.into());
                        }
                        Counting::FixedWindow => {
                            assert!(span >= 100_000_000 || sum <= 2 * u128::from(limit));
                        }
                    }
                }
            }
            assert_no_waiters(&limiter);
        });
    }
}
