//! A layer for [`tower`](https://docs.rs/tower): the calls of any of its services, guarded by all that is configured for a
//! [`Service`](crate::Service).
//!
//! Each call of a guarded service is a call of the `Service`, and each call of the inner one is an attempt: retry, circuit breaker,
//! rate limit, bulkhead, timeout, deadline and statistics are those of annotated functions, and are shared with functions of the same
//! service. The guide's page `clients_you_have` has examples for hyper, axum, tonic and reqwest.
//!
//! ```
//! use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
//! use http::{Request, Response};
//! use resilience_runtime::{BoxError, Registry, ServiceKind, tower::ResilienceLayer};
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> Result<(), BoxError> {
//! static BUSY: AtomicBool = AtomicBool::new(true);
//!
//! let search = Registry::global().service("search", ServiceKind::Custom)?;
//! let client = ServiceBuilder::new()
//!     .layer(ResilienceLayer::for_http(&search))
//!     .concurrency_limit(16)
//!     .service(service_fn(async |_: Request<String>| {
//!         let status = if BUSY.swap(false, Relaxed) { 503 } else { 200 };
//!         Response::builder().status(status).body("an answer")
//!     }));
//! let answer = client.oneshot(Request::get("/?q=tower").body(String::new())?).await?;
//! assert_eq!(answer.status(), 200);
//! # Ok(()) }
//! ```
//!
//! # Rules
//!
//! What the layer cannot know of the requests and answers of a service, its methods say:
//!
//! | method | says | unless said |
//! |---|---|---|
//! | [`classify`](ResilienceLayer::classify) | what an error means | known errors of clients are found by their sources |
//! | [`classify_response`](ResilienceLayer::classify_response) | which answers are failures | none; [`http_response`] is ready-made, with feature `tonic` also `grpc_response` |
//! | [`copy_request`](ResilienceLayer::copy_request), [`send_once`](ResilienceLayer::send_once) | how a request is copied to be sent again | it is `Clone`, as an `http::Request` with such a body is |
//! | [`idempotent`](ResilienceLayer::idempotent) | whether it may be sent again although it may have been executed | the kind of the service, and its settings; [`is_idempotent_method`] is ready-made |
//! | [`rate_limit_key`](ResilienceLayer::rate_limit_key), [`per_key`](ResilienceLayer::per_key), [`circuit_breaker_key`](ResilienceLayer::circuit_breaker_key), [`bulkhead_key`](ResilienceLayer::bulkhead_key) | the keys of a call | none |
//!
//! [`ResilienceLayer::for_http`] has those that are ready-made for HTTP.
//!
//! # Readiness
//!
//! The inner service is polled ready before each of its calls, also before a retry. The guarded service is ready when the inner one is,
//! so backpressure reaches the caller, and a `LoadShed` outside works. How long a caller waits for that before the call is its own
//! matter: neither timeout nor deadline has begun.
//!
//! A service that is ready may have reserved a place for the next call, as `ConcurrencyLimit` and `Buffer` do. It is given back where
//! the call is rejected, and while it waits: for a token, for a place in the bulkhead, for the end of a backoff. Before the attempt
//! the service is polled ready anew. That wait belongs to the attempt, its timeout included; where the timeout comes first, nothing
//! was sent, so the attempt may be repeated. A service that fails to be ready is not asked again by the same call.
//!
//! # Errors
//!
//! The error is a [`BoxError`](crate::BoxError), as it is for tower's own layers, so the layer fits round services with any error, also
//! those whose error type cannot hold one of ours, such as the error of tonic's channel. It is the service's own after the last attempt, and a
//! [`ResilienceError`](crate::ResilienceError) where the runtime rejected or ended the call:
//!
//! ```
//! use resilience_runtime::{BoxError, ResilienceError};
//!
//! fn status(error: &BoxError) -> u16 {
//!     match error.downcast_ref() {
//!         Some(own) if ResilienceError::is_rejection(own) => 503,
//!         Some(ResilienceError::Timeout { .. } | ResilienceError::DeadlineExceeded { .. }) => 504,
//!         _ => 502,
//!     }
//! }
//! ```
//!
//! # What it does not do
//!
//! * A call ends with the response. Where its body is read later, as that of HTTP is, neither timeout nor bulkhead covers that.
//! * Layers of tower that retry, such as `Retry`, multiply the attempts inside of it.
//! * The errors of tower's own `Timeout`, `LoadShed` and `Buffer` are not known: name them by
//!   [`classify`](ResilienceLayer::classify), or use the patterns of the service instead of those layers.
//! * Fallbacks and caches are of functions alone.

mod attempts;
mod guarded;
mod http;
mod layer;
mod local;
mod rules;

pub use guarded::{ResilienceService, ResponseFuture};
#[cfg(feature = "tonic")]
#[cfg_attr(docsrs, doc(cfg(feature = "tonic")))]
pub use http::grpc_response;
pub use http::{HttpResponses, IdempotentMethods, http_response, is_idempotent_method};
pub use layer::ResilienceLayer;
pub use local::{LocalResilienceLayer, LocalResilienceService, LocalResponseFuture};
pub use rules::{
    BulkheadKey, CircuitBreakerKey, CopyByClone, CopyRequest, EveryResponse, Function, JudgeError,
    JudgeResponse, Keys, KnownErrors, PerKey, RateLimitKey, RepeatByKind, RepeatRequest, Rules,
    RulesFor, SendOnce,
};

#[cfg(all(test, not(resilience_loom)))]
mod tests;
