//! `/events`: a stream of snapshots and changes, as server-sent events.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::SystemTime;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::response::Response;
use futures_core::Stream;
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde::Serialize;
use tokio::runtime::Handle;

use super::app_state::AppState;
use super::hub::Hub;
use super::response::{error, respond};
use super::sampler::INTERVAL;
use super::snapshot::{SCHEMA, millis, seconds};
use super::sse::begin;

pub(super) async fn events(State(state): State<Arc<AppState>>) -> Response {
    let Ok(runtime) = Handle::try_current() else {
        return error(
            StatusCode::SERVICE_UNAVAILABLE,
            "events need a tokio runtime",
        );
    };
    let Some(events) = EventStream::open(&state, &runtime) else {
        let mut response = error(StatusCode::SERVICE_UNAVAILABLE, "too many subscribers");
        let headers = response.headers_mut();
        headers.insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
        return response;
    };
    let mut response = respond(
        StatusCode::OK,
        "text/event-stream",
        Body::from_stream(events),
    );
    // Without it nginx buffers the events.
    let buffering = HeaderName::from_static("x-accel-buffering");
    let headers = response.headers_mut();
    headers.insert(buffering, HeaderValue::from_static("no"));
    response
}

/// The first event of each stream.
#[derive(Serialize)]
struct Hello<'a> {
    schema: u32,
    at_ms: u64,
    app_version: Option<&'a str>,
    interval_seconds: f64,
    control: bool,
}

/// The body of one response.
struct EventStream {
    hub: Arc<Hub>,
    id: u64,
    /// The rest of the first event, in reverse: the past is shared with other streams.
    hello: Vec<Bytes>,
}

impl EventStream {
    /// `None` if there are too many subscribers.
    fn open(state: &AppState, runtime: &Handle) -> Option<Self> {
        let joined = Hub::join(&state.hub, runtime)?;
        // Made before `hello` is encoded, so that a panic there would remove the subscriber.
        let mut stream = Self {
            hub: Arc::clone(&state.hub),
            id: joined.id,
            hello: vec![joined.past],
        };
        let hello = Hello {
            schema: SCHEMA,
            at_ms: millis(SystemTime::now()),
            app_version: state.app_version.as_deref(),
            interval_seconds: seconds(INTERVAL),
            control: state.control,
        };
        stream.hello.push(begin("hello", &hello));
        Some(stream)
    }
}

impl Stream for EventStream {
    type Item = Result<Bytes, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Some(hello) = self.hello.pop() {
            return Poll::Ready(Some(Ok(hello)));
        }
        let next = self.hub.feed.poll(self.id, cx.waker());
        next.map(|text| text.map(Ok))
    }
}

impl Drop for EventStream {
    fn drop(&mut self) {
        self.hub.feed.leave(self.id);
    }
}
