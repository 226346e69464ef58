//! Every interleaving of a few threads, by the model checker.

use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use loom::sync::atomic::AtomicU32;
use loom::sync::atomic::Ordering::SeqCst;
use loom::thread;

use super::{
    Cacheable, Failure, Keep, Leader, LoadOutcome, LoadResult, Lookup, Rejected, Store,
    WaitOutcome, Waiter, copied,
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

fn poll(waiter: &mut Waiter, waker: &Waker) -> Poll<WaitOutcome> {
    match waiter.poll(&Context::from_waker(waker), NOW) {
        Ok(outcome) => Poll::Ready(outcome),
        Err(_) => Poll::Pending,
    }
}

/// Long after a leader was woken that nobody polls.
const LATE: Moment = Moment(u64::MAX / 2);

/// A leader that was woken and is not polled.
fn lost(leader: &Leader) {
    let woken = Waker::from(leader.load_watch().watch);
    woken.wake();
}

fn rivals(waiter: &mut Waiter, waker: &Waker) -> Option<Leader> {
    match waiter.poll(&Context::from_waker(waker), LATE) {
        Ok(WaitOutcome::Leads(leader)) => Some(leader),
        Ok(_) | Err(_) => None,
    }
}

fn complete(leader: Leader, number: u32) {
    leader.complete(LoadResult::Value(Arc::new(number), Keep::Configured), NOW);
}

/// Fails with this in `flights.rs`:
/// ```diff
/// -        std::mem::swap(&mut place.waker, waker);
/// +        let _ = waker;
/// ```
#[test]
fn loom_outcome_reaches_the_waiter() {
    loom::model(|| {
        let store = store();
        let leader = leads(lookup(&store));
        let mut waiter = waits(lookup(&store));
        let lander = thread::spawn(move || complete(leader, 7));
        let (wakes, waker) = wake_counter();
        let first = poll(&mut waiter, &waker);
        lander.join().expect("no panic");
        let outcome = match first {
            Poll::Pending => {
                assert_eq!(wakes.0.load(SeqCst), 1, "woken once");
                poll(&mut waiter, &waker)
            }
            ready => ready,
        };
        assert_eq!(answer::<u32>(outcome), 7);
        assert_eq!(store.flights(), 0);
    });
}

/// Fails with this in `flights.rs`:
/// ```diff
/// -        Some(place.waker)
/// +        Some(place.waker.and(None))
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
                let first = poll(&mut waiter, &waker);
                quitter.join().expect("no panic");
                let outcome = match first {
                    Poll::Pending => {
                        assert_eq!(wakes.0.load(SeqCst), 1, "woken once");
                        poll(&mut waiter, &waker)
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
/// -                None => Ok(self.abandon(flight, number, now)),
/// +                None => Ok(Vec::new()),
/// ```
#[test]
fn loom_lead_passes_over_a_dropped_waiter() {
    loom::model(|| {
        let store = store();
        let leader = leads(lookup(&store));
        let heir = waits(lookup(&store));
        let mut last = waits(lookup(&store));
        let (wakes, waker) = wake_counter();
        assert!(poll(&mut last, &waker).is_pending());
        let quitter = thread::spawn(move || drop(heir));
        drop(leader);
        quitter.join().expect("no panic");
        assert_eq!(wakes.0.load(SeqCst), 1, "woken once");
        let Poll::Ready(WaitOutcome::Leads(leader)) = poll(&mut last, &waker) else {
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
/// -        self.current.insert(key, flight);
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

/// Fails with this in `flights.rs`:
/// ```diff
/// -        let _ = flight.cell.set(outcome);
/// +        drop(outcome);
/// ```
#[test]
fn loom_leader_and_its_rival_end_the_load_once() {
    loom::model(|| {
        let store = store();
        let leader = leads(lookup(&store));
        let mut waiter = waits(lookup(&store));
        let mut last = waits(lookup(&store));
        let (wakes, waker) = wake_counter();
        assert!(poll(&mut last, &waker).is_pending());
        lost(&leader);
        let late = thread::spawn(move || complete(leader, 7));
        let (_, own) = wake_counter();
        if let Some(rival) = rivals(&mut waiter, &own) {
            complete(rival, 8);
        }
        late.join().expect("no panic");
        drop(waiter);
        assert_eq!(wakes.0.load(SeqCst), 1, "woken once");
        assert!(matches!(answer::<u32>(poll(&mut last, &waker)), 7 | 8));
        assert_eq!((store.flights(), store.held()), (0, 1));
    });
}

/// Fails with this in `flights.rs`:
/// ```diff
/// -        flight.leaders.retain(|leader| leader.0 != number);
/// +        flight.leaders.retain(|leader| leader.0 == number);
/// ```
#[test]
fn loom_dropped_leader_and_dropped_rival_leave_the_lead_to_a_waiter() {
    loom::model(|| {
        let store = store();
        let leader = leads(lookup(&store));
        let mut waiter = waits(lookup(&store));
        let mut last = waits(lookup(&store));
        let (wakes, waker) = wake_counter();
        assert!(poll(&mut last, &waker).is_pending());
        lost(&leader);
        let quitter = thread::spawn(move || drop(leader));
        let (_, own) = wake_counter();
        drop(rivals(&mut waiter, &own));
        drop(waiter);
        quitter.join().expect("no panic");
        assert!(wakes.0.load(SeqCst) >= 1, "woken");
        let Poll::Ready(WaitOutcome::Leads(leader)) = poll(&mut last, &waker) else {
            panic!("it leads");
        };
        complete(leader, 7);
        assert_eq!((store.flights(), store.held()), (0, 1));
    });
}

/// Fails with this in `flights.rs`:
/// ```diff
/// -        wakers(bystanders.unwrap_or_default()).collect()
/// +        drop(bystanders); Vec::new()
/// ```
#[test]
fn loom_bystander_learns_that_nobody_loads_any_more() {
    loom::model(|| {
        let store = store();
        let leader = leads(lookup(&store));
        let mut waiter = waits(lookup(&store));
        lost(&leader);
        let (wakes, waker) = wake_counter();
        let rival = rivals(&mut waiter, &waker).expect("the leader is lost");
        let rejected = Rejected {
            failure: Failure::cut(),
            by_own_limit: false,
            stale_too: true,
        };
        let withdrawn = rival.withdraw(rejected, NOW).expect("the leader is there");
        let mut bystander = withdrawn.bystander.expect("the leader is there");
        let quitter = thread::spawn(move || drop(leader));
        let first = poll(&mut bystander, &waker);
        quitter.join().expect("no panic");
        let end = match first {
            Poll::Pending => {
                assert_eq!(wakes.0.load(SeqCst), 1, "woken once");
                poll(&mut bystander, &waker)
            }
            ready => ready,
        };
        assert!(matches!(end, Poll::Ready(WaitOutcome::Alone)));
        drop((waiter, bystander));
        assert_eq!(store.flights(), 0);
    });
}

/// Fails with this in `watch.rs`:
/// ```diff
/// -        let before = state.waker.replace(waker);
/// +        let before = state.waker.is_none().then(|| waker).and_then(|it| state.waker.replace(it));
/// ```
#[test]
fn loom_wake_of_a_load_reaches_the_last_waker() {
    loom::model(|| {
        let store = store();
        let leader = leads(lookup(&store));
        let watch = leader.load_watch().watch;
        let (_, first) = wake_counter();
        let (wakes, second) = wake_counter();
        watch.begin_poll(first);
        let ready = Arc::new(AtomicU32::new(0));
        let waker = {
            let (ready, waker) = (Arc::clone(&ready), Waker::from(Arc::clone(&watch)));
            thread::spawn(move || {
                ready.store(1, SeqCst);
                waker.wake();
            })
        };
        watch.begin_poll(second);
        let seen = ready.load(SeqCst) == 1;
        waker.join().expect("no panic");
        assert!(seen || wakes.0.load(SeqCst) == 1, "a wake is not lost");
        complete(leader, 7);
    });
}
