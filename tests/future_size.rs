//! The size of an annotated function's future.

use resilience_runtime::{BoxError, resilient};

/// What a call may add to the future of its body, in bytes.
const LIMIT: usize = 400;
/// What the feature `test-util`, with which this runs, adds to that: an attempt's injected fault, the items before it
/// breaks a stream, and the verdict that it replaces a result with.
const INJECTED_FAULTS: usize = 24;

async fn leaf(text: &str) -> Result<usize, BoxError> {
    tokio::task::yield_now().await;
    Ok(text.len())
}

async fn plain(text: &str, owned: String) -> Result<usize, BoxError> {
    Ok(leaf(text).await? + leaf(&owned).await?)
}

#[resilient(service = "size")]
async fn guarded(text: &str, owned: String) -> Result<usize, BoxError> {
    Ok(leaf(text).await? + leaf(&owned).await?)
}

#[test]
fn future_of_a_call_adds_at_most_400_bytes() {
    let size_of_plain = size_of_val(&plain("a", String::new()));
    let size_of_guarded = size_of_val(&guarded("a", String::new()));
    let added = size_of_guarded - size_of_plain;
    assert!(added <= LIMIT + INJECTED_FAULTS, "{added} bytes");
}
