//! Leaders and waiters that go away.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use super::*;
use crate::cache::{Landing, Turn, Waiter};

#[derive(Default)]
struct Bell(AtomicUsize);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// Somebody who waits, and how often they were woken.
struct Seated {
    waiter: Waiter,
    bell: Arc<Bell>,
}

impl Seated {
    fn at(store: &Arc<Store>, key: u128) -> Self {
        match look(store, key, at(0)) {
            Look::Wait(waiter) => Self {
                waiter,
                bell: Arc::default(),
            },
            other => panic!("it was to wait: {}", told(&other)),
        }
    }

    fn poll(&mut self) -> Poll<Turn> {
        let waker = Waker::from(Arc::clone(&self.bell));
        self.waiter.poll(&Context::from_waker(&waker))
    }

    fn rings(&self) -> usize {
        self.bell.0.load(Ordering::SeqCst)
    }

    #[track_caller]
    fn leads(&mut self) -> Leader {
        match self.poll() {
            Poll::Ready(Turn::Leads(leader)) => leader,
            other => panic!("it was to lead: {}", how(&other)),
        }
    }
}

fn how(turn: &Poll<Turn>) -> &'static str {
    match turn {
        Poll::Pending => "waits",
        Poll::Ready(Turn::Leads(_)) => "leads",
        Poll::Ready(Turn::Landed(Landing::Answer(_))) => "answer",
        Poll::Ready(Turn::Landed(Landing::Served(_))) => "served",
        Poll::Ready(Turn::Landed(Landing::Failed(..))) => "failed",
    }
}

fn with_waiters(count: usize) -> (Arc<Store>, Leader, Vec<Seated>) {
    let store = store(CacheConfig::DEFAULT);
    let leader = loads(look(&store, 1, at(0)));
    let mut seated: Vec<Seated> = (0..count).map(|_| Seated::at(&store, 1)).collect();
    for seated in &mut seated {
        assert!(seated.poll().is_pending());
    }
    (store, leader, seated)
}

#[test]
fn all_who_wait_get_what_the_leader_brings() {
    let (store, leader, mut seated) = with_waiters(3);
    leader.land(good(7), at(0));
    for seated in &mut seated {
        assert_eq!((seated.rings(), how(&seated.poll())), (1, "answer"));
    }
    assert_eq!(store.flights(), 0);
}

#[test]
fn all_who_wait_get_a_failure() {
    let (store, leader, mut seated) = with_waiters(2);
    leader.land(failed(Verdict::transient()), at(3));
    for seated in &mut seated {
        let Poll::Ready(Turn::Landed(Landing::Failed(failure, when))) = seated.poll() else {
            panic!("it failed");
        };
        assert_eq!((failure, when), (Failure::of(Verdict::transient()), at(3)));
    }
    assert_eq!(store.flights(), 0);
}

#[test]
fn a_leader_that_goes_away_is_followed_by_exactly_one() {
    let (store, leader, mut seated) = with_waiters(3);
    drop(leader);
    let rings: Vec<usize> = seated.iter().map(Seated::rings).collect();
    assert_eq!(rings, [1, 0, 0], "the one who waited longest");
    assert!(seated[1].poll().is_pending());
    let leader = seated[0].leads();
    assert!(seated[2].poll().is_pending());
    leader.land(good(7), at(0));
    assert_eq!(how(&seated[1].poll()), "answer");
    assert_eq!(how(&seated[2].poll()), "answer");
    assert_eq!((store.flights(), store.len()), (0, 1));
}

#[test]
fn the_follower_may_go_away_before_it_knows() {
    let (store, leader, mut seated) = with_waiters(3);
    drop(leader);
    drop(seated.remove(0));
    assert_eq!(seated[0].rings(), 1);
    drop(seated[0].leads());
    assert_eq!(seated[1].rings(), 1);
    drop(seated);
    assert_eq!(store.flights(), 0);
    drop(loads(look(&store, 1, at(0))));
}

#[test]
fn who_waits_and_goes_away_leaves_nothing_behind() {
    let (store, leader, mut seated) = with_waiters(3);
    drop(seated.remove(0));
    drop(leader);
    assert_eq!(seated[0].rings(), 1);
    seated.clear();
    assert_eq!(store.flights(), 0);

    let (store, leader, seated) = with_waiters(2);
    leader.land(good(1), at(0));
    drop(seated);
    assert_eq!(store.flights(), 0);
}

#[test]
fn a_seat_that_was_never_polled_is_not_forgotten() {
    let store = store(CacheConfig::DEFAULT);
    let leader = loads(look(&store, 1, at(0)));
    let mut unpolled = Seated::at(&store, 1);
    drop(leader);
    drop(unpolled.leads());
    assert_eq!(store.flights(), 0);
}

#[test]
fn those_who_waited_before_an_invalidation_are_not_left_alone() {
    let (store, leader, mut seated) = with_waiters(2);
    store.invalidate(1);
    drop(leader);
    let leader = seated[0].leads();
    leader.land(good(7), at(0));
    assert_eq!(how(&seated[1].poll()), "answer");
    assert_eq!((store.flights(), store.len()), (0, 0), "not kept");
}

#[test]
fn those_who_wait_get_an_answer_from_elsewhere() {
    let (store, leader, mut seated) = with_waiters(1);
    store.insert(1, numbers(), number(9), at(0));
    assert_eq!((seated[0].rings(), how(&seated[0].poll())), (1, "answer"));
    drop(leader);
    assert_eq!((store.flights(), store.len()), (0, 1));
}
