//! Brings a contestant to where its path begins, and makes sure that it does what it is measured for.

use crate::body::{Does, FALLBACK, Failure, Input, Task};
use crate::case::{Call, Case, Path};

/// More failures or calls than any of them takes.
const ENOUGH: usize = 1_000;

/// Opens the circuit or empties the bucket, where the path begins there, by calls alone.
///
/// # Panics
/// Where the contestant does not do what it is measured for.
pub async fn prepare<C: Call>(case: Case, call: &mut C) -> Input {
    match case.path {
        Path::Open | Path::LayerOpen => until(case, call, Does::Fails, Err(Failure::Open)).await,
        Path::Fallback => until(case, call, Does::Fails, Ok(FALLBACK)).await,
        Path::Limited => until(case, call, Does::Answers, Err(Failure::Limited)).await,
        Path::Success | Path::Pending | Path::ThirdAttempt | Path::Layer | Path::Request => {}
    }
    let task = Task::new(match case.path {
        Path::Pending => Does::Yields,
        Path::ThirdAttempt => Does::FailsTwice,
        Path::Success
        | Path::Open
        | Path::Limited
        | Path::Fallback
        | Path::Layer
        | Path::LayerOpen
        | Path::Request => Does::Answers,
    });
    check(case, call, task).await;
    task
}

async fn until<C: Call>(case: Case, call: &mut C, does: Does, wanted: Result<u64, Failure>) {
    let task = Task::new(does);
    for _ in 0..ENOUGH {
        let runs = task.runs();
        // A fallback also answers for failures, so the body must have rested.
        if call(task).await == wanted && task.runs() == runs {
            return;
        }
    }
    panic!("{case}: never came to {wanted:?}");
}

/// A few calls, each with the right answer and the right number of runs of the body.
async fn check<C: Call>(case: Case, call: &mut C, task: Input) {
    for _ in 0..20 {
        let before = task.runs();
        let answer = call(task).await;
        let runs = task.runs() - before;
        let last = u64::from(task.runs().wrapping_sub(1));
        let wanted = match case.path {
            Path::Success | Path::Pending | Path::Layer | Path::Request => (Ok(last), 1),
            Path::ThirdAttempt => (Ok(last), 3),
            Path::Open | Path::LayerOpen => (Err(Failure::Open), 0),
            Path::Limited => (Err(Failure::Limited), 0),
            Path::Fallback => (Ok(FALLBACK), 0),
        };
        assert_eq!((answer, runs), wanted, "{case}");
    }
}
