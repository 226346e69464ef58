//! Counters with one shard for each thread, so that threads do not contend for them.

use std::sync::atomic::{AtomicU64, Ordering};

use super::event::CallResult;
use crate::config::rejections;
use crate::shard::{SHARDS, shard};

/// Declares an enum with the list of its variants.
macro_rules! listed {
    ($(#[$about:meta])* enum $name:ident { $($(#[$doc:meta])* $variant:ident,)* }) => {
        $(#[$about])*
        pub(crate) enum $name { $($(#[$doc])* $variant,)* }

        impl $name {
            /// All of them, in the order of their storage.
            #[cfg(any(feature = "metrics", all(test, not(resilience_loom))))]
            pub(crate) const ALL: [Self; COUNTERS] = [$(Self::$variant,)*];
        }
    };
}

/// Declares the counters, with one for each pattern that rejects calls.
macro_rules! counters {
    ($($(#[$doc:meta])* $pattern:ident: $rejected:ident, $shadow:ident;)*) => {
        listed! {
            /// The counters of a service.
            #[derive(Clone, Copy, Debug, PartialEq, Eq)]
            enum Counter {
                // How calls end, one of these each.
                /// With an attempt's success: the end of a call and of an attempt in one increment.
                Succeeded,
                /// With a failure of the body.
                Failed,
                Deadlines,
                $($rejected,)*
                InvalidConfig,
                Abandoned,

                // How attempts end that do not succeed, one of these each.
                Transient,
                OutcomeUnknown,
                Throttled,
                Permanent,
                /// The attempt was dropped while it ran.
                AttemptAbandoned,
                /// The attempt had no timer.
                AttemptNotTimed,
                /// The attempt was dropped because another one of its call had decided.
                HedgeCancelled,

                Timeouts,
                Retries,
                Hedges,
                HedgeWins,
                Cooldowns,
                $($shadow,)*
                FallbackCache,
                FallbackCall,
                FallbackValue,
                FallbackRegistered,
                FallbackFailed,
                BrokenStreams,
                CacheHits,
                CacheMisses,
                CacheShared,
                CacheStale,
                CacheNegative,
                CacheRefreshes,
            }
        }

        impl Counter {
            /// Returns the result of a call that ends with this counter.
            pub(crate) const fn call_result(self) -> CallResult {
                match self {
                    Self::Succeeded => CallResult::Success,
                    Self::Deadlines => CallResult::Deadline,
                    $(Self::$rejected)|* => CallResult::Rejected,
                    Self::InvalidConfig => CallResult::InvalidConfig,
                    Self::Abandoned => CallResult::Abandoned,
                    _ => CallResult::Failure,
                }
            }
        }
    };
}

rejections!(counters);

const COUNTERS: usize = Counter::CacheRefreshes as usize + 1;

/// One shard. Two cache lines apart, because processors prefetch them in pairs.
#[derive(Debug)]
#[repr(align(128))]
struct Shard([AtomicU64; COUNTERS]);

// Arrays of more than 32 have no default of their own.
impl Default for Shard {
    fn default() -> Self {
        Self([const { AtomicU64::new(0) }; COUNTERS])
    }
}

/// All counters of one service.
#[derive(Debug, Default)]
pub(crate) struct Counters([Shard; SHARDS]);

impl Counters {
    #[inline]
    pub(crate) fn add(&self, counter: Counter) {
        self.0[shard()].0[counter as usize].fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn get(&self, counter: Counter) -> u64 {
        self.0
            .iter()
            .map(|shard| shard.0[counter as usize].load(Ordering::Relaxed))
            .fold(0, u64::wrapping_add)
    }
}

#[cfg(all(test, not(resilience_loom)))]
mod tests {
    use super::*;

    #[test]
    fn all_is_in_declaration_order() {
        for (at, counter) in Counter::ALL.into_iter().enumerate() {
            assert_eq!(counter as usize, at, "{counter:?}");
        }
    }
}
