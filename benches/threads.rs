//! Two threads on one service and on two. `one` is the time of a call of a thread that is alone, `same` and
//! `two` that of a call of each of two threads: throughput is `2 × one / same` of one thread's.

use criterion::{BenchmarkId, Criterion};
use resilience_benches::case::{Call, Patterns};
use resilience_benches::drive::{one_thread, two_threads};
use resilience_benches::pairs::{PairVisitor, visit_pairs};

struct Threads<'a>(&'a mut Criterion);

impl PairVisitor for Threads<'_> {
    fn visit<A: Call + Send, B: Call + Send>(
        &mut self,
        patterns: Patterns,
        contestant: &'static str,
        one: A,
        other: B,
    ) {
        let mut group = self.0.benchmark_group("threads");
        let id = |load| BenchmarkId::new(format!("{}_{contestant}", patterns.name()), load);
        group.bench_function(id("one"), |bencher| {
            bencher.iter_custom(|calls| one_thread(one.clone(), calls));
        });
        group.bench_function(id("same"), |bencher| {
            bencher.iter_custom(|calls| two_threads(one.clone(), one.clone(), calls));
        });
        group.bench_function(id("two"), |bencher| {
            bencher.iter_custom(|calls| two_threads(one.clone(), other.clone(), calls));
        });
        group.finish();
    }
}

pub(crate) fn threads(criterion: &mut Criterion) {
    visit_pairs(&mut Threads(criterion));
}
