//! The rules for HTTP, and for gRPC over it.

use http::{Request, Response};

use super::rules::{JudgeResponse, RepeatRequest};
use crate::call::client::judge_status;
use crate::poll_context::hint;
use crate::verdict::Verdict;

/// Returns the verdict on a response whose status is an error, by [`Verdict::from_http`]; `None` below 400. For use as
/// [`classify_response`](super::ResilienceLayer::classify_response).
///
/// It also records what every response says of the server's limits, as [`hint::headers`](crate::hint::headers) does: Retry-After
/// pauses the calls of all callers, what is left of a quota lowers the level of the rate limiter.
///
/// ```
/// use resilience_runtime::tower::http_response;
///
/// let busy = http::Response::builder().status(503).header("retry-after", "2").body(())?;
/// let verdict = http_response(&busy).expect("a failure");
/// assert_eq!(verdict.retry_after(), Some(std::time::Duration::from_secs(2)));
/// assert!(http_response(&http::Response::new("a page")).is_none());
/// # Ok::<(), http::Error>(())
/// ```
#[must_use]
pub fn http_response<B>(response: &Response<B>) -> Option<Verdict> {
    hint::response(response.headers());
    judge_status(response.status(), response.headers())
}

/// Returns whether a request with this method may be executed twice, by RFC 9110, 9.2.2: `GET`, `HEAD`, `OPTIONS`, `PUT`,
/// `DELETE` and `TRACE`. For use as [`idempotent`](super::ResilienceLayer::idempotent).
#[must_use]
pub fn is_idempotent_method<B>(request: &Request<B>) -> bool {
    request.method().is_idempotent()
}

/// Returns the verdict on a response with a gRPC status in its headers, as servers send it that answer with nothing but a status.
/// For use as [`classify_response`](super::ResilienceLayer::classify_response).
///
/// A status that comes after messages, in the trailers, is not seen: the layer is done when the headers are there.
#[cfg(feature = "tonic")]
#[cfg_attr(docsrs, doc(cfg(feature = "tonic")))]
#[must_use]
pub fn grpc_response<B>(response: &Response<B>) -> Option<Verdict> {
    use crate::verdict::Classify;

    match tonic::Status::from_header_map(response.headers()) {
        Some(status) if status.code() == tonic::Code::Ok => None,
        Some(status) => Some(status.classify()),
        // What stands between answers without one.
        None => http_response(response),
    }
}

/// Judges responses by [`http_response`].
#[derive(Clone, Copy, Debug, Default)]
pub struct HttpResponses;

impl<B> JudgeResponse<Response<B>> for HttpResponses {
    fn judge(&self, response: &Response<B>) -> Option<Verdict> {
        http_response(response)
    }
}

/// Decides by [`is_idempotent_method`].
#[derive(Clone, Copy, Debug, Default)]
pub struct IdempotentMethods;

impl<B> RepeatRequest<Request<B>> for IdempotentMethods {
    fn may_repeat(&self, request: &Request<B>) -> Option<bool> {
        Some(is_idempotent_method(request))
    }
}
