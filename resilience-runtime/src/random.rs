//! A random number wherever one is needed, also while a thread ends.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};

/// Returns a random number. The generator of `rand` is a thread local with a destructor, which calls that are dropped at the
/// end of their thread must not need; the keys of the standard library's hashers have none.
pub(crate) fn seed() -> u64 {
    RandomState::new().build_hasher().finish()
}
