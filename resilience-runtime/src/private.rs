//! What the macros' expansion uses. It is not a public API and changes without notice.

pub use std::any::type_name_of_val;
pub use std::time::Duration;

pub use crate::cache::load::{Load, Loaded};
pub use crate::call::admission::Admit;
pub use crate::call::cache::{CacheLookup, ValueOps, lifetime_of};
pub use crate::call::cache_load::{Bystander, CacheWatch, StandBy};
pub use crate::call::conclude::{
    Checked, classify_by, classify_ok_by, finished, last, retry_if, unchanged, wrapped,
};
pub use crate::call::fallback::{Condition, FallbackOn, InSpan, Registered};
pub use crate::call::hedged::Hedged;
pub use crate::call::hooks::{Reconnected, Verified, hook};
pub use crate::call::rejection::{Interruption, Rejection};
pub use crate::call::run::Run;
pub use crate::call::stream;
pub use crate::call::targets::{AdmitTo, Places, Targets};
pub use crate::call::usage::{usage_of, usage_of_item};
pub use crate::call::{Attempt, Call, CloneForHedge, CloneForRetry, Copied, Outcome, original};
#[cfg(feature = "test-util")]
pub use crate::clock::reads as clock_reads;
pub use crate::config::{
    CacheConfig, Declared, HedgeDelay, Jitter, Key, OnAbandoned, OnStoreLoss, Pattern, PatternMode,
    RateLimitStrategy, RefreshAhead, Value, Window, declared, kind,
};
pub use crate::fallback::{FallbackFn, fallback};
pub use crate::instance::Instance;
pub use crate::name::ServiceKind;
pub use crate::plan::{Function, PlanRef, Site};
pub use crate::rate_limit::Priority;
pub use crate::registry::Registry;
pub use crate::targets::Pick;
pub use crate::timer::NoTimer;
pub use crate::verdict::autoref::{self as probe, Classified, Known};
pub use crate::verdict::{Classify, Verdict};

#[cfg(feature = "macros")]
pub use resilience_macros::declare_services;

/// Parses what a server wrote, so fuzzers want it.
#[cfg(any(test, feature = "async-openai", feature = "llm-json"))]
pub use crate::verdict::retry_after_text::try_again_in;
