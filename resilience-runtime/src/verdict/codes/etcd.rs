//! What etcd's own texts mean, which say more than the gRPC codes beside them: `Unavailable` stands for a request that was refused
//! before it was proposed, and for one that was proposed and perhaps applied.
//!
//! The texts are those of etcd 3.4 to 3.6 (`rpctypes/error.go`). The order of a write there is: too many unapplied ones → too large →
//! the user's rights → proposed to the cluster → waited for.

use crate::verdict::{Reason, Verdict};

/// What all begin with.
const PREFIX: &str = "etcdserver: ";

/// Refused before it was proposed, or a read: another member, or the same one in a moment, takes it.
const NOT_PROPOSED: &[&str] = &[
    "leader changed",
    "no leader",
    "not leader",
    "not capable",
    "unhealthy cluster",
    "rpc not supported for learner",
];

/// Proposed, and perhaps applied later.
const PROPOSED: &[&str] = &["server stopped", "request cancelled"];

/// The rights have changed since the token was made.
const STALE_RIGHTS: &[&str] = &["revision of auth store is old", "invalid auth token"];

/// The server is ill, and writes are refused until somebody cures it.
const SICK: &[&str] = &[
    "mvcc: database space exceeded",
    "no space",
    "corrupt cluster",
];

const DENIED: &[&str] = &[
    "permission denied",
    "authentication failed",
    "user name is empty",
    "user name not found",
];

impl Verdict {
    /// Returns the verdict on the message of a gRPC status, if it is one of etcd's that say more than their code.
    pub(crate) fn from_etcd(message: &str) -> Option<Self> {
        // Raft's own, without a leader: the proposal went nowhere.
        if message == "raft proposal dropped" {
            return Some(Self::transient());
        }
        let said = message.strip_prefix(PREFIX)?;
        let is_one_of = |texts: &[&str]| texts.iter().any(|text| said.starts_with(text));
        if said.starts_with("request timed out") {
            Some(Self::outcome_unknown().because(Reason::TimedOut))
        } else if is_one_of(NOT_PROPOSED) {
            Some(Self::transient())
        } else if said.starts_with("too many requests") {
            Some(Self::throttled(None))
        } else if is_one_of(PROPOSED) {
            Some(Self::outcome_unknown())
        } else if is_one_of(STALE_RIGHTS) {
            Some(Self::transient().ignored_by_breaker().needs_reconnect())
        } else if is_one_of(SICK) {
            Some(Self::permanent().counts_as_failure())
        } else if is_one_of(DENIED) {
            Some(Self::permanent().because(Reason::Denied))
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn from_etcd_judges_by_what_was_proposed() {
        let stale = Verdict::transient().ignored_by_breaker().needs_reconnect();
        let sick = Verdict::permanent().counts_as_failure();
        for (message, expected) in [
            ("etcdserver: leader changed", Verdict::transient()),
            ("etcdserver: no leader", Verdict::transient()),
            ("etcdserver: not leader", Verdict::transient()),
            (
                "etcdserver: rpc not supported for learner",
                Verdict::transient(),
            ),
            ("raft proposal dropped", Verdict::transient()),
            ("etcdserver: too many requests", Verdict::throttled(None)),
            ("etcdserver: server stopped", Verdict::outcome_unknown()),
            ("etcdserver: revision of auth store is old", stale),
            ("etcdserver: invalid auth token", stale),
            ("etcdserver: mvcc: database space exceeded", sick),
            ("etcdserver: corrupt cluster", sick),
            ("etcdserver: permission denied", Verdict::permanent()),
        ] {
            assert_eq!(Verdict::from_etcd(message), Some(expected), "{message}");
        }
        for late in [
            "etcdserver: request timed out",
            "etcdserver: request timed out, possibly due to previous leader failure",
            "etcdserver: request timed out, waiting for the applied index took too long",
        ] {
            let verdict = Verdict::from_etcd(late).expect("known");
            assert_eq!(verdict, Verdict::outcome_unknown());
            assert_eq!(verdict.reason(), Some(Reason::TimedOut));
        }
    }

    #[test]
    fn other_messages_are_left_to_their_code() {
        for message in [
            "etcdserver: mvcc: required revision has been compacted",
            "etcdserver: request is too large",
            "etcdserver: key is not provided",
            "it said: etcdserver: leader changed",
            "leader changed",
            "",
        ] {
            assert_eq!(Verdict::from_etcd(message), None, "{message}");
        }
    }
}
