//! Every interleaving of a few threads, by the model checker.

use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use loom::sync::atomic::AtomicU32;
use loom::sync::atomic::Ordering::SeqCst;
use loom::thread;

use super::{
    Cacheable, Leader, LoadOutcome, LoadResult, Lookup, Store, WaitOutcome, Waiter, copied,
};
use crate::clock::Moment;
use crate::config::{CacheConfig, ConfigSource};
use crate::instance::Instance;

/// Counts how often it was woken.
struct WakeCounter(AtomicU32);

impl Wake for WakeCounter {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, SeqCst);
    }
}

fn wake_counter() -> (Arc<WakeCounter>, Waker) {
    let wakes = Arc::new(WakeCounter(AtomicU32::new(0)));
    (Arc::clone(&wakes), Waker::from(wakes))
}

const NOW: Moment = Moment(1_000_000_000);

fn store() -> Arc<Store> {
    Arc::new(Store::new(CacheConfig::DEFAULT, &ConfigSource::Code).expect("valid"))
}

fn lookup(store: &Arc<Store>) -> Lookup {
    store.lookup(1, Instance::of_type::<u32>(), NOW)
}

fn leads(lookup: Lookup) -> Leader {
    match lookup {
        Lookup::Load(leader) => leader,
        _ => panic!("no load is in flight"),
    }
}

fn waits(lookup: Lookup) -> Waiter {
    match lookup {
        Lookup::Wait(waiter) => waiter,
        _ => panic!("a load is in flight"),
    }
}

fn answer<T: Cacheable>(outcome: Poll<WaitOutcome>) -> T {
    match outcome {
        Poll::Ready(WaitOutcome::Completed(LoadOutcome::Answer(value))) => copied(&value),
        _ => panic!("it has landed with an answer"),
    }
}

fn complete(leader: Leader, number: u32) {
    leader.complete(LoadResult::Value(Arc::new(number)), NOW);
}

/// Fails with this in `flights.rs`:
/// ```diff
/// -                std::mem::swap(known, waker);
/// +                let _ = (known, waker);
/// ```
#[test]
fn loom_outcome_reaches_the_waiter() {
    loom::model(|| {
        let store = store();
        let leader = leads(lookup(&store));
        let mut waiter = waits(lookup(&store));
        let lander = thread::spawn(move || complete(leader, 7));
        let (wakes, waker) = wake_counter();
        let first = waiter.poll(&Context::from_waker(&waker));
        lander.join().expect("no panic");
        let outcome = match first {
            Poll::Pending => {
                assert_eq!(wakes.0.load(SeqCst), 1, "woken once");
                waiter.poll(&Context::from_waker(&waker))
            }
            ready => ready,
        };
        assert_eq!(answer::<u32>(outcome), 7);
        assert_eq!(store.flights(), 0);
    });
}

/// Fails with this in `flights.rs`:
/// ```diff
/// -            return waker;
/// +            return waker.and(None);
/// ```
#[test]
fn loom_caller_leads_or_waits_while_the_leader_is_dropped() {
    loom::model(|| {
        let store = store();
        let leader = leads(lookup(&store));
        let quitter = thread::spawn(move || drop(leader));
        let (wakes, waker) = wake_counter();
        match lookup(&store) {
            Lookup::Load(leader) => complete(leader, 1),
            Lookup::Wait(mut waiter) => {
                let first = waiter.poll(&Context::from_waker(&waker));
                quitter.join().expect("no panic");
                let outcome = match first {
                    Poll::Pending => {
                        assert_eq!(wakes.0.load(SeqCst), 1, "woken once");
                        waiter.poll(&Context::from_waker(&waker))
                    }
                    ready => ready,
                };
                let Poll::Ready(WaitOutcome::Leads(leader)) = outcome else {
                    panic!("it leads");
                };
                complete(leader, 1);
            }
            _ => panic!("nothing is there yet"),
        }
        assert_eq!((store.flights(), store.held()), (0, 1));
    });
}

/// Fails with this in `flights.rs`:
/// ```diff
/// -                None => Ok(self.abandon(flight)),
/// +                None => Ok(None),
/// ```
#[test]
fn loom_lead_passes_over_a_dropped_waiter() {
    loom::model(|| {
        let store = store();
        let leader = leads(lookup(&store));
        let heir = waits(lookup(&store));
        let mut last = waits(lookup(&store));
        let (wakes, waker) = wake_counter();
        assert!(last.poll(&Context::from_waker(&waker)).is_pending());
        let quitter = thread::spawn(move || drop(heir));
        drop(leader);
        quitter.join().expect("no panic");
        assert_eq!(wakes.0.load(SeqCst), 1, "woken once");
        let Poll::Ready(WaitOutcome::Leads(leader)) = last.poll(&Context::from_waker(&waker))
        else {
            panic!("it leads");
        };
        drop(leader);
        assert_eq!(store.flights(), 0);
    });
}

/// Fails with this in `flights.rs`:
/// ```diff
/// -        (self.current.get(&key) == Some(&id)).then_some(key)
/// +        Some(key)
/// ```
#[test]
fn loom_invalidated_load_is_not_kept() {
    loom::model(|| {
        let store = store();
        let leader = leads(lookup(&store));
        let other = {
            let store = Arc::clone(&store);
            thread::spawn(move || store.invalidate(1, NOW))
        };
        complete(leader, 7);
        other.join().expect("no panic");
        assert_eq!((store.flights(), store.held()), (0, 0));
        drop(leads(lookup(&store)));
    });
}

/// Fails with this in `flights.rs`:
/// ```diff
/// -        self.current.insert(key, id);
/// +
/// ```
#[test]
fn loom_one_of_two_concurrent_callers_leads() {
    loom::model(|| {
        let store = store();
        let visit = |store: &Arc<Store>| match lookup(store) {
            Lookup::Load(leader) => {
                complete(leader, 7);
                1
            }
            Lookup::Wait(_) | Lookup::Hit(_) => 0,
            _ => panic!("it is loaded or waited for"),
        };
        let other = {
            let store = Arc::clone(&store);
            thread::spawn(move || visit(&store))
        };
        let led = visit(&store) + other.join().expect("no panic");
        assert_eq!(led, 1);
        assert_eq!((store.flights(), store.held()), (0, 1));
    });
}
