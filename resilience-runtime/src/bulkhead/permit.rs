//! A place in a bulkhead, as a value that cannot be forgotten.

use std::fmt;
use std::sync::Arc;

use super::Bulkhead;

/// A place; dropping it gives it back, or on to the one who waits longest.
#[must_use = "dropping it gives the place back"]
pub struct BulkheadPermit<'a>(pub(super) &'a Bulkhead);

/// A [`BulkheadPermit`] that keeps its bulkhead alive, so that it can travel to another task.
#[must_use = "dropping it gives the place back"]
pub struct OwnedBulkheadPermit(pub(super) Arc<Bulkhead>);

impl Drop for BulkheadPermit<'_> {
    #[inline]
    fn drop(&mut self) {
        self.0.leave();
    }
}

impl Drop for OwnedBulkheadPermit {
    #[inline]
    fn drop(&mut self) {
        self.0.leave();
    }
}

impl fmt::Debug for BulkheadPermit<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("BulkheadPermit")
            .field(self.0.name())
            .finish()
    }
}

impl fmt::Debug for OwnedBulkheadPermit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("OwnedBulkheadPermit")
            .field(self.0.name())
            .finish()
    }
}
