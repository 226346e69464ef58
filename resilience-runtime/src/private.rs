//! What the macros' expansion uses. Not for people: it changes without notice.

pub use std::any::type_name_of_val;
pub use std::time::Duration;

pub use crate::call::admit::Admit;
pub use crate::call::read_through::{Copying, LookUp};
pub use crate::call::rescue::{InCall, On, Registered, When};
pub use crate::call::run::Run;
pub use crate::call::settle::{Success, judge_by, judge_ok, retry_if, unchanged, wrapped};
pub use crate::call::stream;
pub use crate::call::tokens::used_by;
pub use crate::call::unasked as registered;
pub use crate::call::{Call, CloneForRetry, Outcome, Reconnected, Verified, companion, ok_is_ok};
#[cfg(feature = "test-util")]
pub use crate::clock::reads as clock_reads;
pub use crate::config::{
    CacheConfig, Jitter, Key, OnAbandoned, Pattern, RateLimitStrategy, RefreshAhead, Value, Window,
};
pub use crate::fallback::{FallbackFn, fallback};
pub use crate::name::ServiceKind;
pub use crate::plan::{Function, Site};
pub use crate::registry::Registry;
pub use crate::verdict::autoref::{self as probe, Classified};
pub use crate::verdict::{Classify, Verdict};

/// Parses what a server wrote, so fuzzers want it.
#[cfg(any(test, feature = "async-openai", feature = "llm-json"))]
pub use crate::verdict::retry_after_text::try_again_in;
