//! The rules one by one, as a user sees them.

use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use tokio::time::{Instant, sleep};

use super::places::Arrival;
use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn bulkhead(max_concurrent: usize, max_wait: Duration) -> Arc<Bulkhead> {
    let config = BulkheadConfig::default()
        .max_concurrent(max_concurrent)
        .max_wait(max_wait);
    Arc::new(Bulkhead::new("llm", config).expect("a valid configuration"))
}

fn poll<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

fn sendable<F: Future + Send + 'static>(future: F) -> Pin<Box<F>> {
    Box::pin(future)
}

fn at_rest(bulkhead: &Bulkhead) -> bool {
    bulkhead.in_flight() == 0 && bulkhead.places.waiting() == 0
}

#[tokio::test(start_paused = true)]
async fn so_many_places_and_no_more() {
    let bulkhead = bulkhead(2, Duration::ZERO);
    let first = bulkhead.try_acquire().expect("a place");
    let second = bulkhead.try_acquire_owned().expect("a place");
    assert_eq!(bulkhead.in_flight(), 2);
    for refused in [bulkhead.try_acquire(), bulkhead.acquire().await] {
        let refused = refused.expect_err("it is full");
        assert!(matches!(refused, ResilienceError::BulkheadFull { service } if service == "llm"));
    }
    drop(first);
    drop(bulkhead.acquire_owned().await.expect("a place"));
    drop(second);
    assert!(at_rest(&bulkhead));
}

#[tokio::test(start_paused = true)]
async fn a_wait_ends_when_it_was_said_to() {
    let bulkhead = bulkhead(1, 3 * SECOND);
    let place = bulkhead.try_acquire().expect("a place");
    let start = Instant::now();
    assert!(bulkhead.acquire().await.is_err());
    assert_eq!(start.elapsed(), 3 * SECOND);
    assert!(bulkhead.acquire_within(SECOND).await.is_err());
    assert_eq!(start.elapsed(), 4 * SECOND);
    assert!(bulkhead.acquire_within(Duration::ZERO).await.is_err());
    assert_eq!(start.elapsed(), 4 * SECOND);
    assert_eq!(bulkhead.places.waiting(), 0);
    drop(place);
    assert!(at_rest(&bulkhead));
}

#[tokio::test(start_paused = true)]
async fn places_are_handed_on_in_the_order_of_arrival() {
    let bulkhead = bulkhead(1, 100 * SECOND);
    let order = Arc::new(std::sync::Mutex::new(Vec::new()));
    let place = bulkhead.try_acquire().expect("a place");
    let mut tasks = Vec::new();
    for number in 0..5 {
        let (bulkhead, order) = (Arc::clone(&bulkhead), Arc::clone(&order));
        tasks.push(tokio::spawn(async move {
            let _place = bulkhead.acquire().await.expect("a place in time");
            order.lock().expect("no panic").push(number);
            sleep(SECOND).await;
        }));
        tokio::task::yield_now().await;
    }
    drop(place);
    assert!(
        bulkhead.try_acquire().is_err(),
        "the place is the first one's"
    );
    for task in tasks {
        task.await.expect("no panic");
    }
    assert_eq!(*order.lock().expect("no panic"), [0, 1, 2, 3, 4]);
    assert!(at_rest(&bulkhead));
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_is_dropped_after_any_poll_leaves_no_trace() {
    for granted in [false, true] {
        for polls in 0..4 {
            let bulkhead = bulkhead(1, 100 * SECOND);
            let place = bulkhead.try_acquire().expect("a place");
            let mut dropped = sendable(Arc::clone(&bulkhead).enter_by(Moment::FAR_FUTURE));
            let mut next = Box::pin(bulkhead.acquire());
            for _ in 0..polls {
                assert!(poll(dropped.as_mut()).is_pending());
            }
            assert!(poll(next.as_mut()).is_pending());
            if granted {
                drop(place);
                drop(dropped);
            } else {
                drop(dropped);
                drop(place);
            }
            let Poll::Ready(Ok(place)) = poll(next.as_mut()) else {
                panic!("the place went on to the next one");
            };
            assert_eq!(bulkhead.in_flight(), 1);
            drop(place);
            assert!(at_rest(&bulkhead));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_place_that_comes_with_the_end_of_the_wait_is_taken() {
    let bulkhead = bulkhead(1, SECOND);
    let place = bulkhead.try_acquire().expect("a place");
    let mut waiting = Box::pin(bulkhead.acquire());
    assert!(poll(waiting.as_mut()).is_pending());
    sleep(SECOND).await;
    drop(place);
    assert!(matches!(poll(waiting.as_mut()), Poll::Ready(Ok(_))));
    drop(waiting);
    assert!(at_rest(&bulkhead));
}

/// Gives a place back when it is dropped, wherever that is.
struct LeavesWhenDropped(Arc<Bulkhead>);

impl Wake for LeavesWhenDropped {
    fn wake(self: Arc<Self>) {}
}

impl Drop for LeavesWhenDropped {
    fn drop(&mut self) {
        self.0.leave();
    }
}

#[tokio::test(start_paused = true)]
async fn a_place_that_comes_between_the_question_for_it_and_the_end_of_the_wait_is_taken() {
    let bulkhead = bulkhead(1, SECOND);
    assert!(bulkhead.try_enter());
    let mut waiting = Box::pin(bulkhead.acquire());
    // The next poll asks for the place, then drops this waker, then sees that the time is up.
    let last = Waker::from(Arc::new(LeavesWhenDropped(Arc::clone(&bulkhead))));
    assert!(
        waiting
            .as_mut()
            .poll(&mut Context::from_waker(&last))
            .is_pending()
    );
    tokio::time::sleep(SECOND).await;
    drop(last);
    assert_eq!(bulkhead.in_flight(), 1);
    assert!(matches!(poll(waiting.as_mut()), Poll::Ready(Ok(_))));
    drop(waiting);
    assert!(at_rest(&bulkhead));
}

#[test]
fn who_finds_a_free_place_on_the_way_to_the_queue_takes_it() {
    let places = Places::new(2);
    for taken in [1, 2] {
        assert_eq!(places.arrive(Waker::noop().clone()), Arrival::Entered);
        assert_eq!(places.taken(), taken);
    }
    assert_eq!(places.arrive(Waker::noop().clone()), Arrival::Queued(0));
    assert_eq!((places.taken(), places.waiting()), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn more_places_wake_who_waits_and_fewer_let_who_runs_finish() {
    let bulkhead = bulkhead(1, 100 * SECOND);
    let resize = |max_concurrent| {
        let config = bulkhead.config().max_concurrent(max_concurrent);
        bulkhead.reconfigure(config)
    };
    let first = bulkhead.try_acquire().expect("a place");
    let mut waiting: Vec<_> = (0..3).map(|_| Box::pin(bulkhead.acquire())).collect();
    for waiter in &mut waiting {
        assert!(poll(waiter.as_mut()).is_pending());
    }
    resize(3).expect("valid");
    assert_eq!(bulkhead.in_flight(), 3);
    let Poll::Ready(Ok(second)) = poll(waiting[0].as_mut()) else {
        panic!("the second place");
    };
    let Poll::Ready(Ok(third)) = poll(waiting[1].as_mut()) else {
        panic!("the third place");
    };
    assert!(poll(waiting[2].as_mut()).is_pending());

    resize(1).expect("valid");
    assert_eq!(bulkhead.in_flight(), 3);
    drop(first);
    drop(second);
    assert!(poll(waiting[2].as_mut()).is_pending(), "one still runs");
    assert!(resize(0).is_err());
    drop(third);
    assert!(matches!(poll(waiting[2].as_mut()), Poll::Ready(Ok(_))));
    drop(waiting);
    assert!(at_rest(&bulkhead));
    assert_eq!(bulkhead.config().max_concurrent, 1);
}

#[test]
fn without_a_timer_waiting_is_an_error_and_entering_is_not() {
    let bulkhead = bulkhead(1, SECOND);
    let mut enter = Box::pin(bulkhead.acquire());
    let Poll::Ready(Ok(place)) = poll(enter.as_mut()) else {
        panic!("a free place needs no timer");
    };
    let Poll::Ready(Err(error)) = poll(Box::pin(bulkhead.acquire()).as_mut()) else {
        panic!("no timer");
    };
    assert!(matches!(error, ResilienceError::InvalidConfig(_)));
    drop(place);
    assert!(at_rest(&bulkhead));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_tasks_never_overfill_it_and_all_get_through() {
    let bulkhead = bulkhead(3, 100 * SECOND);
    let (inside, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let tasks: Vec<_> = (0..64)
        .map(|task| {
            let (bulkhead, inside, most) = (
                Arc::clone(&bulkhead),
                Arc::clone(&inside),
                Arc::clone(&most),
            );
            tokio::spawn(async move {
                for round in 0..50 {
                    let short = (task + round) % 7 == 0;
                    let longest = if short {
                        Duration::from_micros(50)
                    } else {
                        100 * SECOND
                    };
                    match bulkhead.acquire_within(longest).await {
                        Ok(_place) => {
                            let now = inside.fetch_add(1, Ordering::SeqCst) + 1;
                            most.fetch_max(now, Ordering::SeqCst);
                            tokio::task::yield_now().await;
                            inside.fetch_sub(1, Ordering::SeqCst);
                        }
                        Err(error) => assert!(short, "{error}"),
                    }
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("no panic");
    }
    assert!(most.load(Ordering::SeqCst) <= 3);
    assert!(at_rest(&bulkhead));
}
