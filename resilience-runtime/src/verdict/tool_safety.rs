//! Whether a tool may be called again when the outcome of the first call is unknown.

/// Describes the known effects of a tool, as the annotations of an MCP tool declare them. The function of
/// `safety = path` on an attribute returns it or anything that converts into it: a `bool`, or `None` for an unknown
/// tool.
///
/// ```
/// use resilience_runtime::verdict::ToolSafety;
///
/// assert!(ToolSafety::default().read_only(true).may_repeat());
/// assert!(ToolSafety::default().idempotent(true).may_repeat());
/// assert!(!ToolSafety::default().may_repeat());
/// // Read-only and destructive contradict each other.
/// assert!(!ToolSafety::default().read_only(true).destructive(true).may_repeat());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ToolSafety {
    /// States whether the tool changes nothing (`readOnlyHint`).
    pub read_only: Option<bool>,
    /// States whether the tool may destroy something (`destructiveHint`).
    pub destructive: Option<bool>,
    /// States whether two calls with the same arguments have the effect of one (`idempotentHint`).
    pub idempotent: Option<bool>,
}

impl ToolSafety {
    /// Sets whether the tool changes nothing.
    #[must_use]
    pub const fn read_only(mut self, read_only: bool) -> Self {
        self.read_only = Some(read_only);
        self
    }

    /// Sets whether the tool may destroy something.
    #[must_use]
    pub const fn destructive(mut self, destructive: bool) -> Self {
        self.destructive = Some(destructive);
        self
    }

    /// Sets whether two calls with the same arguments have the effect of one.
    #[must_use]
    pub const fn idempotent(mut self, idempotent: bool) -> Self {
        self.idempotent = Some(idempotent);
        self
    }

    /// Returns whether a call whose outcome is unknown may be sent again. Missing hints are not assumed, and
    /// contradictory hints are ignored.
    #[must_use]
    pub const fn may_repeat(self) -> bool {
        let reads = matches!(self.read_only, Some(true));
        let contradicts = reads && matches!(self.destructive, Some(true));
        (reads || matches!(self.idempotent, Some(true))) && !contradicts
    }
}

impl From<bool> for ToolSafety {
    fn from(may_repeat: bool) -> Self {
        Self::default().idempotent(may_repeat)
    }
}

impl<S: Into<Self>> From<Option<S>> for ToolSafety {
    fn from(known: Option<S>) -> Self {
        known.map_or_else(Self::default, Into::into)
    }
}

impl From<&Self> for ToolSafety {
    fn from(safety: &Self) -> Self {
        *safety
    }
}
