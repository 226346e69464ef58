//! `/events` over a real socket and in real time.

use std::time::Duration;

use resilience_runtime::{Registry, ServiceKind, admin::admin_router};
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::time::timeout;

use crate::remote::{immediate, monitor};

const PATIENCE: Duration = Duration::from_secs(20);

#[tokio::test]
async fn events_arrive_one_by_one_and_end_with_the_connection() {
    let registry = Registry::new();
    let openai = registry.service("openai", ServiceKind::Llm).unwrap();
    let routes = admin_router(&registry, monitor(immediate()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/events", listener.local_addr().unwrap());
    let server = tokio::spawn(async move { axum::serve(listener, routes).await });
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let tasks = || Handle::current().metrics().num_alive_tasks();
    tokio::task::yield_now().await;
    let before = tasks();

    let mut response = client.get(&url).send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    assert_eq!(response.headers()["x-accel-buffering"], "no");
    let mut captured = String::new();
    let mut hear = async |wanted: &str| {
        let listening = async {
            while !captured.contains(wanted) {
                let bytes = response.chunk().await.unwrap().expect("it goes on");
                captured += std::str::from_utf8(&bytes).unwrap();
            }
        };
        let found = timeout(PATIENCE, listening).await;
        assert!(found.is_ok(), "no {wanted} in {captured}");
    };
    hear("event: hello\n").await;
    openai.circuit_breaker().force_open();
    hear(r#""to":"forced_open""#).await;
    hear("event: snapshot\n").await;
    assert!(tasks() > before, "the connection and the sampler");

    drop(response);
    drop(client);
    let gone = async {
        while tasks() > before {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let gone = timeout(PATIENCE, gone).await;
    assert!(gone.is_ok(), "{} tasks stay, {before} were there", tasks());
    server.abort();
}
