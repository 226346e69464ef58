//! The answers that a function retains: none, the last good one, or a cache.

use std::cell::RefCell;

use tokio::time::Instant;

use crate::cache_model::CacheModel;
use crate::last_good::LastGood;

/// An answer that knows where it comes from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Page {
    pub key: u32,
    /// Of all that happens in a service.
    pub number: u64,
    /// The number of the call that made it.
    pub call: u64,
    pub at: Instant,
}

pub enum Retention {
    Nothing,
    /// For a failure.
    LastGood(RefCell<LastGood>),
    /// To answer from before it calls.
    CacheModel(RefCell<CacheModel>),
}
