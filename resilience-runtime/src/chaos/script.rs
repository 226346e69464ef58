//! What a fault does, attempt by attempt.

/// One attempt in a [`Script`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// The fault acts, whatever it does.
    Fail,
    /// The fault lets the attempt through.
    Pass,
}

/// Which attempts a fault acts on, written down one by one. When it is at its end, attempts pass.
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
    /// The steps, for one attempt each.
    #[must_use]
    pub fn new(steps: impl IntoIterator<Item = Step>) -> Self {
        Self {
            steps: steps.into_iter().collect(),
        }
    }

    /// Whether it acts on this attempt, the first being 0.
    pub(super) fn acts_on(&self, attempt: u64) -> bool {
        usize::try_from(attempt)
            .ok()
            .and_then(|attempt| self.steps.get(attempt))
            .is_some_and(|step| *step == Step::Fail)
    }
}
