//! Which limit a bulkhead has: the one that is written, or one that adapts itself.

use super::adaptive::AdaptiveLimits;
use super::effective::Effective;
use super::key::Key;
use super::resolve::Levels;
use super::validator::Validator;

impl Levels<'_> {
    /// Keeps the limit of the stronger level, and reports two of one level. What gives way is no value that runs.
    pub(super) fn choose_limit(&self, effective: &mut Effective, validator: &mut Validator) {
        let written = AdaptiveLimits::KEYS.into_iter();
        let Some(adaptive) = written.filter_map(|key| Some(self.lookup(key)?.0)).min() else {
            return;
        };
        let limits = &mut effective.limits;
        if let Some((fixed, value)) = self.lookup(Key::BulkheadMaxConcurrent) {
            if fixed == adaptive {
                let allowed =
                    "contradicts `adaptive`, which finds the limit by itself; keep one of them";
                validator.require(false, Key::BulkheadMaxConcurrent, value, allowed);
            }
            if fixed <= adaptive {
                limits.adaptive = AdaptiveLimits::default();
                return;
            }
        }
        limits.max_concurrent = None;
        limits
            .adaptive
            .complete(|one, other| self.rank(one).cmp(&self.rank(other)));
    }
}
