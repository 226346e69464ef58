//! A random number wherever one is needed, also while a thread ends.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::sync::OnceLock;

/// Returns a random number. The generator of `rand` is a thread local with a destructor, which calls that are dropped at the
/// end of their thread must not need; the keys of the standard library's hashers have none.
pub(crate) fn seed() -> u64 {
    RandomState::new().build_hasher().finish()
}

/// Returns a number that is the same for the life of the process: what is drawn from it differs between processes, and is
/// the same each time within one.
pub(crate) fn process_seed() -> u64 {
    static SEED: OnceLock<u64> = OnceLock::new();
    *SEED.get_or_init(seed)
}
