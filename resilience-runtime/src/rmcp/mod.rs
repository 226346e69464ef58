//! Helpers for clients of the Model Context Protocol that use `rmcp`.

mod cache_hints;
#[cfg(feature = "reqwest")]
mod identified_errors;
mod tasks;

use ::rmcp::model::{CallToolResult, Tool, ToolAnnotations};

use crate::verdict::ToolSafety;
use crate::verdict::Verdict;

pub use cache_hints::{CacheHints, cache_lifetime};
#[cfg(feature = "reqwest")]
#[cfg_attr(docsrs, doc(cfg(feature = "reqwest")))]
pub use identified_errors::IdentifiedErrors;
pub use tasks::poll_task;

/// Returns a permanent verdict, ignored by the breaker, for the result of a failed tool. For use as `classify_ok`.
///
/// The server answered, with `is_error`, and the answer is meant for the model, so the call is not retried. Without
/// this function the call counts as a success; with it, events and statistics report a failure. The caller gets the
/// same answer in both cases: a fallback never replaces an `Ok`.
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

impl From<&ToolAnnotations> for ToolSafety {
    fn from(hints: &ToolAnnotations) -> Self {
        Self {
            read_only: hints.read_only_hint,
            destructive: hints.destructive_hint,
            idempotent: hints.idempotent_hint,
        }
    }
}

impl From<ToolAnnotations> for ToolSafety {
    fn from(hints: ToolAnnotations) -> Self {
        Self::from(&hints)
    }
}

impl From<&Tool> for ToolSafety {
    fn from(tool: &Tool) -> Self {
        tool.annotations.as_ref().into()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ::rmcp::model::JsonObject;

    use super::*;

    fn tool() -> Tool {
        Tool::new("tool", "a tool", Arc::new(JsonObject::new()))
    }

    #[test]
    fn tool_safety_from_annotations_maps_each_hint() {
        let hints = ToolAnnotations::from_raw(None, Some(true), Some(false), None, Some(true));
        let expected = ToolSafety::default().read_only(true).destructive(false);
        assert_eq!(ToolSafety::from(&hints), expected);
        assert_eq!(ToolSafety::from(hints.clone()), expected);
        assert_eq!(ToolSafety::from(&tool().with_annotations(hints)), expected);

        let hints = ToolAnnotations::new().destructive(true).idempotent(true);
        let expected = ToolSafety::default().destructive(true).idempotent(true);
        assert_eq!(ToolSafety::from(hints), expected);
    }

    /// The defaults of the protocol are the careful ones, and a missing hint means the same.
    #[test]
    fn tool_safety_from_missing_hints_is_unknown() {
        assert_eq!(
            ToolSafety::from(ToolAnnotations::new()),
            ToolSafety::default()
        );
        assert_eq!(ToolSafety::from(&tool()), ToolSafety::default());
        assert_eq!(ToolSafety::from(None::<&Tool>), ToolSafety::default());
        assert_eq!(
            ToolSafety::from(None::<ToolAnnotations>),
            ToolSafety::default()
        );
        assert!(!ToolSafety::from(&tool()).may_repeat());
    }

    #[test]
    fn read_only_tool_may_repeat_unless_destructive() {
        let reads = ToolAnnotations::new().read_only(true);
        assert!(ToolSafety::from(Some(&reads)).may_repeat());
        assert!(!ToolSafety::from(reads.destructive(true)).may_repeat());
    }
}
