//! The dashboard as it is served. Its content is tested with a browser in tests/dashboard.

use axum::http::StatusCode;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use resilience_runtime::{Registry, admin::admin_router};
use sha2::{Digest as _, Sha256};

use crate::client::get;
use crate::remote::{immediate, monitor};

/// What stands in the one element of this name.
fn inside<'a>(page: &'a str, element: &str) -> &'a str {
    let (open, close) = (format!("\n<{element}"), format!("</{element}>"));
    assert_eq!(page.matches(&open).count(), 1, "{element}");
    let (_, after) = page.split_once(&open).unwrap();
    let (_, after) = after.split_once('>').unwrap();
    after.split_once(&close).unwrap().0
}

fn hash(text: &str) -> String {
    format!("'sha256-{}'", BASE64_STANDARD.encode(Sha256::digest(text)))
}

#[tokio::test]
async fn csp_allows_only_the_own_script_and_style() {
    let routes = admin_router(Registry::new(), monitor(immediate()));
    let answer = get(&routes, "/dashboard").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
    let policy = answer.header("content-security-policy");
    let directive = |name: &str| {
        let mut directives = policy.split(';').map(str::trim);
        let found = directives.find_map(|it| it.strip_prefix(name)?.strip_prefix(' '));
        found.unwrap_or_else(|| panic!("no {name} in {policy}"))
    };
    assert_eq!(directive("default-src"), "'none'");
    assert_eq!(
        directive("script-src"),
        hash(inside(&answer.text, "script"))
    );
    assert_eq!(directive("style-src"), hash(inside(&answer.text, "style")));
    assert_eq!(directive("connect-src"), "'self'");
    assert_eq!(directive("base-uri"), "'none'");
    assert_eq!(directive("form-action"), "'none'");
    assert_eq!(directive("frame-ancestors"), "'none'");
    assert!(!policy.contains("unsafe"), "{policy}");
    for outside in ["http://", "https://", "src=\"//", "@import"] {
        let places: Vec<_> = answer
            .text
            .match_indices(outside)
            .map(|(at, _)| &answer.text[at..answer.text.len().min(at + 40)])
            .filter(|place| !place.starts_with("http://www.w3.org/"))
            .collect();
        assert!(places.is_empty(), "{places:?}");
    }
}
