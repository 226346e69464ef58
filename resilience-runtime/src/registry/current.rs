//! The registry that annotated functions use where they run.

#[cfg(feature = "test-util")]
use super::scope;
use super::services::Registry;

impl Registry {
    /// Runs `work` with the registry that annotated functions use here: the global one, or the one whose
    /// scope this is.
    #[inline]
    pub(crate) fn with_current<R>(work: impl FnOnce(&Self) -> R) -> R {
        #[cfg(feature = "test-util")]
        if let Some(registry) = scope::current() {
            return work(&registry);
        }
        work(Self::global())
    }
}
