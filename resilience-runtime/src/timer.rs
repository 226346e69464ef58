//! The only place that makes timers, so that what is missing where there is no timer is said once.

use std::panic;

use tokio::runtime::Handle;
use tokio::time::Sleep;

use crate::clock::Moment;
use crate::config::{ConfigError, ConfigProblem, ConfigSource};

/// Why there is no timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoTimer {
    /// The future is not polled inside a tokio runtime.
    NoRuntime,
    /// The runtime was built without `enable_time`.
    Disabled,
}

impl From<NoTimer> for ConfigError {
    fn from(cause: NoTimer) -> Self {
        let (value, allowed) = match cause {
            NoTimer::NoRuntime => (
                "no tokio runtime",
                "a timeout, deadline, retry pause or wait needs a timer: await the call inside a tokio \
                 runtime, or switch off what waits (`timeout = off, deadline = off, retry = off`)",
            ),
            NoTimer::Disabled => (
                "timers disabled",
                "a timeout, deadline, retry pause or wait needs a timer: build the tokio runtime with \
                 `enable_time()` or `enable_all()`",
            ),
        };
        ConfigProblem::new("tokio time driver", value, ConfigSource::Code, allowed).into()
    }
}

/// A timer that fires at `moment`. `Ok(None)`: it lies beyond what a timer reaches, so it never fires.
pub(crate) fn at(moment: Moment) -> Result<Option<Sleep>, NoTimer> {
    let Some(instant) = moment.to_instant() else {
        return Ok(None);
    };
    if Handle::try_current().is_err() {
        return Err(NoTimer::NoRuntime);
    }
    // Tokio has no way to ask whether its timers are enabled; making one is the question.
    panic::catch_unwind(|| tokio::time::sleep_until(instant))
        .map(Some)
        .map_err(|_| NoTimer::Disabled)
}
