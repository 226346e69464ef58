//! A server lives as long as its test, and no longer, however the test ends.

use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result};
use resilience_peers::Redis;
use tokio::time::{sleep, timeout};

const OWNER: &str = "RESILIENCE_PEERS_OWNER";

async fn until_refused(port: u16) -> Result<()> {
    let refused = async {
        while TcpStream::connect(("127.0.0.1", port)).is_ok() {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(Duration::from_secs(60), refused)
        .await
        .context("the server lives on")
}

#[tokio::test]
async fn it_goes_with_a_test_that_panics() -> Result<()> {
    let redis = Redis::start().await?;
    let port = redis.address().port();
    // Its record is written, and the log shown, while the panic unwinds.
    let test = tokio::spawn(async move {
        let _redis = redis;
        std::panic::resume_unwind(Box::new(()));
    });
    assert!(test.await.is_err());
    until_refused(port).await
}

#[tokio::test]
async fn it_goes_with_a_test_that_is_killed() -> Result<()> {
    // Its folder is left behind.
    let folder = tempfile::tempdir()?;
    let mut owner = Command::new(std::env::current_exe()?)
        .args(["--exact", "lifetime::owner_that_is_killed", "--nocapture"])
        .env(OWNER, "yes")
        .env("TMPDIR", folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let mut said = std::io::BufReader::new(owner.stdout.take().context("its output")?);
    let port = loop {
        let mut line = String::new();
        std::io::BufRead::read_line(&mut said, &mut line)?;
        anyhow::ensure!(!line.is_empty(), "the owner has ended");
        if let Some((_, port)) = line.trim().split_once("port=") {
            break port.parse()?;
        }
    };
    TcpStream::connect(("127.0.0.1", port))?;
    owner.kill()?;
    owner.wait()?;
    until_refused(port).await
}

/// Not a test of its own: the one above runs it in a process that it can kill.
#[tokio::test]
async fn owner_that_is_killed() -> Result<()> {
    if std::env::var_os(OWNER).is_some() {
        let redis = Redis::start().await?;
        #[allow(clippy::print_stdout)]
        {
            println!("port={}", redis.address().port());
        }
        sleep(Duration::from_secs(600)).await;
    }
    Ok(())
}

#[tokio::test]
async fn it_keeps_its_port_when_it_is_started_again() -> Result<()> {
    let mut redis = Redis::start().await?;
    let port = redis.address().port();
    redis.command(&["SET", "a", "1"]).await?;

    redis.restart().await?;
    assert_eq!(redis.command(&["GET", "a"]).await?, "");
    redis.kill_hard().await;
    assert!(!redis.is_running());
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
    redis.start().await?;
    assert_eq!(redis.command(&["PING"]).await?, "PONG");
    assert_eq!(redis.address().port(), port);

    redis.freeze();
    assert!(
        timeout(Duration::from_millis(100), redis.command(&["PING"]))
            .await
            .is_err()
    );
    redis.thaw();
    assert_eq!(redis.command(&["PING"]).await?, "PONG");
    Ok(())
}
