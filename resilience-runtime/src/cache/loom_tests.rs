//! Every interleaving of a few threads, by the model checker.

use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use loom::sync::atomic::AtomicU32;
use loom::sync::atomic::Ordering::SeqCst;
use loom::thread;

use super::{Cacheable, End, Landing, Leader, Look, Store, Turn, Variant, Waiter, copied};
use crate::clock::Moment;
use crate::config::{CacheConfig, ConfigSource};

/// Counts how often it was woken.
struct Bell(AtomicU32);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, SeqCst);
    }
}

fn bell() -> (Arc<Bell>, Waker) {
    let bell = Arc::new(Bell(AtomicU32::new(0)));
    (Arc::clone(&bell), Waker::from(bell))
}

const NOW: Moment = Moment(1_000_000_000);

fn store() -> Arc<Store> {
    Arc::new(Store::new(CacheConfig::DEFAULT, &ConfigSource::Code).expect("valid"))
}

fn look(store: &Arc<Store>) -> Look {
    store.look(1, Variant::of::<u32>(""), NOW)
}

fn leads(look: Look) -> Leader {
    match look {
        Look::Load(leader) => leader,
        _ => panic!("nobody loads it"),
    }
}

fn waits(look: Look) -> Waiter {
    match look {
        Look::Wait(waiter) => waiter,
        _ => panic!("somebody loads it"),
    }
}

fn answer<T: Cacheable>(turn: Poll<Turn>) -> T {
    match turn {
        Poll::Ready(Turn::Landed(Landing::Answer(value))) => copied(&value),
        _ => panic!("it has landed with an answer"),
    }
}

fn land(leader: Leader, number: u32) {
    leader.land(End::Good(Arc::new(number)), NOW);
}

/// Fails with this in `flights.rs`:
/// ```diff
/// -                std::mem::swap(known, waker);
/// +                let _ = (known, waker);
/// ```
#[test]
fn loom_a_landing_reaches_who_waits() {
    loom::model(|| {
        let store = store();
        let leader = leads(look(&store));
        let mut waiter = waits(look(&store));
        let lander = thread::spawn(move || land(leader, 7));
        let (bell, waker) = bell();
        let first = waiter.poll(&Context::from_waker(&waker));
        lander.join().expect("no panic");
        let turn = match first {
            Poll::Pending => {
                assert_eq!(bell.0.load(SeqCst), 1, "woken once");
                waiter.poll(&Context::from_waker(&waker))
            }
            ready => ready,
        };
        assert_eq!(answer::<u32>(turn), 7);
        assert_eq!(store.flights(), 0);
    });
}

/// Fails with this in `flights.rs`:
/// ```diff
/// -            return waker;
/// +            return waker.and(None);
/// ```
#[test]
fn loom_who_comes_while_the_leader_goes_leads_or_is_told() {
    loom::model(|| {
        let store = store();
        let leader = leads(look(&store));
        let quitter = thread::spawn(move || drop(leader));
        let (bell, waker) = bell();
        match look(&store) {
            Look::Load(leader) => land(leader, 1),
            Look::Wait(mut waiter) => {
                let first = waiter.poll(&Context::from_waker(&waker));
                quitter.join().expect("no panic");
                let turn = match first {
                    Poll::Pending => {
                        assert_eq!(bell.0.load(SeqCst), 1, "woken once");
                        waiter.poll(&Context::from_waker(&waker))
                    }
                    ready => ready,
                };
                let Poll::Ready(Turn::Leads(leader)) = turn else {
                    panic!("it leads");
                };
                land(leader, 1);
            }
            _ => panic!("nothing is there yet"),
        }
        assert_eq!((store.flights(), store.len()), (0, 1));
    });
}

/// Fails with this in `flights.rs`:
/// ```diff
/// -                None => Ok(self.abandon(flight)),
/// +                None => Ok(None),
/// ```
#[test]
fn loom_two_who_go_away_leave_the_third_in_the_lead() {
    loom::model(|| {
        let store = store();
        let leader = leads(look(&store));
        let heir = waits(look(&store));
        let mut last = waits(look(&store));
        let (bell, waker) = bell();
        assert!(last.poll(&Context::from_waker(&waker)).is_pending());
        let quitter = thread::spawn(move || drop(heir));
        drop(leader);
        quitter.join().expect("no panic");
        assert_eq!(bell.0.load(SeqCst), 1, "woken once");
        let Poll::Ready(Turn::Leads(leader)) = last.poll(&Context::from_waker(&waker)) else {
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
fn loom_a_load_that_is_invalidated_is_kept_or_not_at_all() {
    loom::model(|| {
        let store = store();
        let leader = leads(look(&store));
        let other = {
            let store = Arc::clone(&store);
            thread::spawn(move || store.invalidate(1))
        };
        land(leader, 7);
        other.join().expect("no panic");
        assert_eq!((store.flights(), store.len()), (0, 0));
        drop(leads(look(&store)));
    });
}

/// Fails with this in `flights.rs`:
/// ```diff
/// -        self.current.insert(key, id);
/// +
/// ```
#[test]
fn loom_one_leads_of_two_who_come_at_once() {
    loom::model(|| {
        let store = store();
        let visit = |store: &Arc<Store>| match look(store) {
            Look::Load(leader) => {
                land(leader, 7);
                1
            }
            Look::Wait(_) | Look::Hit(_) => 0,
            _ => panic!("it is loaded or waited for"),
        };
        let other = {
            let store = Arc::clone(&store);
            thread::spawn(move || visit(&store))
        };
        let led = visit(&store) + other.join().expect("no panic");
        assert_eq!(led, 1);
        assert_eq!((store.flights(), store.len()), (0, 1));
    });
}
