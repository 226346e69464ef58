//! Names with special characters in a path, a line or JSON.

use axum::http::StatusCode;
use resilience_runtime::{Registry, ServiceKind, admin::admin_router};
use serde_json::json;

use crate::client::get;
use crate::remote::{Remote, immediate, monitor};

#[tokio::test(start_paused = true)]
async fn services_with_special_names_are_found_by_path() {
    let registry = Registry::new();
    let odd = [
        ("a/b", "a%2Fb"),
        ("über llm", "%C3%BCber%20llm"),
        ("50%", "50%25"),
        ("..", "%2E%2E"),
        ("{name}", "%7Bname%7D"),
        ("\"</script>\n", "%22%3C%2Fscript%3E%0A"),
    ];
    for (name, _) in odd {
        registry.service(name, ServiceKind::Custom).unwrap();
    }
    let routes = admin_router(&registry, monitor(immediate()));
    for (name, path) in odd {
        let answer = get(&routes, &format!("/services/{path}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{name}");
        assert_eq!(answer.json()["name"], json!(name));
    }
    for path in ["50", "a", "a%2Fc", "%FF", "A%2FB"] {
        let answer = get(&routes, &format!("/services/{path}")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(answer.json(), json!({"error": "unknown service"}));
    }
    let all = get(&routes, "/services").await.json();
    assert_eq!(all["services"].as_array().unwrap().len(), odd.len());
}

#[tokio::test(start_paused = true)]
async fn check_name_cannot_add_a_line() {
    let monitor = monitor(immediate());
    let forged = "search\n[+]database ok";
    monitor.add_checker(forged, Remote::failing()).unwrap();
    monitor.check_now(forged).await;
    let routes = admin_router(Registry::new(), &monitor);
    let text = get(&routes, "/readyz").await.text;
    assert_eq!(text.lines().count(), 2, "{text}");
    assert!(
        text.starts_with("[-]search\u{fffd}[+]database ok failed"),
        "{text}"
    );
}
