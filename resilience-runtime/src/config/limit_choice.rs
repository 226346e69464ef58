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

#[cfg(all(test, not(resilience_loom)))]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::config::bulkhead::BulkheadConfig;
    use crate::config::layer::Layer;
    use crate::config::resolve::Source;
    use crate::config::value::Value;
    use crate::name::ServiceKind;

    /// `max_concurrent`, min, max and initial of each level, strongest first.
    type Written = [Option<u64>; 4];

    const KEYS: [Key; 4] = [
        Key::BulkheadMaxConcurrent,
        Key::BulkheadAdaptiveMin,
        Key::BulkheadAdaptiveMax,
        Key::BulkheadAdaptiveInitial,
    ];

    fn resolve(levels: &[Written]) -> Result<Option<BulkheadConfig>, usize> {
        let layers: Vec<Layer> = levels
            .iter()
            .map(|values| {
                let written = KEYS.iter().zip(values);
                let written = written.filter_map(|(key, value)| Some((*key, (*value)?)));
                written
                    .map(|(key, value)| (key, Value::Count(value)))
                    .collect()
            })
            .collect();
        let sources = layers.iter().map(|layer| Source::Settings(layer, "test"));
        let resolved = Levels(sources.collect()).resolve(ServiceKind::Custom);
        resolved
            .map(|it| it.bulkhead)
            .map_err(|problems| problems.len())
    }

    #[test]
    fn stronger_level_chooses_between_fixed_and_adaptive() {
        let fixed = [Some(7), None, None, None];
        let adaptive = [None, None, Some(70), None];
        let bulkhead = |levels: &[Written]| resolve(levels).expect("valid").expect("a limit");
        assert_eq!(bulkhead(&[fixed, adaptive]).adaptive, None);
        assert_eq!(bulkhead(&[fixed, adaptive]).max_concurrent, 7);
        let limits = bulkhead(&[adaptive, fixed]).adaptive.expect("adaptive");
        assert_eq!((limits.min, limits.initial, limits.max), (1, 20, 70));
        assert_eq!(resolve(&[[Some(7), None, Some(70), None]]), Err(1));
        assert_eq!(resolve(&[[None; 4]]), Ok(None));
    }

    #[test]
    fn weaker_bound_gives_way() {
        let limits = |levels: &[Written]| {
            let bulkhead = resolve(levels).expect("valid").expect("a limit");
            let limits = bulkhead.adaptive.expect("adaptive");
            (limits.min, limits.initial, limits.max)
        };
        // Beneath lie the defaults.
        assert_eq!(limits(&[[None, None, Some(10), None]]), (1, 10, 10));
        assert_eq!(limits(&[[None, Some(30), None, None]]), (30, 30, 200));
        assert_eq!(limits(&[[None, None, None, Some(500)]]), (1, 500, 500));
        let weak = [None, Some(5), Some(50), Some(20)];
        assert_eq!(limits(&[[None, None, Some(3), None], weak]), (3, 3, 3));
        assert_eq!(limits(&[[None, Some(60), None, None], weak]), (60, 60, 60));
    }

    proptest! {
        #[test]
        fn resolved_bounds_are_in_order(
            levels in prop::collection::vec(prop::array::uniform4(prop::option::weighted(0.3, 1..60_u64)), 1..5),
        ) {
            if let Ok(Some(bulkhead)) = resolve(&levels) {
                prop_assert!(bulkhead.validate().is_ok());
                let first = |key: usize| levels.iter().position(|level| level[key].is_some());
                let fixed = first(0).unwrap_or(usize::MAX);
                let adaptive = (1..4).filter_map(first).min().unwrap_or(usize::MAX);
                prop_assert_eq!(bulkhead.adaptive.is_some(), adaptive < fixed);
                // Those of the strongest level stand.
                if let Some(limits) = bulkhead.adaptive {
                    let [_, min, max, initial] = levels[adaptive];
                    for (written, runs) in [(min, limits.min), (max, limits.max), (initial, limits.initial)] {
                        if let Some(written) = written {
                            prop_assert_eq!(written, runs as u64);
                        }
                    }
                }
            }
        }
    }
}
