//! The only place that makes timers, so that a missing timer is one error everywhere.
//!
//! Tokio has no way to ask whether the timers of a runtime are enabled: `sleep_until` panics if they are not, so a timer
//! is made inside `catch_unwind`. A runtime without timers is remembered, so that this panic happens once for each
//! thread of such a runtime, and not in each call. It still reaches the panic hook, which usually prints it: a hook
//! belongs to the program and is not replaced here. With `panic = "abort"` that panic ends the process.

use std::cell::Cell;
use std::panic;

use tokio::runtime::{Handle, Id};
use tokio::time::Sleep;

use crate::clock::Moment;
use crate::config::{ConfigError, ConfigProblem, ConfigSource};

/// Names the cause for which there is no timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoTimer {
    /// The future is not polled inside a tokio runtime.
    NoRuntime,
    /// The runtime was built without `enable_time`.
    Disabled,
}

impl From<NoTimer> for ConfigError {
    fn from(cause: NoTimer) -> Self {
        let allowed = match cause {
            NoTimer::NoRuntime => {
                "no tokio runtime, and a timeout, deadline, retry pause or wait needs a timer: await the call inside \
                 a tokio runtime, or switch off what waits (`timeout = off, deadline = off, retry = off`)"
            }
            NoTimer::Disabled => {
                "timers disabled, and a timeout, deadline, retry pause or wait needs a timer: build the tokio \
                 runtime with `enable_time()` or `enable_all()`"
            }
        };
        ConfigProblem::without_value("tokio time driver", ConfigSource::Code, allowed).into()
    }
}

thread_local! {
    /// The runtime in which this thread found timers disabled last.
    static WITHOUT_TIMERS: Cell<Option<Id>> = const { Cell::new(None) };
}

/// Makes a timer that fires at `moment`. `Ok(None)`: it lies beyond the reach of a timer, so it never fires.
pub(crate) fn at(moment: Moment) -> Result<Option<Sleep>, NoTimer> {
    let Some(instant) = moment.to_instant() else {
        return Ok(None);
    };
    let Ok(runtime) = Handle::try_current() else {
        return Err(NoTimer::NoRuntime);
    };
    if WITHOUT_TIMERS.get() == Some(runtime.id()) {
        return Err(NoTimer::Disabled);
    }
    panic::catch_unwind(|| tokio::time::sleep_until(instant))
        .map(Some)
        .map_err(|_| {
            WITHOUT_TIMERS.set(Some(runtime.id()));
            NoTimer::Disabled
        })
}
