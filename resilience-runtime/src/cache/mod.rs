//! The read-through cache: answers that are fresh are given at once, a missing one is loaded by one caller
//! for all who ask for it meanwhile, and an old one stands in where a new one cannot be had.
//!
//! `Entries` is what is kept, `Flights` who loads and who waits;
//! both are plain functions of their arguments. `Store` puts a lock round the two and knows the rules.
//! None of them is generic: a value is known by its type only to those who put it in and take it out.

mod by_hand;
mod entries;
mod failure;
mod flights;
mod guard;
mod key;
#[cfg(all(test, resilience_loom))]
mod loom_tests;
mod store;
#[cfg(all(test, not(resilience_loom)))]
mod tests;

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

pub use crate::config::{CacheConfig, RefreshAhead};
pub use by_hand::Cache;
pub(crate) use failure::{Failure, Meaning};
pub(crate) use guard::{Leader, Turn, Waiter};
pub(crate) use key::Variant;
pub(crate) use store::{End, Landing, Look, Store};

/// An answer, whatever its type.
pub(crate) type Value = Arc<dyn Any + Send + Sync>;

/// An answer that a cache can keep and hand out again.
#[diagnostic::on_unimplemented(
    message = "an answer of type `{Self}` cannot be cached",
    label = "`{Self}` is not `Clone + Send + Sync + 'static`",
    note = "derive `Clone` for it, or return it as an `Arc<{Self}>`"
)]
pub trait Cacheable: Clone + Send + Sync + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Clone + Send + Sync + 'static> Cacheable for T {}

/// An answer that stands in for one that could not be had.
#[derive(Clone, Debug)]
pub(crate) struct Served {
    pub(crate) value: Value,
    /// Why there is no new one.
    pub(crate) failure: Failure,
    /// How long ago it expired; `None`: it is still fresh.
    pub(crate) stale: Option<Duration>,
}

/// A copy of a value, made where no lock is held: it is the user's code.
pub(crate) fn copied<T: Cacheable>(value: &Value) -> T {
    value
        .downcast_ref::<T>()
        .expect("it is found under its type only")
        .clone()
}
