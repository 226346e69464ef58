//! A TCP proxy on the loopback that breaks connections on demand.

mod connection;
mod mode;

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use self::connection::Connection;
pub use self::mode::{Ending, Mode, Rule, Side};
use crate::port::Port;

/// Stands between a client and a server. It runs on the runtime that it was made on, until it is dropped, and its
/// connections with it.
///
/// ```no_run
/// # async fn example(postgres: std::net::SocketAddr) -> std::io::Result<()> {
/// use resilience_peers::{FaultProxy, Mode};
///
/// let proxy = FaultProxy::to(postgres).await?;
/// let url = format!("postgres://postgres@{}/postgres", proxy.address());
///
/// // The transaction is committed, but the client never hears of it; the next one does.
/// proxy.all(Mode::drop_reply_to("COMMIT").times(1));
/// // Whoever connects from now on is reset, twice.
/// proxy.new_connections(Mode::Reset.times(2));
/// // Nobody is let in, until `listen`.
/// proxy.refuse().await;
/// proxy.listen()?;
/// assert_eq!(proxy.faults(), 0);
/// # Ok(()) }
/// ```
pub struct FaultProxy {
    port: Port,
    shared: Arc<Shared>,
    acceptor: Mutex<Option<JoinHandle<()>>>,
}

struct Shared {
    target: SocketAddr,
    state: Mutex<State>,
    connections: AtomicU64,
    faults: AtomicU64,
}

struct State {
    /// For connections that are yet to come.
    rule: Rule,
    /// Those that there are, or have been.
    open: Vec<watch::Sender<Rule>>,
}

impl FaultProxy {
    /// A proxy in front of this address, which lets everything pass.
    pub async fn to(target: SocketAddr) -> io::Result<Self> {
        let state = State {
            rule: Mode::Pass.into(),
            open: Vec::new(),
        };
        let shared = Shared {
            target,
            state: Mutex::new(state),
            connections: AtomicU64::new(0),
            faults: AtomicU64::new(0),
        };
        let proxy = Self {
            port: Port::reserve()?,
            shared: Arc::new(shared),
            acceptor: Mutex::new(None),
        };
        proxy.listen()?;
        Ok(proxy)
    }

    /// Where clients connect.
    pub fn address(&self) -> SocketAddr {
        self.port.address()
    }

    /// The same for HTTP.
    pub fn url(&self) -> String {
        format!("http://{}", self.address())
    }

    /// What happens to those that connect from now on.
    pub fn new_connections(&self, rule: impl Into<Rule>) {
        self.shared.state().rule = rule.into();
    }

    /// What happens from now on to those that have connected.
    pub fn open_connections(&self, rule: impl Into<Rule>) {
        let rule = rule.into();
        self.shared
            .state()
            .open
            .retain(|connection| connection.send(rule.clone()).is_ok());
    }

    /// Both.
    pub fn all(&self, rule: impl Into<Rule>) {
        let rule = rule.into();
        self.new_connections(rule.clone());
        self.open_connections(rule);
    }

    /// Lets nobody in any more: connecting is refused. Connections that are open stay so.
    pub async fn refuse(&self) {
        let acceptor = self.acceptor().take();
        if let Some(acceptor) = acceptor {
            acceptor.abort();
            // The port is closed when the task has gone.
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

    /// How many have been let in.
    pub fn connections(&self) -> u64 {
        self.shared.connections.load(Ordering::Relaxed)
    }

    /// How many of those are still there.
    pub fn open(&self) -> usize {
        let mut state = self.shared.state();
        state.open.retain(|connection| !connection.is_closed());
        state.open.len()
    }

    /// How many faults there have been: connections reset, cut or held, pieces delayed, replies dropped.
    pub fn faults(&self) -> u64 {
        self.shared.faults.load(Ordering::Relaxed)
    }

    fn acceptor(&self) -> MutexGuard<'_, Option<JoinHandle<()>>> {
        self.acceptor.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        if let Some(acceptor) = self.acceptor().take() {
            acceptor.abort();
        }
        // Connections end when nobody can give them rules.
        self.shared.state().open.clear();
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does the rule still ask for a fault? Then it counts.
    fn fault(&self, rule: &Rule) -> bool {
        let happens = rule.claim();
        self.faults.fetch_add(happens.into(), Ordering::Relaxed);
        happens
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    loop {
        let Ok((client, _)) = listener.accept().await else {
            continue;
        };
        shared.connections.fetch_add(1, Ordering::Relaxed);
        let rule = {
            let mut state = shared.state();
            let (sender, receiver) = watch::channel(state.rule.clone());
            state.open.retain(|connection| !connection.is_closed());
            state.open.push(sender);
            receiver
        };
        tokio::spawn(Connection::new(shared.clone(), rule).serve(client));
    }
}
