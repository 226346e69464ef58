//! What servers of the Model Context Protocol say only in the message of an error.
//!
//! The protocol has few codes, and servers use -32000, -32001 and -32603 for many things. Where the whole message is one of these
//! fixed forms, it decides; a message that merely contains the words does not. `*` stands for any text.

use crate::verdict::{Reason, Verdict};

type Row = (i64, &'static str, &'static [&'static str]);

/// Refused before anything ran.
const THROTTLED: &[Row] = &[(
    -32000,
    "fastmcp 4.2.3, server/middleware/rate_limiting.py",
    &[
        "Rate limit exceeded",
        "Rate limit exceeded for client: *",
        "Rate limit exceeded: * requests per * minutes for client: *",
        "Global rate limit exceeded",
    ],
)];

/// The caller may not do this.
const DENIED: &[Row] = &[
    (
        -32000,
        "fastmcp 4.2.3, server/middleware/error_handling.py",
        &["Permission denied: *"],
    ),
    (
        -32603,
        "fastmcp 4.2.3, server/middleware/authorization.py and server/server.py",
        &[
            "Authorization failed for *: insufficient permissions",
            "Authorization failed for *: insufficient scope (required: *)",
            "Authorization failed for *: missing context",
            "Authorization failed for *: not found or not authorized",
            "Insufficient scope. Required: *",
            "Access denied to resource: *",
        ],
    ),
];

/// There is no such tool, resource, prompt or task.
const NOT_FOUND: &[Row] = &[
    (
        -32001,
        "fastmcp 4.2.3, server/middleware/error_handling.py",
        &["Not found: *"],
    ),
    (
        -32602,
        "fastmcp 4.2.3, server/mixins/mcp_operations.py",
        &["Resource not found: *", "Unknown prompt: *"],
    ),
    (
        -32602,
        "mcp 2.3.0 (Python), server/mcpserver",
        &["Unknown resource: *"],
    ),
    (
        -32602,
        "TypeScript SDK 1.32, server/mcp.ts",
        &[
            "Tool * not found",
            "Prompt * not found",
            "Resource * not found",
            "Resource template * not found",
        ],
    ),
    (
        -32602,
        "rmcp 3.11, handler/server and task_manager.rs",
        &["tool not found", "unknown task: *", "unknown skill *"],
    ),
];

/// It may have run, and may run on.
const TIMED_OUT: &[Row] = &[
    (
        -32000,
        "fastmcp 4.2.3, server/middleware/error_handling.py and tools/function_tool.py",
        &["Request timeout: *", "Tool * execution timed out after *s"],
    ),
    (
        -32001,
        "TypeScript SDK 1.32, shared/protocol.ts",
        &["Request timed out", "Maximum total timeout exceeded"],
    ),
];

/// The request is wrong, and was refused before anything ran.
const WRONG: &[Row] = &[(
    -32000,
    "TypeScript SDK 1.32, server/webStandardStreamableHttp.ts",
    &[
        "Not Acceptable: Client must accept *",
        "Unsupported Media Type: Content-Type must be application/json",
        "Bad Request: Unsupported protocol version: *",
    ],
)];

/// The TypeScript SDK 1.32 says so of a process that knows no session yet: it was started again.
const NOT_INITIALIZED: &str = "Server not initialized";

/// What servers put before their words for a lost session: "Bad Request: No valid session ID provided".
const STATUSES: &[&str] = &[
    "Bad Request: ",
    "Not Found: ",
    "Unauthorized: ",
    "Invalid Request: ",
];

/// What servers put before the word session when they do not know it.
const UNKNOWN: &[&str] = &[
    "no ",
    "no such ",
    "no valid ",
    "invalid ",
    "invalid or expired ",
    "expired ",
    "missing ",
    "unknown ",
];

/// The word itself.
const SESSION: &[&str] = &["mcp-session-id", "mcp session", "session"];

/// What servers say of it.
const GONE: &[&str] = &[
    "closed",
    "does not exist",
    "expired",
    "invalid",
    "missing",
    "not found",
    "required",
    "terminated",
    "unknown",
];

/// Returns what the message alone says, if it is one that is known under this code.
pub(super) fn verdict_of(code: i64, message: &str) -> Option<Verdict> {
    let message = without_prefix(code, message);
    let says = |table: &[Row]| {
        table
            .iter()
            .any(|(row, _, forms)| *row == code && forms.iter().any(|form| has_form(message, form)))
    };
    Some(if says(THROTTLED) {
        Verdict::throttled(None)
    } else if says(DENIED) {
        Verdict::denied()
    } else if says(NOT_FOUND) {
        Verdict::not_found()
    } else if says(TIMED_OUT) {
        Verdict::outcome_unknown().because(Reason::TimedOut)
    } else if says(WRONG) {
        Verdict::permanent()
    } else if matches!(code, -32000 | -32001 | -32600) && is_session_lost(message) {
        Verdict::session_lost()
    } else {
        return None;
    })
}

/// Whether a server says that it does not know the session. Each has words of its own, which begin with it: "No valid session ID
/// provided", "Session not found", "Mcp-Session-Id header is required", "Unknown session id 'a'; client should reinitialize".
fn is_session_lost(message: &str) -> bool {
    let status = STATUSES
        .iter()
        .find_map(|status| message.strip_prefix(status));
    let message = status.unwrap_or(message);
    if message == NOT_INITIALIZED {
        return true;
    }
    let message = message.to_ascii_lowercase();
    let named = |before: &&str| message.strip_prefix(*before).and_then(after_session);
    UNKNOWN.iter().any(|before| named(before).is_some())
        || after_session(&message).is_some_and(is_gone)
}

/// What follows the word, where the text begins with it.
fn after_session(text: &str) -> Option<&str> {
    let rest = SESSION.iter().find_map(|word| text.strip_prefix(word))?;
    (!rest.starts_with(|next: char| next.is_ascii_alphabetic())).then_some(rest)
}

/// Whether this is all that is said of it: a session that "expired after the transfer" was there for the transfer.
fn is_gone(said: &str) -> bool {
    const MORE: &[&str] = &["or ", "in ", "for ", "at "];
    GONE.iter().any(|gone| {
        let Some((between, after)) = said.split_once(gone) else {
            return false;
        };
        let after = after.trim_start();
        !between.contains([',', ';'])
            && (MORE.iter().any(|more| after.starts_with(more))
                || !after.starts_with(|next: char| next.is_alphanumeric()))
    })
}

/// Whether the body of an answer with HTTP status 400 or 404 speaks of a session. Its server ran nothing, so one word of it is enough.
#[cfg(feature = "rmcp")]
pub(crate) fn speaks_of_session(body: &str) -> bool {
    const WORD: &[u8] = b"session";
    let bytes = body.as_bytes();
    body.contains(NOT_INITIALIZED)
        || bytes.windows(WORD.len()).enumerate().any(|(at, word)| {
            word.eq_ignore_ascii_case(WORD) && (at == 0 || !bytes[at - 1].is_ascii_alphabetic())
        })
}

/// The TypeScript SDK puts the code in front of a message, and fastmcp's error handling its own words for -32603.
fn without_prefix(code: i64, message: &str) -> &str {
    let message = message
        .strip_prefix("MCP error ")
        .and_then(|rest| rest.strip_prefix(&*code.to_string())?.strip_prefix(": "))
        .unwrap_or(message);
    match code {
        -32603 => message.strip_prefix("Internal error: ").unwrap_or(message),
        _ => message,
    }
}

/// Whether the whole message has this form, in which each `*` stands for some text.
fn has_form(message: &str, form: &str) -> bool {
    let Some((first, others)) = form.split_once('*') else {
        return message == form;
    };
    let Some(mut rest) = message.strip_prefix(first) else {
        return false;
    };
    let mut parts = others.split('*').peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.len() > part.len() && rest.ends_with(part);
        }
        let Some(at) = rest.find(part) else {
            return false;
        };
        rest = &rest[at + part.len()..];
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_form_compares_the_whole_message() {
        for (message, form, expected) in [
            ("a", "a", true),
            ("a.", "a", false),
            ("a: b", "a: *", true),
            ("a: ", "a: *", false),
            ("say a: b", "a: *", false),
            ("a: b done", "a: * done", true),
            ("a: b done?", "a: * done", false),
            ("a: 1 of 2 for x", "a: * of * for *", true),
            ("a: 1 for 2 of x", "a: * of * for *", false),
            ("a: 1 of 2 for ", "a: * of * for *", false),
            ("", "a: *", false),
        ] {
            assert_eq!(has_form(message, form), expected, "{message}, {form}");
        }
    }

    #[test]
    fn each_form_is_found_under_its_code_alone() {
        for (table, expected) in [
            (THROTTLED, Verdict::throttled(None)),
            (DENIED, Verdict::permanent()),
            (NOT_FOUND, Verdict::permanent()),
            (TIMED_OUT, Verdict::outcome_unknown()),
            (WRONG, Verdict::permanent()),
        ] {
            for (code, source, forms) in table {
                assert!(!source.is_empty());
                for form in *forms {
                    let message = form.replace('*', "7");
                    assert_eq!(verdict_of(*code, &message), Some(expected), "{message}");
                    assert_eq!(verdict_of(-32601, &message), None, "{message}");
                    assert_eq!(verdict_of(*code, &format!("It said: {message}")), None);
                }
            }
        }
    }

    #[test]
    fn lost_sessions_are_found_by_how_the_message_begins() {
        for message in [
            "Bad Request: No valid session ID provided",
            "Bad Request: No valid session ID or not an initialize request",
            "Bad Request: Mcp-Session-Id header is required",
            "Bad Request: Unknown Mcp-Session-Id header",
            "Bad Request: Missing session ID",
            "Bad Request: Server not initialized",
            "Not Found: Invalid or expired session ID",
            "Not Found: Session has been terminated",
            "Not Found: Session not found",
            "MCP error -32001: Session not found",
            "Session terminated",
            "Session 7 not found",
            "Session not found or expired",
            "Session expired, please initialize again",
            "Session ID required in mcp-session-id header",
            "Session with the given ID does not exist.",
            "Invalid session ID: 7",
            "Unknown session id '7' for 'tools/call'; client should reinitialize",
        ] {
            let lost = verdict_of(-32001, message);
            assert_eq!(lost, Some(Verdict::session_lost()), "{message}");
            assert_eq!(verdict_of(-32603, message), None, "{message}");
        }
        for message in [
            "The session of the bank expired after the transfer",
            "Permission denied: Session not found",
            "Sessions of parliament are closed",
            "Session expired after the transfer",
            "Session 7: transferred, its receipt is missing",
            "Session 7 is full",
            "obsession not found",
            "My cache: Server not initialized",
            "Server not initialized yet",
        ] {
            let verdict = verdict_of(-32001, message);
            assert_eq!(verdict, None, "{message}");
        }
    }
}
