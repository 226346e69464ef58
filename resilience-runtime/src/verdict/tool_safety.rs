//! Whether a tool may be called again when nobody knows if it was.

/// What is known of a tool's effects, as the annotations of an MCP tool tell it. `safety = path` on an
/// attribute returns it, or anything that becomes it: a `bool`, or nothing for a tool that is not known.
///
/// ```
/// use resilience_runtime::verdict::ToolSafety;
///
/// assert!(ToolSafety::default().read_only(true).may_repeat());
/// assert!(ToolSafety::default().idempotent(true).may_repeat());
/// assert!(!ToolSafety::default().may_repeat());
/// // Read-only, and yet it destroys something: one of the two is wrong.
/// assert!(!ToolSafety::default().read_only(true).destructive(true).may_repeat());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ToolSafety {
    /// It changes nothing (`readOnlyHint`).
    pub read_only: Option<bool>,
    /// It may destroy something (`destructiveHint`).
    pub destructive: Option<bool>,
    /// Calling it twice with the same arguments has the effect of once (`idempotentHint`).
    pub idempotent: Option<bool>,
}

impl ToolSafety {
    /// Says whether it changes nothing.
    #[must_use]
    pub const fn read_only(mut self, read_only: bool) -> Self {
        self.read_only = Some(read_only);
        self
    }

    /// Says whether it may destroy something.
    #[must_use]
    pub const fn destructive(mut self, destructive: bool) -> Self {
        self.destructive = Some(destructive);
        self
    }

    /// Says whether twice has the effect of once.
    #[must_use]
    pub const fn idempotent(mut self, idempotent: bool) -> Self {
        self.idempotent = Some(idempotent);
        self
    }

    /// Whether a call whose outcome is unknown may be sent again. What is not said is not assumed, and hints
    /// that contradict each other are not believed.
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
