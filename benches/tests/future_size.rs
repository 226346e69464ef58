//! The size of an annotated function's future. Here and not beside the other tests, whose feature `test-util` makes it
//! larger.

use resilience_runtime::{BoxError, resilient};

/// What a call may add to the future of its body, in bytes.
const LIMIT: usize = 400;

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
    assert!(added <= LIMIT, "{added} bytes");
}
