//! What a user writes.

use std::time::Duration;

use resilience_runtime::config::RateLimitSettings;
use resilience_runtime::fleet::{FleetConfig, MemoryStore};
use resilience_runtime::{
    BoxError, Registry, ResilienceError, ServiceSettings, Settings, hint, llm_resilient, resilient,
};
use tokio::time::{Instant, sleep};

const SECOND: Duration = Duration::from_secs(1);

/// A process of the fleet.
pub fn process(store: &MemoryStore) -> Registry {
    let registry = Registry::new();
    let fleet = FleetConfig::new("shop-test").secret(b"a secret");
    registry.join_fleet(store.clone(), fleet).expect("it joins");
    registry
}

#[llm_resilient(
    service = "openai",
    retry = off,
    rate_limit(requests_per_minute = 60, strategy = "sliding_window", max_wait = "0s", shared)
)]
async fn complete(prompt: &str) -> Result<String, BoxError> {
    if prompt == "too much" {
        hint::retry_after(20 * SECOND);
    }
    Ok(format!("an answer to {prompt}"))
}

#[tokio::test(start_paused = true)]
async fn two_processes_have_one_limit() {
    let store = MemoryStore::new();
    let processes = [process(&store), process(&store)];
    let mut answers = [0, 0];
    for number in 0..100 {
        let at = number % 2;
        answers[at] += usize::from(processes[at].scope(complete("hello")).await.is_ok());
        sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(answers.iter().sum::<usize>(), 60, "{answers:?}");
    assert!(answers.iter().all(|answers| *answers >= 25), "{answers:?}");

    let error = processes[0].scope(complete("hello")).await.unwrap_err();
    let error = error.downcast::<ResilienceError>().expect("a rejection");
    let wait = error.retry_after().expect("when to come back");
    assert!((40 * SECOND..61 * SECOND).contains(&wait), "{wait:?}");
    // Then it passes, and until then nobody asks the store.
    let asked = store.requests();
    for _ in 0..100 {
        assert!(processes[0].scope(complete("hello")).await.is_err());
    }
    assert_eq!(store.requests(), asked);
    sleep(wait).await;
    assert!(processes[0].scope(complete("hello")).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn another_namespace_and_another_service_have_their_own() {
    let store = MemoryStore::new();
    let one = process(&store);
    let other = Registry::new();
    other
        .join_fleet(store.clone(), FleetConfig::new("shop-staging"))
        .unwrap();
    for _ in 0..60 {
        one.scope(complete("hello")).await.unwrap();
    }
    assert!(one.scope(complete("hello")).await.is_err());
    assert!(other.scope(complete("hello")).await.is_ok());
}

#[resilient(
    service = "search",
    retry = off,
    rate_limit(requests_per_minute = 6, key = tenant, max_wait = "0s", strategy = "sliding_window", shared)
)]
async fn search(tenant: &str) -> Result<usize, BoxError> {
    Ok(tenant.len())
}

#[tokio::test(start_paused = true)]
async fn keys_are_those_of_all_processes() {
    let store = MemoryStore::new();
    let processes = [process(&store), process(&store)];
    for tenant in ["a", "b"] {
        let mut answers = 0;
        for number in 0..20 {
            let answer = processes[number % 2].scope(search(tenant)).await;
            answers += usize::from(answer.is_ok());
        }
        assert_eq!(answers, 6, "{tenant}");
    }
}

#[resilient(
    service = "mixed",
    retry = off,
    rate_limit(
        requests_per_minute = 1_000,
        tokens_per_minute = 10_000,
        cost = tokens,
        max_wait = "0s",
        strategy = "sliding_window",
        shared
    )
)]
async fn mixed(tokens: u32) -> Result<u32, BoxError> {
    Ok(tokens)
}

#[tokio::test(start_paused = true)]
async fn all_limits_of_a_set_hold_together() {
    let store = MemoryStore::new();
    let processes = [process(&store), process(&store)];
    let mut spent = 0;
    for number in 0..100 {
        if let Ok(tokens) = processes[number % 2].scope(mixed(900)).await {
            spent += tokens;
        }
    }
    assert!((9_000..=10_000).contains(&spent), "{spent}");
}

#[resilient(
    service = "patient",
    retry = off,
    rate_limit(requests_per_second = 10, burst = 1, max_wait = "10s", shared)
)]
async fn patient() -> Result<(), BoxError> {
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn who_may_wait_waits_for_the_tokens_of_the_fleet() {
    let store = MemoryStore::new();
    let processes = [process(&store), process(&store)];
    let began = Instant::now();
    let calls = (0..20).map(|number| {
        let registry = processes[number % 2].clone();
        tokio::spawn(async move { registry.scope(patient()).await })
    });
    let calls: Vec<_> = calls.collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    let took = began.elapsed();
    assert!(took >= Duration::from_millis(1_850), "{took:?}");
    assert!(took <= Duration::from_millis(2_600), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn what_a_server_asks_of_one_process_stops_all() {
    let store = MemoryStore::new();
    let [one, other] = [process(&store), process(&store)];
    for process in [&one, &other] {
        process.scope(complete("hello")).await.unwrap();
    }
    one.scope(complete("too much")).await.unwrap();
    sleep(2 * SECOND).await;
    let error = other.scope(complete("hello")).await.unwrap_err();
    let error = error.downcast::<ResilienceError>().expect("a rejection");
    let wait = error.retry_after().expect("when to come back");
    let most = Duration::from_millis(18_100);
    assert!((17 * SECOND..=most).contains(&wait), "{wait:?}");
    sleep(20 * SECOND).await;
    assert!(other.scope(complete("hello")).await.is_ok());
    assert!(one.scope(complete("hello")).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn sharing_is_switched_live() {
    #[resilient(service = "live", retry = off, rate_limit(requests_per_minute = 10, strategy = "sliding_window"))]
    async fn live() -> Result<(), BoxError> {
        Ok(())
    }
    let store = MemoryStore::new();
    let processes = [process(&store), process(&store)];
    let shared = |shared| {
        let limit = RateLimitSettings::new().shared(shared);
        Settings::new().service("live", ServiceSettings::new().rate_limit(limit))
    };
    let answers = async || {
        let mut answers = 0;
        for number in 0..60 {
            answers += usize::from(processes[number % 2].scope(live()).await.is_ok());
        }
        answers
    };
    assert_eq!(answers().await, 20, "each has its own");
    for process in &processes {
        process.configure(shared(true)).unwrap();
    }
    assert_eq!(answers().await, 10);
    assert_eq!(answers().await, 0);
    for process in &processes {
        process.configure(shared(false)).unwrap();
    }
    assert_eq!(answers().await, 20);
}

#[tokio::test(start_paused = true)]
async fn a_fleet_is_joined_once_and_by_name() {
    let registry = process(&MemoryStore::new());
    let again = registry.join_fleet(MemoryStore::new(), FleetConfig::new("other"));
    assert!(again.is_err());
    let nameless = Registry::new().join_fleet(MemoryStore::new(), FleetConfig::new(""));
    assert!(
        nameless
            .unwrap_err()
            .to_string()
            .contains("fleet.namespace")
    );
}

#[tokio::test(start_paused = true)]
async fn without_a_fleet_each_process_has_its_own_limit_and_check_says_so() {
    let registry = Registry::new();
    for _ in 0..60 {
        registry.scope(complete("hello")).await.unwrap();
    }
    assert!(registry.scope(complete("hello")).await.is_err());
    let problem = registry.check().unwrap_err().to_string();
    assert!(problem.contains("rate_limit.shared"), "{problem}");
    assert!(problem.contains("join_fleet"), "{problem}");
    registry
        .join_fleet(MemoryStore::new(), FleetConfig::new("shop-test"))
        .unwrap();
    registry.check().unwrap();
}
