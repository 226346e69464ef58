//! What an answer of HashiCorp Vault or OpenBao means.

use std::time::Duration;

use super::http_parts::HttpHeaders;
use crate::verdict::{ErrorCode, HttpStatus, Verdict};

/// At most so much of a wait does a server keep to itself.
const ROUNDED_OFF: Duration = Duration::from_secs(1);

impl Verdict {
    /// Returns the verdict on a status of HashiCorp Vault or OpenBao and the headers that
    /// [`from_http`](Self::from_http) reads. A server sends `Retry-After` once
    /// `enable_rate_limit_response_headers` of `sys/quotas/config` is set. It counts whole seconds and drops the
    /// rest, down to 0, so one second is added.
    ///
    /// | status | verdict |
    /// |---|---|
    /// | 412, a replica has not caught up yet | transient, ignored by the breaker: try again at once |
    /// | 429 | throttled |
    /// | 403 | permanent, denied: an expired token looks the same as a missing right |
    /// | 404 | permanent, not found |
    /// | 472, 473, only from `sys/health`: a standby | permanent |
    /// | 501, not initialised | permanent, a breaker failure |
    /// | other 5xx, 503 among them | outcome unknown |
    ///
    /// A sealed server answers 503, and so does a proxy that lost one. With its words, `Vault is sealed`, nothing was done.
    ///
    /// ```
    /// use resilience_runtime::{Verdict, verdict::Reason};
    ///
    /// assert!(Verdict::from_vault(503, &()).is_outcome_unknown());
    /// assert_eq!(Verdict::from_vault(403, &()).reason(), Some(Reason::Denied));
    /// ```
    pub fn from_vault<H: HttpHeaders + ?Sized>(status: impl HttpStatus, headers: &H) -> Self {
        match status.code() {
            412 => Self::transient()
                .ignored_by_breaker()
                .with_code(ErrorCode::Http(412)),
            429 => {
                let verdict = Self::from_http(429, headers);
                match verdict.retry_after() {
                    Some(wait) => verdict.with_retry_after(wait.saturating_add(ROUNDED_OFF)),
                    None => verdict,
                }
            }
            status => Self::from_http(status, headers),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::Reason;

    #[test]
    fn from_vault_classifies_each_status() {
        for (status, expected, reason) in [
            (400, Verdict::permanent(), None),
            (403, Verdict::permanent(), Some(Reason::Denied)),
            (404, Verdict::permanent(), Some(Reason::NotFound)),
            (405, Verdict::permanent(), None),
            (412, Verdict::transient().ignored_by_breaker(), None),
            (429, Verdict::throttled(None), None),
            (472, Verdict::permanent(), None),
            (473, Verdict::permanent(), None),
            (500, Verdict::outcome_unknown(), None),
            (501, Verdict::permanent().counts_as_failure(), None),
            (502, Verdict::outcome_unknown(), None),
            (503, Verdict::outcome_unknown(), None),
        ] {
            let verdict = Verdict::from_vault(status, &());
            assert_eq!(verdict, expected, "{status}");
            assert_eq!(verdict.reason(), reason, "{status}");
            assert_eq!(verdict.code(), Some(ErrorCode::Http(status)));
        }
        assert_eq!(
            Verdict::from_vault(429, &[("Retry-After", "4")]),
            Verdict::throttled(Some(Duration::from_secs(5)))
        );
        // Less than a second.
        assert_eq!(
            Verdict::from_vault(429, &[("Retry-After", "0")]),
            Verdict::throttled(Some(Duration::from_secs(1)))
        );
    }
}
