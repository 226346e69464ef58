//! The text format of server-sent events.

use axum::body::Bytes;
use serde::Serialize;

/// Returns the fields of an object, with the brace that ends it and the end of the event. It has at least one field.
pub(super) fn fields(object: &impl Serialize) -> Bytes {
    let mut text = serde_json::to_vec(object).unwrap_or_default();
    text.extend_from_slice(b"\n\n");
    Bytes::from(text).slice(1..)
}

/// Returns the begin of an event whose object goes on with other [`fields`].
pub(super) fn begin(name: &str, object: &impl Serialize) -> Bytes {
    let text = event(name, object);
    let end = b"}\n\n";
    let text = text.strip_suffix(end).unwrap_or_default();
    [text, b","].concat().into()
}

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
