//! What a server revoked does not come back.

use std::cell::Cell;
use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use resilience_runtime::{
    Classify, Fallback, Registry, ResilienceError, ServiceKind, secret_resilient,
};
use tokio::time::sleep;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Remote {
    Well,
    Denied,
    Gone,
    Down,
}

#[derive(Debug, thiserror::Error, Classify)]
enum Failure {
    #[error("down")]
    #[classify(transient)]
    Down,
    #[error("denied")]
    #[classify(denied)]
    Denied,
    #[error("not found")]
    #[classify(not_found)]
    Gone,
    #[error(transparent)]
    Resilience(#[from] ResilienceError),
}

fn ask(remote: &Cell<Remote>) -> Result<&'static str, Failure> {
    match remote.get() {
        Remote::Well => Ok("hunter2"),
        Remote::Denied => Err(Failure::Denied),
        Remote::Gone => Err(Failure::Gone),
        Remote::Down => Err(Failure::Down),
    }
}

#[secret_resilient(service = "vault", retry = off, fallback(cache(key = name, ttl = "1h")))]
async fn read(remote: &Cell<Remote>, name: &str) -> Result<&'static str, Failure> {
    let _ = name;
    ask(remote)
}

/// Its cache is not asked after a permanent error, which must not keep it from forgetting.
#[secret_resilient(
    service = "vault",
    retry = off,
    fallback(cache(key = name, ttl = "1h"), on = "transient")
)]
async fn read_transient(remote: &Cell<Remote>, name: &str) -> Result<&'static str, Failure> {
    let _ = name;
    ask(remote)
}

/// Its cache comes after a step that answers.
#[secret_resilient(
    service = "vault",
    retry = off,
    fallback(on_throttled = nothing, cache(key = name, ttl = "1h"))
)]
async fn read_later(remote: &Cell<Remote>, name: &str) -> Result<&'static str, Failure> {
    let _ = name;
    ask(remote)
}

fn nothing(_: &Cell<Remote>, _: &str) -> Result<&'static str, Failure> {
    Ok("nothing")
}

async fn ask_each(remote: &Cell<Remote>) -> [Result<&'static str, Failure>; 3] {
    [
        read(remote, "db").await,
        read_transient(remote, "db").await,
        read_later(remote, "db").await,
    ]
}

#[tokio::test(start_paused = true)]
async fn outage_does_not_bring_back_what_was_denied_or_deleted() {
    for revoked in [Remote::Denied, Remote::Gone] {
        let test = async {
            let remote = Cell::new(Remote::Well);
            let answers = ask_each(&remote).await;
            assert!(answers.iter().all(Result::is_ok), "{answers:?}");
            remote.set(Remote::Down);
            let answers = ask_each(&remote).await;
            assert!(answers.iter().all(Result::is_ok), "{answers:?}");
            remote.set(revoked);
            let answers = ask_each(&remote).await;
            assert!(answers.iter().all(Result::is_err), "{answers:?}");
            remote.set(Remote::Down);
            for answer in ask_each(&remote).await {
                assert!(matches!(answer, Err(Failure::Down)), "{answer:?}");
            }
        };
        Registry::new().scope(test).await;
    }
}

/// The server answers at once, and the answer lies in the socket for a second.
async fn ask_slowly(remote: &Cell<Remote>) -> Result<&'static str, Failure> {
    let said = ask(remote);
    sleep(Duration::from_secs(1)).await;
    said
}

#[secret_resilient(service = "slow-vault", retry = off, fallback(cache(key = name, ttl = "1h")))]
async fn read_slowly(remote: &Cell<Remote>, name: &str) -> Result<&'static str, Failure> {
    let _ = name;
    ask_slowly(remote).await
}

/// An answer that was on its way when another caller was denied, or somebody emptied the cache.
#[tokio::test(start_paused = true)]
async fn late_answer_does_not_bring_back_what_was_revoked_meanwhile() {
    let registry = Registry::new();
    for by_hand in [false, true] {
        let test = async {
            let remote = Cell::new(Remote::Well);
            let late = read_slowly(&remote, "db");
            let revoked = async {
                sleep(Duration::from_millis(1)).await;
                if by_hand {
                    let vault = registry.get("slow-vault").expect("it was called");
                    vault.invalidate_all();
                } else {
                    remote.set(Remote::Denied);
                    read_slowly(&remote, "db").await.expect_err("denied");
                }
            };
            // The caller of the late one may have it, nobody else.
            let late_last = async {
                let mut late = pin!(late);
                assert!(poll_once(late.as_mut()).is_pending());
                revoked.await;
                late.await.expect("it was asked before");
            };
            late_last.await;
            remote.set(Remote::Down);
            let error = read_slowly(&remote, "db").await.expect_err("revoked");
            assert!(matches!(error, Failure::Down), "{error:?}");
            // What is asked for later is kept.
            remote.set(Remote::Well);
            read_slowly(&remote, "db").await.expect("it is up");
            remote.set(Remote::Down);
            read_slowly(&remote, "db").await.expect("the new one");
        };
        registry.scope(test).await;
    }
}

#[tokio::test(start_paused = true)]
async fn by_hand_late_answer_does_not_bring_back_what_was_revoked_meanwhile() {
    let registry = Registry::new();
    let vault = registry.service("vault", ServiceKind::Secret);
    let vault = vault.expect("a new one");
    let fallback = Fallback::new().cache(Duration::from_secs(3600));
    let remote = Cell::new(Remote::Well);
    let guarded = vault.fallback(&fallback);
    let read = || guarded.call_keyed("db", || ask_slowly(&remote));
    let mut late = pin!(read());
    assert!(poll_once(late.as_mut()).is_pending());
    remote.set(Remote::Denied);
    read().await.expect_err("denied");
    late.await.expect("it was asked before");
    remote.set(Remote::Down);
    read().await.expect_err("revoked");
}

fn poll_once<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

#[tokio::test(start_paused = true)]
async fn revocation_of_one_key_leaves_the_others() {
    let test = async {
        let remote = Cell::new(Remote::Well);
        for name in ["db", "api"] {
            read(&remote, name).await.expect("it is up");
        }
        remote.set(Remote::Denied);
        read(&remote, "db").await.expect_err("denied");
        remote.set(Remote::Down);
        read(&remote, "db").await.expect_err("revoked");
        assert_eq!(read(&remote, "api").await.expect("its own"), "hunter2");
    };
    Registry::new().scope(test).await;
}

#[tokio::test(start_paused = true)]
async fn invalidation_reaches_the_last_good_answers() {
    let registry = Registry::new();
    let test = async {
        let remote = Cell::new(Remote::Well);
        for name in ["db", "api"] {
            read(&remote, name).await.expect("it is up");
        }
        let vault = registry
            .service("vault", ServiceKind::Secret)
            .expect("it is known");
        assert_eq!(vault.invalidate("db"), 1);
        remote.set(Remote::Down);
        read(&remote, "db").await.expect_err("forgotten");
        read(&remote, "api").await.expect("still known");
        assert_eq!(vault.invalidate_all(), 1);
        read(&remote, "api").await.expect_err("forgotten");
    };
    registry.scope(test).await;
}

#[tokio::test(start_paused = true)]
async fn by_hand_outage_does_not_bring_back_what_was_denied() {
    let registry = Registry::new();
    let vault = registry
        .service("vault", ServiceKind::Secret)
        .expect("a new one");
    let fallback = Fallback::new().cache(Duration::from_secs(3600));
    let remote = Cell::new(Remote::Well);
    let read = |key: &'static str| {
        let (vault, fallback, remote) = (&vault, &fallback, &remote);
        async move {
            let guarded = vault.fallback(fallback);
            guarded
                .call_keyed(key, || std::future::ready(ask(remote)))
                .await
        }
    };
    read("db").await.expect("it is up");
    read("api").await.expect("it is up");
    remote.set(Remote::Denied);
    read("db").await.expect_err("denied");
    remote.set(Remote::Down);
    let error = read("db").await.expect_err("revoked");
    assert!(matches!(error, Failure::Down), "{error:?}");
    read("api").await.expect("its own");
    assert_eq!(fallback.invalidate("api"), 1);
    read("api").await.expect_err("forgotten");
    assert_eq!(fallback.invalidate_all(), 0);
}
