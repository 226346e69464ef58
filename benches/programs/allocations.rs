//! Allocations and bytes per call, as tab separated lines: case, allocations, bytes. The difference of two
//! runs, so that what surrounds the calls cancels out.

use allocation_counter::{AllocationInfo, measure};
use resilience_benches::case::{Call, Case, Visitor};
use resilience_benches::contestants::visit_all;
use resilience_benches::drive::{RUNTIME, one_task};
use resilience_benches::prepare::prepare;

const WARM_UP: u64 = 100;
const FEW: u64 = 100;
const MANY: u64 = 300;

struct Allocations;

impl Visitor for Allocations {
    fn visit<C: Call>(&mut self, case: Case, make: impl FnOnce() -> C) {
        let mut call = make();
        let task = RUNTIME.block_on(async {
            let task = prepare(case, &mut call).await;
            one_task(&mut call, task, WARM_UP).await;
            task
        });
        let mut run = |calls| -> AllocationInfo {
            measure(|| {
                RUNTIME.block_on(one_task(&mut call, task, calls));
            })
        };
        let (few, many) = (run(FEW), run(MANY));
        let per_call = |few: u64, many: u64| (many as f64 - few as f64) / (MANY - FEW) as f64;
        println!(
            "{case}\t{:.2}\t{:.1}",
            per_call(few.count_total, many.count_total),
            per_call(few.bytes_total, many.bytes_total),
        );
    }
}

fn main() {
    visit_all(&mut Allocations);
}
