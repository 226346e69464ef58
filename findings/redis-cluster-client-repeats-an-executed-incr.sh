#!/usr/bin/env bash
# redis 1.8.1 (the client for Rust), feature cluster-async, with Redis 7 (Debian's redis-server): an INCR that was executed and whose
# reply got lost is sent again by the cluster client, and reported as one success. The counter is one too high, and nobody is told.
# Documented: `ClusterClientBuilder::retries` sets the number of retries for failed requests.
# Seen: by default the caller gets Ok(2) for its only INCR; with `retries(0)` it gets an error, and the counter is 1. A single
# server's connection does not repeat.
# Here: the store of shared limits builds its cluster client with `retries(0)`: tokens of a lost reply are lost, and never charged twice.
set -euo pipefail
command -v redis-server > /dev/null || { echo "redis-server is missing: apt-get install redis-server" >&2; exit 1; }
folder=$(mktemp -d)
trap 'kill "$(cat "$folder/redis.pid" 2> /dev/null)" 2> /dev/null; rm -rf "$folder"' EXIT
cd "$folder"
cargo init --quiet --name finding
cargo add --quiet redis@=1.8.1 --no-default-features --features cluster-async,tokio-comp
cargo add --quiet tokio@1 --features macros,net,io-util,rt-multi-thread,time
cat > src/main.rs <<'RUST'
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::Duration;

use redis::AsyncCommands as _;
use redis::cluster::ClusterClient;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// Passes everything on. The reply to the first INCR after `armed` is swallowed, and both connections are closed.
async fn pass_on(mut client: TcpStream, server_at: u16, armed: Arc<AtomicBool>) {
    let mut server = TcpStream::connect(("127.0.0.1", server_at)).await.unwrap();
    let (mut asked, mut answered) = (vec![0; 65_536], vec![0; 65_536]);
    let mut swallow = false;
    loop {
        tokio::select! {
            length = client.read(&mut asked) => {
                let Ok(length @ 1..) = length else { return };
                let has_incr = asked[..length].windows(4).any(|word| word == b"INCR");
                swallow |= has_incr && armed.swap(false, SeqCst);
                server.write_all(&asked[..length]).await.unwrap();
            }
            length = server.read(&mut answered) => {
                let Ok(length @ 1..) = length else { return };
                if swallow {
                    return;
                }
                client.write_all(&answered[..length]).await.unwrap();
            }
        }
    }
}

#[tokio::main]
async fn main() {
    let proxy = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let proxy_at = proxy.local_addr().unwrap().port();
    let server_at = {
        let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
        free.local_addr().unwrap().port()
    };
    let folder = std::env::current_dir().unwrap();
    let (server_port, proxy_port) = (server_at.to_string(), proxy_at.to_string());
    Command::new("redis-server")
        .args(["--port", &server_port, "--bind", "127.0.0.1", "--save", "", "--daemonize", "yes"])
        .args(["--cluster-enabled", "yes", "--cluster-port", "0"])
        .args(["--cluster-announce-ip", "127.0.0.1", "--cluster-announce-port", &proxy_port])
        .arg("--pidfile").arg(folder.join("redis.pid"))
        .arg("--dir").arg(&folder)
        .stdout(Stdio::null())
        .status()
        .unwrap();
    let armed = Arc::new(AtomicBool::new(false));
    let is_armed = armed.clone();
    tokio::spawn(async move {
        loop {
            let (client, _) = proxy.accept().await.unwrap();
            tokio::spawn(pass_on(client, server_at, is_armed.clone()));
        }
    });
    let direct = redis::Client::open(format!("redis://127.0.0.1:{server_at}")).unwrap();
    let mut direct = loop {
        match direct.get_multiplexed_async_connection().await {
            Ok(connection) => break connection,
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    };
    let _: () = redis::cmd("CLUSTER").arg("ADDSLOTSRANGE").arg(0).arg(16383).query_async(&mut direct).await.unwrap();
    loop {
        let info: String = redis::cmd("CLUSTER").arg("INFO").query_async(&mut direct).await.unwrap();
        if info.contains("cluster_state:ok") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let url = format!("redis://127.0.0.1:{proxy_at}");
    for (name, builder) in [
        ("default", ClusterClient::builder([url.as_str()])),
        ("retries(0)", ClusterClient::builder([url.as_str()]).retries(0)),
    ] {
        let mut client = builder.build().unwrap().get_async_connection().await.unwrap();
        armed.store(true, SeqCst);
        let answer: Result<i64, _> = client.incr(name, 1).await;
        let counted: i64 = direct.get(name).await.unwrap();
        println!("{name}: one INCR, the caller got {:?}, counted {counted}", answer.ok());
    }
}
RUST
seen=$(cargo run --quiet); sed -n '/^name = "redis"$/,/^version/p' Cargo.lock; redis-server --version | cut -d' ' -f1-3; echo "$seen"
[ "$seen" = "default: one INCR, the caller got Some(2), counted 2
retries(0): one INCR, the caller got None, counted 1" ] || { echo "the behaviour has changed" >&2; exit 1; }
