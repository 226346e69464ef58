#!/usr/bin/env bash
# rmcp 3.11.0: a call whose answer's stream broke never ends once the server has forgotten the session: its stream is asked for for ever.
# Documented: the transport re-initializes a session that expired (404), and a broken stream is resumed from its last event.
# Seen: after the server answers 404 to the GET with Last-Event-ID, the GET is repeated without end, and the call is never answered.
# Here: the timeout of #[mcp_resilient] ends it, outcome-unknown; resilience-runtime/guide/mcp.md says to set NeverRetry.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
cargo init --quiet --name finding
cargo add --quiet rmcp@=3.11.0 --no-default-features --features client,transport-streamable-http-client-reqwest
cargo add --quiet reqwest@0.13 --no-default-features
cargo add --quiet tokio@1 --features full
cat > src/main.rs <<'RUST'
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use rmcp::ServiceExt as _;
use rmcp::model::CallToolRequestParams;
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::common::client_side_sse::{NeverRetry, SseRetryPolicy};
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

const HELLO: &str = r#"{"jsonrpc":"2.0","id":0,"result":{"protocolVersion":"2025-06-18","capabilities":{},"serverInfo":{"name":"a","version":"1"}}}"#;

/// Begins to answer a call, dies, and knows the session no more.
async fn serve(mut stream: TcpStream, resumed: Arc<AtomicUsize>) {
    let mut request = vec![0; 65_536];
    let length = stream.read(&mut request).await.unwrap();
    let request = String::from_utf8_lossy(&request[..length]).to_lowercase();
    let answer = if request.contains("last-event-id") {
        resumed.fetch_add(1, SeqCst);
        "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".to_owned()
    } else if request.starts_with("get") {
        "HTTP/1.1 405 Method Not Allowed\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".to_owned()
    } else if request.contains("\"initialize\"") {
        format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nmcp-session-id: s\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{HELLO}", HELLO.len())
    } else if request.contains("tools/call") {
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\nid: 1\nretry: 10\ndata:\n\n".to_owned()
    } else {
        "HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".to_owned()
    };
    stream.write_all(answer.as_bytes()).await.unwrap();
}

async fn ask(policy: Option<Arc<dyn SseRetryPolicy>>) -> (bool, usize) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut config = StreamableHttpClientTransportConfig::with_uri(format!("http://{}/", listener.local_addr().unwrap()));
    if let Some(policy) = policy {
        config.retry_config = policy;
    }
    let resumed = Arc::new(AtomicUsize::new(0));
    let counter = resumed.clone();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::spawn(serve(stream, counter.clone()));
        }
    });
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let client = ().serve(StreamableHttpClientTransport::with_client(http, config)).await.unwrap();
    let call = client.call_tool(CallToolRequestParams::new("a"));
    let ended = tokio::time::timeout(Duration::from_secs(8), call).await.is_ok();
    (ended, resumed.load(SeqCst))
}

#[tokio::main]
async fn main() {
    let (ended, resumed) = ask(None).await;
    println!("by default: ended {ended}, asked again {}", if resumed > 2 { "on and on" } else { "seldom" });
    let (ended, _) = ask(Some(Arc::new(NeverRetry::default()))).await;
    println!("NeverRetry: ended {ended}");
}
RUST
seen=$(cargo run --quiet); sed -n '/^name = "rmcp"$/,/^version/p' Cargo.lock; echo "$seen"
[ "$seen" = "by default: ended false, asked again on and on
NeverRetry: ended true" ] || { echo "the behaviour has changed" >&2; exit 1; }
