//! Makes calls of one case, for callgrind to count: `instructions <case> <calls>`. Without arguments, the cases.
//! `scripts/instructions` runs it.

use std::process::ExitCode;

use resilience_benches::body::Input;
use resilience_benches::case::{Call, Case, Visitor};
use resilience_benches::contestants::visit_all;
use resilience_benches::drive::{RUNTIME, one_task};
use resilience_benches::prepare::prepare;

/// Calls before those that are counted, so that nothing is cold, made or calibrated within them.
const WARM_UP: u64 = 200;

struct Names;

impl Visitor for Names {
    fn visit<C: Call>(&mut self, case: Case, _: impl FnOnce() -> C) {
        println!("{case}");
    }
}

struct Run {
    case: String,
    calls: u64,
    found: bool,
}

impl Visitor for Run {
    fn visit<C: Call>(&mut self, case: Case, make: impl FnOnce() -> C) {
        if case.to_string() != self.case {
            return;
        }
        self.found = true;
        let mut call = make();
        let task = RUNTIME.block_on(async {
            let task = prepare(case, &mut call).await;
            one_task(&mut call, task, WARM_UP).await;
            task
        });
        counted(&mut call, task, self.calls);
    }
}

/// What callgrind is told to count, by its name.
#[inline(never)]
fn counted<C: Call>(call: &mut C, task: Input, calls: u64) {
    RUNTIME.block_on(one_task(call, task, calls));
}

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let (Some(case), calls) = (arguments.next(), arguments.next()) else {
        visit_all(&mut Names);
        return ExitCode::SUCCESS;
    };
    let Some(calls) = calls.and_then(|calls| calls.parse().ok()) else {
        eprintln!("instructions <case> <calls>");
        return ExitCode::FAILURE;
    };
    let mut run = Run {
        case,
        calls,
        found: false,
    };
    visit_all(&mut run);
    if run.found {
        ExitCode::SUCCESS
    } else {
        eprintln!("no such case: {}", run.case);
        ExitCode::FAILURE
    }
}
