//! Sends requests to a router, and reads its responses.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, Request, StatusCode};
use http_body_util::BodyExt as _;
use serde_json::Value;
use tower::ServiceExt as _;

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.map_or("", |value| value.to_str().unwrap())
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }
}

pub async fn get(router: &Router, path: &str) -> Answer {
    send(router, Request::get(path).body(Body::empty()).unwrap()).await
}

/// Sends a request, to `localhost` unless it names a host.
pub async fn send(router: &Router, mut request: Request<Body>) -> Answer {
    let host = HeaderValue::from_static("localhost");
    request.headers_mut().entry("host").or_insert(host);
    send_as_it_is(router, request).await
}

pub async fn send_as_it_is(router: &Router, request: Request<Body>) -> Answer {
    let response = router.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    let answer = Answer {
        status: parts.status,
        headers: parts.headers,
        text: String::from_utf8(bytes.to_vec()).unwrap(),
    };
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    answer
}

/// A client of `/events`.
pub struct EventReader {
    body: Body,
    text: String,
}

/// Opens `/events`; the answer instead, where it is not a stream.
pub async fn open(router: &Router) -> Result<EventReader, (StatusCode, HeaderMap)> {
    let request = Request::get("/events").header("host", "localhost");
    let request = request.body(Body::empty()).unwrap();
    let response = router.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    if parts.status != StatusCode::OK {
        return Err((parts.status, parts.headers));
    }
    assert_eq!(parts.headers["content-type"], "text/event-stream");
    assert_eq!(parts.headers["cache-control"], "no-store");
    Ok(EventReader {
        body,
        text: String::new(),
    })
}

impl EventReader {
    /// The next event and its data; `None`: the stream has ended.
    pub async fn next(&mut self) -> Option<(String, Value)> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let (name, data) = event.split_once('\n').expect("two lines");
                let name = name.strip_prefix("event: ").expect("its name").to_owned();
                let data = data.strip_prefix("data: ").expect("its data");
                let data = serde_json::from_str(data).expect("JSON in one line");
                self.text = rest.to_owned();
                return Some((name, data));
            }
            let frame = self.body.frame().await?.expect("bodies do not fail");
            let bytes: Bytes = frame.into_data().expect("no trailers");
            self.text += std::str::from_utf8(&bytes).unwrap();
        }
    }

    /// The next event of this name; those before it are passed over.
    pub async fn until(&mut self, wanted: &str) -> Value {
        loop {
            let (name, data) = self.next().await.expect("the stream goes on");
            if name == wanted {
                return data;
            }
        }
    }
}
