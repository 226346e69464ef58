#!/usr/bin/env bash
# reqwest 0.13.5: a POST that was executed and answered 303 ends in the error of a refused connection, if the place of the answer refuses.
# Documented: `Error::is_connect` is true if the error is related to a connect; redirects are followed by default, up to ten.
# Seen: the first server has executed the POST; the error is that of a refused connection, `url()` is the address of the first server,
# and only the debug text of a source holds the second one. Whoever takes it for a request that was never sent, sends the POST again.
# Here: the page of the feature and guide/llm.md say to use `redirect(Policy::none())`.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
cargo init --quiet --name finding
cargo add --quiet reqwest@=0.13.5 --no-default-features
cargo add --quiet tokio@1 --features macros,net,io-util,rt-multi-thread
cat > src/main.rs <<'RUST'
use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let answer_at = closed.local_addr().unwrap();
    drop(closed);
    let shop = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let order_at = shop.local_addr().unwrap();
    let orders = Arc::new(AtomicUsize::new(0));
    let counter = orders.clone();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = shop.accept().await.unwrap();
            let mut request = vec![0; 65_536];
            let length = stream.read(&mut request).await.unwrap();
            if request[..length].starts_with(b"POST") {
                counter.fetch_add(1, SeqCst);
            }
            let answer = format!("HTTP/1.1 303 See Other\r\nlocation: http://{answer_at}/1\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let error = client.post(format!("http://{order_at}/orders")).send().await.unwrap_err();
    let mut second_is_told = format!("{error:?}").contains(&answer_at.to_string());
    let mut next: Option<&dyn Error> = error.source();
    while let Some(source) = next {
        second_is_told |= format!("{source:?}").contains(&answer_at.to_string());
        next = source.source();
    }
    println!("executed {}", orders.load(SeqCst));
    println!("is_connect {}, is_redirect {}", error.is_connect(), error.is_redirect());
    let first = error.url().is_some_and(|url| url.as_str().contains(&order_at.to_string()));
    println!("url of the first server {first}, the second in a debug text {second_is_told}");
}
RUST
seen=$(cargo run --quiet); sed -n '/^name = "reqwest"$/,/^version/p' Cargo.lock; echo "$seen"
[ "$seen" = "executed 1
is_connect true, is_redirect false
url of the first server true, the second in a debug text true" ] || { echo "the behaviour has changed" >&2; exit 1; }
