//! The services that are called, one of each sort, and the functions that share it.

mod agents;
mod catalogue;
mod documents;
mod models;
mod orders;
mod search;
mod tools;
mod vault;

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use crate::call::{Answer, Call, Promised};
use crate::retention::Retention;
use crate::rules::Rules;

/// Keys that are called with: 0 up to this.
pub const KEYS: u32 = 5;

pub struct Service {
    pub rules: fn() -> Rules,
    pub functions: &'static [Function],
}

/// A function to call.
pub struct Function {
    pub promised: Promised,
    pub make: for<'a> fn(&'a Call) -> Pin<Box<dyn Future<Output = Answer> + 'a>>,
    pub costs: u32,
    pub keyed: bool,
    /// What it keeps of its answers.
    pub retention: fn() -> Retention,
}

impl Function {
    const PLAIN: Self = Self {
        promised: promised(1, false, Duration::ZERO, Duration::ZERO),
        make: |_| unreachable!("each says what it calls"),
        costs: 1,
        keyed: false,
        retention: || Retention::Nothing,
    };
}

/// What is played.
pub type Cast = &'static [Service];

/// Nothing is left to chance but what the seed decides.
pub const BY_SEED: Cast = &[
    models::SERVICE,
    search::SERVICE,
    orders::SERVICE,
    tools::SERVICE,
    vault::SERVICE,
    catalogue::SERVICE,
];

/// Jitter and the order after a park are drawn anew each time.
pub const WITH_CHANCE: Cast = &[agents::SERVICE];

/// How long an answer stays fresh is drawn as well.
pub const READ_THROUGH: Cast = &[documents::SERVICE];

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

const fn promised(
    max_attempts: usize,
    idempotent: bool,
    timeout: Duration,
    deadline: Duration,
) -> Promised {
    Promised {
        max_attempts,
        idempotent,
        timeout,
        deadline,
        billed: false,
        by_key: true,
        refused_at_once: true,
    }
}
