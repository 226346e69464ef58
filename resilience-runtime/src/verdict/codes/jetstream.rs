//! What an error code of NATS JetStream means, and the status beside it.

use crate::verdict::{ErrorCode, Reason, Verdict};

impl Verdict {
    /// Returns the verdict on an answer of JetStream's: its status, its error code, and whether the text tells of a limit of the
    /// stream, for which storing has the same code as for a disk that is full. The server answers with an error where it did nothing.
    ///
    /// | codes | verdict |
    /// |---|---|
    /// | no leader, not available, offline, not ready (10004, 10008, 10009, 10118, 10119, 10163, 10194, 10195) | transient |
    /// | too many requests or batches (10167, 10210, 10211), a full stream with `discard: new` (10077) | throttled |
    /// | no memory, no storage, no peers, not stored (10005, 10023, 10028, 10047, 10077) | permanent, a breaker failure |
    /// | the account's resources (10002) | quota exhausted |
    /// | wrong last sequence or message id (10070, 10071, 10164), names in use | permanent |
    /// | the rest: status 404 | permanent, not found |
    /// | 400, or JetStream is not enabled (10035, 10039, 10076) | permanent |
    /// | 401, 403 | permanent, denied |
    /// | 429 | throttled |
    /// | 500, 503 and others | outcome unknown |
    pub(crate) fn from_jetstream(status: usize, code: u64, is_full: bool) -> Self {
        let verdict = match (code, status) {
            (10004 | 10008 | 10009 | 10118 | 10119 | 10163 | 10194 | 10195, _) => Self::transient(),
            (10077, _) if is_full => Self::throttled(None),
            (10167 | 10210 | 10211, _) => Self::throttled(None),
            (10005 | 10023 | 10028 | 10047 | 10077, _) => Self::permanent().counts_as_failure(),
            (10002, _) => Self::quota_exhausted(),
            (10035 | 10039 | 10076, _) => Self::permanent(),
            (10014 | 10037 | 10043 | 10059 | 10068 | 10149, _) | (_, 404) => {
                Self::permanent().because(Reason::NotFound)
            }
            (_, 401 | 403) => Self::permanent().because(Reason::Denied),
            (_, 429) => Self::throttled(None),
            (_, 400..=499) => Self::permanent(),
            _ => Self::outcome_unknown(),
        };
        match i64::try_from(code) {
            Ok(code) if code > 0 => verdict.with_code(ErrorCode::Number(code)),
            _ => verdict,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn from_jetstream_classifies_by_code_and_status() {
        let sick = Verdict::permanent().counts_as_failure();
        for (status, code, full, expected) in [
            (503, 10008, false, Verdict::transient()),
            (500, 10009, false, Verdict::transient()),
            (500, 10118, false, Verdict::transient()),
            (429, 10167, false, Verdict::throttled(None)),
            (503, 10077, true, Verdict::throttled(None)),
            (503, 10077, false, sick),
            (503, 10023, false, sick),
            (400, 10002, false, Verdict::quota_exhausted()),
            (503, 10039, false, Verdict::permanent()),
            (400, 10071, false, Verdict::permanent()),
            (404, 10059, false, Verdict::permanent()),
            (400, 10058, false, Verdict::permanent()),
            (429, 0, false, Verdict::throttled(None)),
            (500, 10051, false, Verdict::outcome_unknown()),
            (503, 0, false, Verdict::outcome_unknown()),
        ] {
            let verdict = Verdict::from_jetstream(status, code, full);
            assert_eq!(verdict, expected, "{status} {code}");
            let number = i64::try_from(code).expect("small");
            let shown = (number > 0).then_some(ErrorCode::Number(number));
            assert_eq!(verdict.code(), shown);
        }
        let reason = |status, code| Verdict::from_jetstream(status, code, false).reason();
        assert_eq!(reason(404, 10059), Some(Reason::NotFound));
        assert_eq!(reason(403, 0), Some(Reason::Denied));
        assert_eq!(reason(400, 10071), None);
    }
}
