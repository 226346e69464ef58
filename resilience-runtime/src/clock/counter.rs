//! The time from the processor's counter.

use std::sync::OnceLock;

use quanta::Clock;

use super::moment::Moment;

/// How far before the first reading the zero of [`Moment`] lies.
const HEAD_START: u64 = 86_400 * 1_000_000_000;

/// Whether the counter is the clock. It is not where tokio was built with its feature `test-util`: then its
/// clock can be paused, and everything here has to follow.
///
/// Tokio has no way to ask how it was built. But the function that pauses the clock is there only with that feature, and a
/// name is looked for in the innermost scope first.
pub(super) const IS_THE_CLOCK: bool = {
    #[allow(unused_imports)]
    use tokio::time::*;
    !is_function(&pause)
};

struct Absent;

/// What `pause` means where tokio has none.
#[allow(non_upper_case_globals, dead_code)]
const pause: Absent = Absent;

trait Known {
    const IS_FUNCTION: bool;
}

impl Known for Absent {
    const IS_FUNCTION: bool = false;
}

impl<F: Fn()> Known for F {
    const IS_FUNCTION: bool = true;
}

const fn is_function<T: Known>(_: &T) -> bool {
    T::IS_FUNCTION
}

/// The clock, calibrated, and its first reading.
fn clock() -> &'static (Clock, u64) {
    static CLOCK: OnceLock<(Clock, u64)> = OnceLock::new();
    CLOCK.get_or_init(|| {
        let clock = Clock::new();
        let first = clock.raw();
        (clock, first)
    })
}

#[inline]
pub(super) fn now() -> Moment {
    let (clock, first) = clock();
    Moment(HEAD_START + clock.delta_as_nanos(*first, clock.raw()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tests are built with `test-util`, so that the clock can be paused.
    #[test]
    fn pausable_clock_is_detected() {
        const { assert!(!IS_THE_CLOCK) };
    }

    #[test]
    fn now_runs_and_does_not_go_backwards() {
        let before = now();
        std::thread::sleep(std::time::Duration::from_millis(20));
        let passed = now().since(before).as_millis();
        assert!((20..2_000).contains(&passed), "{passed} ms");
    }
}
