//! Every interleaving of a few threads, by the model checker.

use std::sync::Arc;
use std::task::{Wake, Waker};

use loom::sync::atomic::AtomicU32;
use loom::sync::atomic::Ordering::SeqCst;
use loom::thread;

use super::places::{Arrival, Places};

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

/// Fails with this in `places.rs`:
/// ```diff
/// -                word | QUEUED
/// +                word
/// ```
#[test]
fn loom_a_place_that_is_given_back_reaches_who_waits() {
    loom::model(|| {
        let places = loom::sync::Arc::new(Places::new(1));
        assert!(places.try_enter());
        let leaver = {
            let places = places.clone();
            thread::spawn(move || places.leave())
        };
        let (bell, waker) = bell();
        let arrival = places.arrive(waker.clone());
        leaver.join().expect("no panic");
        if let Arrival::Queued(number) = arrival {
            assert_eq!(bell.0.load(SeqCst), 1, "woken once");
            assert!(places.has_entered(number, &waker));
        }
        assert_eq!(places.taken(), 1);
        places.leave();
        assert_eq!((places.taken(), places.waiting()), (0, 0));
        assert!(places.try_enter());
    });
}

/// Fails with this in `places.rs`:
/// ```diff
/// -        waker.is_none()
/// +        false
/// ```
#[test]
fn loom_a_waiter_that_goes_away_loses_no_place() {
    loom::model(|| {
        let places = loom::sync::Arc::new(Places::new(1));
        assert!(places.try_enter());
        let (_, first) = bell();
        let (second_bell, second) = bell();
        let Arrival::Queued(first) = places.arrive(first) else {
            panic!("it is full");
        };
        let Arrival::Queued(number) = places.arrive(second.clone()) else {
            panic!("it is full");
        };
        let quitter = {
            let places = places.clone();
            thread::spawn(move || {
                if places.withdraw(first) {
                    places.leave();
                }
            })
        };
        places.leave();
        quitter.join().expect("no panic");
        assert_eq!(second_bell.0.load(SeqCst), 1);
        assert!(places.has_entered(number, &second));
        assert_eq!((places.taken(), places.waiting()), (1, 0));
        places.leave();
        assert!(places.try_enter());
    });
}

/// Fails with this in `places.rs`:
/// ```diff
/// -                (word & QUEUED == 0 && word / TAKEN < limit).then(|| word + TAKEN)
/// +                (word & QUEUED == 0 && word / TAKEN <= limit).then(|| word + TAKEN)
/// ```
#[test]
fn loom_never_more_inside_than_places() {
    loom::model(|| {
        let places = loom::sync::Arc::new(Places::new(1));
        let inside = loom::sync::Arc::new(AtomicU32::new(0));
        let visit = |places: &Places, inside: &AtomicU32| {
            let (_, waker) = bell();
            let entered = places.try_enter() || {
                match places.arrive(waker) {
                    Arrival::Entered => true,
                    Arrival::Queued(number) => places.withdraw(number),
                }
            };
            if entered {
                assert_eq!(inside.fetch_add(1, SeqCst), 0, "two inside");
                inside.fetch_sub(1, SeqCst);
                places.leave();
            }
        };
        let other = {
            let (places, inside) = (places.clone(), inside.clone());
            thread::spawn(move || visit(&places, &inside))
        };
        visit(&places, &inside);
        other.join().expect("no panic");
        assert_eq!((places.taken(), places.waiting()), (0, 0));
        assert!(places.try_enter());
    });
}

/// Fails with this in `places.rs`:
/// ```diff
/// -        std::iter::from_fn(|| self.hand_over(&mut queue)).collect()
/// +        std::iter::from_fn(|| self.hand_over(&mut queue)).take(0).collect()
/// ```
#[test]
fn loom_new_places_reach_who_waits() {
    loom::model(|| {
        let places = loom::sync::Arc::new(Places::new(1));
        assert!(places.try_enter());
        let resizer = {
            let places = places.clone();
            thread::spawn(move || {
                for waker in places.resize(2) {
                    waker.wake();
                }
            })
        };
        let (bell, waker) = bell();
        let arrival = places.arrive(waker.clone());
        resizer.join().expect("no panic");
        if let Arrival::Queued(number) = arrival {
            assert_eq!(bell.0.load(SeqCst), 1);
            assert!(places.has_entered(number, &waker));
        }
        assert_eq!((places.taken(), places.waiting()), (2, 0));
        assert!(!places.try_enter());
    });
}
