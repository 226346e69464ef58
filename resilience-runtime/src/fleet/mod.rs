//! Limits that all processes of a fleet share through a store.
//!
//! A provider limits an account, and not a process. Tokens of a shared limit are charged in the store when they are handed to
//! a process, are spent there without any traffic, and die if they are not used in time: so the fleet never uses more than
//! the limit.
//!
//! [`Registry::join_fleet`](crate::Registry::join_fleet) makes a process one of a fleet.

mod authority;
mod config;
#[cfg(feature = "test-util")]
#[cfg_attr(docsrs, doc(cfg(feature = "test-util")))]
pub mod conformance;
mod member;
mod memory;
#[cfg(feature = "fleet-redis")]
mod redis;
mod store;

pub use config::FleetConfig;
pub(crate) use member::Member;
pub use memory::MemoryStore;
#[cfg(feature = "fleet-redis")]
#[cfg_attr(docsrs, doc(cfg(feature = "fleet-redis")))]
pub use redis::{RedisStore, RedisStoreBuilder};
pub use store::{
    FleetStore, Grant, GrantRequest, LimitId, Settlement, SharedLimit, StoreError, StoreFuture,
};
