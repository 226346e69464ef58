//! A saturated limit is used up.

use super::*;

/// Each holder asks as soon as it may; returns what they were granted.
fn saturate(
    limits: &[SharedLimit],
    holders: usize,
    life: u64,
    ahead: u64,
    seconds: u64,
) -> Vec<u64> {
    let mut authority = Authority::new();
    let mut next = vec![START; holders];
    let mut sums = vec![0; holders];
    let mut random = 1_u64;
    loop {
        let (index, &now) = next
            .iter()
            .enumerate()
            .min_by_key(|(_, next)| **next)
            .expect("a holder");
        if now >= START + seconds * SECOND {
            return sums;
        }
        authority.now = now;
        let decision = authority.ask(&GrantRequest {
            holder: index as u64,
            wanted: vec![200; limits.len()],
            life: Duration::from_micros(life),
            ahead: Duration::from_micros(ahead),
            ..request(limits)
        });
        sums[index] += decision.granted[0];
        // Half a life, as a holder that spends evenly and asks in time; and nobody is always the first.
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        let pause = decision
            .starts_in
            .max(decision.retry_after.unwrap_or(life / 2));
        next[index] = now + pause + 1_000 + (random >> 33) % 20_000;
    }
}

/// Jain's index: one if all get the same.
fn fairness(sums: &[u64]) -> f64 {
    let sum: f64 = sums.iter().map(|sum| *sum as f64).sum();
    let squares: f64 = sums.iter().map(|sum| (*sum as f64).powi(2)).sum();
    sum * sum / (sums.len() as f64 * squares)
}

#[test]
fn sliding_window_is_used_by_95_percent() {
    for holders in [1, 3, 50] {
        let sums = saturate(
            &[limit(SlidingWindow, 6_000, 60, 0)],
            holders,
            SECOND,
            2 * SECOND,
            1_200,
        );
        let used = sums.iter().sum::<u64>() as f64 / (6_000.0 * 20.0);
        assert!(used >= 0.95, "{used} by {holders}");
        assert!(fairness(&sums) >= 0.95, "{sums:?}");
    }
}

#[test]
fn small_sliding_window_is_used_without_leases() {
    let sums = saturate(&[limit(SlidingWindow, 60, 60, 0)], 5, 0, 2 * SECOND, 1_200);
    let used = sums.iter().sum::<u64>() as f64 / (60.0 * 20.0);
    assert!(used >= 0.95, "{used}");
}

#[test]
fn bucket_and_set_are_used_by_95_percent() {
    let bucket = limit(TokenBucket, 100, 1, 200);
    for limits in [
        vec![bucket],
        vec![bucket, limit(SlidingWindow, 9_000, 60, 0)],
    ] {
        let sums = saturate(&limits, 20, SECOND, 2 * SECOND, 600);
        let used = sums.iter().sum::<u64>() as f64 / (100.0 * 600.0);
        assert!(used >= 0.95, "{used}");
        assert!(fairness(&sums) >= 0.95, "{sums:?}");
    }
}
