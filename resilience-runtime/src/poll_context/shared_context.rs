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
    usage: Mutex<Reported>,
}

/// What attempts have reported of their usage, each by its number.
#[derive(Debug, Default)]
struct Reported {
    last: Option<(u32, Usage)>,
    /// That of the others, which may run beside the one that reported last. Without them nothing is allocated.
    others: Vec<(u32, Usage)>,
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
        let mut reported = self.usage.lock();
        let before = reported.last.replace((attempt, usage));
        if let Some((other, usage)) = before.filter(|(other, _)| *other != attempt) {
            reported
                .others
                .retain(|(of, _)| *of != attempt && *of != other);
            reported.others.push((other, usage));
        }
    }

    /// What this attempt has reported.
    pub(crate) fn usage_of(&self, attempt: u32) -> Option<Usage> {
        let reported = self.usage.lock();
        let mut all = reported.last.iter().chain(&reported.others);
        all.find(|(of, _)| *of == attempt).map(|(_, usage)| *usage)
    }
}
