//! Nanoseconds of tokio's clock.

use std::sync::OnceLock;
use std::time::Duration;

use tokio::time::Instant;

/// Since somewhat before the first question, so that nothing is ever at zero.
#[inline]
pub(super) fn now() -> u64 {
    static ORIGIN: OnceLock<Instant> = OnceLock::new();
    let now = Instant::now();
    let origin = *ORIGIN.get_or_init(|| now.checked_sub(Duration::from_secs(1)).unwrap_or(now));
    let since = now.saturating_duration_since(origin);
    since.as_secs() * 1_000_000_000 + u64::from(since.subsec_nanos())
}
