//! A middleware for `reqwest-middleware`.
