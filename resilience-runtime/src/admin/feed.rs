//! The feed of `/events`: its subscribers, and the history that a new subscriber gets.

use std::collections::{BTreeMap, VecDeque};
use std::task::{Poll, Waker};

use axum::body::Bytes;
use tokio::task::AbortHandle;

use super::change::Change;
use super::sample::Sample;
use super::sse::event;
use super::subscribers::Subscribers;
use crate::name::ServiceName;
use crate::sync::Mutex;

/// How many samples of each service the history holds.
const HISTORY: usize = 120;

/// How many changes the timeline holds.
const TIMELINE: usize = 200;

#[derive(Default)]
pub(super) struct Feed {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    subscribers: Subscribers,
    /// The sampling task and its number. It runs as long as there are subscribers.
    task: Option<(u64, AbortHandle)>,
    tasks: u64,
    history: BTreeMap<ServiceName, VecDeque<Sample>>,
    timeline: VecDeque<Change>,
}

/// A new subscriber, and what happened before it came.
pub(super) struct Joined {
    pub(super) id: u64,
    pub(super) history: BTreeMap<ServiceName, VecDeque<Sample>>,
    pub(super) timeline: VecDeque<Change>,
}

impl Feed {
    /// Adds a subscriber; `None` if there are too many. The first one starts the sampling task with `spawn`, which
    /// gets the number of the task.
    pub(super) fn join(&self, spawn: impl FnOnce(u64) -> AbortHandle) -> Option<Joined> {
        let mut state = self.state.lock();
        let id = state.subscribers.join()?;
        if state.task.is_none() {
            state.tasks += 1;
            state.task = Some((state.tasks, spawn(state.tasks)));
        }
        Some(Joined {
            id,
            history: state.history.clone(),
            timeline: state.timeline.clone(),
        })
    }

    /// Removes a subscriber. The last one aborts the sampling task.
    pub(super) fn leave(&self, subscriber: u64) {
        let task = {
            let mut state = self.state.lock();
            state.subscribers.leave(subscriber);
            match state.subscribers.is_empty() {
                true => state.task.take(),
                false => None,
            }
        };
        if let Some((_, task)) = task {
            task.abort();
        }
    }

    pub(super) fn poll(&self, subscriber: u64, waker: &Waker) -> Poll<Option<Bytes>> {
        self.state.lock().subscribers.poll(subscriber, waker)
    }

    /// Ends all streams if `task` is still the sampling task, as when its runtime shuts down. Clients reconnect and
    /// start another one.
    pub(super) fn task_ended(&self, task: u64) {
        let mut state = self.state.lock();
        if state.task.as_ref().is_some_and(|(it, _)| *it == task) {
            state.task = None;
            let wakers = state.subscribers.close_all();
            drop(state);
            wake(wakers);
        }
    }

    /// Sends a change, and adds it to the timeline.
    pub(super) fn change(&self, change: Change) {
        let text = event("change", &change);
        let mut state = self.state.lock();
        if state.timeline.len() >= TIMELINE {
            state.timeline.pop_front();
        }
        state.timeline.push_back(change);
        let wakers = state.subscribers.change(&text);
        drop(state);
        wake(wakers);
    }

    /// Reports changes that were lost.
    pub(super) fn missed(&self, count: u64) {
        let wakers = self.state.lock().subscribers.missed(count);
        wake(wakers);
    }

    /// Sends the snapshot of an interval, and adds its samples to the history.
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
        let wakers = state.subscribers.snapshot(text);
        drop(state);
        wake(wakers);
    }
}

fn wake(wakers: Vec<Waker>) {
    wakers.into_iter().for_each(Waker::wake);
}
