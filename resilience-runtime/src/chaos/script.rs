//! Scripts: whether a fault acts, attempt by attempt.

/// Decides on one attempt in a [`Script`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// The fault acts on the attempt.
    Fail,
    /// The fault lets the attempt pass.
    Pass,
}

/// Lists the attempts that a fault acts on, one by one. After the last step attempts pass.
///
/// ```
/// use resilience_runtime::chaos::Step::{Fail, Pass};
/// use resilience_runtime::chaos::{Fault, Script};
/// use resilience_runtime::{Registry, Verdict};
///
/// let registry = Registry::new();
/// let flapping = Script::new([Fail, Fail, Pass, Fail]);
/// registry
///     .inject("db", Fault::error(Verdict::transient()).script(flapping))
///     .forever();
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Script {
    steps: Vec<Step>,
}

impl Script {
    /// Creates a script of steps, one for each attempt.
    #[must_use]
    pub fn new(steps: impl IntoIterator<Item = Step>) -> Self {
        Self {
            steps: steps.into_iter().collect(),
        }
    }

    /// Returns whether the fault acts on this attempt; the first one is 0.
    pub(super) fn acts_on(&self, attempt: u64) -> bool {
        usize::try_from(attempt)
            .ok()
            .and_then(|attempt| self.steps.get(attempt))
            .is_some_and(|step| *step == Step::Fail)
    }
}
