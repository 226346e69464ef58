//! A circuit breaker for each key: independent of each other, and in bounded memory.

use std::sync::Arc;
use std::time::Duration;

use resilience_runtime::config::CircuitBreakerSettings;
use resilience_runtime::telemetry::{CircuitBreakerKeys, EventKind};
use resilience_runtime::{
    CircuitState, Registry, ResilienceError, Service, ServiceKind, ServiceSettings, Settings,
    resilient, resilient_methods,
};
use tokio::sync::oneshot;
use tokio::time::{Instant, advance};

use crate::errors::ApiError;
use crate::events::heard;
use crate::poll::started;
use crate::remote::{Answer, Remote};

const SECOND: Duration = Duration::from_secs(1);

fn api(registry: &Registry) -> Arc<Service> {
    registry.service("api", ServiceKind::Custom).unwrap()
}

fn keys(registry: &Registry) -> CircuitBreakerKeys {
    api(registry).stats().circuit_keys.unwrap()
}

fn counts(registry: &Registry) -> (usize, usize, usize) {
    let keys = keys(registry);
    (keys.known, keys.open, keys.half_open)
}

#[resilient(
    service = "api",
    retry = off,
    circuit_breaker(
        key = host,
        failure_threshold = 2,
        recovery_timeout = "10s",
        max_recovery_timeout = "60s",
        success_threshold = 1,
        half_open_max_calls = 1,
        max_keys = 3
    )
)]
async fn fetch(host: &str, remote: &Remote) -> Answer {
    remote.answer()
}

#[resilient(service = "api", retry = off)]
async fn without_key(remote: &Remote) -> Answer {
    remote.answer()
}

#[resilient(service = "api", retry = off, circuit_breaker(key = host))]
async fn answered_later(host: &str, answer: oneshot::Receiver<Answer>) -> Answer {
    answer.await.unwrap()
}

async fn open(host: &str) {
    let failing = Remote::failing();
    for _ in 0..2 {
        fetch(host, &failing).await.unwrap_err();
    }
    let rejected = fetch(host, &failing).await.unwrap_err();
    assert!(rejected.is_open_circuit());
    assert_eq!(failing.asked(), 2);
}

#[tokio::test(start_paused = true)]
async fn open_circuit_of_one_key_rejects_no_call_of_another() {
    let registry = Registry::new();
    let calls = async {
        let healthy = Remote::healthy();
        open("a").await;
        fetch("b", &healthy).await.unwrap();
        without_key(&healthy).await.unwrap();
        assert_eq!(counts(&registry), (2, 1, 0));
        assert_eq!(
            api(&registry).circuit_breaker().state(),
            CircuitState::Closed
        );
        advance(4 * SECOND).await;
        let rejected = fetch("a", &healthy).await.unwrap_err();
        assert_eq!(rejected.local().retry_after(), Some(6 * SECOND));
        advance(6 * SECOND).await;
        assert_eq!(counts(&registry), (2, 0, 1));
        fetch("a", &healthy).await.unwrap();
        assert_eq!(counts(&registry), (2, 0, 0));
        assert_eq!(api(&registry).stats().rejections.circuit_breaker, 2);
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn breaker_of_the_service_without_keys_has_its_own_failures() {
    let registry = Registry::new();
    let calls = async {
        let (healthy, failing) = (Remote::healthy(), Remote::failing());
        fetch("a", &healthy).await.unwrap();
        for _ in 0..2 {
            without_key(&failing).await.unwrap_err();
        }
        assert!(without_key(&healthy).await.unwrap_err().is_open_circuit());
        fetch("a", &healthy).await.unwrap();
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn only_keys_at_rest_make_room_for_new_ones() {
    let registry = Registry::new();
    let calls = async {
        let healthy = Remote::healthy();
        open("open").await;
        fetch("failed once", &Remote::failing()).await.unwrap_err();
        let (tell, answer) = oneshot::channel();
        let running = started(answered_later("running", answer));
        assert_eq!(counts(&registry), (3, 1, 0));
        // Nobody makes room: these two share one breaker.
        for host in ["new", "newer"] {
            fetch(host, &Remote::failing()).await.unwrap_err();
        }
        assert!(
            fetch("newest", &healthy)
                .await
                .unwrap_err()
                .is_open_circuit()
        );
        assert_eq!(counts(&registry), (3, 2, 0));
        // The busy ones are as they were.
        assert!(fetch("open", &healthy).await.unwrap_err().is_open_circuit());
        tell.send(Ok(1)).unwrap();
        running.await.unwrap();
        fetch("new", &healthy).await.unwrap();
        fetch("failed once", &Remote::failing()).await.unwrap_err();
        assert!(
            fetch("failed once", &healthy)
                .await
                .unwrap_err()
                .is_open_circuit()
        );
        assert_eq!(keys(&registry).known, 3);
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn key_that_nobody_asks_for_makes_room_in_the_end() {
    let registry = Registry::new();
    let calls = async {
        let healthy = Remote::healthy();
        for host in ["a", "b", "c"] {
            open(host).await;
        }
        advance(59 * SECOND).await;
        open("shared").await;
        assert_eq!(counts(&registry), (3, 1, 3), "the shared one is open");
        advance(SECOND).await;
        fetch("new", &healthy).await.unwrap();
        assert_eq!(counts(&registry), (3, 1, 2));
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn key_that_was_evicted_begins_anew() {
    let registry = Registry::new();
    let calls = async {
        let healthy = Remote::healthy();
        fetch("a", &Remote::failing()).await.unwrap_err();
        fetch("a", &healthy).await.unwrap();
        for host in ["b", "c", "d", "e"] {
            fetch(host, &healthy).await.unwrap();
        }
        assert_eq!(counts(&registry), (3, 0, 0));
        fetch("a", &Remote::failing()).await.unwrap_err();
        fetch("a", &healthy).await.unwrap();
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn million_keys_stay_bounded() {
    let registry = Registry::new();
    let calls = async {
        let healthy = Remote::healthy();
        fetch("first", &healthy).await.unwrap();
        let settings = CircuitBreakerSettings::new().max_keys(500);
        let settings = ServiceSettings::new().circuit_breaker(settings);
        let settings = Settings::without_env().service("api", settings);
        registry.configure(settings).unwrap();
        let api = api(&registry);
        for key in 0..1_000_000_u32 {
            drop(api.circuit_breaker_for(&key));
        }
        assert_eq!(counts(&registry), (500, 0, 0));
    };
    registry.scope(calls).await;
}

fn most(registry: &Registry, settings: CircuitBreakerSettings) {
    let settings = ServiceSettings::new().circuit_breaker(settings);
    let settings = Settings::without_env().service("api", settings);
    registry.configure(settings).unwrap();
}

#[tokio::test(start_paused = true)]
async fn lower_max_keys_evicts_at_once_what_is_at_rest() {
    let registry = Registry::new();
    let calls = async {
        let healthy = Remote::healthy();
        open("open").await;
        fetch("b", &healthy).await.unwrap();
        let held = api(&registry).circuit_breaker_for("held");
        most(&registry, CircuitBreakerSettings::new().max_keys(1));
        assert_eq!(counts(&registry), (2, 1, 0), "two are busy");
        drop(held);
        fetch("c", &healthy).await.unwrap();
        assert_eq!(counts(&registry), (1, 1, 0), "but no room for a new one");
        most(&registry, CircuitBreakerSettings::new().max_keys(2));
        fetch("c", &healthy).await.unwrap();
        assert_eq!(counts(&registry), (2, 1, 0));
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn change_of_the_configuration_reaches_known_and_new_keys() {
    let registry = Registry::new();
    let calls = async {
        let healthy = Remote::healthy();
        open("a").await;
        fetch("b", &Remote::failing()).await.unwrap_err();
        let changed = CircuitBreakerSettings::new().failure_threshold(3);
        most(&registry, changed.recovery_timeout(5 * SECOND));
        advance(5 * SECOND).await;
        fetch("a", &healthy).await.unwrap();
        fetch("b", &Remote::failing()).await.unwrap_err();
        fetch("b", &healthy).await.unwrap();
        for _ in 0..2 {
            fetch("c", &Remote::failing()).await.unwrap_err();
        }
        fetch("c", &healthy).await.unwrap();
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn one_key_can_be_forced_by_hand() {
    let registry = Registry::new();
    let calls = async {
        let healthy = Remote::healthy();
        fetch("a", &healthy).await.unwrap();
        let breaker = api(&registry).circuit_breaker_for("a");
        breaker.force_open();
        drop(breaker);
        let rejected = fetch("a", &healthy).await.unwrap_err();
        assert!(matches!(
            rejected.local(),
            ResilienceError::CircuitBreakerOpen {
                retry_after: None,
                ..
            }
        ));
        for host in ["b", "c", "d", "e", "f"] {
            fetch(host, &healthy).await.unwrap();
        }
        advance(3_600 * SECOND).await;
        fetch("g", &healthy).await.unwrap();
        assert!(fetch("a", &healthy).await.is_err(), "it is never evicted");
        let breaker = api(&registry).circuit_breaker_for("a");
        assert_eq!(breaker.state(), CircuitState::ForcedOpen);
        breaker.force_closed();
        fetch("a", &healthy).await.unwrap();
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn override_of_the_service_holds_for_all_keys() {
    let registry = Registry::new();
    let calls = async {
        let healthy = Remote::healthy();
        open("a").await;
        let own = api(&registry).circuit_breaker();
        let held = own.hold_open();
        assert!(fetch("b", &healthy).await.unwrap_err().is_open_circuit());
        drop(held);
        fetch("b", &healthy).await.unwrap();
        own.disable();
        fetch("a", &healthy).await.unwrap();
        own.force_closed();
        assert!(fetch("a", &healthy).await.unwrap_err().is_open_circuit());
    };
    registry.scope(calls).await;
}

#[resilient(
    service = "api",
    retry(max_attempts = 5, base_delay = "1s", multiplier = 1.0, jitter = "none"),
    circuit_breaker(key = host, failure_threshold = 3, recovery_timeout = "10s", success_threshold = 1)
)]
async fn retried(host: &str, remote: &Remote) -> Answer {
    remote.answer()
}

#[tokio::test(start_paused = true)]
async fn retries_end_when_the_circuit_of_the_key_opens() {
    let registry = Registry::new();
    let calls = async {
        let failing = Remote::failing();
        let failed = retried("a", &failing).await.unwrap_err();
        assert!(matches!(failed, ApiError::Transient), "{failed:?}");
        assert_eq!(failing.asked_at(), [0, 1, 2].map(Duration::from_secs));
        let flaky = Remote::scripted([Err(ApiError::Transient), Err(ApiError::Transient)]);
        retried("b", &flaky).await.unwrap();
        assert_eq!(flaky.asked(), 3);
    };
    registry.scope(calls).await;
}

#[resilient(
    service = "api",
    retry = off,
    circuit_breaker(key = host, failure_threshold = 1, recovery_timeout = "10s", mode = "shadow")
)]
async fn in_shadow(host: &str, remote: &Remote) -> Answer {
    remote.answer()
}

#[tokio::test(start_paused = true)]
async fn shadow_lets_each_key_pass_and_counts_it() {
    let registry = Registry::new();
    let calls = async {
        in_shadow("a", &Remote::failing()).await.unwrap_err();
        in_shadow("a", &Remote::healthy()).await.unwrap();
        in_shadow("b", &Remote::healthy()).await.unwrap();
        let stats = api(&registry).stats();
        assert_eq!(stats.shadow_rejected.circuit_breaker, 1);
        assert_eq!(stats.rejections.circuit_breaker, 0);
        let breaker = api(&registry).circuit_breaker_for("a");
        assert_eq!(breaker.stats().shadow_rejected, 1);
    };
    registry.scope(calls).await;
}

#[resilient(
    service = "api",
    retry = off,
    circuit_breaker(
        key = host,
        failure_threshold = 1,
        recovery_timeout = "10s",
        success_threshold = 1,
        half_open_max_calls = 1
    )
)]
async fn outer(host: &str, inner: &str, remote: &Remote) -> Answer {
    fetch(inner, remote).await
}

#[tokio::test(start_paused = true)]
async fn inner_call_borrows_the_probe_of_its_own_key_alone() {
    let registry = Registry::new();
    let calls = async {
        let (healthy, failing) = (Remote::healthy(), Remote::failing());
        outer("a", "a", &failing).await.unwrap_err();
        outer("b", "b", &failing).await.unwrap_err();
        assert_eq!(counts(&registry), (2, 2, 0));
        advance(10 * SECOND).await;
        // The only probe of `a` is lent; `b` has one of its own.
        outer("a", "a", &healthy).await.unwrap();
        assert_eq!(counts(&registry), (2, 0, 1));
        outer("a", "b", &healthy).await.unwrap();
        assert_eq!(counts(&registry), (2, 0, 0));
        // The failure of `b` inside of `a` is reported to `b`, and to `a` as it comes through: not as its own.
        outer("a", "b", &failing).await.unwrap_err();
        assert_eq!(counts(&registry), (2, 1, 0));
        fetch("a", &healthy).await.unwrap();
        assert!(fetch("b", &healthy).await.unwrap_err().is_open_circuit());
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn call_that_is_dropped_frees_the_probe_of_its_key() {
    let registry = Registry::new();
    let calls = async {
        open("a").await;
        advance(10 * SECOND).await;
        let (_tell, answer) = oneshot::channel();
        let probe = started(answered_later("a", answer));
        assert!(
            fetch("a", &Remote::healthy())
                .await
                .unwrap_err()
                .is_open_circuit()
        );
        drop(probe);
        fetch("a", &Remote::healthy()).await.unwrap();
        for host in ["b", "c", "d", "e"] {
            fetch(host, &Remote::healthy()).await.unwrap();
        }
        assert_eq!(counts(&registry), (3, 0, 0), "nobody holds `a` any more");
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn change_of_a_key_is_an_event_that_says_so() {
    let registry = Registry::new();
    let mut events = registry.subscribe();
    let calls = async {
        open("a").await;
        api(&registry).circuit_breaker().force_open();
    };
    registry.scope(calls).await;
    let changes = heard(&mut events).into_iter();
    let changes: Vec<_> = changes
        .filter_map(|event| match event.kind {
            EventKind::CircuitChanged { to, keyed, .. } => Some((to, keyed)),
            _ => None,
        })
        .collect();
    assert_eq!(
        changes,
        [
            (CircuitState::Open, true),
            (CircuitState::ForcedOpen, false)
        ]
    );
}

#[test]
fn first_calls_of_a_key_at_once_use_one_breaker() {
    let registry = Registry::new();
    let api = api(&registry);
    for key in 0..200 {
        let barrier = std::sync::Barrier::new(4);
        let states = std::thread::scope(|scope| {
            let threads = [(); 4].map(|()| {
                scope.spawn(|| {
                    barrier.wait();
                    api.circuit_breaker_for(&key).force_open();
                    barrier.wait();
                    api.circuit_breaker_for(&key).state()
                })
            });
            threads.map(|thread| thread.join().unwrap())
        });
        assert_eq!(states, [CircuitState::ForcedOpen; 4]);
    }
    assert_eq!(api.stats().circuit_keys.unwrap().open, 200);
}

#[tokio::test(start_paused = true)]
async fn disabled_patterns_need_no_breaker_for_a_key() {
    let registry = Registry::new();
    registry
        .configure(Settings::without_env().enabled(false))
        .unwrap();
    let calls = async {
        for _ in 0..5 {
            let began = Instant::now();
            fetch("a", &Remote::failing()).await.unwrap_err();
            assert_eq!(began.elapsed(), Duration::ZERO);
        }
        assert_eq!(api(&registry).stats().circuit_keys, None);
    };
    registry.scope(calls).await;
}

struct Client {
    host: String,
}

#[resilient_methods(
    service = "api",
    retry = off,
    circuit_breaker(key = self.host, failure_threshold = 1)
)]
impl Client {
    async fn get(&self, remote: &Remote) -> Answer {
        remote.answer()
    }

    #[resilient(circuit_breaker(key = (&self.host, path)))]
    async fn get_path(&self, path: &str, remote: &Remote) -> Answer {
        let _ = path;
        remote.answer()
    }
}

#[tokio::test(start_paused = true)]
async fn methods_of_a_block_have_the_key_of_the_block_or_their_own() {
    let registry = Registry::new();
    let calls = async {
        let (healthy, failing) = (Remote::healthy(), Remote::failing());
        let [a, b] = ["a", "b"].map(|host| Client {
            host: host.to_owned(),
        });
        a.get(&failing).await.unwrap_err();
        assert!(a.get(&healthy).await.unwrap_err().is_open_circuit());
        b.get(&healthy).await.unwrap();
        a.get_path("x", &failing).await.unwrap_err();
        assert!(
            a.get_path("x", &healthy)
                .await
                .unwrap_err()
                .is_open_circuit()
        );
        a.get_path("y", &healthy).await.unwrap();
        assert_eq!(counts(&registry), (4, 2, 0));
    };
    registry.scope(calls).await;
}
