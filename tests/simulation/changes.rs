//! New settings for a service: what is written, and what holds afterwards.

use std::time::Duration;

use resilience_runtime::{
    ServiceSettings, circuit_breaker::Window, config::BulkheadSettings,
    config::CircuitBreakerSettings, config::RateLimitSettings, config::RetryBudgetSettings,
    config::RetrySettings, rate_limit::RateLimitStrategy,
};

use crate::invariants::Limit;
use crate::random::Random;
use crate::rules::{Patience, Rules};

pub struct Change {
    pub settings: ServiceSettings,
    pub rules: Rules,
}

impl Change {
    /// Some of what holds `now` changes, around what held at `first`.
    pub fn of(first: &Rules, now: &Rules, random: &mut Random) -> Self {
        let mut change = Self {
            settings: ServiceSettings::default(),
            rules: now.clone(),
        };
        let mut some = || random.happens(400);
        let [limit, places, circuit, patience, budget, park] = std::array::from_fn(|_| some());
        if let Some(first) = first.limit.or(first.later.limit).filter(|_| limit) {
            change.limit(first, random);
        }
        let first_places = (first.later.places).unwrap_or(first.max_concurrent);
        if places && first_places < usize::MAX {
            change.places(first_places, random);
        }
        if circuit {
            change.circuit(random);
        }
        if patience {
            change.patience(first.timeout, random);
        }
        if budget {
            change.budget(random);
        }
        if park && now.max_cooldown.is_some() {
            let longest = random.ms(5_000, 60_000);
            change.settings.rate_limit.max_cooldown = Some(longest);
            change.rules.max_cooldown = Some(longest);
        }
        change
    }

    /// Enough for probes and for every cost in the end, counted in one way or another.
    fn limit(&mut self, first: Limit, random: &mut Random) {
        let settings = &mut self.settings.rate_limit;
        let most = 2 * first.capacity();
        let limit = if let Limit::RequestsAndTokens { .. } = first {
            let requests = random.between(15, 60) as u32;
            let tokens = random.between(60, most.into()) as u32;
            settings.requests_per_minute = Some(requests);
            settings.tokens_per_minute = Some(tokens);
            Limit::RequestsAndTokens { requests, tokens }
        } else {
            // Each period has a limit of its own: the one that the code has is changed.
            let second = Duration::from_secs(1);
            let (limit, period) = if first.period() == second {
                let limit = random.between(2, 9) as u32;
                settings.requests_per_second = Some(limit);
                (limit, second)
            } else {
                let limit = random.between(8, 8 + u64::from(most)) as u32;
                settings.requests_per_minute = Some(limit);
                (limit, Duration::from_secs(60))
            };
            let burst = random.between(8, 8 + u64::from(most)) as u32;
            settings.burst = Some(burst);
            let (strategy, limit) = match random.between(0, 3) {
                0 => (
                    RateLimitStrategy::TokenBucket,
                    Limit::TokenBucket {
                        limit,
                        period,
                        burst,
                    },
                ),
                1 => (
                    RateLimitStrategy::SlidingWindow,
                    Limit::SlidingWindow { limit, period },
                ),
                _ => (
                    RateLimitStrategy::FixedWindow,
                    Limit::FixedWindow { limit, period },
                ),
            };
            settings.strategy = Some(strategy);
            limit
        };
        self.rules.limit = Some(limit);
        // Nobody can have taken more than this at once, debts included.
        self.rules.refilled_after = limit.refilled_after(3 * most + 8);
    }

    fn places(&mut self, first: usize, random: &mut Random) {
        let places = random.between(1, 2 * first as u64 + 1) as u32;
        self.settings.bulkhead = BulkheadSettings::default().max_concurrent(places);
        self.rules.max_concurrent = places as usize;
    }

    fn circuit(&mut self, random: &mut Random) {
        let successes = random.between(1, 6) as u32;
        let probes = random.between(1, 6) as u32;
        let pause = random.ms(1_000, 30_000);
        let longest = pause * random.between(1, 9) as u32;
        let multiplier = random.between(1, 4) as f64;
        let mut settings = CircuitBreakerSettings::default()
            .recovery_timeout(pause)
            .recovery_multiplier(multiplier)
            .max_recovery_timeout(longest)
            .success_threshold(successes)
            .half_open_max_calls(probes);
        if self.rules.failures.is_some() {
            let failures = random.between(1, 9) as u32;
            settings.failure_threshold = Some(failures);
            self.rules.failures = Some(failures);
        } else {
            let calls = random.between(5, 40) as u32;
            settings.failure_rate = Some(random.between(2, 10) as f64 / 10.0);
            settings.minimum_calls = Some(random.between(1, u64::from(calls) + 1) as u32);
            settings.window = Some(if random.happens(500) {
                Window::Calls(calls)
            } else {
                Window::Time(random.ms(1_000, 60_000))
            });
        }
        self.settings.circuit_breaker = settings;
        self.rules.success_threshold = successes;
        self.rules.half_open_max_calls = probes;
        self.rules.longest_pause = if multiplier > 1.0 { longest } else { pause };
    }

    fn patience(&mut self, first: Duration, random: &mut Random) {
        let patience = Patience {
            max_attempts: Some(random.between(1, 6) as u32),
            timeout: Some(first * random.between(1, 5) as u32 / 2),
            deadline: Some(random.ms(2_000, 60_000)),
        };
        self.settings.retry = RetrySettings::new();
        self.settings.retry.max_attempts = patience.max_attempts;
        self.settings.timeout = patience.timeout;
        self.settings.deadline = patience.deadline;
        self.rules.patience = patience;
    }

    fn budget(&mut self, random: &mut Random) {
        let thousandths = [random.between(1_000, 200_000), random.between(1, 2_000)];
        let [capacity, refill] = thousandths.map(|amount| amount as f64 / 1e3);
        let budget = RetryBudgetSettings::new();
        self.settings.retry_budget = budget.capacity(capacity).refill(refill);
        let [capacity, refill] = thousandths.map(|amount| amount * 1_000_000);
        self.rules.budget = (capacity, refill);
    }
}

/// Some of it could run, and some of it cannot.
pub fn impossible() -> ServiceSettings {
    ServiceSettings::default()
        .rate_limit(RateLimitSettings::default().requests_per_second(0))
        .bulkhead(BulkheadSettings::default().max_concurrent(1))
        .circuit_breaker(
            CircuitBreakerSettings::default()
                .failure_threshold(1)
                .half_open_max_calls(1),
        )
        .timeout(Duration::from_millis(1))
}
