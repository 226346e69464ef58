//! What the library is measured beside, and what measures it. The benchmarks themselves stand beside this
//! folder, `scripts/bench` runs all of them.

pub mod body;
pub mod case;
pub mod contestants;
pub mod drive;
pub mod floor;
pub mod prepare;
