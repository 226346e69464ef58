//! Every interleaving of two threads that record how long their calls took, by the model checker.

use std::time::Duration;

use loom::sync::Arc;
use loom::sync::atomic::Ordering::Relaxed;
use loom::thread;

use super::recent_latencies::{BUCKETS, CALLS, RecentLatencies};

/// Over a ring of two: the counts are those of the two calls that it names, and no count falls below zero on the way.
///
/// Fails with this in `recent_latencies.rs`:
/// ```diff
/// -        let before = self.ring[place as usize].swap(bucket, AcqRel);
/// +        let before = self.ring[place as usize].load(Relaxed); self.ring[place as usize].store(bucket, Relaxed);
/// ```
#[test]
fn loom_counts_are_of_the_calls_in_the_ring() {
    loom::model(|| {
        let recent = Arc::new(RecentLatencies::new());
        recent.record(Duration::from_micros(1));
        let other = {
            let recent = Arc::clone(&recent);
            thread::spawn(move || {
                recent.record(Duration::from_micros(3));
                for count in &recent.counts {
                    assert!(u64::from(count.load(Relaxed)) <= CALLS + 2);
                }
            })
        };
        recent.record(Duration::from_micros(6));
        other.join().expect("no panic");
        let mut expected = vec![0; BUCKETS];
        for place in &recent.ring {
            expected[usize::from(place.load(Relaxed))] += 1;
        }
        let counts: Vec<u16> = recent.counts.iter().map(|it| it.load(Relaxed)).collect();
        assert_eq!(counts, expected);
    });
}
