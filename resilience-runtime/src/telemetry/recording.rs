//! The events that a recorder has stored.

use std::sync::Weak;

use super::event::Event;
use crate::sync::Mutex;

/// The events that a [`CallRecorder`](super::CallRecorder) has stored.
#[derive(Debug, Default)]
pub(super) struct Recording(pub(super) Mutex<Vec<Event>>);

impl Recording {
    pub(super) fn add(recording: &Weak<Self>, event: &Event) {
        if let Some(recording) = recording.upgrade() {
            recording.0.lock().push(event.clone());
        }
    }
}
