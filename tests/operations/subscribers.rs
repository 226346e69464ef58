//! Many subscribers, slow ones, and none.

use axum::http::StatusCode;
use resilience_runtime::{Registry, ServiceKind, admin::admin_router};
use serde_json::json;
use tokio::runtime::Handle;

use crate::client::open;
use crate::remote::{immediate, monitor, seconds};

/// Tasks beside the test's own.
fn tasks() -> usize {
    Handle::current().metrics().num_alive_tasks()
}

#[tokio::test(start_paused = true)]
async fn one_sampling_task_ends_with_the_last_subscriber() {
    let routes = admin_router(Registry::new(), monitor(immediate()));
    let before = tasks();
    let first = open(&routes).await.unwrap();
    assert_eq!(tasks(), before + 1);
    let mut second = open(&routes.clone()).await.unwrap();
    second.until("snapshot").await;
    assert_eq!(tasks(), before + 1);
    drop(first);
    second.until("snapshot").await;
    assert_eq!(tasks(), before + 1);
    drop(second);
    seconds(0.1).await;
    assert_eq!(tasks(), before, "nobody reads, nobody looks");
    for _ in 0..3 {
        drop(open(&routes).await.unwrap());
        let mut subscriber = open(&routes).await.unwrap();
        subscriber.until("snapshot").await;
        assert_eq!(tasks(), before + 1);
    }
    seconds(0.1).await;
    assert_eq!(tasks(), before);
}

#[tokio::test(start_paused = true)]
async fn subscriber_joining_as_the_last_leaves_is_served() {
    let routes = admin_router(Registry::new(), monitor(immediate()));
    let before = tasks();
    for _ in 0..20 {
        let last = open(&routes).await.unwrap();
        tokio::task::yield_now().await;
        drop(last);
        let mut next = open(&routes).await.unwrap();
        next.until("snapshot").await;
    }
    seconds(0.1).await;
    assert_eq!(tasks(), before);
}

#[tokio::test(start_paused = true)]
async fn slow_subscriber_gets_missed_count_and_delays_no_other() {
    let registry = Registry::new();
    let openai = registry.service("openai", ServiceKind::Llm).unwrap();
    let routes = admin_router(&registry, monitor(immediate()));
    let mut slow = open(&routes).await.unwrap();
    let mut quick = open(&routes).await.unwrap();
    slow.until("snapshot").await;
    quick.until("snapshot").await;
    for _ in 0..150 {
        openai.circuit_breaker().force_open();
        quick.until("change").await;
        openai.circuit_breaker().force_closed();
        quick.until("change").await;
    }
    for _ in 0..10 {
        quick.until("snapshot").await;
    }
    // 300 changes and 10 snapshots later:
    let (name, data) = slow.next().await.unwrap();
    assert_eq!((&*name, data), ("missed", json!({"count": 44})));
    for _ in 0..256 {
        let (name, data) = slow.next().await.unwrap();
        assert_eq!((&*name, &data["service"]), ("change", &json!("openai")));
    }
    let (name, snapshot) = slow.next().await.unwrap();
    assert_eq!(name, "snapshot");
    let newest = open(&routes).await.unwrap().until("hello").await;
    let newest = newest["history"]["openai"]
        .as_array()
        .unwrap()
        .last()
        .cloned();
    assert_eq!(
        snapshot["services"][0]["sample"],
        newest.unwrap(),
        "of snapshots the newest alone"
    );
}

#[tokio::test(start_paused = true)]
async fn changes_lost_without_subscribers_are_reported_as_missed() {
    let registry = Registry::new();
    let openai = registry.service("openai", ServiceKind::Llm).unwrap();
    let routes = admin_router(&registry, monitor(immediate()));
    let mut subscriber = open(&routes).await.unwrap();
    subscriber.until("hello").await;
    seconds(0.1).await;
    // More than the registry keeps for who does not read, without a pause in which the sampler could.
    for _ in 0..600 {
        openai.circuit_breaker().force_open();
        openai.circuit_breaker().force_closed();
    }
    let missed = subscriber.until("missed").await["count"].as_u64().unwrap();
    assert!(missed >= 1_200 - 1_024, "{missed}");
}

#[tokio::test(start_paused = true)]
async fn subscribers_are_limited() {
    let routes = admin_router(Registry::new(), monitor(immediate()));
    let mut subscribers = Vec::new();
    for _ in 0..64 {
        subscribers.push(open(&routes).await.unwrap());
    }
    let Err((status, headers)) = open(&routes).await else {
        panic!("one too many");
    };
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(headers["retry-after"], "5");
    assert_eq!(headers["cache-control"], "no-store");
    subscribers.pop();
    subscribers.push(open(&routes).await.unwrap());
    subscribers[63].until("snapshot").await;
}

#[test]
fn streams_end_with_their_runtime_and_can_restart() {
    let runtime = || {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_all().start_paused(true).build().unwrap()
    };
    let routes = admin_router(Registry::new(), monitor(immediate()));
    let first = runtime();
    let mut subscriber = first.block_on(async {
        let mut subscriber = open(&routes).await.unwrap();
        subscriber.until("snapshot").await;
        subscriber
    });
    drop(first);
    runtime().block_on(async {
        assert!(
            subscriber.next().await.is_none(),
            "nobody would write any more"
        );
        let mut subscriber = open(&routes).await.unwrap();
        subscriber.until("snapshot").await;
    });
}
