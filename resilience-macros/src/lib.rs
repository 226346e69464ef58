//! The attributes of `resilience-runtime`.
