//! The JSON in the guide has the fields of the responses.

use std::time::Duration;

use resilience_runtime::{
    BoxError, Registry, ServiceSettings, Settings, admin::admin_router, config::BulkheadSettings,
    config::RateLimitSettings, llm_resilient,
};
use serde_json::Value;

use crate::client::{get, open};
use crate::remote::{Remote, immediate, monitor};

const GUIDE: &str = include_str!("../../resilience-runtime/guide/operations.md");

#[llm_resilient(service = "openai", bulkhead = off, timeout = "9s")]
async fn complete() -> Result<(), BoxError> {
    Ok(())
}

/// Both have the same fields, all the way down. Of lists the first entries stand for all.
fn alike(documented: &Value, actual: &Value, at: &str) {
    match (documented, actual) {
        (Value::Object(documented), Value::Object(actual)) => {
            let names = |object: &serde_json::Map<String, Value>| -> Vec<String> {
                let mut names: Vec<String> = object.keys().cloned().collect();
                // Some clients make serde_json keep the order in which they were written.
                names.sort_unstable();
                names
            };
            assert_eq!(names(documented), names(actual), "at {at}");
            for (name, documented) in documented {
                alike(documented, &actual[name], &format!("{at}.{name}"));
            }
        }
        (Value::Array(documented), Value::Array(actual)) => {
            let (Some(documented), Some(actual)) = (documented.first(), actual.first()) else {
                panic!("nothing to compare at {at}");
            };
            alike(documented, actual, &format!("{at}[]"));
        }
        (Value::Null, _) | (_, Value::Null) => {}
        _ => assert_eq!(
            std::mem::discriminant(documented),
            std::mem::discriminant(actual),
            "{documented} and {actual} at {at}"
        ),
    }
}

#[tokio::test(start_paused = true)]
async fn guide_json_has_the_fields_of_the_responses() {
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
    let monitor = monitor(immediate());
    monitor.add_checker("openai", Remote::healthy()).unwrap();
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
    let actual = open(&routes).await.unwrap().until("hello").await;
    alike(hello, &actual, "hello");
}
