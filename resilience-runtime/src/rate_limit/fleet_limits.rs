//! Limits whose tokens come from the store of a fleet.

use super::algorithms::leased::LeasedSet;
use super::keys::keyed::Keyed;
use super::limited_keys::LimitedKeys;
use super::store::Store;
use crate::config::LimitConfig;

impl LimitedKeys {
    /// The keys, where the limits are those of a fleet.
    pub(super) fn leased(&mut self) -> Option<&mut Keyed<LeasedSet>> {
        match &mut self.store {
            Store::Leased(keyed) => Some(keyed),
            _ => None,
        }
    }

    pub(super) fn is_leased(&self) -> bool {
        matches!(self.store, Store::Leased(_))
    }

    /// The limits, in the order in which they are counted.
    pub(super) fn limits(&self) -> &[LimitConfig] {
        &self.limits
    }
}
