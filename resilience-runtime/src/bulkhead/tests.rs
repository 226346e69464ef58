//! The rules of the public API, one by one.

use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use tokio::time::{Instant, sleep};

use super::semaphore::Turn;
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

fn is_empty(bulkhead: &Bulkhead) -> bool {
    bulkhead.in_flight() == 0 && bulkhead.semaphore.waiting() == 0
}

#[tokio::test(start_paused = true)]
async fn rejects_when_full() {
    let bulkhead = bulkhead(2, Duration::ZERO);
    let first = bulkhead.try_acquire().expect("a permit");
    let second = bulkhead.try_acquire_owned().expect("a permit");
    assert_eq!(bulkhead.in_flight(), 2);
    for refused in [bulkhead.try_acquire(), bulkhead.acquire().await] {
        let refused = refused.expect_err("it is full");
        assert!(
            matches!(refused, ResilienceError::BulkheadFull { service, .. } if service == "llm")
        );
    }
    drop(first);
    drop(bulkhead.acquire_owned().await.expect("a permit"));
    drop(second);
    assert!(is_empty(&bulkhead));
}

#[tokio::test(start_paused = true)]
async fn acquire_times_out_after_max_wait() {
    let bulkhead = bulkhead(1, 3 * SECOND);
    let permit = bulkhead.try_acquire().expect("a permit");
    let start = Instant::now();
    assert!(bulkhead.acquire().await.is_err());
    assert_eq!(start.elapsed(), 3 * SECOND);
    assert!(bulkhead.acquire_within(SECOND).await.is_err());
    assert_eq!(start.elapsed(), 4 * SECOND);
    assert!(bulkhead.acquire_within(Duration::ZERO).await.is_err());
    assert_eq!(start.elapsed(), 4 * SECOND);
    assert_eq!(bulkhead.semaphore.waiting(), 0);
    drop(permit);
    assert!(is_empty(&bulkhead));
}

#[tokio::test(start_paused = true)]
async fn permits_are_handed_over_in_order_of_arrival() {
    let bulkhead = bulkhead(1, 100 * SECOND);
    let order = Arc::new(std::sync::Mutex::new(Vec::new()));
    let permit = bulkhead.try_acquire().expect("a permit");
    let mut tasks = Vec::new();
    for number in 0..5 {
        let (bulkhead, order) = (Arc::clone(&bulkhead), Arc::clone(&order));
        tasks.push(tokio::spawn(async move {
            let _permit = bulkhead.acquire().await.expect("a permit in time");
            order.lock().expect("no panic").push(number);
            sleep(SECOND).await;
        }));
        tokio::task::yield_now().await;
    }
    drop(permit);
    assert!(
        bulkhead.try_acquire().is_err(),
        "the permit is the first one's"
    );
    for task in tasks {
        task.await.expect("no panic");
    }
    assert_eq!(*order.lock().expect("no panic"), [0, 1, 2, 3, 4]);
    assert!(is_empty(&bulkhead));
}

#[tokio::test(start_paused = true)]
async fn acquire_dropped_after_any_poll_leaves_no_waiter() {
    for granted in [false, true] {
        for polls in 0..4 {
            let bulkhead = bulkhead(1, 100 * SECOND);
            let permit = bulkhead.try_acquire().expect("a permit");
            let mut dropped = sendable(Arc::clone(&bulkhead).acquire_until(Moment::FAR_FUTURE));
            let mut next = Box::pin(bulkhead.acquire());
            for _ in 0..polls {
                assert!(poll(dropped.as_mut()).is_pending());
            }
            assert!(poll(next.as_mut()).is_pending());
            if granted {
                drop(permit);
                drop(dropped);
            } else {
                drop(dropped);
                drop(permit);
            }
            assert!(bulkhead.try_acquire().is_err(), "it is the next one's");
            let Poll::Ready(Ok(permit)) = poll(next.as_mut()) else {
                panic!("the permit went on to the next one");
            };
            assert_eq!(bulkhead.in_flight(), 1);
            drop(permit);
            assert!(is_empty(&bulkhead));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn permit_released_at_the_deadline_is_acquired() {
    let bulkhead = bulkhead(1, SECOND);
    let permit = bulkhead.try_acquire().expect("a permit");
    let mut waiting = Box::pin(bulkhead.acquire());
    assert!(poll(waiting.as_mut()).is_pending());
    sleep(SECOND).await;
    drop(permit);
    assert!(matches!(poll(waiting.as_mut()), Poll::Ready(Ok(_))));
    drop(waiting);
    assert!(is_empty(&bulkhead));
}

/// Gives a permit back when it is dropped, wherever that is.
struct LeavesWhenDropped(Arc<Bulkhead>);

impl Wake for LeavesWhenDropped {
    fn wake(self: Arc<Self>) {}
}

impl Drop for LeavesWhenDropped {
    fn drop(&mut self) {
        self.0.semaphore.release(Moment::now);
    }
}

#[tokio::test(start_paused = true)]
async fn permit_released_within_the_last_poll_is_not_lost() {
    let bulkhead = bulkhead(1, SECOND);
    assert!(bulkhead.semaphore.try_acquire());
    let mut waiting = Box::pin(bulkhead.acquire());
    // The next poll finds that the time is up, then drops this waker.
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
    assert!(matches!(poll(waiting.as_mut()), Poll::Ready(Err(_))));
    drop(waiting);
    assert!(is_empty(&bulkhead));
}

#[test]
fn poll_takes_a_permit_that_became_free() {
    let semaphore = Semaphore::new(2);
    let poll = || semaphore.poll(None, Moment(9), Waker::noop(), Moment(1));
    for taken in [1, 2] {
        assert_eq!(poll(), Turn::Acquired);
        assert_eq!(semaphore.in_use(), taken);
    }
    assert_eq!(poll(), Turn::Waiting(0, Moment(9)));
    assert_eq!((semaphore.in_use(), semaphore.waiting()), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn reconfigure_wakes_waiters_and_keeps_calls_in_flight() {
    let bulkhead = bulkhead(1, 100 * SECOND);
    let resize = |max_concurrent| {
        let config = bulkhead.config().max_concurrent(max_concurrent);
        bulkhead.reconfigure(config)
    };
    let first = bulkhead.try_acquire().expect("a permit");
    let mut waiting: Vec<_> = (0..3).map(|_| Box::pin(bulkhead.acquire())).collect();
    for waiter in &mut waiting {
        assert!(poll(waiter.as_mut()).is_pending());
    }
    resize(3).expect("valid");
    assert!(bulkhead.try_acquire().is_err(), "they are the waiters'");
    let Poll::Ready(Ok(second)) = poll(waiting[0].as_mut()) else {
        panic!("the second permit");
    };
    let Poll::Ready(Ok(third)) = poll(waiting[1].as_mut()) else {
        panic!("the third permit");
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
    assert!(is_empty(&bulkhead));
    assert_eq!(bulkhead.config().max_concurrent, 1);
}

#[test]
fn acquire_without_timer_fails_only_if_it_must_wait() {
    let bulkhead = bulkhead(1, SECOND);
    let mut enter = Box::pin(bulkhead.acquire());
    let Poll::Ready(Ok(permit)) = poll(enter.as_mut()) else {
        panic!("a free permit needs no timer");
    };
    let Poll::Ready(Err(error)) = poll(Box::pin(bulkhead.acquire()).as_mut()) else {
        panic!("no timer");
    };
    assert!(matches!(error, ResilienceError::InvalidConfig(_)));
    drop(permit);
    assert!(is_empty(&bulkhead));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn in_flight_never_exceeds_max_concurrent_under_threads() {
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
                        Ok(_permit) => {
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
    assert!(is_empty(&bulkhead));
}

fn adaptive(config: AdaptiveConfig) -> Bulkhead {
    let config = BulkheadConfig::default()
        .max_wait(100 * SECOND)
        .adaptive(config);
    Bulkhead::new("llm", config).expect("a valid configuration")
}

#[tokio::test(start_paused = true)]
async fn waiters_get_the_places_of_a_higher_limit_in_their_order() {
    let bulkhead = adaptive(AdaptiveConfig::default().initial(1));
    for _ in 0..9 {
        bulkhead.try_acquire().expect("a permit").success();
    }
    let permit = bulkhead.try_acquire().expect("a permit");
    let mut waiting: Vec<_> = (0..3).map(|_| Box::pin(bulkhead.acquire())).collect();
    for waiter in &mut waiting {
        assert!(poll(waiter.as_mut()).is_pending());
    }
    // The tenth call ends the window: its own place is free, and one more.
    permit.success();
    assert_eq!((bulkhead.limit(), bulkhead.in_flight()), (2, 0));
    assert!(bulkhead.try_acquire().is_err(), "they are the waiters'");
    let Poll::Ready(Ok(first)) = poll(waiting[0].as_mut()) else {
        panic!("the first permit");
    };
    let Poll::Ready(Ok(second)) = poll(waiting[1].as_mut()) else {
        panic!("the second permit");
    };
    assert!(poll(waiting[2].as_mut()).is_pending());
    drop((first, second, waiting));
    assert!(is_empty(&bulkhead));
}

#[tokio::test(start_paused = true)]
async fn lower_limit_ends_no_call_and_is_told_once() {
    let told = Arc::new(std::sync::Mutex::new(Vec::new()));
    let bulkhead = adaptive(AdaptiveConfig::default().initial(4).factor(0.5)).with_listener({
        let told = Arc::clone(&told);
        move |change| told.lock().expect("no panic").push(change)
    });
    let bulkhead = Arc::new(bulkhead);
    let mut permits: Vec<_> = (0..4)
        .map(|_| bulkhead.try_acquire_owned().expect("a permit"))
        .collect();
    tokio::time::advance(SECOND).await;
    permits.pop().expect("four").congested();
    assert_eq!((bulkhead.limit(), bulkhead.in_flight()), (2, 3));
    assert!(bulkhead.try_acquire().is_err());
    permits.into_iter().for_each(OwnedBulkheadPermit::congested);
    assert_eq!(bulkhead.limit(), 2, "they began before it fell");
    assert_eq!(
        *told.lock().expect("no panic"),
        [LimitChange { from: 4, to: 2 }]
    );
    drop(bulkhead.try_acquire().expect("a permit"));
    assert_eq!(bulkhead.limit(), 2, "a drop tells nothing");
    assert!(is_empty(&bulkhead));
}

#[tokio::test(start_paused = true)]
async fn reports_to_a_fixed_limit_release_the_permit() {
    let bulkhead = bulkhead(1, Duration::ZERO);
    bulkhead.try_acquire().expect("a permit").success();
    bulkhead.try_acquire().expect("a permit").success_in(SECOND);
    let permit = bulkhead.try_acquire().expect("a permit");
    // What was granted under a fixed limit has no time.
    let config = bulkhead.config().adaptive(AdaptiveConfig::default());
    bulkhead.reconfigure(config).expect("valid");
    assert_eq!(bulkhead.limit(), 20);
    permit.congested();
    assert_eq!(bulkhead.limit(), 20);
    bulkhead.try_acquire().expect("a permit").congested();
    assert_eq!(bulkhead.limit(), 18);
    let fixed = BulkheadConfig::default().max_concurrent(3);
    bulkhead.reconfigure(fixed).expect("valid");
    assert_eq!(bulkhead.limit(), 3);
    assert!(is_empty(&bulkhead));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn adaptive_limit_holds_under_threads() {
    let config = AdaptiveConfig::default().min(2).initial(4).max(6);
    let bulkhead = Arc::new(adaptive(config));
    let tasks: Vec<_> = (0..32)
        .map(|task| {
            let bulkhead = Arc::clone(&bulkhead);
            tokio::spawn(async move {
                for round in 0..100 {
                    let permit = bulkhead.acquire().await.expect("a permit in time");
                    tokio::task::yield_now().await;
                    if (task + round) % 50 == 0 {
                        permit.congested();
                    } else {
                        permit.success();
                    }
                    assert!((2..=6).contains(&bulkhead.limit()));
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("no panic");
    }
    assert!(is_empty(&bulkhead));
}
