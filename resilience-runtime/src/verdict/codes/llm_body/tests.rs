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
            Verdict::outcome_unknown().with_retry_after(Duration::from_secs(2)),
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
fn words_of_envoy_count_as_in_other_answers() {
    const FAILED: &str = "upstream connect error or disconnect/reset before headers. ";
    let overloaded = [("x-envoy-overloaded", "true")];
    let wait = [("retry-after", "2")];
    for body in [
        "no healthy upstream".to_owned(),
        format!("{FAILED}reset reason: overflow"),
        format!("{FAILED}reset reason: connection termination"),
        format!("{FAILED}retried and the latest reset reason: overflow"),
        format!(r#"{{"error":{{"message":"{FAILED}retried and the latest reset reason: x"}}}}"#),
        "overflow".to_owned(),
        String::new(),
    ] {
        for status in [429, 503] {
            for headers in [&[][..], &overloaded, &wait] {
                let read = body.as_bytes();
                let verdict = Verdict::from_llm_response(status, headers, read);
                let expected = Verdict::from_http_response(status, headers, read);
                assert_eq!(verdict, expected, "{status} {headers:?} {body}");
                let safe = expected.may_retry(false);
                assert_eq!(
                    verdict.may_retry(false),
                    safe,
                    "{status} {headers:?} {body}"
                );
            }
        }
    }
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

#[test]
fn prompt_that_is_too_large_is_known_by_its_sentence() {
    for (status, body) in [
        (
            400,
            r#"{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 210000 tokens > 200000 maximum"}}"#,
        ),
        (
            400,
            r#"{"error":{"type":"invalid_request_error","message":"input length and `max_tokens` exceed context limit: 188240 + 21333 > 200000, decrease"}}"#,
        ),
        (
            400,
            r#"{"error":{"code":400,"message":"The input token count (1196265) exceeds the maximum number of tokens allowed (1048575).","status":"INVALID_ARGUMENT"}}"#,
        ),
        (
            400,
            r#"[{"error":{"code":400,"message":"The input token count exceeds the maximum number of tokens allowed 1048576.","status":"INVALID_ARGUMENT"}}]"#,
        ),
        (
            400,
            r#"{"object":"error","message":"This model's maximum context length is 4096 tokens. However, you requested 5000 tokens","type":"BadRequestError","code":400}"#,
        ),
        (
            400,
            r#"{"error":{"message":"The decoder prompt (length 12324) is longer than the maximum model length of 8192. Make sure","type":"BadRequestError","code":400}}"#,
        ),
        (
            400,
            r#"{"error":{"message":"You passed 4097 input tokens and requested 4096 output tokens. However, the model's context length is only 8192 tokens, resulting","code":400}}"#,
        ),
        (
            400,
            r#"{"error":{"code":400,"message":"This endpoint's maximum context length is 128000 tokens. However, you requested about 140000 tokens"}}"#,
        ),
        (
            400,
            r#"{"message":"Input is too long for requested model."}"#,
        ),
        (
            400,
            r#"{"message":"The model returned the following errors: input length and `max_tokens` exceed context limit: 183102 + 32000 > 204698, decrease"}"#,
        ),
        (
            400,
            r#"{"code":"invalid-argument","error":"This model's maximum prompt length is 131072 but the request contains 537812 tokens."}"#,
        ),
        (
            400,
            r#"{"object":"error","message":"Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length"}"#,
        ),
        (
            400,
            r#"{"error":{"message":"litellm.ContextWindowExceededError: litellm.BadRequestError: x","type":"invalid_request_error","code":"400"}}"#,
        ),
        (
            413,
            r#"{"error":{"message":"prompt is too long: 210,000 tokens > 200,000 maximum"}}"#,
        ),
    ] {
        let verdict = judge(status, body);
        assert_eq!(verdict, Verdict::context_too_large(), "{body}");
        assert_eq!(verdict.reason(), Some(Reason::ContextTooLarge), "{body}");
        // Only where a request can be at fault.
        for status in [401, 404, 429, 500, 503] {
            let elsewhere = judge(status, body).reason();
            assert_ne!(elsewhere, Some(Reason::ContextTooLarge), "{status} {body}");
        }
    }
}

#[test]
fn text_that_talks_about_large_prompts_is_not_one() {
    for message in [
        "prompt is too long",
        "prompt is too long: see the documentation",
        "prompt is too long: x tokens > 200000 maximum",
        "the error 'prompt is too long: 210000 tokens > 200000 maximum' is not a model",
        "Unknown parameter: 'This model's maximum context length is 4096 tokens'",
        "This model's maximum context length is unknown",
        "Input is too long for requested model, or so it was said",
        "Your message says: Input is too long for requested model.",
        "input is too long for requested model",
        "context_length_exceeded",
        "see litellm.ContextWindowExceededError",
        "Prompt contains 12 tokens that are not allowed",
        "You passed 3 input tokens and requested 4 output tokens.",
        "",
    ] {
        let body = serde_json::json!({ "error": { "message": message } }).to_string();
        assert_eq!(judge(400, &body), Verdict::permanent(), "{message}");
        assert_eq!(judge(400, &body).reason(), None, "{message}");
    }
}

#[test]
fn account_that_is_used_up_is_known_by_its_sentence() {
    let spent = Verdict::permanent().ignored_by_breaker();
    for (status, body) in [
        (
            400,
            r#"{"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing"}}"#,
        ),
        (
            429,
            r#"{"error":{"message":"Budget has been exceeded! Current cost: 1.2, Max budget: 1.0","type":"budget_exceeded","param":null,"code":"429"}}"#,
        ),
        (
            400,
            r#"{"error":{"message":"x","type":"budget_exceeded","param":null,"code":"400"}}"#,
        ),
        (
            429,
            r#"{"error":{"message":"No deployments available - crossed budget: Exceeded budget for deployment","type":"internal_server_error","code":"429"}}"#,
        ),
        (
            429,
            r#"{"error":{"message":"litellm.RateLimitError: RateLimitError: OpenAIException - You exceeded your current quota, please check your plan and billing details. For more information on this error, read the docs: https://platform.openai.com/docs/guides/error-codes/api-errors.\n\nLiteLLM: model group","type":"throttling_error","code":"429"}}"#,
        ),
    ] {
        let verdict = judge(status, body);
        assert_eq!(verdict, spent, "{body}");
        assert_eq!(verdict.reason(), Some(Reason::QuotaExhausted), "{body}");
    }
    for message in [
        // Google's words for an ordinary rate limit.
        "You exceeded your current quota, please check your plan and billing details. For more information on this error, head to: https://ai.google.dev/",
        "litellm.RateLimitError: RateLimitError: OpenAIException - You exceeded your current quota, please check your plan and billing details. For more information on this error, head to: https://ai.google.dev/",
        "the words 'Your credit balance is too low to access' are translated",
        "litellm.RateLimitError: RateLimitError: OpenAIException - Rate limit reached",
    ] {
        let body =
            serde_json::json!({ "error": { "message": message, "type": "throttling_error" } });
        assert_eq!(
            judge(429, &body.to_string()),
            Verdict::throttled(None),
            "{message}"
        );
    }
}

#[test]
fn error_inside_a_200_is_never_a_success() {
    for (body, expected) in [
        (
            r#"{"error":{"code":429,"message":"x"}}"#,
            Verdict::throttled(None),
        ),
        (
            r#"{"error":{"code":"429","message":"x"}}"#,
            Verdict::throttled(None),
        ),
        (
            r#"{"error":{"code":502,"message":"Provider returned error"}}"#,
            Verdict::outcome_unknown(),
        ),
        (
            r#"{"error":{"type":"server_error"}}"#,
            Verdict::outcome_unknown(),
        ),
        (
            r#"{"error":{"code":"rate_limit_exceeded"}}"#,
            Verdict::throttled(None),
        ),
        (
            r#"{"error":{"type":"overloaded_error"}}"#,
            Verdict::transient(),
        ),
        (
            r#"{"error":{"type":"odd","code":7}}"#,
            Verdict::outcome_unknown(),
        ),
        (r#"{"error":"hunter2"}"#, Verdict::outcome_unknown()),
        (r#"{"error":{}}"#, Verdict::outcome_unknown()),
        (r#"{"error":{"code":400}}"#, Verdict::permanent()),
        // OpenAI's event `error`, and vLLM's answers.
        (
            r#"{"type":"error","code":"server_error","message":"x","param":null}"#,
            Verdict::outcome_unknown(),
        ),
        (
            r#"{"type":"error","code":"rate_limit_exceeded","message":"Try again in 7 seconds"}"#,
            Verdict::throttled(Some(Duration::from_secs(7))),
        ),
        (
            r#"{"type":"error","code":null,"message":"x"}"#,
            Verdict::outcome_unknown(),
        ),
        (
            r#"{"object":"error","message":"x","type":"InternalServerError","code":500}"#,
            Verdict::outcome_unknown(),
        ),
        (
            r#"{"error":{"code":429,"message":"Try again in 7 seconds"}}"#,
            Verdict::throttled(Some(Duration::from_secs(7))),
        ),
        (
            r#"{"error":{"message":"Your credit balance is too low to access the API"}}"#,
            Verdict::permanent().ignored_by_breaker(),
        ),
        (
            r#"{"error":{"code":400,"message":"prompt is too long: 5 tokens > 4 maximum"}}"#,
            Verdict::context_too_large(),
        ),
    ] {
        let verdict = judge(200, body);
        assert_eq!(verdict, expected, "{body}");
    }
    let late = judge(200, r#"{"error":{"type":"timeout_error","message":"x"}}"#);
    assert_eq!(late, Verdict::outcome_unknown());
    assert_eq!(late.reason(), Some(Reason::TimedOut));
}

/// OpenRouter, above the limit of its free models.
#[test]
fn reset_of_a_used_up_quota_is_the_wait() {
    let body = br#"{"error":{"message":"Rate limit exceeded: free-models-per-min.","code":429}}"#;
    let headers = [
        ("date", "Sat, 31 Jan 2026 12:00:00 GMT"),
        ("x-ratelimit-limit", "20"),
        ("x-ratelimit-remaining", "0"),
        ("x-ratelimit-reset", "1769860845000"),
    ];
    let wait = Some(Duration::from_secs(45));
    let verdict = Verdict::from_llm_response(429, &headers, body);
    assert!(verdict.is_throttled());
    assert_eq!(verdict.retry_after(), wait);
    let verdict = Verdict::from_http_response(429, &headers, body);
    assert_eq!(verdict.retry_after(), wait);
    // A spent account stays spent.
    let spent = Verdict::from_llm_error(429, &headers, Some("insufficient_quota"), None);
    assert!(spent.is_permanent() && spent.retry_after().is_none());
}
