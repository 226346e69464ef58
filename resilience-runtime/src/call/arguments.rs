//! How an owned argument comes to each attempt.

use super::Call;

/// An argument that attempts get a copy of.
#[diagnostic::on_unimplemented(
    message = "argument of type `{Self}` must be `Clone`, since a retry runs the body again",
    label = "`{Self}` is not `Clone`",
    note = "take the argument by reference, or share it as `Arc<{Self}>`",
    note = "or let all attempts use it by reference with `borrow(..)`, or write `retry = off`"
)]
pub trait CloneForRetry: Sized {
    /// The copy for one attempt.
    #[must_use]
    fn clone_for_retry(&self) -> Self;

    /// What one attempt gets of an argument that nothing needs after the attempts: the last one the original, each
    /// other a copy.
    #[must_use]
    fn for_attempt(slot: &mut Option<Self>, call: &Call<'_>) -> Self;
}

impl<T: Clone> CloneForRetry for T {
    #[inline]
    fn clone_for_retry(&self) -> Self {
        self.clone()
    }

    // One way out for both, so that what it returns is copied once.
    #[inline]
    fn for_attempt(slot: &mut Option<Self>, call: &Call<'_>) -> Self {
        let own = if call.is_last_attempt() {
            slot.take()
        } else {
            slot.clone()
        };
        own.expect("no attempt follows the last one")
    }
}

/// An argument that attempts beside one another get a copy of.
#[diagnostic::on_unimplemented(
    message = "argument of type `{Self}` must be `Clone`, since `hedge` runs the body twice at once",
    label = "`{Self}` is not `Clone`",
    note = "take the argument by reference, or share it as `Arc<{Self}>`",
    note = "or let all attempts use it by reference with `borrow(..)`, or remove `hedge`"
)]
pub trait CloneForHedge: Sized {
    /// The copy for one attempt. With exclusive access, so that the type need not be `Sync`.
    #[must_use]
    fn clone_for_hedge(original: &mut Self) -> Self;
}

impl<T: Clone> CloneForHedge for T {
    #[inline]
    fn clone_for_hedge(original: &mut Self) -> Self {
        original.clone()
    }
}

/// A copy on its way into the block of an attempt. A block that is not `async move` would only borrow a copy that is `Copy`
/// itself, and this is not.
#[derive(Debug)]
pub struct Copied<T>(T);

impl<T> Copied<T> {
    /// Wraps the copy, outside of the block.
    #[inline]
    pub fn new(copy: T) -> Self {
        Self(copy)
    }

    /// Takes it out, inside.
    #[inline]
    #[must_use]
    pub fn take(self) -> T {
        self.0
    }
}

/// The original of an argument that the body does not use, for the last attempt: it is dropped there among the others,
/// in the order of the plain function.
#[inline]
pub fn original<T>(slot: &mut Option<T>, call: &Call<'_>) -> Option<T> {
    if call.is_last_attempt() {
        slot.take()
    } else {
        None
    }
}

impl Call<'_> {
    /// Whether no attempt can follow the one that began.
    #[inline]
    fn is_last_attempt(&self) -> bool {
        self.attempts >= self.plan.max_attempts()
    }
}
