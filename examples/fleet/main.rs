//! One limit for four processes: `cargo run --example fleet`.
//!
//! A private Redis holds the limit, and four processes of this program call a server that counts, as fast as they may. One
//! process is killed, Redis is killed and comes back empty. It ends with an error if any second saw more calls than the
//! limit. Without `redis-server` it shows the same over a store in memory, in one process.

mod counting_server;
mod redis_server;

use std::process::{Child, Command, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, bail, ensure};
use resilience_runtime::fleet::{FleetConfig, MemoryStore, RedisStore};
use resilience_runtime::{Registry, ResilienceError, resilient};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep};

use counting_server::{CountingServer, Sent};
use redis_server::RedisServer;

const LIMIT: usize = 200;
const PROCESSES: usize = 4;
const SECOND: Duration = Duration::from_secs(1);

#[derive(Debug, thiserror::Error, resilience_runtime::Classify)]
enum Failure {
    #[error("the server does not answer")]
    #[classify(transient)]
    Silent(#[from] std::io::Error),
    #[error(transparent)]
    Guard(#[from] ResilienceError),
}

#[resilient(
    service = "model",
    retry = off,
    circuit_breaker = off,
    rate_limit(requests_per_second = 200, strategy = "sliding_window", max_wait = "0s", shared, on_store_loss = "closed")
)]
async fn ask(server: &str, process: usize) -> Result<(), Failure> {
    // Now it may be sent. How long it flies is the network's business.
    let sent = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let mut connection = TcpStream::connect(server).await?;
    let line = format!("{process} {}\n", sent.as_micros());
    connection.write_all(line.as_bytes()).await?;
    connection.shutdown().await?;
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await?;
    Ok(())
}

/// Calls as fast as it may, until the program is killed or that long.
async fn call_all_the_time(server: &str, process: usize, lasts: Duration) {
    let began = Instant::now();
    let one = async || {
        while began.elapsed() < lasts {
            if let Err(failure) = ask(server, process).await {
                let wait = match &failure {
                    Failure::Guard(rejection) => rejection.retry_after(),
                    Failure::Silent(_) => None,
                };
                let soon = Duration::from_millis(10);
                sleep(wait.unwrap_or(soon).clamp(Duration::from_millis(1), soon)).await;
            }
        }
    };
    tokio::join!(one(), one(), one(), one());
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [role, redis, server, process] = &*arguments
        && role == "process"
    {
        let store = RedisStore::builder(redis).connect_lazily()?;
        Registry::global().join_fleet(store, FleetConfig::new("example"))?;
        call_all_the_time(server, process.parse()?, Duration::MAX).await;
        return Ok(());
    }
    let server = CountingServer::start().await?;
    match RedisServer::start() {
        Ok(redis) => with_redis(&server, redis).await,
        Err(missing) => {
            println!("{missing}");
            println!("The same over a store in memory, in one process:\n");
            in_memory(&server).await
        }
    }
}

/// A process of this program. It ends with its owner.
struct Process(Child);

impl Process {
    fn start(redis: &RedisServer, server: &CountingServer, number: usize) -> Result<Self> {
        let program = std::env::current_exe()?;
        let child = Command::new(program)
            .args([
                "process",
                &redis.url(),
                server.address(),
                &number.to_string(),
            ])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("another process of this program")?;
        Ok(Self(child))
    }

    fn kill(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

async fn with_redis(server: &CountingServer, mut redis: RedisServer) -> Result<()> {
    println!("{PROCESSES} processes, one limit of {LIMIT} calls in any second, kept in Redis\n");
    let processes = (0..PROCESSES).map(|number| Process::start(&redis, server, number));
    let mut processes: Vec<Process> = processes.collect::<Result<_>>()?;
    // Until all of them call.
    let mut patience = 600;
    while server
        .seen_by_process()
        .iter()
        .filter(|calls| **calls > 0)
        .count()
        < PROCESSES
    {
        ensure!(patience > 0, "the processes do not call");
        patience -= 1;
        sleep(Duration::from_millis(50)).await;
    }
    let show = async |what: &str, lasts: Duration| {
        let before = server.seen_by_process();
        sleep(lasts).await;
        let after = server.seen_by_process();
        let calls: Vec<usize> = after.iter().zip(&before).map(|(a, b)| a - b).collect();
        let all: usize = calls.iter().sum();
        let rate = all as f64 / lasts.as_secs_f64();
        println!("{what:<42} {rate:>5.0} calls/s, by process {calls:?}");
        all
    };
    show("all four", 4 * SECOND).await;
    processes[0].kill();
    show("one was killed", 4 * SECOND).await;
    redis.kill();
    show("Redis was killed: nothing passes", 4 * SECOND).await;
    redis.start_again()?;
    let back = show("Redis is back, and begins empty", 6 * SECOND).await;
    drop(processes);
    ensure!(back > 0, "nothing passes although Redis is back");
    judge(server.sent())
}

async fn in_memory(server: &CountingServer) -> Result<()> {
    let store = MemoryStore::new();
    let calls = (0..PROCESSES).map(|number| {
        let (store, address) = (store.clone(), server.address().to_owned());
        tokio::spawn(async move {
            let registry = Registry::new();
            registry.join_fleet(store, FleetConfig::new("example"))?;
            let calls = call_all_the_time(&address, number, 5 * SECOND);
            registry.scope(calls).await;
            anyhow::Ok(())
        })
    });
    for call in calls.collect::<Vec<_>>() {
        call.await??;
    }
    println!("by process {:?}", server.seen_by_process());
    judge(server.sent())
}

/// No second may have seen more than the limit, wherever it begins.
fn judge(mut sent: Vec<Sent>) -> Result<()> {
    sent.sort_unstable_by_key(|sent| sent.at);
    let (mut first, mut most) = (0, 0);
    for (last, at) in sent.iter().enumerate() {
        while at.at >= sent[first].at + SECOND {
            first += 1;
        }
        most = most.max(last + 1 - first);
    }
    println!(
        "\n{} calls; the most in any second: {most} of {LIMIT}",
        sent.len()
    );
    if most > LIMIT {
        bail!("the limit was exceeded");
    }
    Ok(())
}
