//! For clients of the Model Context Protocol with `rmcp`.

use ::rmcp::model::{CallToolResult, Tool, ToolAnnotations};

use crate::verdict::ToolSafety;
use crate::verdict::Verdict;

/// For `classify_ok`: a tool that failed is a failure of the call, permanent and ignored by the breaker.
///
/// The server answered, with `is_error`, and the answer is meant for the model. So it is not retried, and
/// without this function it counts as a success. With it the call is told of and counted as a failure. The
/// caller gets the same answer either way: what came as an `Ok` no fallback replaces.
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
    fn each_hint_finds_its_place() {
        let hints = ToolAnnotations::from_raw(None, Some(true), Some(false), None, Some(true));
        let expected = ToolSafety::default().read_only(true).destructive(false);
        assert_eq!(ToolSafety::from(&hints), expected);
        assert_eq!(ToolSafety::from(hints.clone()), expected);
        assert_eq!(ToolSafety::from(&tool().with_annotations(hints)), expected);

        let hints = ToolAnnotations::new().destructive(true).idempotent(true);
        let expected = ToolSafety::default().destructive(true).idempotent(true);
        assert_eq!(ToolSafety::from(hints), expected);
    }

    /// The protocol has defaults for hints; they are the careful ones, and so is saying nothing.
    #[test]
    fn what_is_not_said_is_not_known() {
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
    fn a_tool_that_reads_may_be_asked_again_unless_it_destroys() {
        let reads = ToolAnnotations::new().read_only(true);
        assert!(ToolSafety::from(Some(&reads)).may_repeat());
        assert!(!ToolSafety::from(reads.destructive(true)).may_repeat());
    }
}
