//! The faults of one service, and what they do to the attempt that comes.

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
    /// How many there are, so that an attempt of a service without any reads one number.
    active: AtomicUsize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// How many were injected since the seed was given.
    since_seed: u64,
    next_id: u64,
    /// In the order in which they were injected.
    faults: Vec<Active>,
}

#[derive(Debug)]
struct Active {
    id: u64,
    fault: Fault,
    progress: Progress,
}

/// What all faults together do to one attempt.
#[derive(Debug, Default)]
pub(crate) struct Interference {
    /// Before anything else.
    pub(crate) wait: Duration,
    /// In place of the body.
    pub(crate) instead: Option<Instead>,
    pub(crate) reply_lost: bool,
    /// After how many items the stream breaks off.
    pub(crate) breaks_after: Option<u32>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Instead {
    Error(Verdict),
    Hang,
}

impl ServiceFaults {
    /// What is done to the attempt that begins now.
    #[inline]
    pub(crate) fn next(&self) -> Option<Interference> {
        if self.active.load(Ordering::Relaxed) == 0 {
            return None;
        }
        self.ask_each()
    }

    #[cold]
    fn ask_each(&self) -> Option<Interference> {
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
                // Who sees no reply cannot know that it was an error.
                Act::Fail(_) if interference.reply_lost => {
                    interference.instead = Some(Instead::Error(Verdict::outcome_unknown()));
                }
                Act::Fail(verdict) => interference.instead = Some(Instead::Error(verdict)),
            }
            if interference.instead.is_some() {
                // Nothing comes to those behind it.
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

    /// A new seed was given.
    pub(super) fn count_from_here(&self) {
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

/// A fault at work; it ends when this is dropped. Attempts that it has already met, such as one that hangs, are
/// not released by that.
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
    /// `None`: it goes on.
    id: Option<u64>,
}

impl InjectedFault {
    /// On how many attempts it has acted so far. A test that expects a fault should look at it: a name that
    /// no service has is not an error.
    #[must_use]
    pub fn hits(&self) -> u64 {
        self.id.map_or(0, |id| self.faults.hits(id))
    }

    /// It goes on as long as the registry lives.
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
