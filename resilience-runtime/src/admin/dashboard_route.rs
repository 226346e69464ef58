//! `/dashboard`: serves the page with its content security policy.

use std::sync::OnceLock;

use axum::response::Response;
use http::{HeaderValue, StatusCode, header};

use super::dashboard::DASHBOARD;
use super::response::respond;

pub(super) async fn dashboard() -> Response {
    let mut response = respond(StatusCode::OK, "text/html; charset=utf-8", DASHBOARD);
    response
        .headers_mut()
        .insert(header::CONTENT_SECURITY_POLICY, policy().clone());
    response
}

/// The policy that the page declares, and `frame-ancestors`, which only a header can set.
fn policy() -> &'static HeaderValue {
    static POLICY: OnceLock<HeaderValue> = OnceLock::new();
    POLICY.get_or_init(|| {
        let declared = declared(DASHBOARD).unwrap_or("default-src 'none'");
        HeaderValue::from_str(&format!("{declared}; frame-ancestors 'none'"))
            .unwrap_or(HeaderValue::from_static("default-src 'none'"))
    })
}

fn declared(page: &str) -> Option<&str> {
    let (_, after) = page.split_once("<meta http-equiv=\"Content-Security-Policy\" content=\"")?;
    let (policy, _) = after.split_once('"')?;
    Some(policy)
}

#[cfg(test)]
mod tests {
    use super::{DASHBOARD, declared};

    #[test]
    fn dashboard_declares_a_policy_for_the_header() {
        let policy = declared(DASHBOARD).expect("it has one");
        assert!(policy.starts_with("default-src 'none';"), "{policy}");
        assert!(
            policy.bytes().all(|byte| (b' '..=b'~').contains(&byte)),
            "{policy}"
        );
    }
}
