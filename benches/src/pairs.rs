//! Two threads: on one service, whose guards they share, and on two.

use resilience_runtime::resilient;

use crate::body::{Answer, Task, body};
use crate::case::{Call, Path, Patterns};
use crate::contestants::{TIMEOUT, by_hand, floor, seatbelt, tower_resilience};

/// What is done with each pair.
pub trait PairVisitor {
    /// A clone of `one` is another handler of the same service, `other` is one of another service.
    fn visit<A: Call + Send, B: Call + Send>(
        &mut self,
        patterns: Patterns,
        contestant: &'static str,
        one: A,
        other: B,
    );
}

/// Shows every pair.
pub fn visit_pairs(visitor: &mut impl PairVisitor) {
    use Patterns::{Bare, Full, Unlimited};

    let _inside = crate::drive::RUNTIME.enter();
    let bare = async |task| body(task).await;
    visitor.visit(Bare, "bare", bare, bare);

    let (one, other) = (
        async |task| one_unlimited(task).await,
        async |task| other_unlimited(task).await,
    );
    visitor.visit(Unlimited, "ours", one, other);
    visitor.visit(
        Unlimited,
        "by_hand",
        by_hand::unlimited(),
        by_hand::unlimited(),
    );
    visitor.visit(
        Unlimited,
        "tower_resilience",
        tower_resilience::unlimited(),
        tower_resilience::unlimited(),
    );
    let belted = || seatbelt::unlimited(Path::Success, TIMEOUT);
    visitor.visit(Unlimited, "seatbelt", belted(), belted());

    let (one, other) = (
        async |task| one_full(task).await,
        async |task| other_full(task).await,
    );
    visitor.visit(Full, "ours", one, other);
    visitor.visit(
        Full,
        "floor",
        floor::full(Path::Success, TIMEOUT),
        floor::full(Path::Success, TIMEOUT),
    );
    let by_hand = || by_hand::full(Path::Success, TIMEOUT);
    visitor.visit(Full, "by_hand", by_hand(), by_hand());
    let layered = || tower_resilience::full(Path::Success, TIMEOUT);
    visitor.visit(Full, "tower_resilience", layered(), layered());
}

#[resilient(service = "one_unlimited", retry(max_attempts = 3), timeout = "30s")]
async fn one_unlimited(task: &Task) -> Answer {
    body(task).await
}

#[resilient(service = "other_unlimited", retry(max_attempts = 3), timeout = "30s")]
async fn other_unlimited(task: &Task) -> Answer {
    body(task).await
}

#[resilient(
    service = "one_full",
    rate_limit(requests_per_second = 1_000_000_000),
    retry(max_attempts = 3),
    timeout = "30s"
)]
async fn one_full(task: &Task) -> Answer {
    body(task).await
}

#[resilient(
    service = "other_full",
    rate_limit(requests_per_second = 1_000_000_000),
    retry(max_attempts = 3),
    timeout = "30s"
)]
async fn other_full(task: &Task) -> Answer {
    body(task).await
}
