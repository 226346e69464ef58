//! The text format of server-sent events.

use axum::body::Bytes;
use serde::Serialize;

/// Returns one event in the text format.
pub(super) fn event(name: &str, data: &impl Serialize) -> Bytes {
    let mut text = format!("event: {name}\ndata: ").into_bytes();
    // The JSON has no line breaks, and no type here can fail to serialize.
    if serde_json::to_writer(&mut text, data).is_err() {
        return Bytes::new();
    }
    text.extend_from_slice(b"\n\n");
    text.into()
}
