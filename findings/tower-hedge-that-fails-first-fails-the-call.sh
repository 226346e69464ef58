#!/usr/bin/env bash
# tower 0.5.3, `hedge`: a hedge that the server turns away at once fails the call, although the first request is answered well soon after.
# Documented: "If either of the original future or the retry future completes, that value is used."
# Seen: the value that is used may be an error. Calls of a server that answers in 100 ms and allows one request at a time all succeed without
# the layer; with it, each call that is slower than the percentile fails as soon as its hedge is refused. So the layer makes a server that
# throttles fail more calls, and earlier, than it would without.
# Here: a failure that could be repeated leaves the other attempt running (guide/hedging.md).
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
cargo init --quiet --name finding
cargo add --quiet tower@=0.5.3 --features hedge,util
cargo add --quiet tokio@1 --features macros,rt,time,test-util
cat > src/main.rs <<'RUST'
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use tower::hedge::{Hedge, Policy};
use tower::{BoxError, Service, ServiceExt, service_fn};

#[derive(Clone)]
struct Always;

impl Policy<u32> for Always {
    fn clone_request(&self, request: &u32) -> Option<u32> {
        Some(*request)
    }
    fn can_retry(&self, _: &u32) -> bool {
        true
    }
}

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() {
    let running = Arc::new(AtomicUsize::new(0));
    // Answers after 100 ms, and refuses a second request meanwhile.
    let server = service_fn(move |_: u32| {
        let running = running.clone();
        async move {
            if running.fetch_add(1, SeqCst) > 0 {
                running.fetch_sub(1, SeqCst);
                return Err::<&str, BoxError>("429 too many requests".into());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
            running.fetch_sub(1, SeqCst);
            Ok("an answer")
        }
    });
    let plain = server.clone().oneshot(1).await.unwrap();
    println!("without the layer: {plain}");
    let known = [10; 100];
    let mut hedged = Hedge::new_with_mock_latencies(server, Always, 10, 0.9, Duration::from_secs(60), &known);
    let began = tokio::time::Instant::now();
    let error = hedged.ready().await.unwrap().call(2).await.unwrap_err();
    println!("with it: {error}, after {} ms", began.elapsed().as_millis());
}
RUST
seen=$(cargo run --quiet); sed -n '/^name = "tower"$/,/^version/p' Cargo.lock; echo "$seen"
[ "$seen" = "without the layer: an answer
with it: 429 too many requests, after 10 ms" ] || { echo "the behaviour has changed" >&2; exit 1; }
