//! One rule at a time.

use std::time::Duration;

use super::{Suite, of, one_of, slow};
use crate::config::RateLimitStrategy::{self, SlidingWindow, TokenBucket};
use crate::fleet::{FleetStore, GrantRequest, LimitId, Settlement, SharedLimit, StoreError};

impl<S: FleetStore> Suite<S> {
    pub(super) async fn refuses_mistakes(&self) {
        let one = one_of(&[slow(TokenBucket, 5)]);
        let wrong = GrantRequest {
            least: vec![1, 1],
            ..one
        };
        let answer = self.try_ask(&wrong).await;
        assert!(
            matches!(answer, Err(StoreError::Mistake(_))),
            "two numbers for one limit: {answer:?}"
        );
    }

    pub(super) async fn grants_all_or_nothing(&self) {
        let limits = [slow(TokenBucket, 10), slow(SlidingWindow, 3)];
        let one = one_of(&limits);
        assert_eq!(self.granted(&of(3, &one)).await, 3);
        for _ in 0..3 {
            let refused = self.ask(&of(3, &one)).await;
            assert_eq!(refused.granted, [0, 0], "the window is used up");
        }
        let rest = GrantRequest {
            least: vec![7, 0],
            wanted: vec![7, 0],
            ..one
        };
        assert_eq!(self.granted(&rest).await, 7, "refused ones cost nothing");
    }

    pub(super) async fn keeps_ids_apart(&self) {
        for strategy in RateLimitStrategy::ALL {
            let one = one_of(&[slow(*strategy, 2)]);
            // One that differs in a single bit.
            let other = GrantRequest {
                id: LimitId::from_bits(one.id.to_bits() ^ 1 << 127),
                ..one.clone()
            };
            assert_eq!(self.granted(&of(2, &one)).await, 2, "{strategy:?}");
            assert_eq!(self.granted(&of(2, &other)).await, 2, "{strategy:?}");
            assert_eq!(self.granted(&one).await, 0, "{strategy:?}");
            assert_eq!(self.granted(&other).await, 0, "{strategy:?}");
        }
    }

    pub(super) async fn says_when_to_come_back(&self) {
        for strategy in RateLimitStrategy::ALL {
            let second = Duration::from_secs(1);
            let one = one_of(&[SharedLimit::new(5, second, 5, *strategy)]);
            let never = self.ask(&of(6, &one)).await;
            assert_eq!(
                (never.granted[0], never.retry_after),
                (0, None),
                "{strategy:?}"
            );
            // A window may end between the two.
            while self.granted(&of(5, &one)).await > 0 {}
            let refused = self.ask(&of(5, &one)).await;
            let after = refused.retry_after.expect("it comes back");
            assert!(after <= 2 * second, "{after:?} by {strategy:?}");
            // For clocks that differ in their milliseconds.
            tokio::time::sleep(after + Duration::from_millis(20)).await;
            assert_eq!(self.granted(&of(5, &one)).await, 5, "{strategy:?}");
        }
    }

    pub(super) async fn promises_in_turn(&self) {
        let one = GrantRequest {
            ahead: Duration::from_secs(2),
            ..one_of(&[SharedLimit::new(10, Duration::from_secs(1), 1, TokenBucket)])
        };
        assert_eq!(self.granted(&one).await, 1);
        let mut last = Duration::ZERO;
        for _ in 0..5 {
            let promised = self.ask(&one).await;
            assert_eq!(promised.granted, [1], "it is there in time");
            assert!(
                promised.starts_in + Duration::from_millis(50) > last,
                "the first come is the first served"
            );
            last = promised.starts_in;
        }
        let hasty = GrantRequest {
            ahead: Duration::ZERO,
            ..one
        };
        let refused = self.ask(&hasty).await;
        assert_eq!(refused.granted, [0], "what is promised is not there");
        assert!(refused.retry_after > Some(Duration::from_millis(100)));
    }

    pub(super) async fn settles_once(&self) {
        for strategy in RateLimitStrategy::ALL {
            let one = one_of(&[slow(*strategy, 10)]);
            let epoch = self.ask(&of(5, &one)).await.epoch;
            let settling = |number, used, epoch| GrantRequest {
                settlement: Some(Settlement {
                    number,
                    used: vec![used],
                    epoch,
                    ends_at: 0,
                }),
                ..of(0, &one)
            };
            for _ in 0..3 {
                self.ask(&settling(2, 3, epoch)).await;
            }
            self.ask(&settling(1, 2, epoch)).await;
            assert_eq!(
                self.granted(&of(3, &one)).await,
                0,
                "{strategy:?}: 8 are used"
            );
            for _ in 0..3 {
                self.ask(&settling(3, -2, epoch)).await;
            }
            // Of tokens of a state that was lost.
            self.ask(&settling(4, -2, epoch + 1)).await;
            assert_eq!(
                self.granted(&of(5, &one)).await,
                0,
                "{strategy:?}: 6 are used"
            );
            assert_eq!(
                self.granted(&of(4, &one)).await,
                4,
                "{strategy:?}: 6 are used"
            );
        }
    }

    pub(super) async fn cools_down(&self) {
        let one = one_of(&[slow(TokenBucket, 10)]);
        let cooling = |millis| GrantRequest {
            cooldown: Duration::from_millis(millis),
            ..one.clone()
        };
        self.ask(&cooling(500)).await;
        let refused = self.ask(&cooling(100)).await;
        assert_eq!(refused.granted, [0], "nobody may call");
        assert!(
            refused.cooldown > Duration::from_millis(100),
            "the longest counts"
        );
        assert_eq!(refused.retry_after, Some(refused.cooldown));
        let other = GrantRequest {
            holder: 2,
            ..one.clone()
        };
        assert_eq!(self.granted(&other).await, 0, "nobody else either");
        tokio::time::sleep(refused.cooldown + Duration::from_millis(20)).await;
        let granted = self.ask(&other).await;
        assert_eq!((granted.granted[0], granted.cooldown), (1, Duration::ZERO));
    }

    /// One that wants all gets no more than its part.
    pub(super) async fn shares_fairly(&self) {
        let one = one_of(&[SharedLimit::new(
            10_000,
            Duration::from_secs(3_600),
            0,
            SlidingWindow,
        )]);
        for holder in 1..=10 {
            let nothing = GrantRequest {
                holder,
                ..of(0, &one)
            };
            self.ask(&nothing).await;
        }
        let greedy = GrantRequest {
            wanted: vec![10_000],
            life: Duration::from_secs(1),
            ..one
        };
        let grant = self.ask(&greedy).await;
        assert!(grant.holders >= 10, "all ten are known: {grant:?}");
        assert!(grant.granted[0] <= 1_000, "an equal part: {grant:?}");
        assert!(grant.granted[0] >= 1, "there is enough: {grant:?}");
    }
}
