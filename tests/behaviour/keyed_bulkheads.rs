//! A bulkhead for each key: independent of each other, and in bounded memory.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use resilience_runtime::config::BulkheadSettings;
use resilience_runtime::telemetry::BulkheadKeys;
use resilience_runtime::{
    Registry, ResilienceError, Service, ServiceKind, ServiceSettings, Settings, resilient,
};
use tokio::sync::oneshot;
use tokio::time::{Instant, advance};

use crate::errors::ApiError;
use crate::poll::{poll, started};
use crate::remote::{Answer, Remote};

const SECOND: Duration = Duration::from_secs(1);

fn api(registry: &Registry) -> Arc<Service> {
    registry.service("api", ServiceKind::Custom).unwrap()
}

fn counts(registry: &Registry) -> (usize, usize) {
    let BulkheadKeys {
        known, in_flight, ..
    } = api(registry).stats().bulkhead_keys.unwrap();
    (known, in_flight)
}

#[resilient(
    service = "api",
    retry = off,
    timeout = off,
    deadline = off,
    bulkhead(key = tenant, max_concurrent = 1, max_keys = 2)
)]
async fn ask(tenant: &str, remote: &Remote) -> Answer {
    remote.answer()
}

#[resilient(service = "api", retry = off, timeout = off, deadline = off, bulkhead(key = tenant))]
async fn answered_later(tenant: &str, answer: oneshot::Receiver<Answer>) -> Answer {
    answer.await.unwrap()
}

#[resilient(
    service = "api",
    retry = off,
    timeout = off,
    deadline = off,
    bulkhead(key = tenant, max_wait = "5s")
)]
async fn patient(tenant: &str, remote: &Remote) -> Answer {
    remote.answer()
}

#[resilient(service = "api", retry = off)]
async fn without_key(remote: &Remote) -> Answer {
    remote.answer()
}

/// A call that runs until it is told its answer.
fn runs(
    tenant: &str,
) -> (
    oneshot::Sender<Answer>,
    Pin<Box<impl Future<Output = Answer>>>,
) {
    let (tell, answer) = oneshot::channel();
    (tell, started(answered_later(tenant, answer)))
}

fn is_full(answer: Answer) -> bool {
    matches!(
        answer,
        Err(ApiError::Resilience(ResilienceError::BulkheadFull { .. }))
    )
}

fn configure(registry: &Registry, settings: BulkheadSettings) {
    let settings = ServiceSettings::new().bulkhead(settings);
    let settings = Settings::without_env().service("api", settings);
    registry.configure(settings).unwrap();
}

#[tokio::test(start_paused = true)]
async fn full_bulkhead_of_one_key_rejects_no_call_of_another() {
    let registry = Registry::new();
    let calls = async {
        let remote = Remote::healthy();
        ask("a", &remote).await.unwrap();
        let (tell, running) = runs("a");
        assert!(is_full(ask("a", &remote).await));
        ask("b", &remote).await.unwrap();
        without_key(&remote).await.unwrap();
        assert_eq!(counts(&registry), (2, 1));
        assert_eq!(
            api(&registry).stats().in_flight,
            0,
            "that of calls without a key"
        );
        tell.send(Ok(1)).unwrap();
        running.await.unwrap();
        ask("a", &remote).await.unwrap();
        assert_eq!(counts(&registry), (2, 0));
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn keys_in_use_stay_and_new_ones_share_one_bulkhead() {
    let registry = Registry::new();
    let calls = async {
        let remote = Remote::healthy();
        ask("first", &remote).await.unwrap();
        let _a = runs("a");
        let b = runs("b");
        assert_eq!(counts(&registry), (2, 2), "the first one made room");
        let _c = runs("c");
        assert!(is_full(ask("d", &remote).await), "shared with `c`");
        assert_eq!(counts(&registry), (2, 3));
        drop(b);
        ask("d", &remote).await.unwrap();
        assert!(is_full(ask("a", &remote).await));
        assert_eq!(counts(&registry), (2, 2));
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn call_that_waits_keeps_the_bulkhead_of_its_key() {
    let registry = Registry::new();
    let calls = async {
        let remote = Remote::healthy();
        ask("a", &remote).await.unwrap();
        let (tell, running) = runs("a");
        let mut waiting = started(patient("a", &remote));
        for tenant in ["b", "c", "d"] {
            ask(tenant, &remote).await.unwrap();
        }
        drop(running);
        drop(tell);
        ask("e", &remote).await.unwrap();
        assert!(
            is_full(ask("a", &remote).await),
            "it is the turn of who waits"
        );
        assert!(poll(&mut waiting).is_ready());
        ask("a", &remote).await.unwrap();

        let (_tell, answer) = oneshot::channel();
        let _running = started(answered_later("a", answer));
        let began = Instant::now();
        assert!(is_full(patient("a", &remote).await));
        assert_eq!(began.elapsed(), 5 * SECOND);
        drop(started(patient("a", &remote)));
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn change_of_the_limit_reaches_known_keys_and_those_who_wait() {
    let registry = Registry::new();
    let calls = async {
        let remote = Remote::healthy();
        ask("a", &remote).await.unwrap();
        let (_tell, answer) = oneshot::channel();
        let _running = started(answered_later("a", answer));
        let mut waiting = started(patient("a", &remote));
        configure(&registry, BulkheadSettings::new().max_concurrent(2));
        assert!(poll(&mut waiting).is_ready());
        ask("a", &remote).await.unwrap();
        configure(&registry, BulkheadSettings::new().max_concurrent(1));
        assert!(is_full(ask("a", &remote).await));
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn shadow_lets_each_key_pass_and_counts_it() {
    let registry = Registry::new();
    let calls = async {
        let remote = Remote::healthy();
        ask("a", &remote).await.unwrap();
        let shadow = resilience_runtime::config::PatternMode::Shadow;
        configure(&registry, BulkheadSettings::new().mode(shadow));
        let (_tell, answer) = oneshot::channel();
        let _running = started(answered_later("a", answer));
        ask("a", &remote).await.unwrap();
        ask("b", &remote).await.unwrap();
        assert_eq!(api(&registry).stats().shadow_rejected.bulkhead, 1);
        let bulkhead = api(&registry).bulkhead_for("a").unwrap();
        assert_eq!(bulkhead.shadow_rejected(), 1);
    };
    registry.scope(calls).await;
}

#[resilient(service = "api", retry = off, bulkhead(key = tenant))]
async fn outer(tenant: &str, inner: &str, remote: &Remote) -> Answer {
    ask(inner, remote).await
}

#[tokio::test(start_paused = true)]
async fn inner_call_borrows_the_place_of_its_own_key_alone() {
    let registry = Registry::new();
    let calls = async {
        let remote = Remote::healthy();
        ask("a", &remote).await.unwrap();
        outer("a", "a", &remote).await.unwrap();
        let (_tell, answer) = oneshot::channel();
        let _running = started(answered_later("b", answer));
        assert!(is_full(outer("a", "b", &remote).await));
        outer("a", "a", &remote).await.unwrap();
        assert_eq!(counts(&registry), (2, 1));
    };
    registry.scope(calls).await;
}

#[resilient(
    service = "api",
    retry = off,
    circuit_breaker(key = host, failure_threshold = 1),
    bulkhead(key = tenant, max_concurrent = 1)
)]
async fn by_both(host: &str, tenant: &str, remote: &Remote) -> Answer {
    remote.answer()
}

#[resilient(service = "api", retry = off, circuit_breaker(key = host), bulkhead(key = tenant))]
async fn outer_by_both(host: &str, tenant: &str, inner: &str, remote: &Remote) -> Answer {
    by_both(inner, tenant, remote).await
}

#[tokio::test(start_paused = true)]
async fn breaker_and_bulkhead_have_keys_of_their_own() {
    let registry = Registry::new();
    let calls = async {
        let remote = Remote::healthy();
        by_both("a", "x", &Remote::failing()).await.unwrap_err();
        by_both("b", "x", &remote).await.unwrap();
        assert!(
            by_both("a", "y", &remote)
                .await
                .unwrap_err()
                .is_open_circuit()
        );
        // The place of the tenant is lent also where the host is another one.
        outer_by_both("b", "x", "c", &remote).await.unwrap();
        outer_by_both("b", "x", "b", &remote).await.unwrap();
        assert_eq!(counts(&registry), (2, 0));
    };
    registry.scope(calls).await;
}

#[resilient(
    service = "adaptive",
    retry = off,
    bulkhead(key = tenant, adaptive(min = 1, max = 10, initial = 4, factor = 0.5), max_keys = 2)
)]
async fn adapting(tenant: &str, remote: &Remote) -> Answer {
    remote.answer()
}

#[tokio::test(start_paused = true)]
async fn limit_of_each_key_adapts_by_itself() {
    let registry = Registry::new();
    let calls = async {
        let throttled = Remote::always(|| Err(ApiError::Throttled(None)));
        let remote = Remote::healthy();
        adapting("a", &throttled).await.unwrap_err();
        adapting("b", &remote).await.unwrap();
        let service = registry.service("adaptive", ServiceKind::Custom).unwrap();
        let limit = |tenant| service.bulkhead_for(tenant).unwrap().limit();
        assert_eq!((limit("a"), limit("b")), (2, 4));
        assert_eq!(service.bulkhead().unwrap().limit(), 4);
        // `b` makes room, what was learned of `a` stays for a while.
        adapting("c", &remote).await.unwrap();
        adapting("d", &remote).await.unwrap();
        assert_eq!(limit("a"), 2);
        advance(599 * SECOND).await;
        adapting("e", &remote).await.unwrap();
        adapting("f", &remote).await.unwrap();
        assert_eq!(limit("a"), 2);
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn million_keys_stay_bounded() {
    let registry = Registry::new();
    let calls = async {
        ask("first", &Remote::healthy()).await.unwrap();
        configure(&registry, BulkheadSettings::new().max_keys(500));
        let api = api(&registry);
        for key in 0..1_000_000_u32 {
            drop(api.bulkhead_for(&key));
        }
        assert_eq!(counts(&registry), (500, 0));
    };
    registry.scope(calls).await;
}

#[resilient(
    service = "api",
    retry(max_attempts = 3, base_delay = "1s", jitter = "none"),
    circuit_breaker(key = host, failure_threshold = 100, recovery_timeout = "10s", max_keys = 2),
    bulkhead(key = host, max_concurrent = 1, max_wait = "5s", max_keys = 2)
)]
async fn slow(host: &str, remote: &Remote) -> Answer {
    tokio::time::sleep(SECOND).await;
    remote.answer()
}

/// Between two polls a call is in its body, in a backoff, or in the line of the bulkhead.
#[tokio::test(start_paused = true)]
async fn call_that_is_dropped_anywhere_holds_nothing_of_its_key() {
    for polls in 1..12 {
        let registry = Registry::new();
        let calls = async {
            let failing = Remote::failing();
            let mut first = Box::pin(slow("a", &failing));
            let mut second = Box::pin(slow("a", &failing));
            for _ in 0..polls {
                let ended = poll(&mut first).is_ready() || poll(&mut second).is_ready();
                if ended {
                    break;
                }
                advance(SECOND / 2).await;
            }
            drop(first);
            drop(second);
            assert_eq!(counts(&registry).1, 0, "{polls} polls");
            api(&registry).circuit_breaker_for("a").reset();
            let healthy = Remote::healthy();
            for host in ["b", "c", "d"] {
                slow(host, &healthy).await.unwrap();
            }
            let stats = api(&registry).stats();
            assert_eq!(stats.bulkhead_keys.unwrap().known, 2);
            assert_eq!(stats.circuit_keys.unwrap().known, 2);
            // There is room for two keys, and a third one shares what others share. So nobody holds `a`.
            let breakers = [0, 1, 2].map(|key: u8| api(&registry).circuit_breaker_for(&key));
            assert!(!Arc::ptr_eq(&breakers[1], &breakers[2]), "{polls} polls");
            let bulkheads = [0, 1, 2].map(|key: u8| api(&registry).bulkhead_for(&key).unwrap());
            assert!(!Arc::ptr_eq(&bulkheads[1], &bulkheads[2]), "{polls} polls");
        };
        registry.scope(calls).await;
    }
}
