//! A Redis of one test.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::super::RedisStore;

/// Ends with the test.
pub(super) struct Server {
    process: Child,
    port: u16,
    directory: PathBuf,
    options: Vec<String>,
}

impl Server {
    pub(super) fn start() -> Self {
        Self::start_with(&[])
    }

    pub(super) fn start_with(options: &[&str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        drop(listener);
        let directory = std::env::temp_dir().join(format!("resilience-redis-{port}"));
        std::fs::create_dir_all(&directory).expect("a directory");
        let options: Vec<_> = options.iter().map(|&option| option.to_owned()).collect();
        Self {
            process: launch(port, &directory, &options),
            port,
            directory,
            options,
        }
    }

    /// A cluster of one node.
    pub(super) fn cluster() -> Self {
        let server = Self::start_with(&["--cluster-enabled", "yes"]);
        server.command("CLUSTER ADDSLOTSRANGE 0 16383");
        let begin = Instant::now();
        while !server.command("CLUSTER INFO").contains("cluster_state:ok") {
            assert!(begin.elapsed() < Duration::from_secs(20), "no cluster");
            std::thread::sleep(Duration::from_millis(10));
        }
        server
    }

    /// A sentinel, which knows that server by the name of `main`.
    pub(super) fn sentinel(&self) -> Self {
        let config = self.directory.join("sentinel.conf");
        let monitor = format!("sentinel monitor main 127.0.0.1 {} 1\n", self.port);
        std::fs::write(&config, monitor).expect("a file");
        let config = config.to_str().expect("a path in UTF-8");
        Self::start_with(&["--sentinel", config])
    }

    pub(super) fn signal(&self, name: &str) {
        let id = self.process.id().to_string();
        let status = Command::new("kill").args(["-s", name, &id]).status();
        assert!(status.expect("`kill`").success());
    }

    pub(super) fn stop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }

    /// Kills it and starts another one, without data.
    pub(super) fn restart(&mut self) {
        self.stop();
        self.process = launch(self.port, &self.directory, &self.options);
    }

    pub(super) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// With time for a machine that is busy.
    pub(super) async fn store(&self) -> RedisStore {
        let builder = RedisStore::builder(&self.url()).timeout(Duration::from_secs(5));
        builder.connect().await.expect("a connection")
    }

    /// Sends one command, whose words have no spaces, and returns the first line or the text of the answer.
    pub(super) fn command(&self, words: &str) -> String {
        command(self.port, words).expect("an answer")
    }
}

fn launch(port: u16, directory: &Path, options: &[String]) -> Child {
    let mut command_line = Command::new("redis-server");
    // The file of a sentinel comes first.
    if let [sentinel, config] = options
        && sentinel == "--sentinel"
    {
        command_line.args([config, sentinel]);
    } else {
        command_line
            .args(["--save", "", "--appendonly", "no", "--dir"])
            .arg(directory)
            .args(options);
    }
    let process = command_line
        .args(["--port", &port.to_string(), "--bind", "127.0.0.1"])
        .stdout(Stdio::null())
        .spawn()
        .expect("`redis-server` is missing: `apt-get install redis-server`");
    let begin = Instant::now();
    while command(port, "PING").is_none() {
        assert!(begin.elapsed() < Duration::from_secs(20), "Redis is silent");
        std::thread::sleep(Duration::from_millis(10));
    }
    process
}

fn command(port: u16, words: &str) -> Option<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    stream.write_all(format!("{words}\r\n").as_bytes()).ok()?;
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    if line.is_empty() {
        return None;
    }
    let line = line.trim_end();
    let Some(length) = line.strip_prefix('$') else {
        return Some(line.to_owned());
    };
    let mut text = vec![0; length.parse().unwrap_or(0)];
    reader.read_exact(&mut text).ok()?;
    String::from_utf8(text).ok()
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}
