//! The body of a language model's error answer.

use std::time::Duration;

use serde_json::Value;

use super::http_parts::HttpHeaders;
use super::llm_prose;
use crate::verdict::retry_after_text::try_again_in;
use crate::verdict::{ErrorCode, HttpStatus, Verdict};

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
    /// Some servers say only in a sentence of `error.message` that a prompt is too large (with 400 or 413) or that the account is
    /// used up: Anthropic, Google, vLLM, OpenRouter, Bedrock, xAI, Mistral, litellm. It is known if the message begins with it.
    ///
    /// An error inside a 200, as gateways send it, is classified by its number (`{"error": {"code": 429}}`) or its names, and is
    /// of unknown outcome if it has neither. A body whose `type` or `object` is `"error"` is an error, too.
    ///
    /// What Envoy says of a request that it could not pass on counts as in [`from_http_response`](Self::from_http_response).
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
        let json = if body.len() <= LARGEST_BODY {
            serde_json::from_slice(body).unwrap_or(Value::Null)
        } else {
            Value::Null
        };
        Self::from_llm_json(status, headers, &json).with_words_of_a_proxy(status, headers, body)
    }

    fn from_llm_json<H: HttpHeaders + ?Sized>(status: u16, headers: &H, body: &Value) -> Self {
        // Google's servers may put the one error into a list.
        let body = body.get(0).unwrap_or(body);
        let nested = body.get("error");
        let error = nested.filter(|error| error.is_object()).unwrap_or(body);
        let text = |name: &str| error.get(name).and_then(Value::as_str);
        let message = text("message").or_else(|| nested.and_then(Value::as_str));
        // Anthropic's details are an object with a code, Google's a list.
        let detail = error.get("details").and_then(|it| it.get("error_code"));
        let names = [
            text("type"),
            text("code"),
            text("status"),
            detail.and_then(Value::as_str),
        ];
        let status = match number(error) {
            Some(inside) if status < 400 => inside,
            _ => status,
        };
        let verdict = if status < 400 && is_error(body) {
            Self::from_llm_success(status, &names, message)
        } else {
            Self::from_llm_fields(status, headers, &names, message)
        };
        if verdict.is_permanent() || verdict.retry_after().is_some() {
            return verdict;
        }
        let wait = google_retry_delay(error).or_else(|| {
            let message = message.filter(|_| verdict.is_throttled())?;
            try_again_in(message)
        });
        wait.map_or(verdict, |wait| verdict.with_retry_after(wait))
    }

    /// Returns the verdict on an error with neither a status nor a number.
    fn from_llm_success(status: u16, names: &[Option<&str>], message: Option<&str>) -> Self {
        let by_names = Self::from_llm_names_alone(names);
        if by_names.reason().is_some() {
            by_names
        } else if llm_prose::is_quota_exhausted(message.unwrap_or_default()) {
            Self::quota_exhausted().with_code(ErrorCode::Http(status))
        } else if by_names.is_unknown() {
            Self::outcome_unknown().with_code(ErrorCode::Http(status))
        } else {
            by_names
        }
    }

    /// Returns the verdict on an error of which only the text is left, by the status or the names in it.
    /// Returns `None` if the text is not an error.
    #[cfg(any(feature = "async-openai", feature = "genai", feature = "rig-core"))]
    pub(crate) fn from_llm_text(text: &[u8]) -> Option<Self> {
        if text.len() > LARGEST_BODY {
            return None;
        }
        let body: Value = serde_json::from_slice(text).ok()?;
        // The status is lost. As an answer of 200 it is at least no success.
        is_error(body.get(0).unwrap_or(&body)).then(|| Self::from_llm_json(200, &(), &body))
    }
}

/// Whether a body is an error: it holds one, or is one itself, as in OpenAI's event `error` and in vLLM's answers.
fn is_error(body: &Value) -> bool {
    let is_one = |name| body.get(name).and_then(Value::as_str) == Some("error");
    let nested = body.get("error");
    nested.is_some_and(|error| !error.is_null()) || is_one("type") || is_one("object")
}

/// The HTTP status in `code`, as a number or as text.
fn number(error: &Value) -> Option<u16> {
    let code = error.get("code")?;
    let number = match code.as_u64() {
        Some(number) => u16::try_from(number).ok()?,
        None => code.as_str()?.parse().ok()?,
    };
    (400..=599).contains(&number).then_some(number)
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
mod tests;
