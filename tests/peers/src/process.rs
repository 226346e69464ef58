//! A server as a child process that cannot outlive the test.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result};
use tokio::time::{sleep, timeout};

/// The shell that stands between test and server: only the end of a pipe tells that a process was killed.
const SUPERVISE: &str = include_str!("supervise.sh");

/// How long a server may take to end when it is asked to.
const PATIENCE: Duration = Duration::from_secs(2);

/// How a server is started, and how it is asked to go.
pub struct Launch {
    program: PathBuf,
    arguments: Vec<String>,
    variables: Vec<(String, String)>,
    farewell: &'static str,
}

impl Launch {
    /// Starts this program, which is killed in the end.
    pub fn new(program: impl Into<PathBuf>) -> Self {
        Self {
            program: program.into(),
            arguments: Vec::new(),
            variables: Vec::new(),
            farewell: "KILL",
        }
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<A: Into<String>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    /// Adds an environment variable.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl Into<String>) -> Self {
        self.variables.push((name.to_owned(), value.into()));
        self
    }

    /// In the end it is sent this signal instead of KILL.
    #[must_use]
    pub fn farewell(mut self, signal: &'static str) -> Self {
        self.farewell = signal;
        self
    }

    /// The same for what ends by itself.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(&self.arguments)
            .envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }
}

/// A command for clients that start a server themselves and speak with it over stdio: what it says beside goes to the log.
pub(crate) fn for_stdio(program: &Path, log: &Path) -> tokio::process::Command {
    let mut command = tokio::process::Command::new("sh");
    command
        .args(["-c", "exec \"$@\" 2>>\"$0\""])
        .arg(log)
        .arg(program)
        .kill_on_drop(true);
    command
}

pub(crate) struct Process {
    supervisor: Child,
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Process {
    /// What it says goes to the end of the log.
    pub(crate) fn start(launch: &Launch, log: &Path) -> Result<Self> {
        let log = File::options()
            .create(true)
            .append(true)
            .open(log)
            .context("the log of a server")?;
        let mut supervisor = Command::new("sh")
            .args(["-c", SUPERVISE, "supervise", launch.farewell])
            .arg(&launch.program)
            .args(&launch.arguments)
            .envs(launch.variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            // An interrupt from the keyboard is for the test: the end of the pipe follows.
            .process_group(0)
            .spawn()
            .context("sh")?;
        let orders = supervisor.stdin.take();
        let answers = supervisor
            .stdout
            .take()
            .map(BufReader::new)
            .context("a pipe")?;
        Ok(Self {
            supervisor,
            orders,
            answers,
        })
    }

    /// Sends it this signal, if it has not ended already.
    pub(crate) fn signal(&mut self, name: &str) {
        if let Some(orders) = &mut self.orders
            && writeln!(orders, "{name}").is_ok()
        {
            let _ = self.answers.read_line(&mut String::new());
        }
    }

    pub(crate) fn exited(&mut self) -> Option<ExitStatus> {
        self.supervisor.try_wait().ok().flatten()
    }

    /// Sends this signal and waits until it has gone, and whatever it has started.
    pub(crate) async fn end(mut self, signal: &str) {
        self.signal(signal);
        // Some wait for clients that do not go.
        if timeout(PATIENCE, self.gone()).await.is_err() {
            self.orders = None;
            self.gone().await;
        }
    }

    async fn gone(&mut self) {
        while self.exited().is_none() {
            sleep(Duration::from_millis(2)).await;
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.orders = None;
        let _ = self.supervisor.wait();
    }
}
