//! The feed of `/events`: its subscribers, and the history that a new subscriber gets.

use std::collections::{BTreeMap, VecDeque};
use std::task::{Poll, Waker};

use axum::body::Bytes;
use serde::Serialize;
use tokio::task::AbortHandle;

use super::change::Change;
use super::sample::Sample;
use super::sse::{event, fields};
use super::subscribers::Subscribers;
use crate::name::ServiceName;
use crate::sync::Mutex;

/// How many samples of each service the history holds at most.
const HISTORY: usize = 120;

/// How many samples it holds in all, about 6 MB of text: with many services, fewer of each.
const SAMPLES: usize = 24_000;

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
    past: Past,
    /// The text of the past, which all share who come before it changes.
    past_text: Option<Bytes>,
}

/// What happened before a subscriber came.
#[derive(Default, Serialize)]
struct Past {
    history: BTreeMap<ServiceName, VecDeque<Sample>>,
    timeline: VecDeque<Change>,
}

/// A new subscriber, and the text of what happened before it came: the fields of an object, without its braces.
pub(super) struct Joined {
    pub(super) id: u64,
    pub(super) past: Bytes,
}

impl State {
    fn past_text(&mut self) -> Bytes {
        let past = &self.past;
        let text = self.past_text.get_or_insert_with(|| fields(past));
        text.clone()
    }
}

impl Past {
    /// Adds the samples of an interval. A service that has none is gone.
    fn add(&mut self, samples: impl IntoIterator<Item = (ServiceName, Sample)>) {
        let mut before = std::mem::take(&mut self.history);
        for (service, sample) in samples {
            let mut history = before.remove(&service).unwrap_or_default();
            history.push_back(sample);
            self.history.insert(service, history);
        }
        let each = (SAMPLES / self.history.len().max(1)).clamp(1, HISTORY);
        for history in self.history.values_mut() {
            let surplus = history.len().saturating_sub(each);
            history.drain(..surplus);
        }
    }
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
            past: state.past_text(),
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
        if state.past.timeline.len() >= TIMELINE {
            state.past.timeline.pop_front();
        }
        state.past.timeline.push_back(change);
        state.past_text = None;
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
        state.past.add(samples);
        state.past_text = None;
        let wakers = state.subscribers.snapshot(text);
        drop(state);
        wake(wakers);
    }
}

fn wake(wakers: Vec<Waker>) {
    wakers.into_iter().for_each(Waker::wake);
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::admin::sample::Counted;

    fn sample(at_ms: u64) -> Sample {
        let counted = Counted::default();
        counted.since(&counted, Duration::from_secs(1), at_ms)
    }

    fn snapshot(feed: &Feed, services: usize, at_ms: u64) {
        let samples = (0..services).map(|number| {
            let service = ServiceName::from(format!("service-{number}"));
            (service, sample(at_ms))
        });
        feed.snapshot(&Bytes::new(), samples);
    }

    fn join(feed: &Feed) -> Bytes {
        let task = tokio::spawn(std::future::pending::<()>()).abort_handle();
        feed.join(|_| task).expect("there is room").past
    }

    fn samples_of(past: &Bytes, service: &str) -> Option<usize> {
        let text = [b"{", &past[..]].concat();
        let past: serde_json::Value = serde_json::from_slice(&text).expect("an object");
        Some(past["history"].get(service)?.as_array()?.len())
    }

    #[tokio::test]
    async fn subscribers_share_the_text_of_the_past_until_it_changes() {
        let feed = Feed::default();
        snapshot(&feed, 2, 1);
        let [one, two] = [join(&feed), join(&feed)];
        assert_eq!(one.as_ptr(), two.as_ptr());
        assert_eq!(samples_of(&one, "service-1"), Some(1));
        snapshot(&feed, 2, 2);
        let three = join(&feed);
        assert_eq!(samples_of(&three, "service-1"), Some(2));
    }

    #[tokio::test]
    async fn history_is_bounded_for_each_service_and_in_all() {
        let feed = Feed::default();
        for at in 0..130 {
            snapshot(&feed, 3, at);
        }
        assert_eq!(samples_of(&join(&feed), "service-0"), Some(HISTORY));
        for at in 0..30 {
            snapshot(&feed, 2_000, at);
        }
        let past = join(&feed);
        assert_eq!(samples_of(&past, "service-0"), Some(SAMPLES / 2_000));
        assert_eq!(samples_of(&past, "service-1999"), Some(SAMPLES / 2_000));
        assert!(past.len() < 8_000_000, "{}", past.len());
        // Those that were removed are forgotten.
        snapshot(&feed, 1, 40);
        let past = join(&feed);
        assert_eq!(samples_of(&past, "service-1"), None);
        assert_eq!(samples_of(&past, "service-0"), Some(SAMPLES / 2_000 + 1));
    }
}
