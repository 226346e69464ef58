//! One connection through the proxy.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use socket2::SockRef;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::{Ending, Mode, Rule, Shared, Side};

pub(super) struct Connection {
    shared: Arc<Shared>,
    rule: watch::Receiver<Rule>,
    /// The request has come whose reply is to be lost.
    asked: AtomicBool,
}

impl Connection {
    pub(super) fn new(shared: Arc<Shared>, rule: watch::Receiver<Rule>) -> Self {
        Self {
            shared,
            rule,
            asked: AtomicBool::new(false),
        }
    }

    pub(super) async fn serve(self, mut client: TcpStream) {
        match self.relay(&mut client).await.err().unwrap_or(Ending::Close) {
            Ending::Reset => {
                let _ = SockRef::from(&client).set_linger(Some(Duration::ZERO));
            }
            Ending::Close => {
                let _ = client.shutdown().await;
                // To close with bytes unread would be a reset.
                let drain = async { while matches!(client.read(&mut [0; 1024]).await, Ok(1..)) {} };
                let _ = timeout(Duration::from_millis(500), drain).await;
            }
        }
    }

    async fn relay(&self, client: &mut TcpStream) -> Result<(), Ending> {
        let rule = self.rule.borrow().clone();
        if rule.mode == Mode::Reset && self.shared.fault(&rule) {
            return Err(Ending::Reset);
        }
        let mut server = TcpStream::connect(self.shared.target)
            .await
            .map_err(|_| Ending::Reset)?;
        let _ = (client.set_nodelay(true), server.set_nodelay(true));
        let (from_client, to_client) = client.split();
        let (from_server, to_server) = server.split();
        tokio::try_join!(
            self.pump(Side::Client, from_client, to_server),
            self.pump(Side::Server, from_server, to_client),
        )?;
        Ok(())
    }

    async fn pump(
        &self,
        side: Side,
        mut from: ReadHalf<'_>,
        mut to: WriteHalf<'_>,
    ) -> Result<(), Ending> {
        let mut rules = self.rule.clone();
        let mut buffer = vec![0; 16 * 1024];
        loop {
            let rule = rules.borrow_and_update().clone();
            if rule.mode == Mode::Reset && self.shared.fault(&rule) {
                return Err(Ending::Reset);
            }
            let mut piece = Piece::new(self, side, &rule);
            loop {
                // Without reading: what is held is not to be lost when the rule changes. A change that comes while a
                // piece is on its way waits for that.
                let size = tokio::select! {
                    biased;
                    changed = rules.changed() => {
                        changed.map_err(|_| Ending::Reset)?;
                        break;
                    }
                    size = from.peek(&mut buffer) => size.map_err(|_| Ending::Reset)?,
                };
                if size > 0 && rule.mode == Mode::Hang && piece.holds() {
                    rules.changed().await.map_err(|_| Ending::Reset)?;
                    break;
                }
                let size = from.read(&mut buffer).await.map_err(|_| Ending::Reset)?;
                if size == 0 {
                    let _ = to.shutdown().await;
                    return Ok(());
                }
                let (arrive, then) = piece.judge(&buffer[..size]).await;
                to.write_all(&buffer[..arrive])
                    .await
                    .map_err(|_| Ending::Reset)?;
                then?;
            }
        }
    }
}

/// What one rule does to the bytes of one side.
struct Piece<'a> {
    connection: &'a Connection,
    side: Side,
    rule: &'a Rule,
    passed: usize,
    request: Search,
    reply: Search,
    held: bool,
}

impl<'a> Piece<'a> {
    fn new(connection: &'a Connection, side: Side, rule: &'a Rule) -> Self {
        let (request, reply) = match &rule.mode {
            Mode::DropReply { request, reply, .. } => (request.clone(), reply.clone()),
            _ => Default::default(),
        };
        if side == Side::Client {
            connection.asked.store(false, Ordering::Relaxed);
        }
        Self {
            connection,
            side,
            rule,
            passed: 0,
            request: Search::new(request),
            reply: Search::new(reply),
            held: false,
        }
    }

    fn fault(&self) -> bool {
        self.connection.shared.fault(self.rule)
    }

    fn holds(&mut self) -> bool {
        self.held = self.held || self.fault();
        self.held
    }

    /// How many of these bytes arrive, and whether the connection ends then.
    async fn judge(&mut self, bytes: &[u8]) -> (usize, Result<(), Ending>) {
        let all = (bytes.len(), Ok(()));
        match &self.rule.mode {
            Mode::Pass | Mode::Hang | Mode::Reset => all,
            Mode::Delay(time) => {
                if self.side == Side::Server && self.fault() {
                    sleep(*time).await;
                }
                all
            }
            Mode::Cut {
                from,
                after,
                ending,
            } => {
                let left = after.saturating_sub(self.passed);
                self.passed += bytes.len();
                if *from == self.side && bytes.len() >= left && self.fault() {
                    (left, Err(*ending))
                } else {
                    all
                }
            }
            Mode::DropReply { ending, .. } => {
                let asked = &self.connection.asked;
                match self.side {
                    Side::Client => {
                        if !asked.load(Ordering::Relaxed)
                            && self.request.found(bytes)
                            && self.fault()
                        {
                            // Before the server gets it, so that no byte of the reply slips through.
                            asked.store(true, Ordering::Relaxed);
                        }
                        all
                    }
                    Side::Server if !asked.load(Ordering::Relaxed) => all,
                    Side::Server if self.reply.found(bytes) => (0, Err(*ending)),
                    Side::Server => (0, Ok(())),
                }
            }
        }
    }
}

/// Looks for bytes in a stream that comes in pieces.
struct Search {
    wanted: Vec<u8>,
    recent: Vec<u8>,
}

impl Search {
    fn new(wanted: Vec<u8>) -> Self {
        Self {
            wanted,
            recent: Vec::new(),
        }
    }

    fn found(&mut self, bytes: &[u8]) -> bool {
        if self.wanted.is_empty() {
            return true;
        }
        self.recent.extend_from_slice(bytes);
        let found = self
            .recent
            .windows(self.wanted.len())
            .any(|window| window == self.wanted);
        let keep = self.wanted.len() - 1;
        self.recent.drain(..self.recent.len().saturating_sub(keep));
        found
    }
}
