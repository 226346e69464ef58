#!/usr/bin/env bash
# genai 0.7.2: an error that an OpenAI-compatible server sends with status 200 is returned as an answer without content.
# Documented: `Client::exec_chat` returns `Result<ChatResponse>`, and `Error::ChatResponse` is the error in an answer; the Gemini
# adapter returns it. Gateways (OpenRouter, litellm) send errors with status 200.
# Seen: Ok, with content and reasoning empty and no stop reason.
# Here: no error, so no verdict. The documentation of resilience-runtime/src/verdict/clients/genai.rs and guide/llm.md name
# `classify_ok`.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
cargo init --quiet --name finding
cargo add --quiet genai@=0.7.2 --no-default-features
cargo add --quiet tokio@1 --features macros,rt-multi-thread
cat > src/main.rs <<'RUST'
use std::io::{Read, Write};
use genai::adapter::AdapterKind;
use genai::chat::ChatRequest;
use genai::resolver::{AuthData, Endpoint, ServiceTargetResolver};
use genai::{Client, ModelIden, ServiceTarget};

#[tokio::main]
async fn main() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/v1/", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = [0; 65536];
            let _ = stream.read(&mut request);
            let body = r#"{"error":{"code":429,"message":"Rate limit exceeded","type":"rate_limit_error"}}"#;
            let head = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: application/json\r\n";
            let _ = write!(stream, "{head}content-length: {}\r\n\r\n{body}", body.len());
        }
    });
    for kind in [AdapterKind::OpenAI, AdapterKind::Gemini] {
        let url = url.clone();
        let resolver = ServiceTargetResolver::from_resolver_fn(move |_: ServiceTarget| {
            let (endpoint, auth) = (Endpoint::from_owned(url.clone()), AuthData::from_single("key"));
            Ok(ServiceTarget { endpoint, auth, model: ModelIden::new(kind, "m") })
        });
        let client = Client::builder().with_service_target_resolver(resolver).build().unwrap();
        let seen = match client.exec_chat("m", ChatRequest::from_user("hello"), None).await {
            Ok(answer) => format!("Ok, empty: {}, stop: {:?}", answer.content.is_empty(), answer.stop_reason),
            Err(_) => "Err".to_owned(),
        };
        println!("{kind}: {seen}");
    }
}
RUST
seen=$(cargo run --quiet); echo "$seen"
[ "$seen" = "OpenAI: Ok, empty: true, stop: None
Gemini: Err" ] || { echo "the behaviour has changed" >&2; exit 1; }
