//! The bodies of language models' error answers: they add to status and headers, and never contradict what is certain.

use resilience_runtime::{
    Verdict,
    verdict::{Class, ErrorCode, Reason},
};
use serde_json::{Value, json};

use crate::bytes::Bytes;
use crate::header_list::headers;
use crate::http_verdicts::status;

const NAMES: [&str; 16] = [
    "insufficient_quota",
    "billing_error",
    "context_length_exceeded",
    "content_filter",
    "invalid_api_key",
    "model_not_found",
    "overloaded_error",
    "slow_down",
    "rate_limit_exceeded",
    "RESOURCE_EXHAUSTED",
    "tokens",
    "server_error",
    "UNAVAILABLE",
    "invalid_request_error",
    "",
    "Insufficient_Quota",
];

const MESSAGES: [&str; 12] = [
    "Try again in 7 seconds",
    "prompt is too long: 210000 tokens > 200000 maximum",
    "Your credit balance is too low to access the API",
    "Input is too long for requested model, or so it was said",
    "Please try again in 45.40s.",
    "try again in 6m0s",
    "try again in 120ms",
    "try again in a while",
    "try again in 99999999999999999999999h",
    "try again in 1.2.3s",
    "your quota of requests",
    "",
];

const DELAYS: [&str; 7] = [
    "34s",
    "1.5s",
    "0s",
    "-1s",
    "1e9s",
    "99999999999999999999999s",
    "34",
];

/// The input chooses a status, headers and a body.
pub fn llm_bodies(input: &[u8]) {
    let mut bytes = Bytes::new(input);
    let status = status(&mut bytes);
    let headers = headers(&mut bytes);
    let by_status = Verdict::from_llm_error(status, &headers, None, None);
    let junk = bytes.rest();
    let judge = |body: &[u8]| Verdict::from_llm_response(status, &headers, body);

    let raw = judge(junk);
    if serde_json::from_slice::<Value>(junk).is_err() {
        same(raw, by_status);
    }
    keeps_its_word(raw, status);

    let body = body(&mut bytes);
    let text = body.to_string();
    let verdict = judge(text.as_bytes());
    keeps_its_word(verdict, status);
    // A wait that the headers ask for is the one that counts.
    let may_wait = !verdict.is_permanent();
    if let Some(wait) = by_status.retry_after()
        && may_wait
    {
        assert!(
            verdict
                .retry_after()
                .is_some_and(|it| it.abs_diff(wait).as_secs() < 60),
            "{text}"
        );
    }
    // However it is laid out, and in a list.
    same(verdict, judge(format!("\n {body:#} ").as_bytes()));
    same(verdict, judge(json!([body]).to_string().as_bytes()));
    // The certain names do not depend on the field.
    let error = body
        .get("error")
        .filter(|error| error.is_object())
        .unwrap_or(&body);
    let named = |name: &str| {
        let fields = ["type", "code", "status"].map(|field| &error[field]);
        fields.contains(&&json!(name)) || error["details"]["error_code"] == *name
    };
    if named("insufficient_quota") || named("billing_error") {
        assert!(
            verdict.is_permanent() && verdict.reason() == Some(Reason::QuotaExhausted),
            "{text}"
        );
    } else if named("context_length_exceeded") {
        // Unless another field says in other words that all is used up.
        let certain = [Reason::ContextTooLarge, Reason::QuotaExhausted].map(Some);
        assert!(certain.contains(&verdict.reason()), "{text}");
    }
    // What is too large for an error is not read.
    if bytes.below(64) == 1 {
        let padded = format!("{text}{}", " ".repeat(256 * 1_024));
        same(judge(padded.as_bytes()), by_status);
    }
}

fn body(bytes: &mut Bytes<'_>) -> Value {
    let mut error = serde_json::Map::new();
    for field in ["type", "code", "status", "message"] {
        let value = match bytes.below(6) {
            0 => continue,
            1 => Value::from(bytes.number()),
            2 => Value::from(bytes.text()),
            _ if field == "message" => Value::from(bytes.one_of(&MESSAGES)),
            _ => Value::from(bytes.one_of(&NAMES)),
        };
        error.insert(field.to_owned(), value);
    }
    match bytes.below(4) {
        0 => {
            let delay = bytes.one_of(&DELAYS);
            let info =
                json!([{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay}]);
            error.insert("details".to_owned(), info);
        }
        1 => {
            error.insert(
                "details".to_owned(),
                json!({"error_code": bytes.one_of(&NAMES)}),
            );
        }
        _ => {}
    }
    match bytes.below(4) {
        0 => Value::Object(error),
        1 => json!({"type": "error", "error": error}),
        _ => json!({"error": error}),
    }
}

fn keeps_its_word(verdict: Verdict, status: u16) {
    assert_ne!(verdict.class(), Class::Unknown);
    if verdict.is_permanent() {
        assert_eq!(
            verdict.retry_after(),
            None,
            "nobody waits for what fails again"
        );
    }
    if status == 429 && verdict.is_transient() {
        panic!("whoever is asked to slow down has to");
    }
    match verdict.code() {
        // A number inside a success is the status.
        Some(ErrorCode::Http(code)) => assert!(code == status || status < 400 && code >= 400),
        Some(ErrorCode::Name(name)) => assert!(!name.is_empty() && name.is_ascii()),
        other => panic!("{other:?}"),
    }
    if verdict.reason() == Some(Reason::TimedOut) {
        assert!(verdict.is_outcome_unknown() || verdict.is_transient());
    } else if verdict.reason().is_some() {
        assert!(
            verdict.is_permanent(),
            "reasons are given for what fails again"
        );
    }
}

/// Equal but for the time that the clock moved on between the two.
fn same(one: Verdict, other: Verdict) {
    let bare = |verdict: Verdict| (verdict.class(), verdict.reason(), verdict.code());
    assert_eq!(bare(one), bare(other));
    assert_eq!(one.retry_after().is_some(), other.retry_after().is_some());
    let wait = |verdict: Verdict| verdict.retry_after().unwrap_or_default();
    assert!(wait(one).abs_diff(wait(other)).as_secs() < 60);
}
