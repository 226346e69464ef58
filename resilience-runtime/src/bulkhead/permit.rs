//! A permit of a bulkhead, as a guard.

use std::fmt;
use std::sync::Arc;

use super::Bulkhead;

/// Grants one concurrent call. Dropping it releases the permit, to the longest waiter if there is one.
#[must_use = "dropping it releases the permit"]
pub struct BulkheadPermit<'a>(pub(super) &'a Bulkhead);

/// Grants one concurrent call as a [`BulkheadPermit`] does, and keeps its bulkhead alive, so that it can move to
/// another task.
#[must_use = "dropping it releases the permit"]
pub struct OwnedBulkheadPermit(pub(super) Arc<Bulkhead>);

impl Drop for BulkheadPermit<'_> {
    #[inline]
    fn drop(&mut self) {
        self.0.semaphore.release();
    }
}

impl Drop for OwnedBulkheadPermit {
    #[inline]
    fn drop(&mut self) {
        self.0.semaphore.release();
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
