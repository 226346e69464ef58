//! Where a call site keeps its plan.

use arc_swap::ArcSwapOption;

use super::Plan;

/// A call site's memory: the plan that its last call used. One static for each annotated function, so
/// that the registry is asked once and not per call.
#[derive(Debug)]
pub struct Site {
    pub(crate) plan: ArcSwapOption<Plan>,
}

impl Site {
    /// Nothing known yet.
    #[must_use]
    #[allow(clippy::new_without_default)] // only ever written by the macro, in a static
    pub const fn new() -> Self {
        Self {
            plan: ArcSwapOption::const_empty(),
        }
    }

    /// What identifies it.
    pub(crate) fn address(&'static self) -> usize {
        std::ptr::from_ref(self).addr()
    }
}
