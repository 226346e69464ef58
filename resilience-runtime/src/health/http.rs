//! Checks a URL.

use std::fmt;
use std::ops::RangeInclusive;
use std::time::Duration;

use ::http::{HeaderMap, HeaderName, HeaderValue};
use ::reqwest::redirect::Policy;
use ::reqwest::{Client, Response};

use super::cause::TypedError;
use super::checker::{HealthChecker, HealthFuture, HealthReport};
use crate::name::ServiceName;
use crate::verdict::ErrorCode;

/// The longest part of a body that a predicate receives.
const MAX_BODY: usize = 64 * 1024;

type BodyCheck = Box<dyn Fn(&[u8]) -> bool + Send + Sync>;

/// Checks that a GET returns an expected status, by default 200 to 299.
///
/// Each check opens a new connection, as a new caller would. Redirects are not followed: a login page is not the
/// service. Neither the URL nor a header is ever shown.
///
/// ```
/// use resilience_runtime::health::HttpHealthChecker;
///
/// let checker = HttpHealthChecker::new("api", "http://api.internal/health")
///     .header("authorization", "Bearer …")
///     .expect_status([200..=204, 401..=401])
///     .expect_body(|body| body.starts_with(b"{"));
/// assert_eq!(checker.name(), "api");
/// ```
///
/// The feature `http-health` brings no TLS: for `https` URLs depend on `reqwest` 0.13 with the TLS of your choice.
pub struct HttpHealthChecker {
    name: ServiceName,
    url: String,
    client: Option<Client>,
    headers: HeaderMap,
    headers_are_valid: bool,
    expected: Vec<RangeInclusive<u16>>,
    body: Option<BodyCheck>,
}

impl HttpHealthChecker {
    /// Creates a checker of `url` with its own client. With an invalid URL each check fails.
    #[must_use]
    pub fn new(name: impl Into<ServiceName>, url: impl Into<String>) -> Self {
        let client = Client::builder()
            .user_agent(concat!("resilience-runtime/", env!("CARGO_PKG_VERSION")))
            .redirect(Policy::none())
            .pool_max_idle_per_host(0)
            // The monitor has a shorter timeout; this one applies without a monitor.
            .timeout(Duration::from_secs(60))
            .build();
        Self::of(name.into(), client.ok(), url.into())
    }

    /// Creates a checker of `url` with this client.
    #[must_use]
    pub fn with_client(
        name: impl Into<ServiceName>,
        client: Client,
        url: impl Into<String>,
    ) -> Self {
        Self::of(name.into(), Some(client), url.into())
    }

    fn of(name: ServiceName, client: Option<Client>, url: String) -> Self {
        Self {
            name,
            url,
            client,
            headers: HeaderMap::new(),
            headers_are_valid: true,
            expected: vec![200..=299],
            body: None,
        }
    }

    /// Adds a header to the request. With an invalid header each check fails.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        match (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            (Ok(name), Ok(mut value)) => {
                value.set_sensitive(true);
                self.headers.append(name, value);
            }
            _ => self.headers_are_valid = false,
        }
        self
    }

    /// Sets the statuses that are healthy.
    #[must_use]
    pub fn expect_status(
        mut self,
        statuses: impl IntoIterator<Item = RangeInclusive<u16>>,
    ) -> Self {
        self.expected = statuses.into_iter().collect();
        self
    }

    /// Adds a predicate on the body, which receives the first 64 KiB.
    #[must_use]
    pub fn expect_body(
        mut self,
        is_healthy: impl Fn(&[u8]) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.body = Some(Box::new(is_healthy));
        self
    }

    /// Returns the name of the service.
    #[must_use]
    pub fn name(&self) -> &ServiceName {
        &self.name
    }

    async fn request(&self) -> Result<HealthReport, ::reqwest::Error> {
        let Some(client) = &self.client else {
            return Ok(HealthReport::unhealthy(
                "the HTTP client could not be built",
            ));
        };
        if !self.headers_are_valid {
            return Ok(HealthReport::unhealthy("a header is invalid"));
        }
        let request = client.get(&self.url).headers(self.headers.clone());
        let response = request.send().await?;
        let status = response.status().as_u16();
        if !self.expected.iter().any(|range| range.contains(&status)) {
            let report = HealthReport::unhealthy("unexpected status");
            return Ok(report.with_code(ErrorCode::Http(status)));
        }
        if let Some(is_healthy) = &self.body
            && !is_healthy(&read_prefix(response).await?)
        {
            let report = HealthReport::unhealthy("unexpected body");
            return Ok(report.with_code(ErrorCode::Http(status)));
        }
        Ok(HealthReport::healthy())
    }
}

async fn read_prefix(mut response: Response) -> Result<Vec<u8>, ::reqwest::Error> {
    let mut body = Vec::new();
    while body.len() < MAX_BODY {
        let Some(chunk) = response.chunk().await? else {
            break;
        };
        body.extend_from_slice(&chunk);
    }
    body.truncate(MAX_BODY);
    Ok(body)
}

impl HealthChecker for HttpHealthChecker {
    fn check(&self) -> HealthFuture<'_> {
        Box::pin(async move {
            let answer = self.request().await;
            // The error may be printed by the user, and the URL may hold a key.
            answer.map_err(|error| TypedError::boxed(error.without_url()))
        })
    }
}

impl fmt::Debug for HttpHealthChecker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpHealthChecker")
            .field("name", &self.name)
            .field("expected", &self.expected)
            .finish_non_exhaustive()
    }
}
