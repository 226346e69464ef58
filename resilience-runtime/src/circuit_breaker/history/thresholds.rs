//! When a rate is reached, and when a call is slow.

use std::time::Duration;

use crate::clock::Moment;

/// Whether `part` of `calls` reaches `rate`. A quotient, not a product: `7.0 / 100.0` is the same number as
/// `0.07`, while `0.07 * 100.0` is above 7.
#[inline]
pub(in super::super) fn reaches(part: u64, calls: u64, rate: f64) -> bool {
    part as f64 / calls as f64 >= rate
}

/// A call is slow once it took so long.
#[inline]
pub(in super::super) fn is_slow(
    limit: Option<Duration>,
    started: Moment,
    now: impl Fn() -> Moment,
) -> bool {
    limit.is_some_and(|limit| now().since(started) >= limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rate_is_reached_by_its_decimal_fraction() {
        for percent in 1..=100_u32 {
            let rate: f64 = format!("{}.{:02}", percent / 100, percent % 100)
                .parse()
                .expect("a number");
            assert!(reaches(u64::from(percent), 100, rate));
            assert!(!reaches(u64::from(percent - 1), 100, rate));
            assert!(reaches(u64::from(percent) * 10, 1_000, rate));
        }
    }
}
