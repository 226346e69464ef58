//! What the library is measured beside, and what measures it. The benchmarks themselves stand beside this
//! folder, `scripts/bench` runs all of them.

pub mod body;
pub mod case;
pub mod contestants;
pub mod drive;
pub mod floor;
pub mod keyed;
pub mod measure;
pub mod pairs;
pub mod prepare;
pub mod report;
pub mod tail;
