//! The tests with reqwest 0.13.

use ::reqwest as version;

#[allow(clippy::duplicate_mod, reason = "each is of another version")]
#[path = "suite.rs"]
mod suite;
