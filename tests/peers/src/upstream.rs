//! An HTTP server in the test itself, for proxies to stand in front of: it counts what it executes, and breaks on demand.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use socket2::SockRef;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufStream};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::sleep;

use crate::port::Port;

/// What becomes of a request that has been read whole and executed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// It is answered with this status, these further lines of the header, and this body.
    With(u16, &'static str, &'static str),
    /// The connection is closed without a byte.
    Close,
    /// The connection is reset without a byte.
    Reset,
    /// Half of a header comes, then the end.
    Half,
    /// The header comes and promises a body, of which half comes, then the end.
    HalfBody,
    /// No answer comes as long as somebody waits for it, or until [`give_up`](Upstream::give_up) closes the connection.
    Never,
}

impl Reply {
    /// An answer that says "done".
    pub const DONE: Self = Self::With(200, "", "done");
}

/// One that runs on the runtime that it was made on, until it is dropped. Requests with a body need a Content-Length.
pub struct Upstream {
    port: Port,
    shared: Arc<Shared>,
    acceptor: Mutex<Option<JoinHandle<()>>>,
}

struct Shared {
    executed: AtomicU64,
    /// What is replied to the next ones, and to all after those.
    replies: Mutex<(Vec<Reply>, Reply)>,
    gives_up: Notify,
}

impl Upstream {
    /// Starts one that answers everything with "done".
    pub async fn start() -> io::Result<Self> {
        let upstream = Self::refusing()?;
        upstream.listen()?;
        Ok(upstream)
    }

    /// One that lets nobody in yet, until [`listen`](Self::listen).
    pub fn refusing() -> io::Result<Self> {
        Ok(Self {
            port: Port::reserve()?,
            shared: Arc::new(Shared {
                executed: AtomicU64::new(0),
                replies: Mutex::new((Vec::new(), Reply::DONE)),
                gives_up: Notify::new(),
            }),
            acceptor: Mutex::new(None),
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.port.address()
    }

    /// The same for HTTP.
    pub fn url(&self) -> String {
        format!("http://{}", self.address())
    }

    /// How many requests it has read whole, which is when it executes them. Those to `/health` are not counted.
    pub fn executed(&self) -> u64 {
        self.shared.executed.load(Ordering::SeqCst)
    }

    /// What it does from now on.
    pub fn replies(&self, reply: Reply) {
        *self.shared.replies() = (Vec::new(), reply);
    }

    /// What it does to the next requests, one by one; to those after them what it did before.
    pub fn next(&self, replies: impl IntoIterator<Item = Reply>) {
        let mut next: Vec<_> = replies.into_iter().collect();
        next.reverse();
        self.shared.replies().0 = next;
    }

    /// Waits until it has executed so many.
    pub async fn has_executed(&self, requests: u64) {
        while self.executed() < requests {
            sleep(Duration::from_millis(2)).await;
        }
    }

    /// Closes the connections of those that wait for an answer which never comes.
    pub fn give_up(&self) {
        self.shared.gives_up.notify_waiters();
    }

    /// Lets nobody in any more, and closes the connections that there are.
    pub async fn refuse(&self) {
        let acceptor = self.acceptor().take();
        if let Some(acceptor) = acceptor {
            acceptor.abort();
            let _ = acceptor.await;
        }
    }

    /// Lets them in again, on the same port.
    pub fn listen(&self) -> io::Result<()> {
        let mut acceptor = self.acceptor();
        if acceptor.is_none() {
            let listener = self.port.listen()?;
            *acceptor = Some(tokio::spawn(accept(listener, self.shared.clone())));
        }
        Ok(())
    }

    fn acceptor(&self) -> MutexGuard<'_, Option<JoinHandle<()>>> {
        self.acceptor.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        if let Some(acceptor) = self.acceptor().take() {
            acceptor.abort();
        }
    }
}

impl Shared {
    fn replies(&self) -> MutexGuard<'_, (Vec<Reply>, Reply)> {
        self.replies.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next_reply(&self) -> Reply {
        let mut replies = self.replies();
        let next = replies.0.pop();
        next.unwrap_or_else(|| replies.1.clone())
    }
}

/// The connections end with this.
async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        if let Ok((stream, _)) = listener.accept().await {
            let shared = shared.clone();
            connections.spawn(async move {
                let _ = serve(stream, &shared).await;
            });
        }
    }
}

async fn serve(stream: TcpStream, shared: &Shared) -> io::Result<()> {
    let mut stream = BufStream::new(stream);
    while let Some(path) = read_request(&mut stream).await? {
        let reply = if path == "/health" {
            Reply::DONE
        } else {
            shared.executed.fetch_add(1, Ordering::SeqCst);
            shared.next_reply()
        };
        let text = match reply {
            Reply::With(status, lines, body) => {
                let length = body.len();
                let answer =
                    format!("HTTP/1.1 {status} -\r\nContent-Length: {length}\r\n{lines}\r\n{body}");
                stream.write_all(answer.as_bytes()).await?;
                stream.flush().await?;
                continue;
            }
            Reply::Reset => {
                SockRef::from(stream.get_ref()).set_linger(Some(Duration::ZERO))?;
                return Ok(());
            }
            Reply::Never => {
                // Whoever asked closes the connection when it waits no longer.
                let mut byte = [0];
                tokio::select! {
                    () = shared.gives_up.notified() => {}
                    _ = stream.read(&mut byte) => {}
                }
                return Ok(());
            }
            Reply::Close => "",
            Reply::Half => "HTTP/1.1 200 -\r\nContent-Len",
            Reply::HalfBody => "HTTP/1.1 200 -\r\nContent-Length: 100\r\n\r\nhalf",
        };
        stream.write_all(text.as_bytes()).await?;
        stream.flush().await?;
        return stream.shutdown().await;
    }
    Ok(())
}

/// Reads a request to its end; its path, unless the connection ended before.
async fn read_request(stream: &mut BufStream<TcpStream>) -> io::Result<Option<String>> {
    let mut path = None;
    let mut length = 0;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(None);
        }
        let line = line.trim_end();
        if path.is_none() {
            path = line.split(' ').nth(1).map(str::to_owned);
        } else if let Some((name, value)) = line.split_once(':') {
            if name.eq_ignore_ascii_case("content-length") {
                length = value.trim().parse().unwrap_or(0);
            }
        } else {
            break;
        }
    }
    stream.read_exact(&mut vec![0; length]).await?;
    Ok(path)
}
