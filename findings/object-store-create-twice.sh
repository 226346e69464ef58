#!/usr/bin/env bash
# object_store 0.14.2: an S3 upload with `PutMode::Create` whose answer is lost is sent again, and its success is reported as
# `AlreadyExists`.
# Documented: `PutMode::Create` is atomic and "fails if an object already exists"; `RetryConfig` repeats "dropped connections". The
# retry loop calls an answer that did not come (hyper's "incomplete message") "Request not sent, can retry", for every method.
# Seen: the server stores the object, hangs up, and answers the second send with 412: two requests, AlreadyExists.
# Here: `AlreadyExists` is permanent, and the documentation of resilience-runtime/src/verdict/clients/object_store.rs says to read
# the object back; all other verdicts are `after_client_retries`.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
cargo init --quiet --name finding
cargo add --quiet object_store@=0.14.2 --no-default-features --features aws-base,reqwest
cargo add --quiet tokio@1 --features macros,rt-multi-thread
cat > src/main.rs <<'RUST'
use std::io::{Read, Write};
use object_store::aws::AmazonS3Builder;
use object_store::path::Path;
use object_store::{Error, ObjectStore, PutMode, PutOptions};

#[tokio::main]
async fn main() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        let mut stored = false;
        for requests in 1.. {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = Vec::new();
            while !request.ends_with(b"hello") {
                let mut piece = [0; 4096];
                let length = stream.read(&mut piece).unwrap();
                request.extend(&piece[..length]);
            }
            if stored {
                let answer = "HTTP/1.1 412 Precondition Failed\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
                let _ = stream.write_all(answer.as_bytes());
                return requests;
            }
            stored = true; // And the answer is lost.
        }
        unreachable!()
    });
    let store = AmazonS3Builder::new()
        .with_endpoint(url)
        .with_allow_http(true)
        .with_region("x")
        .with_bucket_name("bucket")
        .with_skip_signature(true)
        .build()
        .unwrap();
    let create = PutOptions::from(PutMode::Create);
    let out = store.put_opts(&Path::from("a"), "hello".into(), create).await;
    let exists = matches!(out, Err(Error::AlreadyExists { .. }));
    println!("{} requests, AlreadyExists: {exists}", server.join().unwrap());
}
RUST
seen=$(cargo run --quiet); echo "$seen"
[ "$seen" = "2 requests, AlreadyExists: true" ] || { echo "the behaviour has changed" >&2; exit 1; }
