//! A Redis of this program, on a port of its own.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result};

pub(crate) struct RedisServer {
    port: u16,
    child: Child,
    /// What it might write.
    folder: tempfile::TempDir,
}

impl RedisServer {
    pub(crate) fn start() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let free = TcpListener::bind("127.0.0.1:0")?;
        let port = free.local_addr()?.port();
        drop(free);
        let child = launch(port, &folder)?;
        Ok(Self {
            port,
            child,
            folder,
        })
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    pub(crate) fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    pub(crate) fn start_again(&mut self) -> Result<()> {
        self.child = launch(self.port, &self.folder)?;
        Ok(())
    }
}

fn launch(port: u16, folder: &tempfile::TempDir) -> Result<Child> {
    Command::new("redis-server")
        .args(["--port", &port.to_string(), "--bind", "127.0.0.1"])
        .args(["--save", "", "--appendonly", "no"])
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .context("redis-server is missing: apt-get install redis-server")
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.kill();
    }
}
