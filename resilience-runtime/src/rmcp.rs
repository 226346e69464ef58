//! For clients of the Model Context Protocol with `rmcp`.

use ::rmcp::model::CallToolResult;

use crate::verdict::Verdict;

/// For `classify_ok`: a tool that failed is a failure of the call, permanent and ignored by the breaker.
///
/// The server answered, with `is_error`, and the answer is meant for the model. So it is not retried, and
/// without this function it counts as a success. With it the call is told of as a failure, and a fallback
/// may answer in its place; without a fallback the caller gets the same answer.
///
/// ```
/// use resilience_runtime::rmcp::tool_error;
/// use rmcp::model::CallToolResult;
///
/// let failed = CallToolResult::error(vec![]);
/// assert!(tool_error(&failed).is_some_and(|verdict| verdict.is_permanent()));
/// assert!(tool_error(&CallToolResult::success(vec![])).is_none());
/// ```
#[must_use]
pub fn tool_error(result: &CallToolResult) -> Option<Verdict> {
    (result.is_error == Some(true)).then(|| Verdict::permanent().ignored_by_breaker())
}
