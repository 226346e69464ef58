//! A request in the numbers that the authority and the script compute with.

use std::time::Duration;

use crate::config::RateLimitStrategy;
use crate::fleet::{GrantRequest, SharedLimit, StoreError};

/// What no intermediate value may exceed, so that doubles are exact.
const MAX_EXACT: u64 = (1 << 52) - 1;

/// The longest period, ten years.
const MAX_PERIOD: u64 = 10 * 366 * 86_400 * 1_000_000;

/// The greatest demand, so that it is exact when it is multiplied by 2¹⁶.
const MAX_DEMAND: u64 = 1 << 36;

/// More limits than anybody combines.
const MAX_LIMITS: usize = 16;

/// A request, checked and clamped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::fleet) struct Terms {
    pub(in crate::fleet) limits: Vec<Term>,
    pub(in crate::fleet) holder: u64,
    pub(in crate::fleet) demand: u64,
    /// In microseconds. Zero where a bucket has no room for leases: then the tokens are for use at once.
    pub(in crate::fleet) life: u64,
    /// In microseconds.
    pub(in crate::fleet) ahead: u64,
    /// In microseconds.
    pub(in crate::fleet) cooldown: u64,
    pub(in crate::fleet) settled: Option<Settled>,
}

/// Which settlement the terms carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::fleet) struct Settled {
    pub(in crate::fleet) number: u64,
    pub(in crate::fleet) epoch: u64,
    /// The end of the tokens that are given back; zero: not known.
    pub(in crate::fleet) ends_at: u64,
}

/// One of the limits, with what is wanted of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::fleet) struct Term {
    pub(in crate::fleet) strategy: RateLimitStrategy,
    pub(in crate::fleet) limit: u64,
    /// In microseconds.
    pub(in crate::fleet) period: u64,
    pub(in crate::fleet) burst: u64,
    /// Of a bucket: the units that come back in a microsecond.
    pub(in crate::fleet) refill: u64,
    /// Of a bucket: the units that a token is worth.
    pub(in crate::fleet) price: u64,
    /// The tokens that come back within one life.
    pub(in crate::fleet) per_life: u64,
    pub(in crate::fleet) least: u64,
    pub(in crate::fleet) wanted: u64,
    /// Used beyond what was charged; below zero, it is given back.
    pub(in crate::fleet) used: i64,
}

impl Terms {
    /// # Errors
    /// [`StoreError::Mistake`]: lengths that do not fit, a period that is too short or too long, or a bucket that takes
    /// decades to fill.
    pub(in crate::fleet) fn new(request: &GrantRequest) -> Result<Self, StoreError> {
        let limits = &request.limits;
        let count = limits.len();
        let settlement = request.settlement.as_ref();
        if count == 0 || count > MAX_LIMITS {
            return Err(mistake("a request has 1 to 16 limits"));
        }
        if request.least.len() != count
            || request.wanted.len() != count
            || settlement.is_some_and(|settlement| settlement.used.len() != count)
        {
            return Err(mistake("a request says as much of each limit"));
        }
        let mut shortest = MAX_PERIOD;
        for limit in limits.iter() {
            shortest = shortest.min(checked_period(limit)?);
        }
        let wanted_life = micros(request.life).min(shortest);
        let has_room = |limit: &SharedLimit| {
            limit.strategy != RateLimitStrategy::TokenBucket
                || u128::from(limit.burst) >= 2 * within(limit, wanted_life).1
        };
        let life = if limits.iter().all(has_room) {
            wanted_life
        } else {
            0
        };
        let is_fixed = |limit: &SharedLimit| limit.strategy == RateLimitStrategy::FixedWindow;
        let ahead = if limits.iter().any(is_fixed) {
            0
        } else {
            // No further than what a bucket's numbers have room for.
            micros(request.ahead).min(4 * shortest)
        };
        let terms = limits.iter().enumerate().map(|(index, limit)| {
            let (refill, price) = match limit.strategy {
                RateLimitStrategy::TokenBucket => rate(limit)?,
                _ => (1, 1),
            };
            let least = u64::from(request.least[index]);
            Ok(Term {
                strategy: limit.strategy,
                limit: limit.limit.into(),
                period: micros(limit.period),
                burst: limit.burst.into(),
                refill,
                price,
                per_life: u64::try_from(within(limit, life).0).unwrap_or(u64::MAX),
                least,
                wanted: u64::from(request.wanted[index]).max(least),
                used: settlement.map_or(0, |settlement| {
                    let most = i64::from(u32::MAX);
                    settlement.used[index].clamp(-most, most)
                }),
            })
        });
        Ok(Self {
            limits: terms.collect::<Result<_, StoreError>>()?,
            holder: request.holder,
            demand: request.demand.clamp(1, MAX_DEMAND),
            life,
            ahead,
            cooldown: micros_up(request.cooldown).min(MAX_PERIOD),
            settled: settlement.map(|settlement| Settled {
                number: settlement.number.min(MAX_EXACT),
                epoch: settlement.epoch,
                ends_at: settlement.ends_at.min(MAX_EXACT),
            }),
        })
    }
}

fn mistake(words: &'static str) -> StoreError {
    StoreError::Mistake(words.into())
}

/// Whole microseconds, rounded down.
fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// Whole microseconds, rounded up.
fn micros_up(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos().div_ceil(1_000)).unwrap_or(u64::MAX)
}

fn checked_period(limit: &SharedLimit) -> Result<u64, StoreError> {
    let period = micros(limit.period);
    if limit.limit == 0 || !(1_000_000..=MAX_PERIOD).contains(&period) {
        return Err(mistake(
            "a shared limit is at least 1 in a period of 1 second to 10 years",
        ));
    }
    Ok(period)
}

/// The tokens that come back in so many microseconds: the whole ones, and rounded up.
fn within(limit: &SharedLimit, life: u64) -> (u128, u128) {
    let period = u128::from(micros(limit.period));
    let tokens = u128::from(limit.limit) * u128::from(life);
    (tokens / period, tokens.div_ceil(period))
}

/// Returns the units that come back in a microsecond and those of one token. They are exact, unless a full bucket would
/// exceed what doubles can count; then the rate is the next lower one that fits.
fn rate(limit: &SharedLimit) -> Result<(u64, u64), StoreError> {
    let (tokens, period) = (u64::from(limit.limit), micros(limit.period));
    let common = gcd(tokens, period);
    let (refill, price) = (tokens / common, period / common);
    // A debt is up to two bursts, and what is promised up to four periods.
    let most = 8 * u64::from(limit.limit.max(limit.burst));
    let highest = MAX_EXACT / most;
    if price <= highest {
        return Ok((refill, price));
    }
    let (refill, price) = (u128::from(refill), u128::from(price));
    let fitting = u128::from(highest) * refill / price;
    if fitting == 0 {
        return Err(mistake("the bucket takes decades to fill"));
    }
    let price = (price * fitting).div_ceil(refill);
    // Neither is above `highest`.
    Ok((fitting as u64, price as u64))
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bucket(limit: u32, period: u64, burst: u32) -> SharedLimit {
        SharedLimit::new(
            limit,
            Duration::from_secs(period),
            burst,
            RateLimitStrategy::TokenBucket,
        )
    }

    #[test]
    fn rate_is_exact_where_it_fits() {
        assert_eq!(rate(&bucket(500, 60, 50)).ok(), Some((1, 120_000)));
        assert_eq!(rate(&bucket(7, 1, 7)).ok(), Some((7, 1_000_000)));
        assert_eq!(rate(&bucket(90_000, 60, 90_000)).ok(), Some((3, 2_000)));
    }

    #[test]
    fn rate_is_a_little_lower_where_it_does_not_fit() {
        for limit in [
            bucket(7, 86_400, 10_000),
            bucket(100_003, 86_400, 100_003),
            bucket(u32::MAX, 86_400, u32::MAX),
            bucket(u32::MAX - 1, 1, u32::MAX),
        ] {
            let (refill, price) = rate(&limit).expect("it fits");
            assert!(price * 8 * u64::from(limit.limit.max(limit.burst)) <= MAX_EXACT);
            let rounded = refill as f64 / price as f64;
            let exact = f64::from(limit.limit) / limit.period.as_micros() as f64;
            assert!(rounded <= exact * (1.0 + 1e-12), "{limit:?}");
            assert!(rounded >= exact * 0.999, "{limit:?}");
        }
    }

    #[test]
    fn bucket_that_takes_decades_is_a_mistake() {
        assert!(rate(&bucket(1, 86_400, u32::MAX)).is_err());
    }
}
