//! Every contestant does what it is measured for: answers, runs the body as often as it must, rejects where it must
//! and ends what hangs.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use resilience_benches::body::{Does, Failure, Task};
use resilience_benches::case::{Call, Case, Path, Visitor};
use resilience_benches::contestants::{visit_all, visit_timed};
use resilience_benches::drive::{RUNTIME, many_tasks, one_thread, two_threads};
use resilience_benches::pairs::{PairVisitor, visit_pairs};
use resilience_benches::prepare::prepare;

/// One test at a time: they share a runtime, and the clock of one contestant is a task in it, which stands still where
/// another thread drives it and then leaves.
fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Prepared(usize);

impl Visitor for Prepared {
    fn visit<C: Call>(&mut self, case: Case, make: impl FnOnce() -> C) {
        let mut call = make();
        RUNTIME.block_on(async {
            prepare(case, &mut call).await;
            if case.path == Path::Success {
                many_tasks(&call, 130).await;
            }
        });
        self.0 += 1;
    }
}

#[test]
fn they_walk_their_paths() {
    let _turn = turn();
    let mut prepared = Prepared(0);
    visit_all(&mut prepared);
    assert!(prepared.0 > 50, "{} cases", prepared.0);
}

struct Hanging(usize);

impl Visitor for Hanging {
    fn visit<C: Call>(&mut self, case: Case, make: impl FnOnce() -> C) {
        let mut call = make();
        let task = Task::new(Does::Hangs);
        let answer = RUNTIME.block_on(call(task));
        assert_eq!((answer, task.runs()), (Err(Failure::TimedOut), 1), "{case}");
        self.0 += 1;
    }
}

#[test]
fn they_end_what_hangs() {
    let _turn = turn();
    let mut hanging = Hanging(0);
    visit_timed(&mut hanging, Duration::from_millis(20));
    assert_eq!(hanging.0, 5);
}

struct Pairs;

impl PairVisitor for Pairs {
    fn visit<A: Call + Send, B: Call + Send>(
        &mut self,
        _: resilience_benches::case::Patterns,
        contestant: &'static str,
        one: A,
        other: B,
    ) {
        let spent = one_thread(one.clone(), 10).max(two_threads(one, other, 10));
        assert!(spent < Duration::from_secs(1), "{contestant}");
    }
}

#[test]
fn they_run_on_two_threads() {
    let _turn = turn();
    visit_pairs(&mut Pairs);
}

#[test]
fn a_second_request_shortens_the_tail() {
    let _turn = turn();
    let tails = RUNTIME.block_on(resilience_benches::tail::tails(320));
    let [without, hedged @ ..] = tails.as_slice() else {
        panic!("nobody was measured");
    };
    assert_eq!((without.requests, hedged.len()), (1.0, 3));
    for tail in hedged {
        assert!(tail.requests > 1.0 && tail.requests < 2.0, "{tail:?}");
    }
}
