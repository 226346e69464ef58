//! Refusals that do not say what they refuse.

use std::collections::HashMap;
use std::sync::Arc;

use ::reqwest::header::{HeaderName, HeaderValue};
use ::rmcp::model::{ClientJsonRpcMessage, JsonRpcMessage, RequestId, ServerJsonRpcMessage};
use ::rmcp::transport::common::client_side_sse::BoxedSseResponse;
use ::rmcp::transport::streamable_http_client::{
    StreamableHttpClient, StreamableHttpError, StreamableHttpPostResponse,
    StreamableHttpResponseLimits,
};

/// Wraps an HTTP client of `rmcp`: an error that names no request becomes the answer to the request that was sent.
///
/// Some servers, of the TypeScript SDK among them, refuse a session that they do not know with such an error. `rmcp`
/// takes it for nobody's, and the call waits until it is cut. With this client it fails at once, and a lost session is renewed even
/// where the function is not idempotent.
///
/// ```
/// use resilience_runtime::rmcp::IdentifiedErrors;
/// use rmcp::transport::StreamableHttpClientTransport;
/// use rmcp::transport::streamable_http_client::{StreamableHttpClient, StreamableHttpClientTransportConfig};
///
/// /// With a `reqwest::Client`, for example.
/// fn transport<C: StreamableHttpClient + Sync>(client: C) -> StreamableHttpClientTransport<IdentifiedErrors<C>> {
///     let config = StreamableHttpClientTransportConfig::with_uri("http://127.0.0.1:8080/mcp");
///     StreamableHttpClientTransport::with_client(IdentifiedErrors(client), config)
/// }
/// ```
#[derive(Clone, Debug, Default)]
pub struct IdentifiedErrors<C>(
    /// The client that sends.
    pub C,
);

type Headers = HashMap<HeaderName, HeaderValue>;

impl<C: StreamableHttpClient + Sync> StreamableHttpClient for IdentifiedErrors<C> {
    type Error = C::Error;

    async fn post_message(
        &self,
        uri: Arc<str>,
        message: ClientJsonRpcMessage,
        session: Option<Arc<str>>,
        auth: Option<String>,
        headers: Headers,
    ) -> Result<StreamableHttpPostResponse, StreamableHttpError<C::Error>> {
        let request = id_of(&message);
        let answer = self.0.post_message(uri, message, session, auth, headers);
        Ok(identified(answer.await?, request))
    }

    async fn post_message_with_max_sse_event_size(
        &self,
        uri: Arc<str>,
        message: ClientJsonRpcMessage,
        session: Option<Arc<str>>,
        auth: Option<String>,
        headers: Headers,
        size: usize,
    ) -> Result<StreamableHttpPostResponse, StreamableHttpError<C::Error>> {
        let request = id_of(&message);
        let answer = self
            .0
            .post_message_with_max_sse_event_size(uri, message, session, auth, headers, size);
        Ok(identified(answer.await?, request))
    }

    async fn post_message_with_response_limits(
        &self,
        uri: Arc<str>,
        message: ClientJsonRpcMessage,
        session: Option<Arc<str>>,
        auth: Option<String>,
        headers: Headers,
        limits: StreamableHttpResponseLimits,
    ) -> Result<StreamableHttpPostResponse, StreamableHttpError<C::Error>> {
        let request = id_of(&message);
        let answer = self
            .0
            .post_message_with_response_limits(uri, message, session, auth, headers, limits);
        Ok(identified(answer.await?, request))
    }

    async fn delete_session(
        &self,
        uri: Arc<str>,
        session: Arc<str>,
        auth: Option<String>,
        headers: Headers,
    ) -> Result<(), StreamableHttpError<C::Error>> {
        self.0.delete_session(uri, session, auth, headers).await
    }

    async fn get_stream(
        &self,
        uri: Arc<str>,
        session: Option<Arc<str>>,
        last_event: Option<String>,
        auth: Option<String>,
        headers: Headers,
    ) -> Result<BoxedSseResponse, StreamableHttpError<C::Error>> {
        let stream = self.0.get_stream(uri, session, last_event, auth, headers);
        stream.await
    }

    async fn get_stream_with_max_sse_event_size(
        &self,
        uri: Arc<str>,
        session: Option<Arc<str>>,
        last_event: Option<String>,
        auth: Option<String>,
        headers: Headers,
        size: usize,
    ) -> Result<BoxedSseResponse, StreamableHttpError<C::Error>> {
        let stream = self
            .0
            .get_stream_with_max_sse_event_size(uri, session, last_event, auth, headers, size);
        stream.await
    }
}

fn id_of(message: &ClientJsonRpcMessage) -> Option<RequestId> {
    match message {
        JsonRpcMessage::Request(request) => Some(request.id.clone()),
        _ => None,
    }
}

/// The answer to a POST with one request is about that request.
fn identified(
    answer: StreamableHttpPostResponse,
    request: Option<RequestId>,
) -> StreamableHttpPostResponse {
    match (answer, request) {
        (
            StreamableHttpPostResponse::Json(JsonRpcMessage::Error(refused), session),
            Some(request),
        ) if refused.id.as_ref() != Some(&request) => {
            let refused = ServerJsonRpcMessage::error(refused.error, Some(request));
            StreamableHttpPostResponse::Json(refused, session)
        }
        (answer, _) => answer,
    }
}

#[cfg(test)]
mod tests {
    use ::rmcp::model::{ErrorData, PingRequest};

    use super::*;

    fn refused(id: Option<RequestId>) -> StreamableHttpPostResponse {
        let error = ErrorData::invalid_request("Bad Request: Server not initialized", None);
        StreamableHttpPostResponse::Json(ServerJsonRpcMessage::error(error, id), None)
    }

    fn id_in(answer: StreamableHttpPostResponse) -> Option<RequestId> {
        match answer {
            StreamableHttpPostResponse::Json(JsonRpcMessage::Error(error), _) => error.id,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn error_without_an_id_gets_that_of_the_request() {
        let one = RequestId::Number(1);
        let request = ClientJsonRpcMessage::request(PingRequest::default().into(), one.clone());
        let id = id_of(&request);
        assert_eq!(id, Some(one.clone()));
        assert_eq!(id_in(identified(refused(None), id)), Some(one.clone()));

        // Some give it a name of their own.
        let other = Some(RequestId::String("server-error".into()));
        let answer = identified(refused(other.clone()), Some(one.clone()));
        assert_eq!(id_in(answer), Some(one));
        assert_eq!(id_in(identified(refused(None), None)), None);
        let accepted = identified(StreamableHttpPostResponse::Accepted, other);
        assert!(matches!(accepted, StreamableHttpPostResponse::Accepted));
    }
}
