//! A service that keeps tower's rules by force: it panics when it is called without being ready.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tower_service::Service;

use crate::verdict::{Classify, Verdict};

/// What it does with a request.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Answer,
    Fail(Verdict),
    Hang,
    /// Answers after so long.
    Late(Duration),
}

/// Its error, which says itself what it means.
#[derive(Debug, thiserror::Error)]
#[error("the backend failed")]
pub(super) struct Failure(pub(super) Verdict);

impl Classify for Failure {
    fn classify(&self) -> Verdict {
        self.0
    }
}

/// All clones are one backend, with a number of places that a ready one reserves.
pub(super) struct Backend {
    state: Arc<Mutex<State>>,
    holds_place: bool,
}

struct State {
    steps: VecDeque<Step>,
    free: usize,
    requests: Vec<String>,
    in_flight: usize,
    fails_to_be_ready: bool,
    waiting: Vec<Waker>,
}

impl Backend {
    /// Takes these steps, and answers afterwards.
    pub(super) fn new(steps: impl IntoIterator<Item = Step>) -> Self {
        let state = State {
            steps: steps.into_iter().collect(),
            free: usize::MAX / 2,
            requests: Vec::new(),
            in_flight: 0,
            fails_to_be_ready: false,
            waiting: Vec::new(),
        };
        Self {
            state: Arc::new(Mutex::new(state)),
            holds_place: false,
        }
    }

    pub(super) fn with_places(self, places: usize) -> Self {
        self.set_places(places);
        self
    }

    pub(super) fn set_places(&self, places: usize) {
        let mut state = self.state.lock().expect("no panic");
        state.free = places;
        state.waiting.drain(..).for_each(Waker::wake);
    }

    pub(super) fn fail_to_be_ready(&self) {
        self.state.lock().expect("no panic").fails_to_be_ready = true;
    }

    pub(super) fn free(&self) -> usize {
        self.state.lock().expect("no panic").free
    }

    pub(super) fn requests(&self) -> usize {
        self.state.lock().expect("no panic").requests.len()
    }

    pub(super) fn in_flight(&self) -> usize {
        self.state.lock().expect("no panic").in_flight
    }
}

impl State {
    fn free_place(&mut self) {
        self.free += 1;
        self.waiting.drain(..).for_each(Waker::wake);
    }
}

impl Clone for Backend {
    fn clone(&self) -> Self {
        Self {
            state: Arc::clone(&self.state),
            holds_place: false,
        }
    }
}

impl Drop for Backend {
    fn drop(&mut self) {
        if self.holds_place
            && let Ok(mut state) = self.state.lock()
        {
            state.free_place();
        }
    }
}

impl Service<String> for Backend {
    type Response = String;
    type Error = Failure;
    type Future = Pin<Box<dyn Future<Output = Result<String, Failure>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        let mut state = self.state.lock().expect("no panic");
        if state.fails_to_be_ready {
            return Poll::Ready(Err(Failure(Verdict::transient())));
        }
        if !self.holds_place {
            let Some(free) = state.free.checked_sub(1) else {
                state.waiting.push(cx.waker().clone());
                return Poll::Pending;
            };
            state.free = free;
            self.holds_place = true;
        }
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: String) -> Self::Future {
        assert!(self.holds_place, "called without being ready");
        self.holds_place = false;
        let mut state = self.state.lock().expect("no panic");
        state.requests.push(request.clone());
        state.in_flight += 1;
        let step = state.steps.pop_front().unwrap_or(Step::Answer);
        let place = Place(Arc::clone(&self.state));
        Box::pin(async move {
            let _place = place;
            match step {
                Step::Answer => Ok(request),
                Step::Fail(verdict) => Err(Failure(verdict)),
                Step::Hang => std::future::pending().await,
                Step::Late(after) => {
                    tokio::time::sleep(after).await;
                    Ok(request)
                }
            }
        })
    }
}

/// The place of a request that is on its way.
struct Place(Arc<Mutex<State>>);

impl Drop for Place {
    fn drop(&mut self) {
        if let Ok(mut state) = self.0.lock() {
            state.in_flight -= 1;
            state.free_place();
        }
    }
}
