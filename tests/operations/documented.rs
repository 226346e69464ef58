//! The guide shows what the routes answer.

use std::time::Duration;

use resilience_runtime::{
    BoxError, Registry, ServiceSettings, Settings, admin::admin_router, config::BulkheadSettings,
    config::RateLimitSettings, llm_resilient,
};
use serde_json::Value;

use crate::asking::{get, open};
use crate::remote::{Remote, jumpy, monitor};

const GUIDE: &str = include_str!("../../resilience-runtime/guide/operations.md");

#[llm_resilient(service = "openai", bulkhead = off, timeout = "9s")]
async fn complete() -> Result<(), BoxError> {
    Ok(())
}

/// Both have the same fields, all the way down. Of lists the first entries stand for all.
fn alike(shown: &Value, told: &Value, at: &str) {
    match (shown, told) {
        (Value::Object(shown), Value::Object(told)) => {
            let names = |object: &serde_json::Map<String, Value>| -> Vec<String> {
                object.keys().cloned().collect()
            };
            assert_eq!(names(shown), names(told), "at {at}");
            for (name, shown) in shown {
                alike(shown, &told[name], &format!("{at}.{name}"));
            }
        }
        (Value::Array(shown), Value::Array(told)) => {
            let (Some(shown), Some(told)) = (shown.first(), told.first()) else {
                panic!("nothing to compare at {at}");
            };
            alike(shown, told, &format!("{at}[]"));
        }
        (Value::Null, _) | (_, Value::Null) => {}
        _ => assert_eq!(
            std::mem::discriminant(shown),
            std::mem::discriminant(told),
            "{shown} and {told} at {at}"
        ),
    }
}

#[tokio::test(start_paused = true)]
async fn each_json_in_the_guide_has_the_fields_that_are_sent() {
    let blocks = GUIDE.split("```json\n").skip(1);
    let blocks: Vec<Value> = blocks
        .map(|block| serde_json::from_str(block.split("```").next().unwrap()).unwrap())
        .collect();
    let [services, hello, snapshot] = &blocks[..] else {
        panic!("{} blocks", blocks.len());
    };

    let registry = Registry::new();
    let settings = ServiceSettings::default()
        .rate_limit(RateLimitSettings::default().requests_per_minute(60))
        .bulkhead(BulkheadSettings::default().max_concurrent(32));
    registry
        .configure(Settings::new().service("openai", settings))
        .unwrap();
    let monitor = monitor(jumpy());
    monitor.add_checker("openai", Remote::well()).unwrap();
    monitor.check_now("openai").await;
    let routes = admin_router(&registry, &monitor);
    registry.scope(complete()).await.unwrap();

    alike(
        services,
        &get(&routes, "/services").await.json(),
        "services",
    );
    let mut reader = open(&routes).await.unwrap();
    tokio::time::sleep(Duration::from_millis(10)).await;
    registry.scope(complete()).await.unwrap();
    alike(snapshot, &reader.until("snapshot").await, "snapshot");
    let told = open(&routes).await.unwrap().until("hello").await;
    alike(hello, &told, "hello");
}
