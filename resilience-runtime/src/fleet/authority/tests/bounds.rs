//! Every use at the worst moment of its lease, at every offset.

use proptest::prelude::*;

use super::*;

/// Tokens that may be used from `from` to `to`, both included.
struct Lease {
    tokens: u64,
    from: u64,
    to: u64,
}

/// The most that may be used within a span, both ends included.
fn used(leases: &[Lease], from: u64, to: u64) -> u64 {
    let overlapping = leases
        .iter()
        .filter(|lease| lease.from <= to && lease.to >= from);
    overlapping.map(|lease| lease.tokens).sum()
}

fn check(limit: &SharedLimit, leases: &[Lease]) -> Result<(), TestCaseError> {
    let most = u64::from(limit.limit);
    let period = u64::try_from(limit.period.as_micros()).expect("short");
    match limit.strategy {
        SlidingWindow => {
            for lease in leases {
                let sum = used(leases, lease.to, lease.to + period - 1);
                prop_assert!(sum <= most, "{sum} in a window of {limit:?}");
            }
        }
        FixedWindow => {
            for lease in leases {
                let window = lease.from / period;
                prop_assert!(lease.to <= (window + 1) * period);
                let inside = leases.iter().filter(|other| other.from / period == window);
                let sum: u64 = inside.map(|other| other.tokens).sum();
                prop_assert!(sum <= most, "{sum} in a window of {limit:?}");
            }
        }
        TokenBucket => {
            for first in leases {
                for last in leases.iter().filter(|last| last.from >= first.to) {
                    check_span(limit, leases, first.to, last.from)?;
                }
                check_span(limit, leases, first.to, first.to)?;
            }
        }
    }
    Ok(())
}

fn check_span(
    limit: &SharedLimit,
    leases: &[Lease],
    from: u64,
    to: u64,
) -> Result<(), TestCaseError> {
    let above = u128::from(used(leases, from, to)).saturating_sub(limit.burst.into());
    let refilled = u128::from(limit.limit) * u128::from(to - from);
    prop_assert!(
        above * limit.period.as_micros() <= refilled,
        "{above} above the burst within {} µs of {limit:?}",
        to - from
    );
    Ok(())
}

fn limits() -> impl Strategy<Value = Vec<SharedLimit>> {
    let strategy = prop_oneof![
        Just(TokenBucket),
        Just(TokenBucket),
        Just(SlidingWindow),
        Just(SlidingWindow),
        Just(FixedWindow)
    ];
    let one = (strategy, 1..40_u32, 1..5_u64, 1..60_u32)
        .prop_map(|(strategy, tokens, seconds, burst)| limit(strategy, tokens, seconds, burst));
    prop::collection::vec(one, 1..4)
}

/// How long it is since the last one, who asks, the least, how much more, life and ahead.
type Ask = (u64, u64, u32, u32, u64, u64);

fn asks() -> impl Strategy<Value = Vec<Ask>> {
    let pause = prop_oneof![Just(0), 0..50_000_u64, 0..400_000_u64, 0..3_000_000_u64];
    let life = prop_oneof![Just(0), Just(300_000), 0..1_000_000_u64];
    let ahead = prop_oneof![Just(0), 0..2_000_000_u64];
    prop::collection::vec((pause, 1..5_u64, 1..12_u32, 0..30_u32, life, ahead), 1..90)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn uses_never_exceed_the_limit(limits in limits(), asks in asks()) {
        let mut authority = Authority::new();
        let mut leases: Vec<Vec<Lease>> = limits.iter().map(|_| Vec::new()).collect();
        let mut promised = 0;
        for (pause, holder, least, more, life, ahead) in asks {
            authority.now += pause;
            let now = authority.now;
            let ask = GrantRequest {
                holder,
                wanted: vec![least + more; limits.len()],
                life: Duration::from_micros(life),
                ahead: Duration::from_micros(ahead),
                ..of(least, &request(&limits))
            };
            let decision = authority.ask(&ask);
            if decision.granted[0] == 0 {
                prop_assert!(decision.granted.iter().all(|&tokens| tokens == 0), "all or nothing");
                let fits = limits.iter().all(|limit| match limit.strategy {
                    TokenBucket => least <= limit.burst,
                    _ => least <= limit.limit,
                });
                prop_assert_eq!(decision.retry_after.is_some(), fits);
                // When it says so, it is there, if nobody else comes.
                if let Some(after) = decision.retry_after {
                    let mut later = Authority { state: authority.state.clone(), now: now + after };
                    prop_assert_eq!(later.ask(&ask).starts_in, 0);
                    prop_assert!(later.ask(&ask).granted.len() == limits.len());
                }
                continue;
            }
            let start = now + decision.starts_in;
            prop_assert!(decision.starts_in <= ahead && decision.life <= life);
            prop_assert!(start >= promised, "in the order of decisions");
            promised = start;
            for (leases, &tokens) in leases.iter_mut().zip(&decision.granted) {
                prop_assert!((u64::from(least)..=u64::from(least + more)).contains(&tokens));
                leases.push(Lease { tokens, from: start, to: start + decision.life });
            }
        }
        for (limit, leases) in limits.iter().zip(&leases) {
            check(limit, leases)?;
        }
    }

    #[test]
    fn all_is_there_again_after_a_rest(limits in limits(), asks in asks()) {
        let mut authority = Authority::new();
        for (pause, holder, least, more, life, ahead) in asks {
            authority.now += pause;
            authority.ask(&GrantRequest {
                holder,
                wanted: vec![least + more; limits.len()],
                life: Duration::from_micros(life),
                ahead: Duration::from_micros(ahead),
                ..of(least, &request(&limits))
            });
        }
        authority.now = authority.state.as_ref().map_or(0, State::rest_at);
        let all = GrantRequest {
            least: limits
                .iter()
                .map(|limit| match limit.strategy {
                    TokenBucket => limit.burst,
                    _ => limit.limit,
                })
                .collect(),
            ..request(&limits)
        };
        let decision = authority.ask(&all);
        prop_assert_eq!(decision.starts_in, 0);
        prop_assert!(decision.granted[0] > 0);
    }

    /// Two versions of a limit at once: no more than the larger one alone allows. Of buckets that holds without leases: with
    /// them, what the faster version refills in one life may come to it.
    #[test]
    fn two_versions_do_not_add_up(
        kind in 0..3_usize,
        periods in (1..4_u64, 1..4_u64),
        tokens in ((1..40_u32, 1..60_u32), (1..40_u32, 1..60_u32)),
        asks in asks(),
    ) {
        let strategy = RateLimitStrategy::ALL[kind];
        let ((few, small), (many, large)) = tokens;
        // Rates and aligned windows are only comparable in one period.
        let other = if strategy == SlidingWindow { periods.1 } else { periods.0 };
        let versions = [
            limit(strategy, few, periods.0, small),
            limit(strategy, many, other, large),
        ];
        let larger = limit(strategy, few.max(many), periods.0.min(other), small.max(large));
        let mut authority = Authority::new();
        let mut leases = Vec::new();
        for (pause, holder, least, more, life, ahead) in asks {
            authority.now += pause;
            let version = versions[holder as usize % 2];
            let life = if strategy == TokenBucket { 0 } else { life };
            let decision = authority.ask(&GrantRequest {
                holder,
                wanted: vec![least + more],
                life: Duration::from_micros(life),
                ahead: Duration::from_micros(ahead),
                ..of(least, &request(&[version]))
            });
            if decision.granted[0] > 0 {
                let from = authority.now + decision.starts_in;
                leases.push(Lease { tokens: decision.granted[0], from, to: from + decision.life });
            }
        }
        check(&larger, &leases)?;
    }
}
