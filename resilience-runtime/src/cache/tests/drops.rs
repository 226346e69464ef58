//! Leaders and waiters that are dropped.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use super::*;
use crate::cache::{LoadOutcome, WaitOutcome, Waiter};

#[derive(Default)]
struct WakeCounter(AtomicUsize);

impl Wake for WakeCounter {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// A waiter, and how often it was woken.
struct TestWaiter {
    waiter: Waiter,
    wakes: Arc<WakeCounter>,
}

impl TestWaiter {
    fn at(store: &Arc<Store>, key: u128) -> Self {
        match lookup(store, key, at(0)) {
            Lookup::Wait(waiter) => Self {
                waiter,
                wakes: Arc::default(),
            },
            other => panic!("it was to wait: {}", describe(&other)),
        }
    }

    fn poll(&mut self) -> Poll<WaitOutcome> {
        let waker = Waker::from(Arc::clone(&self.wakes));
        match self.waiter.poll(&Context::from_waker(&waker), at(0)) {
            Ok(outcome) => Poll::Ready(outcome),
            Err(_) => Poll::Pending,
        }
    }

    fn woken(&self) -> usize {
        self.wakes.0.load(Ordering::SeqCst)
    }

    #[track_caller]
    fn leads(&mut self) -> Leader {
        match self.poll() {
            Poll::Ready(WaitOutcome::Leads(leader)) => leader,
            other => panic!("it was to lead: {}", how(&other)),
        }
    }
}

fn how(outcome: &Poll<WaitOutcome>) -> &'static str {
    match outcome {
        Poll::Pending => "waits",
        Poll::Ready(WaitOutcome::Leads(_)) => "leads",
        Poll::Ready(WaitOutcome::Alone) => "alone",
        Poll::Ready(WaitOutcome::Completed(LoadOutcome::Answer(_))) => "answer",
        Poll::Ready(WaitOutcome::Completed(LoadOutcome::Served(_))) => "served",
        Poll::Ready(WaitOutcome::Completed(LoadOutcome::Failed(..))) => "failed",
        Poll::Ready(WaitOutcome::Completed(LoadOutcome::NotShared)) => "not shared",
    }
}

fn with_waiters(count: usize) -> (Arc<Store>, Leader, Vec<TestWaiter>) {
    let store = store(CacheConfig::DEFAULT);
    let leader = loads(lookup(&store, 1, at(0)));
    let mut waiting: Vec<TestWaiter> = (0..count).map(|_| TestWaiter::at(&store, 1)).collect();
    for waiting in &mut waiting {
        assert!(waiting.poll().is_pending());
    }
    (store, leader, waiting)
}

#[test]
fn waiters_get_the_value_of_the_leader() {
    let (store, leader, mut waiting) = with_waiters(3);
    leader.complete(good(7), at(0));
    for waiting in &mut waiting {
        assert_eq!((waiting.woken(), how(&waiting.poll())), (1, "answer"));
    }
    assert_eq!(store.flights(), 0);
}

#[test]
fn waiters_get_the_failure_of_the_leader() {
    let (store, leader, mut waiting) = with_waiters(2);
    leader.complete(failed(Verdict::transient()), at(3));
    for waiting in &mut waiting {
        let Poll::Ready(WaitOutcome::Completed(LoadOutcome::Failed(failure, when))) =
            waiting.poll()
        else {
            panic!("it failed");
        };
        assert_eq!((failure, when), (Failure::of(Verdict::transient()), at(3)));
    }
    assert_eq!(store.flights(), 0);
}

#[test]
fn dropped_leader_is_replaced_by_one_waiter() {
    let (store, leader, mut waiting) = with_waiters(3);
    drop(leader);
    let woken: Vec<usize> = waiting.iter().map(TestWaiter::woken).collect();
    assert_eq!(woken, [1, 0, 0], "the one who waited longest");
    assert!(waiting[1].poll().is_pending());
    let leader = waiting[0].leads();
    assert!(waiting[2].poll().is_pending());
    leader.complete(good(7), at(0));
    assert_eq!(how(&waiting[1].poll()), "answer");
    assert_eq!(how(&waiting[2].poll()), "answer");
    assert_eq!((store.flights(), store.held()), (0, 1));
}

#[test]
fn dropped_successor_passes_the_lead_on() {
    let (store, leader, mut waiting) = with_waiters(3);
    drop(leader);
    drop(waiting.remove(0));
    assert_eq!(waiting[0].woken(), 1);
    drop(waiting[0].leads());
    assert_eq!(waiting[1].woken(), 1);
    drop(waiting);
    assert_eq!(store.flights(), 0);
    drop(loads(lookup(&store, 1, at(0))));
}

#[test]
fn dropped_waiter_leaves_nothing_behind() {
    let (store, leader, mut waiting) = with_waiters(3);
    drop(waiting.remove(0));
    drop(leader);
    assert_eq!(waiting[0].woken(), 1);
    waiting.clear();
    assert_eq!(store.flights(), 0);

    let (store, leader, waiting) = with_waiters(2);
    leader.complete(good(1), at(0));
    drop(waiting);
    assert_eq!(store.flights(), 0);
}

#[test]
fn waiter_that_was_never_polled_gets_the_lead() {
    let store = store(CacheConfig::DEFAULT);
    let leader = loads(lookup(&store, 1, at(0)));
    let mut unpolled = TestWaiter::at(&store, 1);
    drop(leader);
    drop(unpolled.leads());
    assert_eq!(store.flights(), 0);
}

#[test]
fn waiters_complete_after_an_invalidation() {
    let (store, leader, mut waiting) = with_waiters(2);
    store.invalidate(1, at(0));
    drop(leader);
    let leader = waiting[0].leads();
    leader.complete(good(7), at(0));
    assert_eq!(how(&waiting[1].poll()), "answer");
    assert_eq!((store.flights(), store.held()), (0, 0), "not kept");
}

#[test]
fn waiters_get_an_inserted_value() {
    let (store, leader, mut waiting) = with_waiters(1);
    store.insert(1, numbers(), number(9), Keep::Configured, at(0));
    assert_eq!((waiting[0].woken(), how(&waiting[0].poll())), (1, "answer"));
    drop(leader);
    assert_eq!((store.flights(), store.held()), (0, 1));
}
