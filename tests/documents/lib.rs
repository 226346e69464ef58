//! Runs the Rust blocks of the README files as doctests, each as it stands: without hidden lines, and with the dependencies
//! that the README names. The packages cannot do that, since a path to the README would leave their folder.

#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
mod readme {}

#[cfg(doctest)]
#[doc = include_str!("../../resilience-macros/README.md")]
mod macros_readme {}
