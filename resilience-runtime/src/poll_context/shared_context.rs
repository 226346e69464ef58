//! What the contexts of one call have in common.

use std::fmt::Write as _;
use std::sync::OnceLock;

use crate::random::seed;
use crate::rate_limit::Usage;
use crate::sync::Mutex;

/// What the contexts of one call have in common, on whatever thread they are.
#[derive(Debug, Default)]
pub(crate) struct SharedContext {
    key: OnceLock<[u64; 2]>,
    /// The last usage that was reported, and of which attempt.
    usage: Mutex<Option<(u32, Usage)>>,
}

impl SharedContext {
    /// 128 random bits as text, drawn when they are first asked for.
    pub(super) fn idempotency_key(&self) -> String {
        let [high, low] = self.key.get_or_init(|| [seed(), seed()]);
        let mut text = String::with_capacity(32);
        let _full = write!(text, "{high:016x}{low:016x}");
        text
    }

    pub(super) fn report_usage(&self, attempt: u32, usage: Usage) {
        *self.usage.lock() = Some((attempt, usage));
    }

    /// What this attempt has reported.
    pub(crate) fn usage_of(&self, attempt: u32) -> Option<Usage> {
        let reported = *self.usage.lock();
        reported
            .filter(|(of, _)| *of == attempt)
            .map(|(_, usage)| usage)
    }
}
