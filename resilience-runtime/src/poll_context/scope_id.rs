//! Which state of a service calls share.

use crate::rate_limit::KeyHash;

/// A service and a key: calls with the same one share its state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ScopeId {
    /// The address of what the callers of the service share. Only compared.
    core: usize,
    key: KeyHash,
}

impl ScopeId {
    /// `core`: what the callers of the service share.
    pub(crate) fn new<T>(core: &T, key: KeyHash) -> Self {
        Self {
            core: std::ptr::from_ref(core).addr(),
            key,
        }
    }

    /// Whether it is of the same service, whatever the key.
    pub(crate) fn is_same_service(self, other: Self) -> bool {
        self.core == other.core
    }
}
