//! `/dashboard`: the page, and what browsers are told not to do with it.

use std::sync::OnceLock;

use axum::response::Response;
use http::{HeaderValue, StatusCode, header};

use super::answer::answer;
use super::dashboard::DASHBOARD;

pub(super) async fn page() -> Response {
    let mut response = answer(StatusCode::OK, "text/html; charset=utf-8", DASHBOARD);
    response
        .headers_mut()
        .insert(header::CONTENT_SECURITY_POLICY, policy().clone());
    response
}

/// What the page itself declares, and that nobody puts it into a frame, which only a header can say.
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
    fn the_page_declares_a_policy_that_fits_into_a_header() {
        let policy = declared(DASHBOARD).expect("it has one");
        assert!(policy.starts_with("default-src 'none';"), "{policy}");
        assert!(
            policy.bytes().all(|byte| (b' '..=b'~').contains(&byte)),
            "{policy}"
        );
    }
}
