//! The proxy between a client and a server that answers each line with itself.

use std::io::ErrorKind;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::Result;
use resilience_peers::{Ending, FaultProxy, Mode, Side};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};

/// What the server was asked.
type Heard = Arc<Mutex<Vec<String>>>;

/// It greets before it answers, as servers do that send headers early, if `greeting` is not empty.
async fn echo(greeting: &'static str) -> Result<(FaultProxy, Heard)> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let proxy = FaultProxy::to(listener.local_addr()?).await?;
    let heard = Heard::default();
    let lines = heard.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let lines = lines.clone();
            tokio::spawn(async move {
                let (from, mut to) = stream.into_split();
                let mut from = BufReader::new(from).lines();
                while let Ok(Some(line)) = from.next_line().await {
                    let _ = to.write_all(greeting.as_bytes()).await;
                    if !greeting.is_empty() {
                        sleep(Duration::from_millis(50)).await;
                    }
                    lines.lock().expect("lines").push(line.clone());
                    let _ = to.write_all(format!("{line}\n").as_bytes()).await;
                }
            });
        }
    });
    Ok((proxy, heard))
}

struct Client(BufReader<TcpStream>);

impl Client {
    async fn connect(proxy: &FaultProxy) -> std::io::Result<Self> {
        Ok(Self(BufReader::new(
            TcpStream::connect(proxy.address()).await?,
        )))
    }

    /// The answer; an empty one is the end.
    async fn ask(&mut self, line: &str) -> std::io::Result<String> {
        self.0
            .get_mut()
            .write_all(format!("{line}\n").as_bytes())
            .await?;
        let mut answer = String::new();
        self.0.read_line(&mut answer).await?;
        Ok(answer.trim_end().to_owned())
    }
}

#[tokio::test]
async fn lets_everything_pass_at_first() -> Result<()> {
    let (proxy, _) = echo("").await?;
    let mut client = Client::connect(&proxy).await?;
    assert_eq!(client.ask("a").await?, "a");
    let long = "x".repeat(1_000_000);
    assert!(client.ask(&long).await? == long);
    assert_eq!(
        (proxy.connections(), proxy.open(), proxy.faults()),
        (1, 1, 0)
    );
    Ok(())
}

#[tokio::test]
async fn refuses_and_listens_again_on_the_same_port() -> Result<()> {
    let (proxy, _) = echo("").await?;
    let mut early = Client::connect(&proxy).await?;
    assert_eq!(early.ask("a").await?, "a");
    for _ in 0..3 {
        proxy.refuse().await;
        let refused = TcpStream::connect(proxy.address())
            .await
            .expect_err("refused");
        assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
        assert_eq!(early.ask("b").await?, "b");
        proxy.listen()?;
        assert_eq!(Client::connect(&proxy).await?.ask("c").await?, "c");
    }
    Ok(())
}

#[tokio::test]
async fn resets_new_connections_so_many_times() -> Result<()> {
    let (proxy, heard) = echo("").await?;
    proxy.new_connections(Mode::Reset.times(2));
    for _ in 0..2 {
        let error = Client::connect(&proxy)
            .await?
            .0
            .read_u8()
            .await
            .expect_err("reset");
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    }
    assert_eq!(Client::connect(&proxy).await?.ask("third").await?, "third");
    assert_eq!(*heard.lock().expect("lines"), ["third"]);
    assert_eq!(proxy.faults(), 2);
    Ok(())
}

#[tokio::test]
async fn resets_open_connections_and_spares_new_ones() -> Result<()> {
    let (proxy, _) = echo("").await?;
    let mut early = Client::connect(&proxy).await?;
    assert_eq!(early.ask("a").await?, "a");
    proxy.open_connections(Mode::Reset);
    assert_eq!(
        early.0.read_u8().await.expect_err("reset").kind(),
        ErrorKind::ConnectionReset
    );
    assert_eq!(Client::connect(&proxy).await?.ask("b").await?, "b");
    assert_eq!(proxy.faults(), 1);
    Ok(())
}

#[tokio::test]
async fn delays_answers() -> Result<()> {
    let (proxy, _) = echo("").await?;
    let mut client = Client::connect(&proxy).await?;
    proxy.all(Mode::Delay(Duration::from_millis(80)));
    let began = Instant::now();
    assert_eq!(client.ask("a").await?, "a");
    assert!(began.elapsed() >= Duration::from_millis(80));
    Ok(())
}

#[tokio::test]
async fn cuts_after_so_many_bytes_of_either_side() -> Result<()> {
    let (proxy, heard) = echo("").await?;
    proxy.new_connections(Mode::cut_after(3).times(1));
    let mut client = Client::connect(&proxy).await?;
    assert_eq!(client.ask("abcdef").await?, "abc");
    assert_eq!(client.0.read(&mut [0]).await?, 0);

    proxy.new_connections(Mode::Cut {
        from: Side::Client,
        after: 3,
        ending: Ending::Reset,
    });
    let error = Client::connect(&proxy)
        .await?
        .ask("never whole")
        .await
        .expect_err("reset");
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    assert_eq!(*heard.lock().expect("lines"), ["abcdef"]);
    Ok(())
}

#[tokio::test]
async fn hangs_until_it_lets_pass() -> Result<()> {
    let (proxy, heard) = echo("").await?;
    let mut client = Client::connect(&proxy).await?;
    assert_eq!(client.ask("a").await?, "a");
    proxy.all(Mode::Hang);
    {
        let mut question = std::pin::pin!(client.ask("b"));
        while proxy.faults() == 0 {
            let early = timeout(Duration::from_millis(5), &mut question).await;
            early.expect_err("hangs");
        }
        timeout(Duration::from_millis(100), &mut question)
            .await
            .expect_err("hangs");
        assert_eq!(*heard.lock().expect("lines"), ["a"]);
        assert_eq!(proxy.faults(), 1);
        proxy.all(Mode::Pass);
        assert_eq!(question.await?, "b");
    }
    assert_eq!(client.ask("c").await?, "c");
    Ok(())
}

#[tokio::test]
async fn delivers_the_request_and_drops_the_reply() -> Result<()> {
    let (proxy, heard) = echo("").await?;
    proxy.all(Mode::drop_reply_to("COMMIT").times(1));
    let mut client = Client::connect(&proxy).await?;
    assert_eq!(client.ask("INSERT").await?, "INSERT");
    // The words that it waits for may come in pieces.
    client.0.get_mut().write_all(b"COM").await?;
    sleep(Duration::from_millis(20)).await;
    assert_eq!(client.ask("MIT").await?, "");
    assert_eq!(*heard.lock().expect("lines"), ["INSERT", "COMMIT"]);

    let mut again = Client::connect(&proxy).await?;
    assert_eq!(again.ask("COMMIT").await?, "COMMIT");
    assert_eq!(proxy.faults(), 1);

    proxy.all(Mode::drop_reply_to("").with_reset());
    let error = again.ask("d").await.expect_err("reset");
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    Ok(())
}

#[tokio::test]
async fn waits_for_the_answer_behind_an_early_greeting() -> Result<()> {
    let (proxy, heard) = echo("wait ").await?;
    proxy.all(Mode::drop_reply_to("order").once_answered("order"));
    assert_eq!(Client::connect(&proxy).await?.ask("order").await?, "");
    assert_eq!(*heard.lock().expect("lines"), ["order"]);
    Ok(())
}

#[tokio::test]
async fn ends_its_connections_when_it_is_dropped() -> Result<()> {
    let (proxy, _) = echo("").await?;
    let mut client = Client::connect(&proxy).await?;
    assert_eq!(client.ask("a").await?, "a");
    let address = proxy.address();
    drop(proxy);
    assert!(matches!(client.0.read(&mut [0]).await, Ok(0) | Err(_)));
    let refused = async {
        while TcpStream::connect(address).await.is_ok() {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(Duration::from_secs(60), refused).await?;
    Ok(())
}
