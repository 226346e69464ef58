//! Every interleaving of a few threads, by the model checker.

use std::sync::Arc;
use std::task::{Wake, Waker};

use loom::sync::atomic::AtomicU32;
use loom::sync::atomic::Ordering::SeqCst;
use loom::thread;

use super::semaphore::{AcquireOutcome, Semaphore};

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

/// Fails with this in `semaphore.rs`:
/// ```diff
/// -                word | QUEUED
/// +                word
/// ```
#[test]
fn loom_released_permit_reaches_the_waiter() {
    loom::model(|| {
        let semaphore = loom::sync::Arc::new(Semaphore::new(1));
        assert!(semaphore.try_acquire());
        let leaver = {
            let semaphore = semaphore.clone();
            thread::spawn(move || semaphore.release())
        };
        let (wakes, waker) = wake_counter();
        let arrival = semaphore.acquire_or_enqueue(waker.clone());
        leaver.join().expect("no panic");
        if let AcquireOutcome::Queued(number) = arrival {
            assert_eq!(wakes.0.load(SeqCst), 1, "woken once");
            assert!(semaphore.is_acquired(number, &waker));
        }
        assert_eq!(semaphore.in_use(), 1);
        semaphore.release();
        assert_eq!((semaphore.in_use(), semaphore.waiting()), (0, 0));
        assert!(semaphore.try_acquire());
    });
}

/// Fails with this in `semaphore.rs`:
/// ```diff
/// -        waker.is_none()
/// +        false
/// ```
#[test]
fn loom_dropped_waiter_loses_no_permit() {
    loom::model(|| {
        let semaphore = loom::sync::Arc::new(Semaphore::new(1));
        assert!(semaphore.try_acquire());
        let (_, first) = wake_counter();
        let (second_wakes, second) = wake_counter();
        let AcquireOutcome::Queued(first) = semaphore.acquire_or_enqueue(first) else {
            panic!("it is full");
        };
        let AcquireOutcome::Queued(number) = semaphore.acquire_or_enqueue(second.clone()) else {
            panic!("it is full");
        };
        let quitter = {
            let semaphore = semaphore.clone();
            thread::spawn(move || {
                if semaphore.cancel(first) {
                    semaphore.release();
                }
            })
        };
        semaphore.release();
        quitter.join().expect("no panic");
        assert_eq!(second_wakes.0.load(SeqCst), 1);
        assert!(semaphore.is_acquired(number, &second));
        assert_eq!((semaphore.in_use(), semaphore.waiting()), (1, 0));
        semaphore.release();
        assert!(semaphore.try_acquire());
    });
}

/// Fails with this in `semaphore.rs`:
/// ```diff
/// -                (word & QUEUED == 0 && word / PERMIT < limit).then(|| word + PERMIT)
/// +                (word & QUEUED == 0 && word / PERMIT <= limit).then(|| word + PERMIT)
/// ```
#[test]
fn loom_permits_in_use_never_exceed_the_limit() {
    loom::model(|| {
        let semaphore = loom::sync::Arc::new(Semaphore::new(1));
        let inside = loom::sync::Arc::new(AtomicU32::new(0));
        let visit = |semaphore: &Semaphore, inside: &AtomicU32| {
            let (_, waker) = wake_counter();
            let entered = semaphore.try_acquire() || {
                match semaphore.acquire_or_enqueue(waker) {
                    AcquireOutcome::Acquired => true,
                    AcquireOutcome::Queued(number) => semaphore.cancel(number),
                }
            };
            if entered {
                assert_eq!(inside.fetch_add(1, SeqCst), 0, "two inside");
                inside.fetch_sub(1, SeqCst);
                semaphore.release();
            }
        };
        let other = {
            let (semaphore, inside) = (semaphore.clone(), inside.clone());
            thread::spawn(move || visit(&semaphore, &inside))
        };
        visit(&semaphore, &inside);
        other.join().expect("no panic");
        assert_eq!((semaphore.in_use(), semaphore.waiting()), (0, 0));
        assert!(semaphore.try_acquire());
    });
}

/// Fails with this in `semaphore.rs`:
/// ```diff
/// -        std::iter::from_fn(|| self.hand_over(&mut queue)).collect()
/// +        std::iter::from_fn(|| self.hand_over(&mut queue)).take(0).collect()
/// ```
#[test]
fn loom_resize_hands_permits_to_waiters() {
    loom::model(|| {
        let semaphore = loom::sync::Arc::new(Semaphore::new(1));
        assert!(semaphore.try_acquire());
        let resizer = {
            let semaphore = semaphore.clone();
            thread::spawn(move || {
                for waker in semaphore.resize(2) {
                    waker.wake();
                }
            })
        };
        let (wakes, waker) = wake_counter();
        let arrival = semaphore.acquire_or_enqueue(waker.clone());
        resizer.join().expect("no panic");
        if let AcquireOutcome::Queued(number) = arrival {
            assert_eq!(wakes.0.load(SeqCst), 1);
            assert!(semaphore.is_acquired(number, &waker));
        }
        assert_eq!((semaphore.in_use(), semaphore.waiting()), (2, 0));
        assert!(!semaphore.try_acquire());
    });
}
