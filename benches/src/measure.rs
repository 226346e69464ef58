//! Cases as criterion benchmarks: `<path>/<patterns>/<contestant>`, or `tasks_64/…` under that load.

use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion};

use crate::case::{Call, Case, Path, Patterns, Visitor};
use crate::contestants::visit_all;
use crate::drive::{RUNTIME, many_tasks, one_task};
use crate::prepare::prepare;

/// Longer than any call that does not sleep.
const SLEPT: Duration = Duration::from_micros(500);

/// The group of the load of many tasks.
pub const TASKS_64: &str = "tasks_64";

/// How long each case is measured, unless the command line says otherwise.
#[must_use]
pub fn config() -> Criterion {
    Criterion::default()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_millis(1_500))
        .sample_size(30)
}

/// Measures every case of these paths, one task calling.
pub fn paths(criterion: &mut Criterion, paths: &[Path]) {
    visit_all(&mut Paths { criterion, paths });
}

/// Measures successful calls of stacks by many tasks on one thread.
pub fn tasks(criterion: &mut Criterion) {
    visit_all(&mut Tasks { criterion });
}

struct Paths<'a> {
    criterion: &'a mut Criterion,
    paths: &'a [Path],
}

impl Visitor for Paths<'_> {
    fn visit<C: Call>(&mut self, case: Case, make: impl FnOnce() -> C) {
        if !self.paths.contains(&case.path) {
            return;
        }
        let mut call = make();
        let task = RUNTIME.block_on(prepare(case, &mut call));
        let started = Instant::now();
        RUNTIME.block_on(one_task(&mut call, task, 1));
        if started.elapsed() > SLEPT && case.path == Path::ThirdAttempt {
            eprintln!(
                "{case}: sleeps between attempts whatever it is told, so its time says nothing"
            );
            return;
        }
        let mut group = self.criterion.benchmark_group(case.path.name());
        group.bench_function(id(case), |bencher| {
            bencher.iter_custom(|calls| RUNTIME.block_on(one_task(&mut call, task, calls)));
        });
        group.finish();
    }
}

struct Tasks<'a> {
    criterion: &'a mut Criterion,
}

impl Visitor for Tasks<'_> {
    fn visit<C: Call>(&mut self, case: Case, make: impl FnOnce() -> C) {
        let alone = !matches!(
            case.patterns,
            Patterns::Full | Patterns::Untimed | Patterns::Unlimited | Patterns::Bare
        );
        if case.path != Path::Success || alone {
            return;
        }
        let mut call = make();
        RUNTIME.block_on(prepare(case, &mut call));
        let mut group = self.criterion.benchmark_group(TASKS_64);
        group.bench_function(id(case), |bencher| {
            bencher.iter_custom(|calls| RUNTIME.block_on(many_tasks(&call, calls)));
        });
        group.finish();
    }
}

fn id(case: Case) -> BenchmarkId {
    BenchmarkId::new(case.patterns.name(), case.contestant)
}
