//! A layer for [`tower`](https://docs.rs/tower): the calls of any of its services, guarded by all that is configured for a
//! [`Service`](crate::Service).

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
