//! Each event increments its series once, in every exporter: the counts that users expect of retries, timeouts,
//! breakers, bulkheads and fallbacks. Each expectation covers all series: those that it does not name have not changed.

mod breaker;
mod bulkhead;
mod cache;
mod everything;
mod fallback;
mod health;
mod rate_limit;
mod retry;
mod stream;
mod timeout;

use std::cell::RefCell;
use std::collections::VecDeque;
use std::error::Error;
use std::fmt;
use std::time::Duration;

use resilience_runtime::{Classify, ResilienceError, Verdict};

/// What bodies fail with.
#[derive(Clone, Debug)]
enum Trouble {
    Passing,
    Lasting,
    TooMany,
    NotFound,
    Here,
}

impl From<ResilienceError> for Trouble {
    fn from(_: ResilienceError) -> Self {
        Self::Here
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("trouble")
    }
}

impl Error for Trouble {}

impl Classify for Trouble {
    fn classify(&self) -> Verdict {
        match self {
            Self::Passing => Verdict::transient(),
            Self::TooMany => Verdict::throttled(Some(Duration::from_secs(1))),
            Self::NotFound => Verdict::not_found(),
            Self::Lasting | Self::Here => Verdict::permanent(),
        }
    }
}

type Answer = Result<u32, Trouble>;

/// What a body answers, attempt by attempt; the last answer is also that to all others.
struct Script(RefCell<VecDeque<Answer>>);

impl Script {
    fn new(answers: impl IntoIterator<Item = Answer>) -> Self {
        Self(RefCell::new(answers.into_iter().collect()))
    }

    /// So many that pass, then that.
    fn passing(times: usize, then: Answer) -> Self {
        let passing = std::iter::repeat_n(Err(Trouble::Passing), times);
        Self::new(passing.chain([then]))
    }

    fn next(&self) -> Answer {
        let mut left = self.0.borrow_mut();
        match left.len() {
            1 => left[0].clone(),
            _ => left.pop_front().expect("an answer"),
        }
    }
}
