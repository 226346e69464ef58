//! Those who are measured, one a file. Each shows its cases to a visitor.

mod backon;
mod bare;
pub(crate) mod by_hand;
mod failsafe;
pub(crate) mod floor;
mod governor;
mod layers;
mod ours;
mod recloser;
mod requests;
pub(crate) mod seatbelt;
mod tokio;
mod tower;
pub(crate) mod tower_resilience;

use std::time::Duration;

use crate::case::{Case, Path, Patterns, Visitor};
use crate::drive::RUNTIME;

/// The timeout of every attempt where nobody asks for another.
pub const TIMEOUT: Duration = Duration::from_secs(30);

/// Failures in a row that open a circuit.
pub const FAILURES: u32 = 5;

/// Attempts of a call that fails.
pub const ATTEMPTS: u32 = 3;

/// A rate per second that nobody meets.
pub const PLENTY: u32 = 1_000_000_000;

/// How long a circuit stays open, and the hour in which one call is allowed where the limit is to reject.
pub const LONG: Duration = Duration::from_secs(3_600);

/// Shows every case of every contestant.
pub fn visit_all(visitor: &mut impl Visitor) {
    let _inside = RUNTIME.enter();
    bare::visit(visitor);
    ours::visit(visitor);
    floor::visit(visitor);
    by_hand::visit(visitor);
    tower_resilience::visit(visitor);
    seatbelt::visit(visitor);
    tower::visit(visitor);
    failsafe::visit(visitor);
    recloser::visit(visitor);
    governor::visit(visitor);
    backon::visit(visitor);
    tokio::visit(visitor);
    layers::visit(visitor);
    requests::visit(visitor);
}

/// Shows those that end an attempt which hangs, with a timeout that a test can wait for.
///
/// # Panics
/// If our settings are not valid, which they are.
pub fn visit_timed(visitor: &mut impl Visitor, timeout: Duration) {
    let _inside = RUNTIME.enter();
    let case = |contestant| Case {
        path: Path::Success,
        patterns: Patterns::Full,
        contestant,
    };
    visitor.visit(case("ours"), || ours::timed(timeout));
    visitor.visit(case("floor"), || floor::full(Path::Success, timeout));
    visitor.visit(case("by_hand"), || by_hand::full(Path::Success, timeout));
    visitor.visit(case("tower_resilience"), || {
        tower_resilience::full(Path::Success, timeout)
    });
    visitor.visit(
        Case {
            patterns: Patterns::Unlimited,
            ..case("seatbelt")
        },
        || seatbelt::unlimited(Path::Success, timeout),
    );
}
