//! Those who are measured, one a file. Each shows its cases to a visitor.

mod bare;
mod by_hand;
mod floor;
mod ours;

use std::time::Duration;

use crate::case::Visitor;
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
}
