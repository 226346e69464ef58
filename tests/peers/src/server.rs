//! What all servers have in common: a place, a life that a test can end and begin again, and a record of faults.

use std::future::Future;
use std::ops::Deref;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use std::{fs, thread};

use anyhow::{Context as _, Result, bail};
use tempfile::TempDir;
use tokio::time::{sleep, timeout};

use crate::port::Port;
use crate::process::{Launch, Process};
use crate::report::{self, Faults};

/// Generous, for machines that do a lot at the same time.
const START: Duration = Duration::from_secs(120);
const RECORD: Duration = Duration::from_secs(20);

/// A folder and a port of its own: they stay the same when the server is started again.
#[derive(Debug)]
pub struct Place {
    folder: TempDir,
    port: Port,
}

impl Place {
    /// A new one.
    pub fn new() -> Result<Self> {
        Self::at(Port::reserve()?)
    }

    /// A new one with this port.
    pub fn at(port: Port) -> Result<Self> {
        Ok(Self {
            folder: TempDir::with_prefix("resilience-peer-")?,
            port,
        })
    }

    /// A path in the folder, which goes with the server.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The same as text.
    pub fn text(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    /// Where the server listens.
    pub fn port(&self) -> &Port {
        &self.port
    }

    /// What the server has said.
    pub fn log(&self) -> String {
        fs::read(self.path("log"))
            .map(|log| String::from_utf8_lossy(&log).into_owned())
            .unwrap_or_default()
    }
}

/// What is particular to one server.
pub trait Peer: Send + Sync + 'static {
    /// As it is called in the report.
    const NAME: &'static str;

    /// The signal that asks it to end.
    const STOP: &'static str = "TERM";

    /// What it says when it cannot start yet, since processes of a former life have not all gone.
    const STARTS_LATER: Option<&'static str> = None;

    /// Does what it recorded survive its process?
    const RECORD_SURVIVES: bool;

    /// Where it is.
    fn place(&self) -> &Place;

    /// How it is started.
    fn launch(&self) -> Result<Launch>;

    /// A real request, which fails until the server can be used.
    fn ready(&self) -> impl Future<Output = Result<()>> + Send;

    /// Its version, as it says itself.
    fn version(&self) -> impl Future<Output = Result<String>> + Send;

    /// The faults that it recorded itself.
    fn recorded(&self) -> impl Future<Output = Result<Faults>> + Send;
}

/// A server that runs until this is dropped; the methods of its kind are there as well.
pub struct Server<P: Peer> {
    peer: P,
    process: Option<Process>,
    version: String,
    /// What processes recorded that have ended.
    former: Faults,
}

impl<P: Peer> Server<P> {
    /// Starts it for the first time.
    pub(crate) async fn new(peer: P) -> Result<Self> {
        let mut server = Self {
            peer,
            process: None,
            version: String::new(),
            former: Faults::default(),
        };
        server.start().await?;
        server.version = server
            .peer
            .version()
            .await
            .with_context(|| format!("the version of {}", P::NAME))?;
        Ok(server)
    }

    /// Starts it, where it was before, and returns when it answers.
    pub async fn start(&mut self) -> Result<()> {
        if self.is_running() {
            return Ok(());
        }
        let mut process = self.spawn()?;
        let began = Instant::now();
        while let Err(error) = timeout(RECORD, self.peer.ready())
            .await
            .unwrap_or_else(|late| Err(late.into()))
        {
            let end = process.exited();
            let log = tail(&self.log(), 60);
            if end.is_some()
                && P::STARTS_LATER.is_some_and(|reason| log.contains(reason))
                && began.elapsed() < START
            {
                process = self.spawn()?;
            } else if end.is_some() || began.elapsed() > START {
                let end = end.map_or_else(
                    || "does not answer".to_owned(),
                    |status| format!("ended with {status}"),
                );
                bail!("{} {end}: {error:#}\n{log}", P::NAME);
            }
            sleep(Duration::from_millis(10)).await;
        }
        self.process = Some(process);
        Ok(())
    }

    fn spawn(&self) -> Result<Process> {
        Process::start(&self.peer.launch()?, &self.peer.place().path("log"))
    }

    /// Asks it to end, and waits until it has; one that waits for its clients is killed after a while.
    pub async fn stop(&mut self) {
        self.stop_by(P::STOP).await;
    }

    /// Kills it in the middle of whatever it does.
    pub async fn kill_hard(&mut self) {
        self.stop_by("KILL").await;
    }

    /// Ends it by this signal.
    pub async fn stop_by(&mut self, signal: &str) {
        self.keep_record().await;
        if let Some(process) = self.process.take() {
            process.end(signal).await;
        }
    }

    /// Stops it and starts it again on the same port.
    pub async fn restart(&mut self) -> Result<()> {
        self.stop().await;
        self.start().await
    }

    /// It keeps its connections and does nothing any more, until [`thaw`](Self::thaw).
    pub fn freeze(&mut self) {
        self.signal("STOP");
    }

    /// It goes on.
    pub fn thaw(&mut self) {
        self.signal("CONT");
    }

    /// Sends it a signal, by name.
    pub fn signal(&mut self, name: &str) {
        if let Some(process) = &mut self.process {
            process.signal(name);
        }
    }

    /// Does it run?
    pub fn is_running(&mut self) -> bool {
        self.process
            .as_mut()
            .is_some_and(|process| process.exited().is_none())
    }

    /// What it has said so far.
    pub fn log(&self) -> String {
        self.peer.place().log()
    }

    /// Its version, as it said itself.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// All faults that it recorded itself, before restarts as well.
    pub async fn recorded(&self) -> Result<Faults> {
        let mut faults = self.former.clone();
        if self.process.is_some() || P::RECORD_SURVIVES {
            faults.add(&timeout(RECORD, self.peer.recorded()).await??);
        }
        Ok(faults)
    }

    /// Before the process forgets it.
    pub(crate) async fn keep_record(&mut self) {
        if self.process.is_none() || P::RECORD_SURVIVES {
            return;
        }
        // A server that cannot answer any more takes what it knows with it.
        if let Ok(Ok(faults)) = timeout(RECORD, self.peer.recorded()).await {
            self.former.add(&faults);
        }
    }
}

impl<P: Peer> Deref for Server<P> {
    type Target = P;

    fn deref(&self) -> &P {
        &self.peer
    }
}

impl<P: Peer> Drop for Server<P> {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!(
                "the end of the log of {}:\n{}",
                P::NAME,
                tail(&self.log(), 20)
            );
        }
        if self.version.is_empty() {
            return;
        }
        // A test's own runtime cannot be waited for from within.
        let faults = thread::scope(|scope| {
            let record = scope.spawn(|| {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()?;
                runtime.block_on(self.recorded())
            });
            record
                .join()
                .unwrap_or_else(|_| bail!("the record of {} cannot be read", P::NAME))
        });
        let faults = faults.unwrap_or_else(|_| self.former.clone());
        if let Err(error) = report::append(P::NAME, &self.version, &faults) {
            eprintln!("no report of {}: {error:#}", P::NAME);
        }
    }
}

fn tail(log: &str, lines: usize) -> String {
    let all: Vec<_> = log.lines().collect();
    all[all.len().saturating_sub(lines)..].join("\n")
}
