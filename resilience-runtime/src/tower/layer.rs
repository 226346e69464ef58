//! The layer, and how its rules are set.

use std::fmt;
use std::hash::Hash;
use std::sync::Arc;

use tower_layer::Layer;

use super::guarded::ResilienceService;
use super::http::{HttpResponses, IdempotentMethods};
use super::rules::{
    BulkheadKey, CircuitBreakerKey, Function, PerKey, RateLimitKey, Rules, SendOnce,
};
use crate::error::BoxError;
use crate::service::Service;
use crate::verdict::Verdict;

/// Guards the calls of any `tower::Service` by all that is configured for a [`Service`]: see the [module](super).
///
/// It is cheap to clone. All services that it is put round, and all clones of them, share what the [`Service`] shares.
///
/// ```
/// use std::io;
/// use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
/// use resilience_runtime::{Registry, ServiceKind, tower::ResilienceLayer};
/// use tower::{ServiceBuilder, ServiceExt, service_fn};
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
/// static SENT: AtomicU32 = AtomicU32::new(0);
///
/// let search = Registry::global().service("search", ServiceKind::Custom)?;
/// let client = ServiceBuilder::new()
///     .layer(ResilienceLayer::new(&search))
///     .service(service_fn(async |query: String| match SENT.fetch_add(1, Relaxed) {
///         0 => Err(io::Error::from(io::ErrorKind::ConnectionRefused)),
///         _ => Ok(format!("pages about {query}")),
///     }));
/// let pages = client.oneshot("resilience".to_owned()).await?;
/// assert_eq!(pages, "pages about resilience");
/// assert_eq!(search.stats().retries, 1);
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct ResilienceLayer<R = Rules> {
    pub(super) service: Arc<Service>,
    pub(super) rules: R,
}

impl ResilienceLayer {
    /// Guards services whose requests are `Clone`, and each of whose answers is a success. The errors of known clients are
    /// classified by themselves.
    #[must_use]
    pub fn new(service: &Arc<Service>) -> Self {
        Self {
            service: Arc::clone(service),
            rules: Rules::default(),
        }
    }
}

impl ResilienceLayer<Rules<super::CopyByClone, IdempotentMethods, HttpResponses>> {
    /// Guards services of `http::Request` and `http::Response`: as [`new`](ResilienceLayer::new), with
    /// [`http_response`](super::http_response) and [`is_idempotent_method`](super::is_idempotent_method).
    #[must_use]
    pub fn for_http(service: &Arc<Service>) -> Self {
        Self {
            service: Arc::clone(service),
            rules: Rules::default(),
        }
    }
}

#[allow(clippy::type_complexity)] // each type names one rule
impl<C, P, R, E, K> ResilienceLayer<Rules<C, P, R, E, K>> {
    /// Copies requests by a function, those too that are not `Clone`. One for which it returns `None` is sent once.
    #[must_use]
    pub fn copy_request<Req, F>(self, copy: F) -> ResilienceLayer<Rules<Function<F>, P, R, E, K>>
    where
        F: Fn(&Req) -> Option<Req>,
    {
        self.with_copies(Function(copy))
    }

    /// Sends each request once: what has no copy cannot be sent again. All else stays: breaker, limits, timeout.
    #[must_use]
    pub fn send_once(self) -> ResilienceLayer<Rules<SendOnce, P, R, E, K>> {
        self.with_copies(SendOnce)
    }

    fn with_copies<New>(self, copies: New) -> ResilienceLayer<Rules<New, P, R, E, K>> {
        let rules = self.rules;
        ResilienceLayer {
            service: self.service,
            rules: Rules {
                copies,
                repeats: rules.repeats,
                responses: rules.responses,
                errors: rules.errors,
                keys: rules.keys,
            },
        }
    }

    /// Decides by the request whether it may be sent again after an attempt of unknown outcome: where the answer was lost, or
    /// too late. By default the kind of the service decides, and its settings.
    #[must_use]
    pub fn idempotent<Req, F>(
        self,
        is_idempotent: F,
    ) -> ResilienceLayer<Rules<C, Function<F>, R, E, K>>
    where
        F: Fn(&Req) -> bool,
    {
        let rules = self.rules;
        ResilienceLayer {
            service: self.service,
            rules: Rules {
                copies: rules.copies,
                repeats: Function(is_idempotent),
                responses: rules.responses,
                errors: rules.errors,
                keys: rules.keys,
            },
        }
    }

    /// Classifies answers: one with a verdict is a failure. After the last attempt callers get it unchanged, as `Ok`.
    ///
    /// The function may report what the server says by [`hint`](crate::hint).
    #[must_use]
    pub fn classify_response<Res, F>(
        self,
        classify: F,
    ) -> ResilienceLayer<Rules<C, P, Function<F>, E, K>>
    where
        F: Fn(&Res) -> Option<Verdict>,
    {
        let rules = self.rules;
        ResilienceLayer {
            service: self.service,
            rules: Rules {
                copies: rules.copies,
                repeats: rules.repeats,
                responses: Function(classify),
                errors: rules.errors,
                keys: rules.keys,
            },
        }
    }

    /// Classifies errors, instead of looking for known ones in the chain of sources. An error that classifies itself needs to be
    /// named here: `classify(ApiError::classify)`.
    #[must_use]
    pub fn classify<Err, F>(self, classify: F) -> ResilienceLayer<Rules<C, P, R, Function<F>, K>>
    where
        Err: Into<BoxError>,
        F: Fn(&Err) -> Verdict,
    {
        let rules = self.rules;
        ResilienceLayer {
            service: self.service,
            rules: Rules {
                copies: rules.copies,
                repeats: rules.repeats,
                responses: rules.responses,
                errors: Function(classify),
                keys: rules.keys,
            },
        }
    }

    /// Sets the key of all rate limits, as `rate_limit(key = …)` does.
    #[must_use]
    pub fn rate_limit_key<Req, Key, F>(
        self,
        key: F,
    ) -> ResilienceLayer<Rules<C, P, R, E, (K, RateLimitKey<F>)>>
    where
        Key: Hash,
        F: Fn(&Req) -> Key,
    {
        self.with_key(RateLimitKey(key))
    }

    /// Sets the key of the rate limits per key, beside which those of the service hold, as `rate_limit(per_key(key = …))` does.
    #[must_use]
    pub fn per_key<Req, Key, F>(self, key: F) -> ResilienceLayer<Rules<C, P, R, E, (K, PerKey<F>)>>
    where
        Key: Hash,
        F: Fn(&Req) -> Key,
    {
        self.with_key(PerKey(key))
    }

    /// Sets the key of the circuit breaker, as `circuit_breaker(key = …)` does.
    #[must_use]
    pub fn circuit_breaker_key<Req, Key, F>(
        self,
        key: F,
    ) -> ResilienceLayer<Rules<C, P, R, E, (K, CircuitBreakerKey<F>)>>
    where
        Key: Hash,
        F: Fn(&Req) -> Key,
    {
        self.with_key(CircuitBreakerKey(key))
    }

    /// Sets the key of the bulkhead, as `bulkhead(key = …)` does.
    #[must_use]
    pub fn bulkhead_key<Req, Key, F>(
        self,
        key: F,
    ) -> ResilienceLayer<Rules<C, P, R, E, (K, BulkheadKey<F>)>>
    where
        Key: Hash,
        F: Fn(&Req) -> Key,
    {
        self.with_key(BulkheadKey(key))
    }

    fn with_key<New>(self, key: New) -> ResilienceLayer<Rules<C, P, R, E, (K, New)>> {
        let rules = self.rules;
        ResilienceLayer {
            service: self.service,
            rules: Rules {
                copies: rules.copies,
                repeats: rules.repeats,
                responses: rules.responses,
                errors: rules.errors,
                keys: (rules.keys, key),
            },
        }
    }
}

impl<S, R: Clone> Layer<S> for ResilienceLayer<R> {
    type Service = ResilienceService<S, R>;

    fn layer(&self, inner: S) -> Self::Service {
        ResilienceService::new(inner, &self.service, self.rules.clone())
    }
}

impl<R> fmt::Debug for ResilienceLayer<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResilienceLayer")
            .field("service", self.service.name())
            .finish_non_exhaustive()
    }
}
