//! Answers that say themselves how long they are kept, and for whom.

use std::panic::{AssertUnwindSafe, catch_unwind};
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

/// Has a last good answer as well, for all who ask.
#[resilient(
    service = "hints",
    retry = off,
    cache(key = "all", ttl = |token| lifetime(token), stale_if_error = off),
    fallback(cache(key = "all", ttl = "1h"))
)]
async fn shared_with_last_good(
    server: &Login,
    private: bool,
    fails: bool,
) -> Result<Token, BoxError> {
    if fails {
        return Err(std::io::Error::from(std::io::ErrorKind::ConnectionRefused).into());
    }
    Ok(server.token(private).await)
}

#[tokio::test(start_paused = true)]
async fn private_answer_is_no_last_good_one_for_others() {
    let registry = Registry::new();
    let server = Login::new([10, 10]);
    let calls = async {
        shared_with_last_good(&server, true, false).await.unwrap();
        let other = shared_with_last_good(&server, true, true).await;
        assert!(other.is_err(), "another caller got it");

        let public = shared_with_last_good(&server, false, false).await.unwrap();
        advance(11 * SECOND).await;
        let out = shared_with_last_good(&server, false, true).await;
        assert_eq!(out.unwrap(), public);
        shared_with_last_good(&server, true, false).await.unwrap();
        let other = shared_with_last_good(&server, true, true).await;
        assert!(other.is_err(), "it is private by now");
    };
    registry.scope(calls).await;
}

#[resilient(
    service = "hints",
    retry = off,
    cache(key = user, ttl = |token| lifetime(token), stale_if_error = off, private),
    fallback(cache(key = user, ttl = "1h"))
)]
async fn own_with_last_good(user: &str, server: &Login, fails: bool) -> Result<Token, BoxError> {
    if fails {
        return Err(std::io::Error::from(std::io::ErrorKind::ConnectionRefused).into());
    }
    Ok(server.token(true).await)
}

#[tokio::test(start_paused = true)]
async fn private_cache_has_a_private_last_good_answer() {
    let registry = Registry::new();
    let server = Login::new([10]);
    let calls = async {
        let alice = own_with_last_good("alice", &server, false).await.unwrap();
        advance(11 * SECOND).await;
        let out = own_with_last_good("alice", &server, true).await;
        assert_eq!(out.unwrap(), alice);
        assert!(own_with_last_good("bob", &server, true).await.is_err());
    };
    registry.scope(calls).await;
}

/// A closure over the answer that fails leaves nothing behind: who waits loads, and the next one as well.
#[resilient(
    service = "auth",
    retry = off,
    cache(key = (), ttl = |token| { assert!(token.expires_in != 13, "unlucky"); token.expires_in })
)]
async fn unlucky(server: &Login) -> Result<Token, BoxError> {
    Ok(server.token(false).await)
}

#[tokio::test(start_paused = true)]
async fn closure_that_panics_leaves_the_load_to_the_next() {
    let registry = Registry::new();
    let server = Login::new([13, 20]);
    let calls = async {
        let (mut first, mut waiting) = (Box::pin(unlucky(&server)), Box::pin(unlucky(&server)));
        assert!(poll(&mut first).is_pending());
        assert!(poll(&mut waiting).is_pending());
        advance(2 * SECOND).await;
        let polled = catch_unwind(AssertUnwindSafe(|| poll(&mut first).is_ready()));
        assert!(polled.is_err(), "it panicked");
        drop(first);
        assert_eq!(waiting.await.unwrap().number, 2);
        assert_eq!(unlucky(&server).await.unwrap().number, 2, "it is kept");
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn inserted_answer_is_kept_as_long_as_it_says() {
    let token = |expires_in, private| Token {
        number: 7,
        expires_in,
        private,
    };
    let tokens = Cache::<Token>::new("auth", CacheConfig::default())
        .unwrap()
        .lifetime(lifetime);
    tokens.insert(&(), token(60, false));
    assert!(tokens.get(&()).is_some());
    advance(61 * SECOND).await;
    assert_eq!(tokens.get(&()), None);
    for not_kept in [token(0, false), token(-1, false), token(60, true)] {
        tokens.insert(&(), token(60, false));
        tokens.insert(&(), not_kept);
        assert_eq!(tokens.get(&()), None);
        assert!(tokens.is_empty());
    }
}

/// What is for one caller alone reaches nobody who waits for a load, and that load is not kept.
#[tokio::test(start_paused = true)]
async fn inserted_private_answer_is_not_shared_with_those_who_wait() {
    let server = Login::new([60, 60]);
    let tokens = Cache::<Token>::new("auth", CacheConfig::default())
        .unwrap()
        .lifetime(lifetime);
    let load = || async { Ok::<_, BoxError>(server.token(false).await) };
    let mut one = Box::pin(tokens.get_or_load(&(), load));
    let mut two = Box::pin(tokens.get_or_load(&(), load));
    assert!(poll(&mut one).is_pending());
    assert!(poll(&mut two).is_pending());
    let private = Token {
        number: 99,
        expires_in: 60,
        private: true,
    };
    tokens.insert(&(), private);
    let (one, two) = tokio::join!(one, two);
    assert_eq!((one.unwrap().number, two.unwrap().number), (1, 1));
    assert!(tokens.is_empty());
}

async fn own_of_another_place(server: &Login, _fails: bool) -> Result<Token, BoxError> {
    Ok(server.token(true).await)
}

#[resilient(
    service = "hints",
    retry = off,
    cache(key = "all", ttl = |token| lifetime(token)),
    fallback = own_of_another_place
)]
async fn shared_with_fallback(server: &Login, fails: bool) -> Result<Token, BoxError> {
    sleep(SECOND).await;
    if fails {
        return Err(std::io::Error::from(std::io::ErrorKind::ConnectionRefused).into());
    }
    Ok(server.token(false).await)
}

#[tokio::test(start_paused = true)]
async fn private_answer_of_a_fallback_is_not_shared_with_those_who_wait() {
    let registry = Registry::new();
    let server = Login::new([]);
    let calls = async {
        let (one, two) = tokio::join!(
            shared_with_fallback(&server, true),
            shared_with_fallback(&server, true)
        );
        assert_ne!(one.unwrap(), two.unwrap());
    };
    registry.scope(calls).await;
}
