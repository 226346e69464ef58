//! `/events`: one sampler for all who read, and what is remembered for those who come.

use std::collections::{BTreeMap, VecDeque};
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::SystemTime;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::response::Response;
use futures_core::Stream;
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde::Serialize;
use tokio::runtime::Handle;
use tokio::task::AbortHandle;

use super::Site;
use super::answer::{answer, refusal};
use super::change::Change;
use super::facts::{SCHEMA, millis, seconds};
use super::readers::Readers;
use super::sample::Sample;
use super::sampler::{INTERVAL, Sampler};
use crate::health::ServiceHealthMonitor;
use crate::name::ServiceName;
use crate::registry::Registry;
use crate::sync::Mutex;

/// Samples that are remembered of each service.
pub(super) const HISTORY: usize = 120;

/// Changes that are remembered.
pub(super) const TIMELINE: usize = 200;

pub(super) async fn events(State(site): State<Arc<Site>>) -> Response {
    let Ok(runtime) = Handle::try_current() else {
        let words = "events need a tokio runtime";
        return refusal(StatusCode::SERVICE_UNAVAILABLE, words);
    };
    let Some(reader) = Hub::join(&site.hub, &runtime, &site) else {
        let mut response = refusal(StatusCode::SERVICE_UNAVAILABLE, "there are enough readers");
        let headers = response.headers_mut();
        headers.insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
        return response;
    };
    let mut response = answer(
        StatusCode::OK,
        "text/event-stream",
        Body::from_stream(reader),
    );
    // So that nginx passes each event on when it comes.
    let buffering = HeaderName::from_static("x-accel-buffering");
    let headers = response.headers_mut();
    headers.insert(buffering, HeaderValue::from_static("no"));
    response
}

/// One event as it is sent.
pub(super) fn event(name: &str, data: &impl Serialize) -> Bytes {
    let mut text = format!("event: {name}\ndata: ").into_bytes();
    // JSON as it is written here has no line breaks, and not one of the types can fail.
    if serde_json::to_writer(&mut text, data).is_err() {
        return Bytes::new();
    }
    text.extend_from_slice(b"\n\n");
    text.into()
}

/// Between the one that samples and those that read.
pub(super) struct Hub {
    state: Mutex<HubState>,
    /// Held by the task while it runs. Between tasks it keeps the events that come in the meantime.
    sampler: tokio::sync::Mutex<Sampler>,
}

#[derive(Default)]
struct HubState {
    readers: Readers,
    /// The task and its number.
    task: Option<(u64, AbortHandle)>,
    tasks: u64,
    history: BTreeMap<ServiceName, VecDeque<Sample>>,
    timeline: VecDeque<Change>,
}

#[derive(Serialize)]
struct Hello<'a> {
    schema: u32,
    at_ms: u64,
    app_version: Option<&'a str>,
    interval_seconds: f64,
    history: BTreeMap<ServiceName, VecDeque<Sample>>,
    timeline: VecDeque<Change>,
    control: bool,
}

impl Hub {
    pub(super) fn new(registry: Registry, monitor: ServiceHealthMonitor) -> Self {
        Self {
            state: Mutex::default(),
            sampler: tokio::sync::Mutex::new(Sampler::new(registry, monitor)),
        }
    }

    /// A new reader; `None`: there are enough. The first one starts the task.
    fn join(hub: &Arc<Self>, runtime: &Handle, site: &Site) -> Option<Reader> {
        // What happened while nobody read belongs to the past of this one.
        if let Ok(mut sampler) = hub.sampler.try_lock() {
            sampler.catch_up(hub);
        }
        let (id, history, timeline) = {
            let mut state = hub.state.lock();
            let id = state.readers.join()?;
            if state.task.is_none() {
                state.tasks += 1;
                let task = runtime.spawn(Self::sample(Arc::clone(hub), state.tasks));
                state.task = Some((state.tasks, task.abort_handle()));
            }
            (id, state.history.clone(), state.timeline.clone())
        };
        let mut reader = Reader {
            hub: Arc::clone(hub),
            id,
            hello: None,
        };
        let hello = event(
            "hello",
            &Hello {
                schema: SCHEMA,
                at_ms: millis(SystemTime::now()),
                app_version: site.app_version.as_deref(),
                interval_seconds: seconds(INTERVAL),
                history,
                timeline,
                control: site.control,
            },
        );
        reader.hello = Some(hello);
        Some(reader)
    }

    async fn sample(hub: Arc<Self>, task: u64) {
        let _running = Running { hub: &hub, task };
        let mut sampler = hub.sampler.lock().await;
        sampler.run(&hub).await;
    }

    fn leave(&self, reader: u64) {
        let task = {
            let mut state = self.state.lock();
            state.readers.leave(reader);
            match state.readers.is_empty() {
                true => state.task.take(),
                false => None,
            }
        };
        if let Some((_, task)) = task {
            task.abort();
        }
    }

    /// Tells of a change, and remembers it.
    pub(super) fn change(&self, change: Change) {
        let text = event("change", &change);
        let mut state = self.state.lock();
        if state.timeline.len() >= TIMELINE {
            state.timeline.pop_front();
        }
        state.timeline.push_back(change);
        let wakers = state.readers.change(&text);
        drop(state);
        wake(wakers);
    }

    pub(super) fn missed(&self, count: u64) {
        let wakers = self.state.lock().readers.missed(count);
        wake(wakers);
    }

    /// Tells of the interval that has ended, and remembers it.
    pub(super) fn snapshot(
        &self,
        text: &Bytes,
        samples: impl IntoIterator<Item = (ServiceName, Sample)>,
    ) {
        let mut state = self.state.lock();
        for (service, sample) in samples {
            let history = state.history.entry(service).or_default();
            if history.len() >= HISTORY {
                history.pop_front();
            }
            history.push_back(sample);
        }
        let wakers = state.readers.snapshot(text);
        drop(state);
        wake(wakers);
    }
}

fn wake(wakers: Vec<Waker>) {
    wakers.into_iter().for_each(Waker::wake);
}

/// Ends the streams when their task ends before them, as with its runtime: readers come again and start
/// another.
struct Running<'a> {
    hub: &'a Hub,
    task: u64,
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        let mut state = self.hub.state.lock();
        if state
            .task
            .as_ref()
            .is_some_and(|(task, _)| *task == self.task)
        {
            state.task = None;
            let wakers = state.readers.dismiss();
            drop(state);
            wake(wakers);
        }
    }
}

/// The body of one answer.
struct Reader {
    hub: Arc<Hub>,
    id: u64,
    hello: Option<Bytes>,
}

impl Stream for Reader {
    type Item = Result<Bytes, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Some(hello) = self.hello.take() {
            return Poll::Ready(Some(Ok(hello)));
        }
        let mut state = self.hub.state.lock();
        state
            .readers
            .poll(self.id, cx.waker())
            .map(|text| text.map(Ok))
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.hub.leave(self.id);
    }
}
