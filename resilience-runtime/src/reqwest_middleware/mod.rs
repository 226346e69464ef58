//! A middleware for the clients of [`reqwest-middleware`](https://docs.rs/reqwest-middleware): their requests, guarded by all that is
//! configured for a [`Service`](crate::Service).

mod attempts;
mod idempotent;
mod middleware;
#[cfg(all(test, not(resilience_loom)))]
mod tests;

pub use idempotent::Idempotent;
pub use middleware::ResilienceMiddleware;
