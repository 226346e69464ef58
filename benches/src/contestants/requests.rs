//! Those who guard the requests of a `reqwest-middleware` client: this library's middleware, and `reqwest-retry`. The last
//! middleware of the chain answers by itself, so nothing is sent.

use http::Extensions;
use reqwest::{Client, Request, Response};
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware, Error, Middleware, Next};
use reqwest_retry::RetryTransientMiddleware;
use reqwest_retry::policies::ExponentialBackoff;
use resilience_runtime::reqwest_middleware::ResilienceMiddleware;
use resilience_runtime::{Registry, ServiceKind};

use super::ATTEMPTS;
use super::layers::configure;
use crate::body::{Failure, Input, body};
use crate::case::{Call, Case, Path, Patterns, Visitor};

pub(super) fn visit(visitor: &mut impl Visitor) {
    let case = |patterns, contestant| Case {
        path: Path::Request,
        patterns,
        contestant,
    };
    visitor.visit(case(Patterns::Bare, "bare"), || called(|chain| chain));
    visitor.visit(case(Patterns::Retry, "ours"), || guarded("request"));
    visitor.visit(case(Patterns::Retry, "reqwest_retry"), || {
        let policy = ExponentialBackoff::builder().build_with_max_retries(ATTEMPTS - 1);
        called(move |chain| chain.with(RetryTransientMiddleware::new_with_policy(policy)))
    });
    visitor.visit(case(Patterns::FullAndBulkhead, "ours"), || {
        configure("request_full", Path::Request);
        guarded("request_full")
    });
}

fn guarded(service: &'static str) -> impl Call {
    let service = Registry::global().service(service, ServiceKind::Custom);
    let guard = ResilienceMiddleware::new(&service.expect("valid"));
    called(move |chain| chain.with(guard))
}

/// The last of the chain.
struct Answering;

/// What it answered, since a response holds no number.
#[derive(Clone, Copy)]
struct Answered(u64);

#[async_trait::async_trait]
impl Middleware for Answering {
    async fn handle(
        &self,
        _: Request,
        extensions: &mut Extensions,
        _: Next<'_>,
    ) -> Result<Response, Error> {
        let task: Input = extensions.get().copied().expect("a task");
        let answer = body(task).await.map_err(Error::middleware)?;
        extensions.insert(Answered(answer));
        Ok(http::Response::new("").into())
    }
}

fn called(guard: impl FnOnce(ClientBuilder) -> ClientBuilder) -> impl Call {
    let http = Client::builder().no_proxy().build().expect("a client");
    let client: ClientWithMiddleware = guard(ClientBuilder::new(http)).with(Answering).build();
    let url = "http://search.invalid/".parse().expect("an address");
    let request = Caller(Request::new(http::Method::GET, url));
    async move |task: Input| {
        let mut extensions = Extensions::new();
        extensions.insert(task);
        let sent = client.execute_with_extensions(request.copy(), &mut extensions);
        sent.await.map_err(|_| Failure::Unexpected)?;
        let answered: Option<&Answered> = extensions.get();
        answered.map_or(Err(Failure::Unexpected), |answered| Ok(answered.0))
    }
}

/// A request that each caller copies.
struct Caller(Request);

impl Caller {
    fn copy(&self) -> Request {
        self.0.try_clone().expect("no stream")
    }
}

impl Clone for Caller {
    fn clone(&self) -> Self {
        Self(self.copy())
    }
}
