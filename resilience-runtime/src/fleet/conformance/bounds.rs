//! Saturated limits, against a log of when tokens could be used.

use std::time::Duration;

use tokio::time::Instant;

use super::{Suite, one_of};
use crate::config::RateLimitStrategy::{self, FixedWindow, SlidingWindow, TokenBucket};
use crate::fleet::{FleetStore, GrantRequest, SharedLimit};

const SECOND: Duration = Duration::from_secs(1);

/// How long a limit is saturated.
const LASTS: Duration = Duration::from_millis(2_600);

/// Tokens that may be used at any time from `from` to `to`. If `to` is before `from`, they have no life and were for use when
/// they were granted, which was somewhere between the two.
struct Lease {
    tokens: Vec<u32>,
    from: Instant,
    to: Instant,
}

impl Lease {
    /// Whether they may be used from `begin` to before `end`, for sure.
    fn is_within(&self, begin: Instant, end: Instant) -> bool {
        self.from < end && self.to >= begin
    }
}

impl<S: FleetStore> Suite<S> {
    pub(super) async fn stays_within_the_limit(&self, strategy: RateLimitStrategy) {
        let limits = [SharedLimit::new(40, SECOND, 40, strategy)];
        let leases = self.saturate(&limits).await;
        check(&limits, &leases);
        // Otherwise nothing is proven.
        let used: u32 = leases.iter().map(|lease| lease.tokens[0]).sum();
        assert!(used >= 60, "{used} tokens of a saturated {strategy:?}");
    }

    pub(super) async fn stays_within_all_limits(&self) {
        let limits = [
            SharedLimit::new(50, SECOND, 30, TokenBucket),
            SharedLimit::new(60, 2 * SECOND, 0, SlidingWindow),
        ];
        let leases = self.saturate(&limits).await;
        check(&limits, &leases);
    }

    /// Four holders want more than there is, with leases of different lives, and ahead.
    async fn saturate(&self, limits: &[SharedLimit]) -> Vec<Lease> {
        let one = one_of(limits);
        let begin = Instant::now();
        let mut leases = Vec::new();
        let mut turn = 0_u32;
        while begin.elapsed() < LASTS {
            turn += 1;
            let ask = GrantRequest {
                holder: (turn % 4).into(),
                wanted: vec![1 + turn % 5; limits.len()],
                life: Duration::from_millis((turn % 3 * 100).into()),
                ahead: Duration::from_millis((turn % 7 * 40).into()),
                ..one.clone()
            };
            let sent = Instant::now();
            let grant = self.ask(&ask).await;
            if grant.granted[0] > 0 {
                // Not before the answer is there, and not after the life, counted from before it was asked for.
                leases.push(Lease {
                    tokens: grant.granted,
                    from: Instant::now() + grant.starts_in,
                    to: sent + grant.starts_in + grant.life,
                });
            }
            tokio::time::sleep(Duration::from_millis(7)).await;
        }
        leases
    }
}

fn check(limits: &[SharedLimit], leases: &[Lease]) {
    for (index, limit) in limits.iter().enumerate() {
        // The most that may be used from `begin` to before `end`.
        let used = |begin: Instant, end: Instant| -> u32 {
            let overlapping = leases.iter().filter(|lease| lease.is_within(begin, end));
            overlapping.map(|lease| lease.tokens[index]).sum()
        };
        for lease in leases {
            match limit.strategy {
                SlidingWindow => {
                    let sum = used(lease.to, lease.to + limit.period);
                    assert!(sum <= limit.limit, "{sum} in a window of {limit:?}");
                }
                // Of windows whose edges are not known: those of two.
                FixedWindow => {
                    let sum = used(lease.to, lease.to + limit.period);
                    assert!(sum <= 2 * limit.limit, "{sum} in two windows of {limit:?}");
                }
                TokenBucket => {
                    for last in leases.iter().filter(|last| last.from >= lease.to) {
                        let span = last.from - lease.to;
                        let most = f64::from(limit.burst)
                            + f64::from(limit.limit) * span.as_secs_f64()
                                / limit.period.as_secs_f64();
                        let sum = used(lease.to, last.from + Duration::from_nanos(1));
                        assert!(
                            f64::from(sum) <= most + 1e-6,
                            "{sum} in {span:?} of {limit:?}"
                        );
                    }
                }
            }
        }
    }
}
