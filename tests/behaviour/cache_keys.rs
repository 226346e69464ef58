//! Cache keys: separate entries for services, functions and types; invalidation and bounds.

use std::fmt::Display;
use std::sync::Mutex;

use resilience_runtime::{Registry, Service, ServiceKind, resilient};
use secrecy::{ExposeSecret as _, SecretString};

use crate::errors::ApiError;
use crate::poll::{poll, started};
use crate::remote::{Answer, Remote};

/// Counts what its functions are asked.
#[derive(Default)]
struct Log(Mutex<Vec<String>>);

impl Log {
    fn note(&self, what: impl Display) -> Result<String, ApiError> {
        let mut log = self.0.lock().unwrap();
        log.push(what.to_string());
        Ok(format!("{what} {}", log.len()))
    }

    fn len(&self) -> usize {
        self.0.lock().unwrap().len()
    }
}

struct Client<'a, T> {
    tenant: T,
    log: &'a Log,
}

impl<T: Display> Client<'_, T> {
    #[resilient(service = "api", cache(key = (self.tenant.to_string(), user)))]
    async fn get(&self, user: &str) -> Result<String, ApiError> {
        self.log.note(format_args!("{}/{user}", self.tenant))
    }
}

trait Named {
    const NAME: &'static str;

    #[allow(async_fn_in_trait)]
    #[resilient(service = "api", cache(key = ()))]
    async fn name(log: &Log) -> Result<String, ApiError> {
        log.note(Self::NAME)
    }
}

struct One;
struct Two;

impl Named for One {
    const NAME: &'static str = "one";
}

impl Named for Two {
    const NAME: &'static str = "two";
}

#[resilient(service = "api", cache(key = id))]
async fn type_name<T: ?Sized, const N: usize>(id: u8, log: &Log) -> Result<String, ApiError> {
    let _ = id;
    log.note(format_args!("{} {N}", std::any::type_name::<T>()))
}

fn api(registry: &Registry) -> std::sync::Arc<Service> {
    registry.service("api", ServiceKind::Custom).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_receiver_is_a_part_of_the_key() {
    let log = Log::default();
    let calls = async {
        let client = |tenant| Client { tenant, log: &log };
        let first = client("a").get("x").await.unwrap();
        assert_eq!(client("a").get("x").await.unwrap(), first);
        assert_ne!(client("b").get("x").await.unwrap(), first);
        assert_ne!(client("a").get("y").await.unwrap(), first);
        assert_eq!(log.len(), 3);
    };
    Registry::new().scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn instances_of_a_generic_function_have_separate_caches() {
    let log = Log::default();
    let registry = Registry::new();
    let calls = async {
        for _ in 0..2 {
            assert!(
                type_name::<u8, 1>(7, &log)
                    .await
                    .unwrap()
                    .starts_with("u8 1")
            );
            assert!(
                type_name::<u8, 2>(7, &log)
                    .await
                    .unwrap()
                    .starts_with("u8 2")
            );
            assert!(
                type_name::<str, 1>(7, &log)
                    .await
                    .unwrap()
                    .starts_with("str 1")
            );
            assert!(One::name(&log).await.unwrap().starts_with("one"));
            assert!(Two::name(&log).await.unwrap().starts_with("two"));
        }
        assert_eq!(log.len(), 5);
        let (text, number) = ("1", 1);
        let of_text = Client {
            tenant: text,
            log: &log,
        }
        .get("x")
        .await
        .unwrap();
        let of_number = Client {
            tenant: number,
            log: &log,
        }
        .get("x")
        .await
        .unwrap();
        assert_ne!(of_text, of_number);

        // They are invalidated together.
        api(&registry).invalidate(&7_u8);
        type_name::<u8, 1>(7, &log).await.unwrap();
        type_name::<str, 1>(7, &log).await.unwrap();
        assert_eq!(log.len(), 9);
    };
    registry.scope(calls).await;
}

#[resilient(service = "api", cache(key = name))]
async fn by_name(name: &str, log: &Log) -> Result<String, ApiError> {
    log.note(name)
}

#[resilient(service = "api", cache(key = (tenant, id)))]
async fn by_two(tenant: String, id: u32, log: &Log) -> Result<String, ApiError> {
    log.note(format_args!("{tenant}{id}"))
}

#[resilient(service = "another", cache(key = name))]
async fn of_another(name: &str, log: &Log) -> Result<String, ApiError> {
    log.note(name)
}

#[tokio::test(start_paused = true)]
async fn invalidated_value_is_loaded_again() {
    let log = Log::default();
    let registry = Registry::new();
    let ask_all = async || {
        let before = log.len();
        by_name("a", &log).await.unwrap();
        by_name("b", &log).await.unwrap();
        by_two("a".to_owned(), 1, &log).await.unwrap();
        of_another("a", &log).await.unwrap();
        log.len() - before
    };
    let calls = async {
        assert_eq!((ask_all().await, ask_all().await), (4, 0));
        api(&registry).invalidate("a");
        assert_eq!(ask_all().await, 1);
        api(&registry).invalidate(&"b".to_owned());
        assert_eq!(ask_all().await, 1);
        api(&registry).invalidate(&("a", 1_u32));
        assert_eq!(ask_all().await, 1);
        api(&registry).invalidate("c");
        assert_eq!(ask_all().await, 0);
        api(&registry).invalidate_all();
        assert_eq!(ask_all().await, 3, "those of the service");
    };
    registry.scope(calls).await;
}

#[resilient(service = "api", retry = off, cache(key = ()))]
async fn waits(remote: &Remote) -> Answer {
    let answer = remote.answer();
    tokio::task::yield_now().await;
    answer
}

#[tokio::test(start_paused = true)]
async fn load_begun_before_invalidation_is_not_stored() {
    let remote = Remote::scripted([Ok(1), Ok(2)]);
    let registry = Registry::new();
    let calls = async {
        let mut before = started(waits(&remote));
        let waiter = started(waits(&remote));
        api(&registry).invalidate(&());
        let mut after = started(waits(&remote));
        assert_eq!(remote.asked(), 2, "it does not join the one before");
        assert!(matches!(poll(&mut before), std::task::Poll::Ready(Ok(1))));
        assert!(matches!(poll(&mut after), std::task::Poll::Ready(Ok(2))));
        assert_eq!(waiter.await.unwrap(), 1);
        assert_eq!(waits(&remote).await.unwrap(), 2);
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn cache_holds_at_most_max_entries() {
    #[resilient(service = "api", cache(key = id, max_entries = 2))]
    async fn bounded(id: u32, log: &Log) -> Result<String, ApiError> {
        log.note(id)
    }
    let log = Log::default();
    let calls = async {
        for id in 0..100 {
            bounded(id, &log).await.unwrap();
            bounded(id, &log).await.unwrap();
        }
        assert_eq!(log.len(), 100);
        let before = log.len();
        for id in 90..100 {
            bounded(id, &log).await.unwrap();
        }
        assert!(log.len() - before >= 8, "two at most were kept");
    };
    Registry::new().scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn secrets_can_be_kept() {
    #[resilient(service = "api", cache(key = name))]
    async fn secret(name: &str, log: &Log) -> Result<SecretString, ApiError> {
        log.note(name).map(SecretString::from)
    }
    let log = Log::default();
    let calls = async {
        let first = secret("db", &log).await.unwrap();
        let second = secret("db", &log).await.unwrap();
        assert_eq!(first.expose_secret(), second.expose_secret());
        assert_eq!(log.len(), 1);
    };
    Registry::new().scope(calls).await;
}
