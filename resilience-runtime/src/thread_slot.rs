//! A value of each thread that can be used until the very end of the thread.
//!
//! A thread local with a destructor cannot be used any more once that has run, but what other thread locals hold may be
//! dropped after it: a runtime with its tasks, and in them calls that return what they hold. So what such a drop needs lies
//! in one without a destructor. It holds something only while a guard on the stack will take it out again, so nothing is
//! lost.

use std::cell::Cell;
use std::mem::ManuallyDrop;

/// What a `thread_local!` keeps that must be there until the thread has ended.
pub(crate) struct ThreadSlot<T>(ManuallyDrop<Cell<Option<T>>>);

impl<T> ThreadSlot<T> {
    pub(crate) const fn empty() -> Self {
        const { assert!(!std::mem::needs_drop::<Self>()) };
        Self(ManuallyDrop::new(Cell::new(None)))
    }

    pub(crate) fn replace(&self, value: Option<T>) -> Option<T> {
        self.0.replace(value)
    }

    pub(crate) fn take(&self) -> Option<T> {
        self.replace(None)
    }

    /// Returns a clone of what it holds.
    pub(crate) fn get(&self) -> Option<T>
    where
        T: Clone,
    {
        let value = self.take();
        // Whatever its clone does finds nothing here.
        let clone = value.clone();
        self.replace(value);
        clone
    }
}
