//! The active faults of one service, and their combined effect on an attempt.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::fault::{Act, Fault};
use super::sequence::Sequence;
use super::when::Progress;
use crate::name::ServiceName;
use crate::sync::Mutex;
use crate::sync::atomic::{AtomicUsize, Ordering};
use crate::verdict::Verdict;

/// The faults of one service.
#[derive(Debug, Default)]
pub(crate) struct ServiceFaults {
    /// The number of faults, so that an attempt of a service without any pays one load.
    active: AtomicUsize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The number of faults injected since the seed was set.
    since_seed: u64,
    next_id: u64,
    /// The faults in the order of their injection.
    faults: Vec<Active>,
}

#[derive(Debug)]
struct Active {
    id: u64,
    fault: Fault,
    progress: Progress,
}

/// The combined effect of all faults on one attempt.
#[derive(Debug, Default)]
pub(crate) struct Interference {
    /// The latency before the body or its replacement.
    pub(crate) wait: Duration,
    /// The replacement of the body.
    pub(crate) instead: Option<Instead>,
    pub(crate) reply_lost: bool,
    /// The number of items after which the stream breaks off.
    pub(crate) breaks_after: Option<u32>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Instead {
    Error(Verdict),
    Hang,
}

impl ServiceFaults {
    /// Returns the effect on the attempt that starts now.
    #[inline]
    pub(crate) fn next(&self) -> Option<Interference> {
        if self.active.load(Ordering::Relaxed) == 0 {
            return None;
        }
        self.next_cold()
    }

    #[cold]
    fn next_cold(&self) -> Option<Interference> {
        let mut interference = Interference::default();
        let mut any = false;
        for Active {
            fault, progress, ..
        } in &mut self.state.lock().faults
        {
            if !progress.next(&fault.when) {
                continue;
            }
            any = true;
            match fault.act(&mut progress.sequence) {
                Act::Wait(latency) => {
                    interference.wait = interference.wait.saturating_add(latency);
                }
                Act::LoseReply => interference.reply_lost = true,
                Act::BreakStream { after } => {
                    let sooner = interference.breaks_after.unwrap_or(after).min(after);
                    interference.breaks_after = Some(sooner);
                }
                Act::Hang => interference.instead = Some(Instead::Hang),
                // Without a reply the caller cannot see that it was an error.
                Act::Fail(_) if interference.reply_lost => {
                    interference.instead = Some(Instead::Error(Verdict::outcome_unknown()));
                }
                Act::Fail(verdict) => interference.instead = Some(Instead::Error(verdict)),
            }
            if interference.instead.is_some() {
                // The attempt does not reach the later faults.
                break;
            }
        }
        any.then_some(interference)
    }

    pub(super) fn inject(
        self: &Arc<Self>,
        seed: u64,
        service: ServiceName,
        fault: Fault,
    ) -> InjectedFault {
        let mut state = self.state.lock();
        let sequence = Sequence::new(seed, &service, state.since_seed);
        state.since_seed += 1;
        let id = state.next_id;
        state.next_id += 1;
        state.faults.push(Active {
            id,
            fault,
            progress: Progress::new(sequence),
        });
        self.active.store(state.faults.len(), Ordering::Relaxed);
        InjectedFault {
            service,
            faults: Arc::clone(self),
            id: Some(id),
        }
    }

    /// Restarts the count of faults, for a new seed.
    pub(super) fn restart_count(&self) {
        self.state.lock().since_seed = 0;
    }

    fn end(&self, id: u64) {
        let mut state = self.state.lock();
        state.faults.retain(|active| active.id != id);
        self.active.store(state.faults.len(), Ordering::Relaxed);
    }

    fn hits(&self, id: u64) -> u64 {
        let state = self.state.lock();
        let active = state.faults.iter().find(|active| active.id == id);
        active.map_or(0, |active| active.progress.hits())
    }
}

/// Keeps an injected fault active until it is dropped. Attempts that it already acts on, such as one that hangs, are
/// not released by the drop.
///
/// ```
/// use resilience_runtime::chaos::Fault;
/// use resilience_runtime::Registry;
///
/// let registry = Registry::new();
/// let outage = registry.inject("db", Fault::hang());
/// // … calls that hang …
/// assert_eq!(outage.hits(), 0);
/// drop(outage); // over
/// registry.inject("db", Fault::hang().rate(0.01)).forever();
/// ```
#[must_use = "the fault ends when this is dropped: keep it in a variable, or call `forever`"]
pub struct InjectedFault {
    service: ServiceName,
    faults: Arc<ServiceFaults>,
    /// `None` for a fault that stays active.
    id: Option<u64>,
}

impl InjectedFault {
    /// Returns on how many attempts the fault has acted. A test should assert it, because an unknown service name is not an
    /// error.
    #[must_use]
    pub fn hits(&self) -> u64 {
        self.id.map_or(0, |id| self.faults.hits(id))
    }

    /// Keeps the fault active as long as the registry lives.
    pub fn forever(mut self) {
        self.id = None;
    }
}

impl Drop for InjectedFault {
    fn drop(&mut self) {
        if let Some(id) = self.id {
            self.faults.end(id);
        }
    }
}

impl fmt::Debug for InjectedFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InjectedFault")
            .field("service", &self.service)
            .field("hits", &self.hits())
            .finish_non_exhaustive()
    }
}
