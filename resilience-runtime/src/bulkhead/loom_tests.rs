//! Every interleaving of a few threads, by the model checker.

use std::sync::Arc;
use std::task::{Wake, Waker};

use loom::sync::atomic::AtomicU32;
use loom::sync::atomic::Ordering::SeqCst;
use loom::thread;

use super::semaphore::{Semaphore, Turn};
use crate::clock::Moment;
use crate::config::PatternMode;

/// The time stands still, but where the model says otherwise.
const NOW: Moment = Moment(1);
/// The end of a holder's time.
const OVER: Moment = Moment(2);
const NEVER: Moment = Moment::FAR_FUTURE;

fn now() -> Moment {
    NOW
}

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

fn is_unused(semaphore: &Semaphore) -> bool {
    (semaphore.in_use(), semaphore.waiting()) == (0, 0) && semaphore.try_acquire()
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
            thread::spawn(move || semaphore.release(now))
        };
        let (wakes, waker) = wake_counter();
        let arrival = semaphore.poll(None, NEVER, &waker, NOW);
        leaver.join().expect("no panic");
        if let Turn::Waiting(number, _) = arrival {
            assert_eq!(wakes.0.load(SeqCst), 1, "woken once");
            assert!(!semaphore.try_acquire(), "it is the waiter's");
            let turn = semaphore.poll(Some(number), NEVER, &waker, NOW);
            assert_eq!(turn, Turn::Acquired);
        }
        assert_eq!(semaphore.in_use(), 1);
        semaphore.release(now);
        assert!(is_unused(&semaphore));
    });
}

/// Fails with this in `semaphore.rs`:
/// ```diff
/// -        shared.line.remove(number, &mut wakers);
/// -        self.lapse(&mut shared, now);
/// +        self.lapse(&mut shared, now);
/// ```
#[test]
fn loom_dropped_waiter_loses_no_permit() {
    loom::model(|| {
        let semaphore = loom::sync::Arc::new(Semaphore::new(1));
        assert!(semaphore.try_acquire());
        let (_, first) = wake_counter();
        let (second_wakes, second) = wake_counter();
        let Turn::Waiting(first, _) = semaphore.poll(None, NEVER, &first, NOW) else {
            panic!("it is full");
        };
        let Turn::Waiting(number, _) = semaphore.poll(None, NEVER, &second, NOW) else {
            panic!("it is full");
        };
        let quitter = {
            let semaphore = semaphore.clone();
            thread::spawn(move || semaphore.leave(first, now))
        };
        semaphore.release(now);
        quitter.join().expect("no panic");
        assert_eq!(second_wakes.0.load(SeqCst), 1);
        let turn = semaphore.poll(Some(number), NEVER, &second, NOW);
        assert_eq!(turn, Turn::Acquired);
        assert_eq!((semaphore.in_use(), semaphore.waiting()), (1, 0));
        semaphore.release(now);
        assert!(is_unused(&semaphore));
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
                match semaphore.poll(None, NEVER, &waker, NOW) {
                    Turn::Acquired => true,
                    Turn::TooLate | Turn::Shadow => panic!("it has time, and enforces"),
                    Turn::Waiting(number, _) => {
                        semaphore.leave(number, now);
                        false
                    }
                }
            };
            if entered {
                assert_eq!(inside.fetch_add(1, SeqCst), 0, "two inside");
                inside.fetch_sub(1, SeqCst);
                semaphore.release(now);
            }
        };
        let other = {
            let (semaphore, inside) = (semaphore.clone(), inside.clone());
            thread::spawn(move || visit(&semaphore, &inside))
        };
        visit(&semaphore, &inside);
        other.join().expect("no panic");
        assert!(is_unused(&semaphore));
    });
}

/// Fails with this in `semaphore.rs`:
/// ```diff
/// -        self.limit.store(limit, Relaxed);
/// -        let wakers = self.settle(&mut shared, now);
/// +        self.limit.store(limit, Relaxed);
/// +        let wakers = Wakers::default();
/// ```
#[test]
fn loom_resize_hands_permits_to_waiters() {
    loom::model(|| {
        let semaphore = loom::sync::Arc::new(Semaphore::new(1));
        assert!(semaphore.try_acquire());
        let resizer = {
            let semaphore = semaphore.clone();
            thread::spawn(move || semaphore.resize(2, NOW))
        };
        let (wakes, waker) = wake_counter();
        let arrival = semaphore.poll(None, NEVER, &waker, NOW);
        resizer.join().expect("no panic");
        if let Turn::Waiting(number, _) = arrival {
            assert_eq!(wakes.0.load(SeqCst), 1);
            let turn = semaphore.poll(Some(number), NEVER, &waker, NOW);
            assert_eq!(turn, Turn::Acquired);
        }
        assert_eq!((semaphore.in_use(), semaphore.waiting()), (2, 0));
        assert!(!semaphore.try_acquire());
    });
}

/// Fails with this in `semaphore.rs`:
/// ```diff
/// -        if shared.holders.remove(slot) {
/// +        if shared.holders.remove(slot) || true {
/// ```
#[test]
fn loom_permit_whose_time_is_over_is_taken_once() {
    loom::model(|| {
        let semaphore = loom::sync::Arc::new(Semaphore::new(1));
        assert!(semaphore.try_acquire());
        let slot = semaphore.limit(OVER, NOW).expect("a slot");
        let holder = {
            let semaphore = semaphore.clone();
            thread::spawn(move || semaphore.release_timed(slot, || OVER))
        };
        let other = {
            let semaphore = semaphore.clone();
            thread::spawn(move || semaphore.try_acquire() || semaphore.try_again(|| OVER))
        };
        let mine = semaphore.try_acquire() || semaphore.try_again(|| OVER);
        holder.join().expect("no panic");
        let others = other.join().expect("no panic");
        // Who came before the release may have found it full.
        let taken = usize::from(mine) + usize::from(others);
        assert!(taken <= 1, "it is one permit");
        assert_eq!(semaphore.in_use(), taken);
        if taken > 0 {
            semaphore.release(now);
        }
        assert!(is_unused(&semaphore));
    });
}

/// Fails with this in `semaphore.rs`:
/// ```diff
/// -            self.word.fetch_sub(PERMIT * lapsed, AcqRel);
/// +            self.word.fetch_sub(0, AcqRel);
/// ```
#[test]
fn loom_permit_whose_time_is_over_goes_to_one_of_two() {
    loom::model(|| {
        let semaphore = loom::sync::Arc::new(Semaphore::new(1));
        assert!(semaphore.try_acquire());
        let slot = semaphore.limit(OVER, NOW).expect("a slot");
        let other = {
            let semaphore = semaphore.clone();
            thread::spawn(move || semaphore.try_acquire() || semaphore.try_again(|| OVER))
        };
        let mine = semaphore.try_acquire() || semaphore.try_again(|| OVER);
        assert!(mine != other.join().expect("no panic"), "one of them");
        semaphore.release_timed(slot, now);
        assert_eq!(semaphore.in_use(), 1);
        semaphore.release(now);
        assert!(is_unused(&semaphore));
    });
}

/// Fails with this in `line.rs`:
/// ```diff
/// -            if waiter.woken_at > head_at.after(guard(place)) && waiter.woken_at > now {
/// +            if waiter.woken_at > head_at.after(guard(place)) && waiter.woken_at > now && place > 0 {
/// ```
#[test]
fn loom_waiter_learns_when_the_time_of_a_holder_is_over() {
    loom::model(|| {
        let semaphore = loom::sync::Arc::new(Semaphore::new(1));
        assert!(semaphore.try_acquire());
        let holder = {
            let semaphore = semaphore.clone();
            thread::spawn(move || semaphore.limit(OVER, NOW).expect("a slot"))
        };
        let (wakes, waker) = wake_counter();
        let Turn::Waiting(number, at) = semaphore.poll(None, NEVER, &waker, NOW) else {
            panic!("it is full");
        };
        let slot = holder.join().expect("no panic");
        if at != OVER {
            assert_eq!(wakes.0.load(SeqCst), 1, "it plans anew");
            let turn = semaphore.poll(Some(number), NEVER, &waker, NOW);
            assert_eq!(turn, Turn::Waiting(number, OVER));
        }
        let turn = semaphore.poll(Some(number), NEVER, &waker, OVER);
        assert_eq!(turn, Turn::Acquired);
        semaphore.release_timed(slot, now);
        assert_eq!(semaphore.in_use(), 1);
        semaphore.release(now);
        assert!(is_unused(&semaphore));
    });
}

/// Fails with this in `semaphore.rs`:
/// ```diff
/// -        let turn = if self.shadow.lets_pass() {
/// +        let turn = if number.is_some() && self.shadow.lets_pass() {
/// ```
#[test]
fn loom_nobody_waits_once_the_mode_is_shadow() {
    loom::model(|| {
        let semaphore = loom::sync::Arc::new(Semaphore::new(1));
        assert!(semaphore.try_acquire());
        let switch = {
            let semaphore = semaphore.clone();
            thread::spawn(move || semaphore.set_mode(PatternMode::Shadow, NOW))
        };
        let (wakes, waker) = wake_counter();
        let mut arrival = semaphore.poll(None, NEVER, &waker, NOW);
        switch.join().expect("no panic");
        if let Turn::Waiting(number, _) = arrival {
            assert_eq!(wakes.0.load(SeqCst), 1, "woken once");
            arrival = semaphore.poll(Some(number), NEVER, &waker, NOW);
        }
        assert_eq!(arrival, Turn::Shadow);
        assert_eq!(semaphore.in_use(), 1);
        semaphore.release(now);
        assert!(is_unused(&semaphore));
    });
}
