//! Answers that say themselves how long they are kept, and for whom.

use std::sync::Mutex;
use std::time::Duration;

use resilience_runtime::cache::CacheLifetime;
use resilience_runtime::{BoxError, Cache, CacheConfig, Registry, resilient};
use tokio::time::{advance, sleep};

use crate::poll::poll;

const SECOND: Duration = Duration::from_secs(1);

/// Hands out tokens of the given lifetimes, in seconds, and then endless ones.
struct Login {
    lifetimes: Mutex<Vec<i64>>,
    asked: Mutex<u32>,
}

#[derive(Clone, Debug, PartialEq)]
struct Token {
    number: u32,
    expires_in: i64,
    private: bool,
}

impl Login {
    fn new(lifetimes: impl IntoIterator<Item = i64>) -> Self {
        let mut lifetimes: Vec<i64> = lifetimes.into_iter().collect();
        lifetimes.reverse();
        Self {
            lifetimes: Mutex::new(lifetimes),
            asked: Mutex::new(0),
        }
    }

    async fn token(&self, private: bool) -> Token {
        sleep(SECOND).await;
        let expires_in = self.lifetimes.lock().unwrap().pop().unwrap_or(i64::MAX);
        let mut asked = self.asked.lock().unwrap();
        *asked += 1;
        Token {
            number: *asked,
            expires_in,
            private,
        }
    }

    fn asked(&self) -> u32 {
        *self.asked.lock().unwrap()
    }
}

#[resilient(
    service = "auth",
    cache(key = (), ttl = |token| token.expires_in, refresh_ahead = off, stale_if_error = off)
)]
async fn login(server: &Login) -> Result<Token, BoxError> {
    Ok(server.token(false).await)
}

/// Refreshed ten minutes before the end, which is longer than the `ttl` by default.
#[resilient(service = "auth", cache(key = (), ttl = |token| token.expires_in, refresh_ahead = "10m"))]
async fn login_ahead(server: &Login) -> Result<Token, BoxError> {
    Ok(server.token(false).await)
}

fn lifetime(token: &Token) -> CacheLifetime {
    let lifetime = CacheLifetime::from(token.expires_in);
    if token.private {
        lifetime.private()
    } else {
        lifetime
    }
}

#[resilient(service = "hints", cache(key = "all", ttl = |token| lifetime(token)))]
async fn shared(server: &Login, private: bool) -> Result<Token, BoxError> {
    Ok(server.token(private).await)
}

#[resilient(service = "hints", cache(key = user, ttl = |token| lifetime(token), private))]
async fn own(user: &str, server: &Login, private: bool) -> Result<Token, BoxError> {
    Ok(server.token(private).await)
}

#[tokio::test(start_paused = true)]
async fn answer_is_kept_as_long_as_it_says() {
    let registry = Registry::new();
    let server = Login::new([100, 0, -5, 1_000_000]);
    let calls = async {
        assert_eq!(login(&server).await.unwrap().number, 1);
        advance(89 * SECOND).await;
        assert_eq!(
            login(&server).await.unwrap().number,
            1,
            "a tenth earlier at most"
        );
        advance(12 * SECOND).await;
        assert_eq!(login(&server).await.unwrap().number, 2, "never longer");
        assert_eq!(login(&server).await.unwrap().number, 3, "zero is not kept");
        assert_eq!(
            login(&server).await.unwrap().number,
            4,
            "nor is a negative one"
        );
        advance(800_000 * SECOND).await;
        assert_eq!(login(&server).await.unwrap().number, 4);
    };
    registry.scope(calls).await;
    assert_eq!(server.asked(), 4);
}

#[tokio::test(start_paused = true)]
async fn refresh_ahead_is_measured_from_the_end_of_the_answer() {
    let registry = Registry::new();
    let server = Login::new([3_600, 3_600]);
    let calls = async {
        assert_eq!(login_ahead(&server).await.unwrap().number, 1);
        // 54 minutes at the least, of which the last ten are for the refresh.
        advance(43 * 60 * SECOND).await;
        assert_eq!(login_ahead(&server).await.unwrap().number, 1);
        advance(8 * 60 * SECOND).await;
        login_ahead(&server).await.unwrap();
        assert_eq!(login_ahead(&server).await.unwrap().number, 2);
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn answer_that_is_not_kept_is_shared_with_those_who_wait() {
    let registry = Registry::new();
    let server = Login::new([0]);
    let calls = async {
        let (one, two) = tokio::join!(login(&server), login(&server));
        assert_eq!(one.unwrap(), two.unwrap());
    };
    registry.scope(calls).await;
    assert_eq!(server.asked(), 1);
}

#[tokio::test(start_paused = true)]
async fn private_answer_is_neither_kept_nor_shared() {
    let registry = Registry::new();
    let server = Login::new([]);
    let calls = async {
        let (one, two, three) = tokio::join!(
            shared(&server, true),
            shared(&server, true),
            shared(&server, true)
        );
        let numbers = [one, two, three].map(|token| token.unwrap().number);
        assert_ne!(numbers[0], numbers[1]);
        assert_ne!(numbers[1], numbers[2]);
        let before = server.asked();
        assert_eq!(before, 3);
        shared(&server, true).await.unwrap();
        assert_eq!(server.asked(), before + 1);
        // A public one is both.
        let (one, two) = tokio::join!(shared(&server, false), shared(&server, false));
        assert_eq!(one.unwrap(), two.unwrap());
        shared(&server, true).await.unwrap();
        assert_eq!(server.asked(), before + 2);
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn those_who_waited_for_a_private_answer_load_at_once_and_side_by_side() {
    let registry = Registry::new();
    let server = Login::new([]);
    let calls = async {
        let began = tokio::time::Instant::now();
        let all = (0..20).map(|_| shared(&server, true));
        let mut all: Vec<_> = all.map(Box::pin).collect();
        for call in &mut all {
            assert!(poll(call).is_pending());
        }
        all.remove(0).await.unwrap();
        assert_eq!(began.elapsed(), SECOND);
        for call in &mut all {
            assert!(poll(call).is_pending());
        }
        for call in all {
            call.await.unwrap();
        }
        assert_eq!(server.asked(), 20);
        assert_eq!(began.elapsed(), 2 * SECOND);
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn private_cache_keeps_private_answers_by_its_key() {
    let registry = Registry::new();
    let server = Login::new([]);
    let calls = async {
        let alice = own("alice", &server, true).await.unwrap();
        assert_eq!(own("alice", &server, true).await.unwrap(), alice);
        let bob = own("bob", &server, true).await.unwrap();
        assert_ne!(alice, bob);
    };
    registry.scope(calls).await;
    assert_eq!(server.asked(), 2);
}

#[tokio::test(start_paused = true)]
async fn new_private_answer_removes_the_public_one() {
    let registry = Registry::new();
    let server = Login::new([100]);
    let calls = async {
        let public = shared(&server, false).await.unwrap();
        assert_eq!(shared(&server, true).await.unwrap(), public);
        advance(101 * SECOND).await;
        shared(&server, true).await.unwrap();
        shared(&server, true).await.unwrap();
    };
    registry.scope(calls).await;
    assert_eq!(server.asked(), 3);
}

#[tokio::test(start_paused = true)]
async fn cache_by_hand_keeps_an_answer_as_long_as_it_says() {
    let server = Login::new([60, 0]);
    let tokens = Cache::<Token>::new("auth", CacheConfig::default().refresh_ahead(0.99))
        .unwrap()
        .lifetime(|token| token.expires_in);
    let load = || async { Ok::<_, BoxError>(server.token(false).await) };
    let first = tokens.get_or_load(&(), load).await.unwrap();
    advance(50 * SECOND).await;
    assert_eq!(tokens.get_or_load(&(), load).await.unwrap(), first);
    advance(20 * SECOND).await;
    tokens.get_or_load(&(), load).await.unwrap();
    assert_eq!(tokens.get(&()), None);

    let own = Cache::<Token>::new("auth", CacheConfig::default())
        .unwrap()
        .lifetime(lifetime);
    let load = || async { Ok::<_, BoxError>(server.token(true).await) };
    let (one, two) = tokio::join!(own.get_or_load(&(), load), own.get_or_load(&(), load));
    assert_ne!(one.unwrap(), two.unwrap());
    assert!(own.is_empty());
}
