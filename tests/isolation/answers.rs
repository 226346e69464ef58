//! No answer crosses from one instance, type or tenant to another, and none outlives its time.

use std::cell::Cell;
use std::future::ready;
use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use resilience_runtime::verdict::Reason;
use resilience_runtime::{Classify, Registry, ResilienceError, ServiceKind, resilient};

#[derive(Debug, thiserror::Error, Classify)]
enum Failure {
    #[error("down")]
    #[classify(transient)]
    Down,
    #[error("not found")]
    #[classify(not_found)]
    NotFound,
    #[error(transparent)]
    Resilience(#[from] ResilienceError),
}

thread_local! {
    static IS_DOWN: Cell<bool> = const { Cell::new(false) };
}

/// Answers with a name, unless the remote is down.
fn ask(name: &str) -> Result<String, Failure> {
    if IS_DOWN.get() {
        return Err(Failure::Down);
    }
    Ok(name.to_owned())
}

trait Environment {
    const NAME: &'static str;

    #[allow(async_fn_in_trait)]
    #[resilient(service = "config", retry = off, fallback(cache(ttl = "1h")))]
    async fn by_default() -> Result<String, Failure> {
        ask(Self::NAME)
    }
}

struct Production;
struct Staging;

impl Environment for Production {
    const NAME: &'static str = "production";
}

impl Environment for Staging {
    const NAME: &'static str = "staging";
}

#[resilient(service = "config", retry = off, fallback(cache(ttl = "1h")))]
async fn load<E: Environment>() -> Result<String, Failure> {
    ask(E::NAME)
}

struct Loader<E>(PhantomData<E>);

impl<E: Environment> Loader<E> {
    #[resilient(service = "config", retry = off, fallback(cache(ttl = "1h")))]
    async fn load() -> Result<String, Failure> {
        ask(E::NAME)
    }
}

#[tokio::test(start_paused = true)]
async fn last_good_answers_do_not_cross_between_generic_instances() {
    let test = async {
        IS_DOWN.set(false);
        for answer in [
            load::<Production>().await,
            Loader::<Production>::load().await,
            Production::by_default().await,
        ] {
            assert_eq!(answer.expect("it is up"), "production");
        }
        IS_DOWN.set(true);
        for answer in [
            load::<Staging>().await,
            Loader::<Staging>::load().await,
            Staging::by_default().await,
        ] {
            assert!(matches!(answer, Err(Failure::Down)), "{answer:?}");
        }
        for answer in [
            load::<Production>().await,
            Loader::<Production>::load().await,
            Production::by_default().await,
        ] {
            assert_eq!(answer.expect("its own last one"), "production");
        }
    };
    Registry::new().scope(test).await;
}

/// Two types of one name, as the compiler prints them.
mod namesakes {
    use super::{Failure, resilient};

    pub(super) trait Named {
        const NAME: &'static str;
    }

    #[resilient(service = "config", cache(ttl = "1h"))]
    async fn read<N: Named>() -> Result<&'static str, Failure> {
        Ok(N::NAME)
    }

    pub(super) async fn one() -> Result<&'static str, Failure> {
        struct Local;
        impl Named for Local {
            const NAME: &'static str = "one";
        }
        read::<Local>().await
    }

    pub(super) async fn two() -> Result<&'static str, Failure> {
        struct Local;
        impl Named for Local {
            const NAME: &'static str = "two";
        }
        read::<Local>().await
    }
}

#[tokio::test(start_paused = true)]
async fn two_local_types_of_one_name_share_no_entry() {
    let test = async {
        assert_eq!(namesakes::one().await.expect("loaded"), "one");
        assert_eq!(namesakes::two().await.expect("loaded"), "two");
    };
    Registry::new().scope(test).await;
}

struct Client {
    token: &'static str,
}

impl Client {
    #[resilient(service = "documents", cache(key = (self.token, name)))]
    async fn read(&self, name: &str) -> Result<String, Failure> {
        Ok(format!("{name} of {}", self.token))
    }

    #[resilient(service = "documents", retry = off, fallback(cache(key = format!("{} {name}", self.token), ttl = "1h")))]
    async fn last_good(&self, name: &str) -> Result<String, Failure> {
        ask(&format!("{name} of {}", self.token))
    }

    /// The same for everybody.
    #[resilient(service = "documents", cache(across_instances))]
    async fn version(&self) -> Result<String, Failure> {
        Ok(self.token.to_owned())
    }

    /// An instance in an argument.
    #[resilient(service = "documents", cache(key = (this.token, name)))]
    async fn of_argument(this: Arc<Self>, name: &str) -> Result<String, Failure> {
        Ok(format!("{name} of {}", this.token))
    }
}

#[tokio::test(start_paused = true)]
async fn two_clients_do_not_share_answers_unless_it_is_said() {
    let test = async {
        IS_DOWN.set(false);
        let [alice, bob] = [Client { token: "alice" }, Client { token: "bob" }];
        assert_eq!(alice.read("plan").await.expect("loaded"), "plan of alice");
        assert_eq!(bob.read("plan").await.expect("loaded"), "plan of bob");
        let alices = alice.last_good("plan").await.expect("it is up");
        IS_DOWN.set(true);
        assert!(matches!(bob.last_good("plan").await, Err(Failure::Down)));
        assert_eq!(alice.last_good("plan").await.expect("recalled"), alices);
        assert_eq!(alice.version().await.expect("loaded"), "alice");
        assert_eq!(bob.version().await.expect("said to be the same"), "alice");
        let [alice, bob] = [alice, bob].map(Arc::new);
        let alices = Client::of_argument(alice, "plan").await.expect("loaded");
        let bobs = Client::of_argument(bob, "plan").await.expect("loaded");
        assert_ne!(alices, bobs);
    };
    Registry::new().scope(test).await;
}

static LOADS: AtomicU32 = AtomicU32::new(0);

#[resilient(service = "documents", retry = off, cache(key = name, negative_ttl = "10s"))]
async fn absent(name: &str) -> Result<String, Failure> {
    LOADS.fetch_add(1, Ordering::Relaxed);
    tokio::time::sleep(Duration::from_millis(50)).await;
    Err(if name == "absent" {
        Failure::NotFound
    } else {
        Failure::Down
    })
}

/// The status that a server would answer with.
fn status(error: &Failure) -> u16 {
    match error {
        Failure::NotFound => 404,
        Failure::Resilience(ResilienceError::SharedFailure {
            reason: Some(Reason::NotFound),
            ..
        }) => 404,
        _ => 503,
    }
}

#[tokio::test(start_paused = true)]
async fn what_does_not_exist_does_not_exist_for_all_who_waited() {
    let test = async {
        let (one, two) = tokio::join!(absent("absent"), absent("absent"));
        let three = absent("absent").await;
        for answer in [one, two, three] {
            let error = answer.expect_err("it does not exist");
            assert_eq!(status(&error), 404, "{error:?}");
            assert_eq!(error.classify().reason(), Some(Reason::NotFound));
        }
        assert_eq!(LOADS.load(Ordering::Relaxed), 1);
        let (one, two) = tokio::join!(absent("another"), absent("another"));
        for answer in [one, two] {
            let error = answer.expect_err("the remote is down");
            assert_eq!(status(&error), 503, "{error:?}");
        }
    };
    Registry::new().scope(test).await;
}

type Secret = Arc<()>;

#[resilient(service = "secrets", cache(key = number, ttl = "5m", stale_if_error = "1h"))]
async fn cached(secret: &Secret, number: u32) -> Result<Secret, Failure> {
    let _ = number;
    Ok(Arc::clone(secret))
}

#[resilient(service = "secrets", fallback(cache(key = number, ttl = "5m")))]
async fn remembered(secret: &Secret, number: u32) -> Result<Secret, Failure> {
    let _ = number;
    Ok(Arc::clone(secret))
}

#[tokio::test(start_paused = true)]
async fn expired_answers_leave_the_memory_by_age() {
    let test = async {
        let (secret, other) = (Secret::default(), Secret::default());
        for number in 0..100 {
            cached(&secret, number).await.expect("loaded");
            remembered(&secret, number).await.expect("asked");
        }
        assert_eq!(Arc::strong_count(&secret), 201);
        tokio::time::advance(Duration::from_secs(86_400)).await;
        cached(&other, 1_000).await.expect("loaded");
        remembered(&other, 1_000).await.expect("asked");
        assert_eq!(Arc::strong_count(&secret), 1);
    };
    Registry::new().scope(test).await;
}

#[tokio::test(start_paused = true)]
async fn invalidation_says_how_many_answers_it_removed() {
    let registry = Registry::new();
    let test = async {
        let secret = Secret::default();
        for number in [42, 43] {
            cached(&secret, number).await.expect("loaded");
            remembered(&secret, number).await.expect("asked");
        }
        let service = registry
            .service("secrets", ServiceKind::Custom)
            .expect("it is known");
        assert_eq!(service.invalidate(&42_u64), 0, "a key of another type");
        assert_eq!(service.invalidate(&42_u32), 2);
        assert_eq!(service.invalidate(&42_u32), 0);
        assert_eq!(service.invalidate_all(), 2);
        assert_eq!(Arc::strong_count(&secret), 1);
        ready(()).await;
    };
    registry.scope(test).await;
}
