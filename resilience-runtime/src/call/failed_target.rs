//! Where an attempt has failed.

use crate::clock::Moment;

/// A target at which an attempt of a call has failed.
#[derive(Clone, Copy, Debug)]
pub(super) struct FailedTarget {
    /// The address of its service.
    pub(super) service: usize,
    /// Until when it asked to be left alone; the past: it did not.
    pub(super) asked_until: Moment,
}
