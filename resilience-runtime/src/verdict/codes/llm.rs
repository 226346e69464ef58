//! What the structured fields of a language model's error mean.
//!
//! OpenAI, Anthropic, Google and the servers that imitate them name the error in `error.type`,
//! `error.code` or `error.status`. Prose is not read, except for the sentences of [`llm_prose`]: "quota" stands in many messages
//! about an ordinary rate limit.

use super::http::{is_sent_again, should_retry};
use super::http_parts::HttpHeaders;
use super::llm_prose;
use crate::verdict::{ErrorCode, HttpStatus, Reason, Verdict};

/// Names that mean the same under every status.
const CERTAIN: &[(Meaning, &[&str])] = &[
    // Paid up, used up or capped: waiting does not help, however the status calls it.
    (
        Meaning::Quota,
        &[
            "insufficient_quota",
            "billing_error",
            "billing_hard_limit_reached",
            "billing_not_active",
            "budget_exceeded",
            "credit_balance_exhausted",
            "enforced_spend_limit_reached",
            "organization_spend_limit_exceeded",
            "organization_usage_limit_exceeded",
            "project_spend_limit_exceeded",
            "usage_limit_reached",
            "usage_not_included",
        ],
    ),
    (
        Meaning::ContextTooLarge,
        &[
            "context_length_exceeded",
            "context_window_exceeded",
            "exceed_context_size_error",
            "model_context_window_exceeded",
        ],
    ),
    (
        Meaning::Permanent,
        &[
            "content_filter",
            "content_policy_violation",
            "cyber_policy_violation",
            "invalid_prompt",
            "moderation_blocked",
            "responsible_ai_policy_violation",
        ],
    ),
    (
        Meaning::Denied,
        &[
            "account_deactivated",
            "authentication_error",
            "invalid_api_key",
            "ip_not_authorized",
            "permission_error",
        ],
    ),
    (Meaning::NotFound, &["model_not_found", "not_found_error"]),
    (
        Meaning::Overloaded,
        &[
            "engine_overloaded",
            "overloaded_error",
            "server_is_overloaded",
            "slow_down",
        ],
    ),
];

/// Names that are read only where there is no status: with one, it knows better. A request that is
/// larger than the whole limit is a `rate_limit_exceeded` with a 413, and `invalid_request_error` goes
/// with nearly everything.
const WITHOUT_STATUS: &[(Meaning, &[&str])] = &[
    (
        Meaning::Throttled,
        &[
            "rate_limit_error",
            "rate_limit_exceeded",
            "RESOURCE_EXHAUSTED",
        ],
    ),
    (Meaning::Contention, &["ABORTED"]),
    (
        Meaning::OutcomeUnknown,
        &[
            "api_error",
            "internal_error",
            "internal_server_error",
            "server_error",
            "INTERNAL",
            // gRPC's word for a server that was not reached, and for one that was lost.
            "UNAVAILABLE",
            "UNKNOWN",
        ],
    ),
    (Meaning::TimedOut, &["timeout_error", "DEADLINE_EXCEEDED"]),
    (Meaning::Denied, &["PERMISSION_DENIED", "UNAUTHENTICATED"]),
    (Meaning::NotFound, &["NOT_FOUND"]),
    (
        Meaning::Permanent,
        &[
            "invalid_request_error",
            "request_too_large",
            "FAILED_PRECONDITION",
            "INVALID_ARGUMENT",
            "OUT_OF_RANGE",
        ],
    ),
];

#[derive(Clone, Copy)]
enum Meaning {
    Quota,
    ContextTooLarge,
    Permanent,
    Denied,
    NotFound,
    Overloaded,
    Throttled,
    Contention,
    OutcomeUnknown,
    TimedOut,
}

impl Meaning {
    const fn verdict(self) -> Verdict {
        match self {
            Self::Quota => Verdict::permanent()
                .ignored_by_breaker()
                .because(Reason::QuotaExhausted),
            Self::ContextTooLarge => Verdict::context_too_large(),
            Self::Permanent => Verdict::permanent(),
            Self::Denied => Verdict::permanent().because(Reason::Denied),
            Self::NotFound => Verdict::permanent().because(Reason::NotFound),
            Self::Overloaded => Verdict::transient(),
            Self::Throttled => Verdict::throttled(None),
            Self::Contention => Verdict::transient().ignored_by_breaker(),
            Self::OutcomeUnknown => Verdict::outcome_unknown(),
            Self::TimedOut => Verdict::outcome_unknown().because(Reason::TimedOut),
        }
    }
}

/// What the first of the names that stands in the table means. The order of the table decides, not that
/// of the names: an exhausted quota counts in whichever field it is named.
fn look_up(
    table: &'static [(Meaning, &[&str])],
    names: &[Option<&str>],
) -> Option<(Meaning, &'static str)> {
    table.iter().find_map(|(meaning, known)| {
        let name = known.iter().find(|known| names.contains(&Some(**known)))?;
        Some((*meaning, *name))
    })
}

impl Verdict {
    /// Returns the verdict on an error of a language model, by its status, its headers and its structured fields
    /// `error.type` (`kind`) and `error.code`, of OpenAI, Anthropic and compatible servers.
    ///
    /// | field, either of them | verdict |
    /// |---|---|
    /// | `insufficient_quota`, `billing_error`, `enforced_spend_limit_reached`, …; or status 402 | permanent, quota exhausted, ignored by the breaker |
    /// | `context_length_exceeded`, … | [`context_too_large`](Self::context_too_large) |
    /// | `content_policy_violation`, `content_filter`, … | permanent |
    /// | `invalid_api_key`, `authentication_error`, … | permanent, denied |
    /// | `overloaded_error`, `server_is_overloaded`, `slow_down` | transient, or throttled with a 429; permanent with `x-should-retry: false` |
    /// | anything else | by [`from_http`](Self::from_http) |
    ///
    /// ```
    /// use resilience_runtime::{Verdict, verdict::Reason};
    ///
    /// let spent = Verdict::from_llm_error(429, &(), Some("insufficient_quota"), None);
    /// assert!(spent.is_permanent());
    /// assert_eq!(spent.reason(), Some(Reason::QuotaExhausted));
    ///
    /// let busy = Verdict::from_llm_error(429, &(), Some("tokens"), Some("rate_limit_exceeded"));
    /// assert!(busy.is_throttled());
    /// ```
    pub fn from_llm_error<H: HttpHeaders + ?Sized>(
        status: impl HttpStatus,
        headers: &H,
        kind: Option<&str>,
        code: Option<&str>,
    ) -> Self {
        Self::from_llm_fields(status.code(), headers, &[kind, code], None)
    }

    /// The same with any number of names, and with the sentences that stand in for a name.
    pub(crate) fn from_llm_fields<H: HttpHeaders + ?Sized>(
        status: u16,
        headers: &H,
        names: &[Option<&str>],
        message: Option<&str>,
    ) -> Self {
        let by_names = Self::from_llm_names(status, headers, names);
        let message = message.unwrap_or_default();
        if by_names.reason() == Some(Reason::QuotaExhausted) {
            by_names
        } else if llm_prose::is_quota_exhausted(message) {
            Self::quota_exhausted().with_code(ErrorCode::Http(status))
        } else if matches!(status, 400 | 413) && llm_prose::is_context_too_large(message) {
            Self::context_too_large().with_code(ErrorCode::Http(status))
        } else {
            by_names
        }
    }

    fn from_llm_names<H: HttpHeaders + ?Sized>(
        status: u16,
        headers: &H,
        names: &[Option<&str>],
    ) -> Self {
        let by_status = Self::from_http(status, headers);
        match look_up(CERTAIN, names) {
            // A wait that the server requested is kept, and with a 429 all callers wait for it. `x-should-retry: false`
            // still forbids a retry.
            Some((Meaning::Overloaded, name)) => {
                let retry_is_forbidden = should_retry(headers) == Some("false");
                let verdict = match by_status.retry_after() {
                    _ if by_status.is_throttled() || retry_is_forbidden => by_status,
                    Some(wait) => Self::transient().with_retry_after(wait),
                    None => Self::transient(),
                };
                let verdict = verdict.with_code(ErrorCode::Name(name));
                if is_sent_again(headers) {
                    verdict.after_proxy_retries()
                } else {
                    verdict
                }
            }
            Some((meaning, name)) => meaning.verdict().with_code(ErrorCode::Name(name)),
            None if status == 402 => Meaning::Quota.verdict().with_code(ErrorCode::Http(402)),
            None => by_status,
        }
    }

    /// Returns the verdict on an error event within a stream, e.g. `{"type":"error","error":{"type":…,"code":…}}`:
    /// the answer began with 200, so only the fields classify it.
    ///
    /// ```
    /// use resilience_runtime::Verdict;
    ///
    /// assert!(Verdict::from_llm_event(Some("overloaded_error"), None).is_transient());
    /// assert!(Verdict::from_llm_event(Some("api_error"), None).is_outcome_unknown());
    /// ```
    pub fn from_llm_event(kind: Option<&str>, code: Option<&str>) -> Self {
        Self::from_llm_names_alone(&[kind, code])
    }

    /// The same with any number of names.
    pub(super) fn from_llm_names_alone(names: &[Option<&str>]) -> Self {
        look_up(CERTAIN, names)
            .or_else(|| look_up(WITHOUT_STATUS, names))
            .map_or(Self::unclassified(), |(meaning, name)| {
                meaning.verdict().with_code(ErrorCode::Name(name))
            })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const SPENT: Verdict = Verdict::permanent().ignored_by_breaker();

    #[test]
    fn exhausted_quota_is_found_in_either_field_and_any_status() {
        for name in [
            "insufficient_quota",
            "credit_balance_exhausted",
            "organization_spend_limit_exceeded",
            "project_spend_limit_exceeded",
            "organization_usage_limit_exceeded",
            "enforced_spend_limit_reached",
            "billing_error",
        ] {
            for status in [400, 402, 403, 429, 500, 503] {
                for (kind, code) in [
                    (Some(name), None),
                    (None, Some(name)),
                    (Some("rate_limit_error"), Some(name)),
                    (Some(name), Some("rate_limit_exceeded")),
                ] {
                    let headers = [("retry-after", "1"), ("x-should-retry", "true")];
                    let verdict = Verdict::from_llm_error(status, &headers, kind, code);
                    assert_eq!(verdict, SPENT, "{status} {name}");
                    assert_eq!(verdict.reason(), Some(Reason::QuotaExhausted));
                    assert_eq!(verdict.code(), Some(ErrorCode::Name(name)));
                }
            }
        }
        let unpaid = Verdict::from_llm_error(402, &(), None, None);
        assert_eq!(unpaid, SPENT);
        assert_eq!(unpaid.reason(), Some(Reason::QuotaExhausted));
    }

    #[test]
    fn rate_limit_is_throttled() {
        let wait = [("retry-after", "7")];
        for (kind, code) in [
            (None, None),
            (Some("rate_limit_error"), None),
            (Some("tokens"), Some("rate_limit_exceeded")),
            (Some("requests"), Some("rate_limit_exceeded")),
            (Some("invalid_request_error"), None),
            (Some("you exceeded your current quota"), None),
        ] {
            assert_eq!(
                Verdict::from_llm_error(429, &wait, kind, code),
                Verdict::throttled(Some(Duration::from_secs(7))),
                "{kind:?} {code:?}"
            );
        }
    }

    #[test]
    fn overloaded_server_is_transient() {
        for (status, name) in [
            (529, "overloaded_error"),
            (500, "overloaded_error"),
            (503, "server_is_overloaded"),
            (503, "slow_down"),
        ] {
            let verdict = Verdict::from_llm_error(status, &(), None, Some(name));
            assert_eq!(verdict, Verdict::transient(), "{name}");
            let waits = Verdict::from_llm_error(status, &[("retry-after", "2")], Some(name), None);
            assert_eq!(waits.retry_after(), Some(Duration::from_secs(2)), "{name}");
        }
        // Without the name it may come from a proxy.
        for status in [503, 529] {
            assert_eq!(
                Verdict::from_llm_error(status, &(), None, None),
                Verdict::outcome_unknown()
            );
        }
        let again = [("x-envoy-attempt-count", "2")];
        assert_eq!(
            Verdict::from_llm_error(529, &again, Some("overloaded_error"), None),
            Verdict::outcome_unknown()
        );
        assert!(Verdict::from_llm_error(429, &(), Some("slow_down"), None).is_throttled());
    }

    #[test]
    fn x_should_retry_false_forbids_the_retry_on_overload() {
        let headers = [("x-should-retry", "false"), ("retry-after", "2")];
        for status in [400, 429, 500, 503, 529] {
            for (kind, code) in [(Some("slow_down"), None), (None, Some("overloaded_error"))] {
                let verdict = Verdict::from_llm_error(status, &headers, kind, code);
                assert_eq!(verdict, Verdict::from_http(status, &headers), "{status}");
                assert!(verdict.is_permanent(), "{status}");
                assert_eq!(verdict.code(), kind.or(code).map(ErrorCode::Name));
            }
        }
    }

    #[test]
    fn invalid_request_is_permanent() {
        for (status, name, reason) in [
            (
                400,
                "context_length_exceeded",
                Some(Reason::ContextTooLarge),
            ),
            (
                413,
                "exceed_context_size_error",
                Some(Reason::ContextTooLarge),
            ),
            (400, "content_policy_violation", None),
            (500, "content_filter", None),
            (401, "invalid_api_key", Some(Reason::Denied)),
            (403, "permission_error", Some(Reason::Denied)),
            (404, "model_not_found", Some(Reason::NotFound)),
            (400, "invalid_request_error", None),
        ] {
            for (kind, code) in [(Some(name), None), (None, Some(name))] {
                let verdict = Verdict::from_llm_error(status, &(), kind, code);
                assert_eq!(verdict, Verdict::permanent(), "{status} {name}");
                assert_eq!(verdict.reason(), reason, "{status} {name}");
            }
        }
        assert_eq!(
            Verdict::from_llm_error(400, &(), None, Some("context_length_exceeded")),
            Verdict::context_too_large()
        );
    }

    #[test]
    fn unknown_name_is_classified_by_status() {
        for status in [400, 401, 404, 408, 409, 429, 500, 502, 503, 504, 529] {
            assert_eq!(
                Verdict::from_llm_error(status, &(), Some("new_in_2030"), None),
                Verdict::from_http(status, &()),
                "{status}"
            );
        }
    }

    #[test]
    fn from_llm_event_classifies_by_names() {
        for (name, expected) in [
            ("overloaded_error", Verdict::transient()),
            ("rate_limit_error", Verdict::throttled(None)),
            ("rate_limit_exceeded", Verdict::throttled(None)),
            ("RESOURCE_EXHAUSTED", Verdict::throttled(None)),
            ("api_error", Verdict::outcome_unknown()),
            ("UNAVAILABLE", Verdict::outcome_unknown()),
            ("server_error", Verdict::outcome_unknown()),
            ("insufficient_quota", SPENT),
            ("context_length_exceeded", Verdict::context_too_large()),
            ("invalid_request_error", Verdict::permanent()),
            ("content_filter", Verdict::permanent()),
            ("authentication_error", Verdict::permanent()),
            ("error", Verdict::unclassified()),
        ] {
            assert_eq!(
                Verdict::from_llm_event(Some(name), None),
                expected,
                "{name}"
            );
            assert_eq!(
                Verdict::from_llm_event(None, Some(name)),
                expected,
                "{name}"
            );
        }
        assert_eq!(Verdict::from_llm_event(None, None), Verdict::unclassified());
    }
}
