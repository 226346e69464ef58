//! The middleware.

use std::fmt;
use std::hash::Hash;
use std::sync::Arc;

use ::reqwest::{Request, Response};
use ::reqwest_middleware::{Error, Middleware, Next};
use http::Extensions;

use super::attempts::{RequestAttempts, SetKey};
use crate::call::Call;
use crate::error::ResilienceError;
use crate::service::Service;

/// Guards the requests of a `ClientWithMiddleware` by all that is configured for a [`Service`]. Each attempt runs the middlewares
/// behind it.
///
/// * Errors and statuses have the verdicts that `reqwest`'s have in annotated functions, with the headers of the response:
///   Retry-After, the quotas of [`hint::headers`](crate::hint::headers).
/// * A response whose status is an error is returned unchanged, as `Ok`, after the last attempt.
/// * What the runtime itself rejects or ends is an `Error::Middleware` with a [`ResilienceError`] in it: an annotated function
///   round it knows it, and [`ResilienceMiddleware::error`] finds it.
/// * An attempt of unknown outcome is repeated by its method, or by an [`Idempotent`](super::Idempotent) extension of the request.
/// * A request with a body that is a stream has no copy, and is sent once.
///
/// `timeout` ends when the headers are there. Leave `RetryTransientMiddleware` out: attempts would multiply.
///
/// ```
/// use reqwest_middleware::ClientBuilder;
/// use resilience_runtime::{Registry, ServiceKind, reqwest_middleware::{Idempotent, ResilienceMiddleware}};
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
/// let search = Registry::global().service("search", ServiceKind::Custom)?;
/// let client = ClientBuilder::new(reqwest::Client::new())
///     .with(ResilienceMiddleware::new(&search).circuit_breaker_key(|request| request.url().host_str().map(str::to_owned)))
///     .build();
/// let pages = client.get("https://search.example/?q=resilience").send().await?;
/// // A query, although it is a POST.
/// let found = client.post("https://search.example/query").with_extension(Idempotent(true)).send().await?;
/// # Ok(()) }
/// ```
pub struct ResilienceMiddleware {
    service: Arc<Service>,
    keys: Vec<SetKey>,
}

impl ResilienceMiddleware {
    /// Guards requests by what is configured for the service.
    #[must_use]
    pub fn new(service: &Arc<Service>) -> Self {
        Self {
            service: Arc::clone(service),
            keys: Vec::new(),
        }
    }

    /// Sets the key of all rate limits, as `rate_limit(key = …)` does.
    #[must_use]
    pub fn rate_limit_key<K, F>(self, key: F) -> Self
    where
        K: Hash,
        F: Fn(&Request) -> K + Send + Sync + 'static,
    {
        self.with_key(move |request, call| Call::key(call, &key(request)))
    }

    /// Sets the key of the rate limits per key, beside which those of the service hold, as `rate_limit(per_key(key = …))` does.
    #[must_use]
    pub fn per_key<K, F>(self, key: F) -> Self
    where
        K: Hash,
        F: Fn(&Request) -> K + Send + Sync + 'static,
    {
        self.with_key(move |request, call| Call::per_key(call, &key(request)))
    }

    /// Sets the key of the circuit breaker, as `circuit_breaker(key = …)` does.
    #[must_use]
    pub fn circuit_breaker_key<K, F>(self, key: F) -> Self
    where
        K: Hash,
        F: Fn(&Request) -> K + Send + Sync + 'static,
    {
        self.with_key(move |request, call| Call::breaker_key(call, &key(request)))
    }

    /// Sets the key of the bulkhead, as `bulkhead(key = …)` does.
    #[must_use]
    pub fn bulkhead_key<K, F>(self, key: F) -> Self
    where
        K: Hash,
        F: Fn(&Request) -> K + Send + Sync + 'static,
    {
        self.with_key(move |request, call| Call::bulkhead_key(call, &key(request)))
    }

    fn with_key(mut self, set: impl Fn(&Request, &mut Call<'_>) + Send + Sync + 'static) -> Self {
        self.keys.push(Box::new(set));
        self
    }

    /// Returns what the runtime itself rejected or ended a request with, if that is what it failed with.
    #[must_use]
    pub fn error(error: &Error) -> Option<&ResilienceError> {
        match error {
            Error::Middleware(error) => error.downcast_ref(),
            Error::Reqwest(_) => None,
        }
    }
}

#[async_trait::async_trait]
impl Middleware for ResilienceMiddleware {
    async fn handle(
        &self,
        request: Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> Result<Response, Error> {
        let attempts = RequestAttempts::new(request, extensions, next, &self.keys);
        self.service.call_client(attempts).await
    }
}

/// As the error of a middleware, in which [`ResilienceMiddleware::error`] finds it.
impl From<ResilienceError> for Error {
    fn from(error: ResilienceError) -> Self {
        Self::middleware(error)
    }
}

impl fmt::Debug for ResilienceMiddleware {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResilienceMiddleware")
            .field("service", self.service.name())
            .finish_non_exhaustive()
    }
}
