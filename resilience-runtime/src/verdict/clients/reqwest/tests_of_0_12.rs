//! The tests with reqwest 0.12.

use ::reqwest_0_12 as version;

#[allow(clippy::duplicate_mod, reason = "each is of another version")]
#[path = "suite.rs"]
mod suite;
