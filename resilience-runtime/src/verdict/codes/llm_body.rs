//! The body of a language model's error answer.

use std::time::Duration;

use serde_json::Value;

use super::http::HttpHeaders;
use crate::verdict::retry_after_text::try_again_in;
use crate::verdict::{HttpStatus, Verdict};

/// Errors are small. What is larger is not one, and not worth the parsing.
const LARGEST_BODY: usize = 256 * 1024;

impl Verdict {
    /// Returns the verdict on an error response of a language model, by its status, headers and body.
    ///
    /// In the body are read `error.type` and `error.code` (OpenAI and those that speak like it),
    /// `error.details.error_code` (Anthropic), and Google's `error.status` with the `retryDelay` of its
    /// details. The table is that of [`from_llm_error`](Self::from_llm_error); a body without a known name
    /// leaves it to the status and the headers, see [`from_http`](Self::from_http). A 429 without
    /// `Retry-After` may have the wait in OpenAI's words, `try again in 45.40s`.
    ///
    /// ```
    /// use resilience_runtime::{Verdict, verdict::Reason};
    ///
    /// let body = br#"{"error": {"type": "tokens", "code": "insufficient_quota", "message": "x"}}"#;
    /// let verdict = Verdict::from_llm_response(429, &(), body);
    /// assert_eq!(verdict.reason(), Some(Reason::QuotaExhausted));
    /// ```
    #[cfg_attr(docsrs, doc(cfg(feature = "llm-json")))]
    pub fn from_llm_response<H: HttpHeaders + ?Sized>(
        status: impl HttpStatus,
        headers: &H,
        body: &[u8],
    ) -> Self {
        let status = status.code();
        let body = if body.len() <= LARGEST_BODY {
            serde_json::from_slice(body).unwrap_or(Value::Null)
        } else {
            Value::Null
        };
        // Google's servers may put the one error into a list.
        let body = body.get(0).unwrap_or(&body);
        let error = body
            .get("error")
            .filter(|error| error.is_object())
            .unwrap_or(body);
        let text = |name: &str| error.get(name).and_then(Value::as_str);
        // Anthropic's details are an object with a code, Google's a list.
        let detail = error.get("details").and_then(|it| it.get("error_code"));
        let names = [
            text("type"),
            text("code"),
            text("status"),
            detail.and_then(Value::as_str),
        ];
        let verdict = Self::from_llm_names(status, headers, &names);
        let may_wait = verdict.is_throttled() || verdict.is_transient();
        if !may_wait || verdict.retry_after().is_some() {
            return verdict;
        }
        let wait = google_retry_delay(error).or_else(|| {
            let message = text("message").filter(|_| verdict.is_throttled())?;
            try_again_in(message)
        });
        wait.map_or(verdict, |wait| verdict.with_retry_after(wait))
    }

    /// Returns the verdict on an error of which only the text is left, by the status or the names in it.
    /// Returns `None` if the text is not an error or has no known name.
    #[cfg(feature = "async-openai")]
    pub(crate) fn from_llm_text(text: &[u8]) -> Option<Self> {
        if text.len() > LARGEST_BODY {
            return None;
        }
        let body: Value = serde_json::from_slice(text).ok()?;
        let error = body.get(0).unwrap_or(&body).get("error")?.as_object()?;
        let status = error.get("code").and_then(Value::as_u64);
        if let Some(status @ 400..=599) = status.and_then(|status| u16::try_from(status).ok()) {
            return Some(Self::from_llm_response(status, &(), text));
        }
        let name = |name: &str| error.get(name).and_then(Value::as_str);
        let verdict = Self::from_llm_event(name("type"), name("code").or(name("status")));
        (!verdict.is_unknown()).then_some(verdict)
    }
}

/// `retryDelay` of a `google.rpc.RetryInfo`, a protobuf duration in JSON: `34s`, `1.5s`.
fn google_retry_delay(error: &Value) -> Option<Duration> {
    let details = error.get("details")?.as_array()?;
    let info = details.iter().find(|detail| {
        detail
            .get("@type")
            .and_then(Value::as_str)
            .is_some_and(|name| name.ends_with("google.rpc.RetryInfo"))
    })?;
    let seconds = info.get("retryDelay")?.as_str()?.strip_suffix('s')?;
    // `f64` would also take "inf", "NaN" and signs.
    if !seconds.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        return None;
    }
    Duration::try_from_secs_f64(seconds.parse().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::Reason;

    fn judge(status: u16, body: &str) -> Verdict {
        Verdict::from_llm_response(status, &(), body.as_bytes())
    }

    #[test]
    fn from_llm_response_reads_each_provider() {
        let spent = Verdict::permanent().ignored_by_breaker();
        let soon = |seconds| Verdict::throttled(Some(Duration::from_secs(seconds)));
        for (status, body, expected) in [
            // OpenAI.
            (
                429,
                r#"{"error":{"message":"You exceeded your current quota","type":"insufficient_quota","param":null,"code":"insufficient_quota"}}"#,
                spent,
            ),
            (
                429,
                r#"{"error":{"message":"x","type":"requests","code":"insufficient_quota"}}"#,
                spent,
            ),
            (
                429,
                r#"{"error":{"message":"Please try again in 20s. Visit","type":"tokens","code":"rate_limit_exceeded"}}"#,
                soon(20),
            ),
            (
                400,
                r#"{"error":{"message":"x","type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}}"#,
                Verdict::context_too_large(),
            ),
            (
                503,
                r#"{"error":{"code":"server_is_overloaded"}}"#,
                Verdict::transient(),
            ),
            // Anthropic.
            (
                529,
                r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#,
                Verdict::transient(),
            ),
            (
                429,
                r#"{"type":"error","error":{"type":"rate_limit_error","message":"x","details":{"error_code":"enforced_spend_limit_reached"}}}"#,
                spent,
            ),
            (
                429,
                r#"{"type":"error","error":{"type":"rate_limit_error","message":"x","details":{"error_code":"other"}}}"#,
                Verdict::throttled(None),
            ),
            (
                402,
                r#"{"type":"error","error":{"type":"billing_error","message":"x"}}"#,
                spent,
            ),
            // Google.
            (
                429,
                r#"{"error":{"code":429,"message":"Quota exceeded for metric","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.Help"},{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"34s"}]}}"#,
                soon(34),
            ),
            (
                503,
                r#"[{"error":{"code":503,"status":"UNAVAILABLE","details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"2s"}]}}]"#,
                Verdict::transient().with_retry_after(Duration::from_secs(2)),
            ),
            // Fields without an object round them.
            (
                400,
                r#"{"object":"error","type":"BadRequestError","code":400}"#,
                Verdict::permanent(),
            ),
            (
                200,
                r#"{"type":"error","code":"insufficient_quota"}"#,
                spent,
            ),
            // Prose decides nothing.
            (
                429,
                r#"{"error":"insufficient_quota"}"#,
                Verdict::throttled(None),
            ),
            (
                429,
                r#"{"error":{"message":"insufficient_quota"}}"#,
                Verdict::throttled(None),
            ),
        ] {
            assert_eq!(judge(status, body), expected, "{body}");
        }
        let forbidden = r#"{"error":{"code":403,"status":"PERMISSION_DENIED"}}"#;
        assert_eq!(judge(403, forbidden).reason(), Some(Reason::Denied));
    }

    #[test]
    fn headers_override_the_wait_of_the_body() {
        let body = r#"{"error":{"message":"try again in 20s","code":"rate_limit_exceeded","details":[{"@type":"google.rpc.RetryInfo","retryDelay":"34s"}]}}"#;
        let verdict = Verdict::from_llm_response(429, &[("retry-after", "3")], body.as_bytes());
        assert_eq!(verdict, Verdict::throttled(Some(Duration::from_secs(3))));
    }

    #[test]
    fn unknown_body_is_classified_by_status() {
        let too_large = format!(
            r#"{{"error":{{"code":"insufficient_quota","x":"{}"}}}}"#,
            "x".repeat(LARGEST_BODY)
        );
        for body in [
            "",
            "<html>",
            "null",
            "[]",
            "{}",
            "7",
            r#"{"error":null}"#,
            r#"{"error":{"code":7,"details":[]}}"#,
            &too_large,
        ] {
            for status in [400, 429, 500, 503] {
                assert_eq!(
                    judge(status, body),
                    Verdict::from_http(status, &()),
                    "{status}"
                );
            }
        }
        for delay in ["34", "s", "-1s", "infs", "NaNs", "1.2.3s"] {
            let body = format!(
                r#"{{"error":{{"details":[{{"@type":"google.rpc.RetryInfo","retryDelay":"{delay}"}}]}}}}"#
            );
            assert_eq!(judge(429, &body), Verdict::throttled(None), "{delay}");
        }
    }
}
