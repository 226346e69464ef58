//! A model server that only counts.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Result;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// A call that a process sent then, since 1970.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sent {
    pub(crate) process: usize,
    pub(crate) at: Duration,
}

pub(crate) struct CountingServer {
    address: String,
    sent: Arc<Mutex<Vec<Sent>>>,
}

impl CountingServer {
    pub(crate) async fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?.to_string();
        let sent = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&sent);
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                tokio::spawn(answer(connection, Arc::clone(&log)));
            }
        });
        Ok(Self { address, sent })
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    pub(crate) fn sent(&self) -> Vec<Sent> {
        self.sent
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// How many calls each process has made.
    pub(crate) fn seen_by_process(&self) -> Vec<usize> {
        let mut seen = vec![0; crate::PROCESSES];
        for sent in self.sent() {
            seen[sent.process % crate::PROCESSES] += 1;
        }
        seen
    }
}

async fn answer(mut connection: TcpStream, log: Arc<Mutex<Vec<Sent>>>) {
    let mut line = String::new();
    if connection.read_to_string(&mut line).await.is_err() {
        return;
    }
    let mut words = line.split_whitespace();
    if let (Some(Ok(process)), Some(Ok(at))) =
        (words.next().map(str::parse), words.next().map(str::parse))
    {
        let at = Duration::from_micros(at);
        let sent = Sent { process, at };
        log.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(sent);
    }
    let _ = connection.write_all(b"an answer").await;
}
