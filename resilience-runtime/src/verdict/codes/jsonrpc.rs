//! What a JSON-RPC error code means, as Model Context Protocol servers use them.

use crate::verdict::{ErrorCode, Reason, Verdict};

impl Verdict {
    /// Returns the verdict on a JSON-RPC error code.
    ///
    /// The request's own faults (-32700 to -32600, -32002, -32020 to -32022, -32042) are permanent; an
    /// internal error (-32603), a lost connection (-32000) and a timeout (-32001) leave the outcome
    /// open. A code that a server made up is left to the kind.
    ///
    /// -32000, -32600 and -32001 are also what servers answer when a session is gone, which only the
    /// message distinguishes: the verdict on `rmcp`'s errors reads it, see the feature `rmcp`.
    ///
    /// ```
    /// use resilience_runtime::Verdict;
    ///
    /// assert!(Verdict::from_jsonrpc(-32602).is_permanent());
    /// assert!(Verdict::from_jsonrpc(-32603).is_outcome_unknown());
    /// ```
    pub fn from_jsonrpc(code: impl Into<i64>) -> Self {
        let code = code.into();
        let verdict = match code {
            -32603 | -32000 | -32001 => Self::outcome_unknown(),
            -32002 => Self::permanent().because(Reason::NotFound),
            -32700 | -32602..=-32600 | -32022..=-32020 | -32042 => Self::permanent(),
            _ => Self::unclassified(),
        };
        verdict.with_code(ErrorCode::JsonRpc(code))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn from_jsonrpc_classifies_each_code() {
        for code in [
            -32700, -32600, -32601, -32602, -32002, -32020, -32021, -32022, -32042,
        ] {
            assert_eq!(Verdict::from_jsonrpc(code), Verdict::permanent(), "{code}");
        }
        assert_eq!(
            Verdict::from_jsonrpc(-32002).reason(),
            Some(Reason::NotFound)
        );
        for code in [-32603, -32000, -32001] {
            assert!(Verdict::from_jsonrpc(code).is_outcome_unknown(), "{code}");
        }
        assert!(Verdict::from_jsonrpc(-32050).is_unknown());
        assert!(Verdict::from_jsonrpc(7_i64).is_unknown());
    }
}
