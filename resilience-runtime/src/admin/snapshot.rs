//! The JSON that `/services` and `/events` share: the limits of a service, times, and the version of the schema.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::Serialize;

use crate::config::{PatternMode, RateLimitStrategy};
use crate::limit_name::LimitName;
use crate::name::ServiceName;
use crate::rate_limit::LimitLevel;
use crate::service::Service;

/// The version of all JSON here. A version may gain fields, but no field is removed or changes its meaning.
pub(super) const SCHEMA: u32 = 1;

/// Returns the milliseconds since 1970.
pub(super) fn millis(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// Returns a duration in seconds, rounded to microseconds.
pub(super) fn seconds(time: Duration) -> f64 {
    const TO: f64 = 1e6;
    (time.as_secs_f64() * TO).round() / TO
}

/// The rate limit of callers without a key.
#[derive(Serialize)]
pub(super) struct RateLimit {
    /// Requests in each period; `None` if only tokens are limited.
    limit: Option<u32>,
    period_seconds: f64,
    strategy: RateLimitStrategy,
    mode: PatternMode,
    tokens_per_minute: Option<u32>,
    /// Every limit, and what is there of it.
    limits: Vec<Limit>,
    /// The capacity in tokens where these are limited, else in requests.
    capacity: u32,
    remaining: u32,
    level: f64,
    cooldown_seconds: f64,
}

#[derive(Serialize)]
struct Limit {
    name: LimitName,
    limit: u32,
    period_seconds: f64,
    strategy: RateLimitStrategy,
    remaining: u32,
}

impl Limit {
    fn of(level: &LimitLevel) -> Self {
        Self {
            name: level.name,
            limit: level.limit,
            period_seconds: seconds(level.period),
            strategy: level.strategy,
            remaining: level.remaining,
        }
    }
}

#[derive(Serialize)]
pub(super) struct Bulkhead {
    max_concurrent: usize,
    mode: PatternMode,
    in_flight: usize,
    /// Counts of the bulkheads of keys; `None`: no key has one.
    keys: Option<BulkheadKeys>,
}

#[derive(Serialize)]
struct BulkheadKeys {
    known: usize,
    in_flight: usize,
}

#[derive(Serialize)]
pub(super) struct RetryBudget {
    capacity: f64,
    left: f64,
}

/// What is known of a service that is one of the targets of another one.
#[derive(Serialize)]
struct Target {
    pool: ServiceName,
    latency_seconds: Option<f64>,
    in_flight: u32,
    weight: f64,
}

/// How much a service admits at this moment.
#[derive(Serialize)]
pub(super) struct Limits {
    target: Option<Target>,
    rate_limit: Option<RateLimit>,
    /// The rest of a cooldown that the server requested.
    cooldown_seconds: f64,
    bulkhead: Option<Bulkhead>,
    retry_budget: RetryBudget,
}

impl Limits {
    pub(super) fn of(service: &Service) -> Self {
        let core = &*service.core;
        let running = service.running.load();
        let config = &running.config;
        let peek = core.limiter.peek_without_key();
        let cooling_down = core.limiter.cooldown_without_key();
        let levels = core.limiter.levels_without_key();
        let share = f64::from(peek.remaining) / f64::from(peek.limit.max(1));
        let share = share.clamp(0.0, 1.0);
        let cooldown_seconds = seconds(cooling_down.unwrap_or_default());
        Self {
            target: core.target_stats().map(|target| Target {
                pool: target.pool,
                latency_seconds: target.latency.map(seconds),
                in_flight: target.in_flight,
                weight: target.weight,
            }),
            rate_limit: config.rate_limit.as_ref().map(|limit| RateLimit {
                limit: (limit.limit != u32::MAX).then_some(limit.limit),
                period_seconds: seconds(limit.period),
                strategy: limit.strategy,
                mode: limit.mode,
                tokens_per_minute: limit.tokens_per_minute,
                capacity: peek.limit,
                remaining: peek.remaining,
                // The one of which least is there.
                level: levels.iter().map(LimitLevel::share).fold(share, f64::min),
                limits: levels.iter().map(Limit::of).collect(),
                cooldown_seconds,
            }),
            cooldown_seconds,
            bulkhead: config.bulkhead.as_ref().map(|bulkhead| Bulkhead {
                max_concurrent: core.bulkhead.limit(),
                mode: bulkhead.mode,
                in_flight: core.bulkhead.in_flight(),
                keys: core.bulkhead_keys().map(|keys| BulkheadKeys {
                    known: keys.known,
                    in_flight: keys.in_flight,
                }),
            }),
            retry_budget: RetryBudget {
                capacity: config.retry_budget.capacity,
                left: core.budget.balance(),
            },
        }
    }
}
