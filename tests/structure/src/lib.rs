//! Reads the sources of a crate, and finds which file imports which.
//!
//! It reads tokens, not syntax trees: `use` trees, the paths in the code, and the paths within macros. A path is followed through
//! `pub use` to the file that defines the item. Code under `#[cfg(test)]` is left out.

pub mod graph;
pub mod module;
pub mod resolve;
pub mod token;
