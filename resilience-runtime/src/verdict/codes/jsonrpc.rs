//! What a JSON-RPC error code means, as Model Context Protocol servers use them.

use super::mcp_texts;
use crate::verdict::{ErrorCode, Reason, Verdict};

impl Verdict {
    /// Returns the verdict on a JSON-RPC error code.
    ///
    /// The request's own faults (-32700 to -32600, -32002, -32020 to -32022, -32042) are permanent; an
    /// internal error (-32603), a lost connection (-32000) and a timeout (-32001) leave the outcome
    /// open. A code that a server made up is left to the kind.
    ///
    /// -32000, -32600, -32001 and -32603 are also what servers answer when a session is gone, a limit is reached or a
    /// caller may not do something, which only the message distinguishes: see [`from_jsonrpc_error`](Self::from_jsonrpc_error).
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

    /// Returns the verdict on a JSON-RPC error, of which the message is read as well.
    ///
    /// It counts only where the code says too little and the whole message is one that is known: a lost session
    /// (-32000, -32001, -32600); fastmcp's "Rate limit exceeded" and "Permission denied: …" (-32000), "Not found: …" (-32001) and
    /// "Authorization failed for …" (-32603); what is not found under -32602, in the words of the Python, TypeScript and Rust SDKs.
    ///
    /// ```
    /// use resilience_runtime::Verdict;
    /// use resilience_runtime::verdict::Reason;
    ///
    /// assert!(Verdict::from_jsonrpc_error(-32000, "Rate limit exceeded").is_throttled());
    /// let missing = Verdict::from_jsonrpc_error(-32602, "Unknown resource: file:///no/such");
    /// assert_eq!(missing.reason(), Some(Reason::NotFound));
    /// assert!(Verdict::from_jsonrpc_error(-32000, "The bank's rate limit exceeded mine").is_outcome_unknown());
    /// ```
    pub fn from_jsonrpc_error(code: impl Into<i64>, message: &str) -> Self {
        let code = code.into();
        mcp_texts::verdict_of(code, message).map_or_else(
            || Self::from_jsonrpc(code),
            |verdict| verdict.with_code(ErrorCode::JsonRpc(code)),
        )
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

    #[test]
    fn from_jsonrpc_error_reads_known_messages() {
        for (code, message, expected, reason) in [
            (
                -32000,
                "Rate limit exceeded for client: global",
                Verdict::throttled(None),
                None,
            ),
            (
                -32000,
                "Global rate limit exceeded",
                Verdict::throttled(None),
                None,
            ),
            (
                -32000,
                "Rate limit exceeded: 100 requests per 1 minutes for client: a",
                Verdict::throttled(None),
                None,
            ),
            (
                -32000,
                "Permission denied: Error calling tool 'a': b",
                Verdict::permanent(),
                Some(Reason::Denied),
            ),
            (
                -32000,
                "Request timeout: Error calling tool 'a': b",
                Verdict::outcome_unknown(),
                Some(Reason::TimedOut),
            ),
            (
                -32001,
                "Not found: Unknown tool: 'a'",
                Verdict::permanent(),
                Some(Reason::NotFound),
            ),
            (
                -32001,
                "Request timed out",
                Verdict::outcome_unknown(),
                Some(Reason::TimedOut),
            ),
            (
                -32603,
                "Authorization failed for prompt 'a': not found or not authorized",
                Verdict::permanent(),
                Some(Reason::Denied),
            ),
            (
                -32603,
                "Internal error: Authorization failed for tool 'a': insufficient permissions",
                Verdict::permanent(),
                Some(Reason::Denied),
            ),
            (
                -32602,
                "Resource not found: 'a://b'",
                Verdict::permanent(),
                Some(Reason::NotFound),
            ),
            (
                -32602,
                "MCP error -32602: Prompt a not found",
                Verdict::permanent(),
                Some(Reason::NotFound),
            ),
            (
                -32602,
                "unknown task: 7",
                Verdict::permanent(),
                Some(Reason::NotFound),
            ),
            (
                -32602,
                "Invalid request parameters",
                Verdict::permanent(),
                None,
            ),
            (
                -32000,
                "Bad Request: Server not initialized",
                Verdict::session_lost(),
                None,
            ),
            (
                -32000,
                "Bad Request: Unsupported protocol version: 1 (supported versions: 2)",
                Verdict::permanent(),
                None,
            ),
            (-32021, "Missing capability", Verdict::permanent(), None),
            (-32022, "Unsupported version", Verdict::permanent(), None),
        ] {
            let verdict = Verdict::from_jsonrpc_error(code, message);
            assert_eq!(verdict, expected, "{message}");
            assert_eq!(verdict.reason(), reason, "{message}");
            assert_eq!(verdict.code(), Some(ErrorCode::JsonRpc(code)));
        }
    }

    /// Whoever only talks about an error has another one.
    #[test]
    fn from_jsonrpc_error_ignores_messages_that_mention_one() {
        for (code, message) in [
            (-32000, "Connection closed"),
            (-32000, "Error calling tool 'pay': Rate limit exceeded"),
            (
                -32000,
                "Rate limit exceeded by the bank, after the transfer",
            ),
            (-32000, "The document is about 'Permission denied: root'"),
            (-32000, "Permission denied"),
            (-32001, "It was Not found: really"),
            (-32001, "Rate limit exceeded"),
            (
                -32603,
                "Internal error: Error calling tool 'a': Authorization failed for b",
            ),
            (-32603, "Internal error: tool says Rate limit exceeded"),
            (-32603, "Permission denied: a"),
            (-32603, "Unknown resource: a"),
        ] {
            let verdict = Verdict::from_jsonrpc_error(code, message);
            assert_eq!(verdict, Verdict::outcome_unknown(), "{message}");
            assert_eq!(verdict.reason(), None, "{message}");
        }
        let verdict = Verdict::from_jsonrpc_error(-32602, "Field b: Unknown resource: a");
        assert_eq!((verdict.is_permanent(), verdict.reason()), (true, None));
    }
}
