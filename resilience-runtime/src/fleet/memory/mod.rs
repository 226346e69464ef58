//! A store in memory: for tests, for models, and for processes of one kind in one program.

#[cfg(feature = "test-util")]
mod faults;
#[cfg(feature = "test-util")]
mod injected;
mod memory_store;
#[cfg(all(test, feature = "test-util"))]
mod tests;

pub use memory_store::MemoryStore;
#[cfg(test)]
pub(super) use memory_store::grant;
