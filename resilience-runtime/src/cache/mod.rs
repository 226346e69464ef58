//! Keeps the results of calls, and loads each missing one once for all concurrent callers.
//!
//! A [`Cache`] returns a fresh value at once. A missing one is loaded by one caller for all that ask for it meanwhile
//! (single flight), and a stale one is served where the load fails for a temporary cause. Nobody depends on that caller
//! being polled: see [`Cache`].
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
//! use resilience_runtime::{BoxError, Cache, CacheConfig};
//!
//! let names = Cache::<String>::new("users", CacheConfig::default())?;
//! let name = names.get_or_load(&1, || async { Ok::<_, BoxError>("Ada".to_owned()) }).await?;
//! assert_eq!(name, "Ada");
//! assert_eq!(names.get(&1), Some("Ada".to_owned()));
//! # Ok(()) }
//! ```

// `entries` holds the values and `flights` the loads in progress with their waiters; both are plain functions of their
// arguments. `store` is the lock around the two and has the rules, `guard` the parts that a caller has in a load, and
// `typed` the public API. `load` is the future of a leader, which waiters look after through its `watch`; `wait` is what
// they do meanwhile. Only the code that inserts and reads a value knows its type.

mod entries;
mod failure;
mod flights;
mod guard;
mod key;
mod lifetime;
pub(crate) mod load;
#[cfg(all(test, resilience_loom))]
mod loom_tests;
mod outcome;
mod store;
#[cfg(all(test, not(resilience_loom)))]
mod tests;
mod timer;
mod typed;
mod wait;
mod watch;

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

pub use crate::config::{CacheConfig, RefreshAhead};
pub(crate) use failure::{CacheEffect, Failure};
pub(crate) use guard::{Leader, Lookup, WaitOutcome, Waiter};
pub use lifetime::CacheLifetime;
pub(crate) use lifetime::Keep;
pub(crate) use load::{Extent, Instead, Load, LoadWatch, Loaded, Shortcut};
pub(crate) use outcome::{LoadOutcome, LoadResult, Rejected, Withdrawn};
pub(crate) use store::Store;
pub(crate) use timer::Timer;
pub use typed::Cache;
pub(crate) use wait::WaitEnd;

/// A value, whatever its type.
pub(crate) type Value = Arc<dyn Any + Send + Sync>;

/// Marks the types that a cache can keep and return copies of: all that are `Clone + Send + Sync + 'static`.
#[diagnostic::on_unimplemented(
    message = "an answer of type `{Self}` cannot be cached",
    label = "`{Self}` is not `Clone + Send + Sync + 'static`",
    note = "derive `Clone` for it, or return it as an `Arc<{Self}>`"
)]
pub trait Cacheable: Clone + Send + Sync + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Clone + Send + Sync + 'static> Cacheable for T {}

/// A value that is served although its load failed.
#[derive(Clone, Debug)]
pub(crate) struct Served {
    pub(crate) value: Value,
    /// Why the load failed.
    pub(crate) failure: Failure,
    /// How long ago the value expired; `None`: it is still fresh.
    pub(crate) stale: Option<Duration>,
}

/// Clones a value. Not to be called under a lock: `Clone` is foreign code.
pub(crate) fn copied<T: Cacheable>(value: &Value) -> T {
    value
        .downcast_ref::<T>()
        .expect("it is found under its type only")
        .clone()
}
