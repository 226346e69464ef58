//! Every list of arguments, so that an unknown name can be told where it belongs.

use super::arg_list::{ArgList, place};
use super::attribute_args::{
    Adaptive, Args, Bulkhead, CircuitBreaker, Hedge, RateLimit, Retry, RetryBudget, TargetArgs,
};
use super::cache::ReadThrough;
use super::fallback::{self, LastGood};
use super::names;
use super::settings::settings;
use super::stream::Stream;

/// Collects the lists of all patterns, and those beside them.
macro_rules! lists {
    (
        groups { $( $(#[$doc:meta])* $group:ident($pattern:ident, $args:ident, $($names:tt)*) { $($rows:tt)* } )* }
        limits { $($limits:tt)* }
    ) => {
        /// Every list that an argument can stand in, but for `per_key(…)`, whose names all belong inside of `rate_limit(…)` too.
        pub(super) const ARG_LISTS: &[ArgList] = &[
            place::<Args>(),
            $(place::<$args>(),)*
            place::<Adaptive>(),
            fallback::ARG_LIST,
            place::<LastGood>(),
            place::<Stream>(),
            place::<ReadThrough>(),
        ];
    };
}
settings!(lists);

impl ArgList {
    /// The message about a name that this list does not take.
    pub(super) fn unknown(self, name: &str) -> String {
        names::unknown(name, self, ARG_LISTS)
    }
}
