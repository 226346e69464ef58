use std::cell::RefCell;
use std::rc::Rc;

use tokio::time::{Instant, advance, sleep};

use super::*;

#[tokio::test(start_paused = true)]
async fn acquire_waits_exactly_until_the_token() {
    let limiter = limiter(RateLimitConfig::per_second(10).burst(1));
    let start = Instant::now();
    for turn in 0..5 {
        let reservation = limiter.acquire("a", 1, SECOND).await.expect("in time");
        assert_eq!(reservation.tokens(), 1);
        assert_eq!(start.elapsed(), ms(100 * turn));
    }
    assert_no_waiters(&limiter);
}

#[tokio::test(start_paused = true)]
async fn acquire_rejects_at_once_what_cannot_pass_in_time() {
    let limiter = limiter(RateLimitConfig::per_second(1).burst(2));
    assert!(limiter.check_n("a", 2).allowed);
    let start = Instant::now();
    assert_eq!(
        rejected(limiter.acquire("a", 1, ms(999)).await),
        Some(SECOND)
    );
    assert_eq!(
        rejected(limiter.acquire("a", 1, Duration::ZERO).await),
        Some(SECOND)
    );
    // Behind the others it would take 2 s.
    let mut ahead = Polled::new(limiter.acquire("a", 1, SECOND));
    assert!(ahead.poll().is_pending());
    assert_eq!(
        rejected(limiter.acquire("a", 1, ms(1_999)).await),
        Some(2 * SECOND)
    );
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn cost_above_capacity_never_waits() {
    for config in [
        RateLimitConfig::per_second(10).burst(3),
        RateLimitConfig::per_second(3).sliding_window(),
        RateLimitConfig::per_second(3).fixed_window(),
    ] {
        let limiter = limiter(config);
        let decision = limiter.check_n("a", 4);
        assert!(!decision.allowed);
        assert_eq!(decision.retry_after, None);
        assert_eq!(rejected(limiter.acquire("a", 4, Duration::MAX).await), None);
        assert!(limiter.check_n("a", 3).allowed);
        assert!(limiter.check_n("a", 0).allowed, "nothing costs nothing");
    }
}

#[tokio::test(start_paused = true)]
async fn waiters_pass_in_order_whatever_the_cost() {
    for config in [
        RateLimitConfig::per_second(10).burst(3),
        RateLimitConfig::new(3, ms(300)).sliding_window(),
        RateLimitConfig::new(3, ms(300)).fixed_window(),
    ] {
        let limiter = limiter(config);
        assert!(limiter.check_n("a", 3).allowed);
        let order = Rc::new(RefCell::new(Vec::new()));
        let set = tokio::task::LocalSet::new();
        for (turn, cost) in [3, 1, 2, 1, 1, 3].into_iter().enumerate() {
            let (limiter, order) = (limiter.clone(), Rc::clone(&order));
            set.spawn_local(async move {
                sleep(ms(turn as u64)).await;
                limiter
                    .acquire("a", cost, 100 * SECOND)
                    .await
                    .expect("in time");
                order.borrow_mut().push(turn);
            });
        }
        set.await;
        assert_eq!(*order.borrow(), [0, 1, 2, 3, 4, 5]);
        assert_no_waiters(&limiter);
    }
}

#[tokio::test(start_paused = true)]
async fn check_does_not_overtake_waiters() {
    let limiter = limiter(RateLimitConfig::per_second(1).burst(2));
    assert!(limiter.check_n("a", 1).allowed);
    let mut big = Polled::new(limiter.acquire("a", 2, 10 * SECOND));
    assert!(big.poll().is_pending());
    // One token is there, but it belongs to the queue.
    let decision = limiter.check("a");
    assert!(!decision.allowed);
    assert_eq!(
        (decision.remaining, decision.retry_after),
        (0, Some(2 * SECOND))
    );
    assert!(!limiter.peek("a").allowed);
    assert!(limiter.check("b").allowed);
    drop(big);
    assert!(limiter.check("a").allowed);
    assert_no_waiters(&limiter);
}

#[tokio::test(start_paused = true)]
async fn acquire_ends_at_its_own_max_wait() {
    let limiter = limiter(RateLimitConfig::per_minute(60).burst(1));
    assert!(limiter.check("a").allowed);
    let first = limiter.acquire("a", 1, 2 * SECOND).await;
    let start = Instant::now();
    let mut waiting = Polled::new(limiter.acquire("a", 1, ms(1_500)));
    assert!(waiting.poll().is_pending());
    // After a later debt the wait cannot succeed: it ends at once.
    limiter.settle("a", 1, 3);
    assert_eq!(waiting.woken(), 1);
    let Poll::Ready(outcome) = waiting.poll() else {
        panic!("it still waits");
    };
    assert_eq!(rejected(outcome), Some(3 * SECOND));
    assert_eq!(start.elapsed(), Duration::ZERO);
    drop(first);
    assert_no_waiters(&limiter);
}

#[tokio::test(start_paused = true)]
async fn refund_admits_the_head_at_once() {
    for config in [
        RateLimitConfig::per_minute(2),
        RateLimitConfig::per_minute(2).sliding_window(),
        RateLimitConfig::per_minute(2).fixed_window(),
    ] {
        let limiter = limiter(config);
        let taken = limiter.acquire("a", 2, Duration::ZERO).await.expect("free");
        let start = Instant::now();
        let mut first = Polled::new(limiter.acquire("a", 1, 1_000 * SECOND));
        let mut second = Polled::new(limiter.acquire("a", 1, 1_000 * SECOND));
        assert!(first.poll().is_pending() && second.poll().is_pending());
        taken.refund();
        assert_eq!(first.woken(), 1);
        assert_eq!(second.woken(), 1, "it watches the head from now on");
        assert!(second.poll().is_pending());
        assert!(matches!(first.poll(), Poll::Ready(Ok(_))));
        assert_eq!(second.woken(), 2, "the next head");
        assert!(matches!(second.poll(), Poll::Ready(Ok(_))));
        assert_eq!(start.elapsed(), Duration::ZERO);
        assert_no_waiters(&limiter);
    }
}

#[tokio::test(start_paused = true)]
async fn acquire_dropped_after_any_poll_leaves_no_waiter() {
    // Three waiters; the one at `victim` is polled `polls` times, at most until it passes, and dropped.
    for config in [
        RateLimitConfig::per_second(1).burst(1),
        RateLimitConfig::per_second(1).sliding_window(),
        RateLimitConfig::per_second(1).fixed_window(),
    ] {
        for victim in 0..3 {
            for polls in 0..6 {
                let limiter = limiter(config.clone());
                assert!(limiter.check("a").allowed);
                let start = Instant::now();
                let mut line: Vec<_> = (0..3)
                    .map(|_| Polled::new(limiter.acquire("a", 1, 100 * SECOND)))
                    .collect();
                let mut passed = 0;
                for (turn, waiter) in line.iter_mut().enumerate() {
                    if turn != victim || polls > 0 {
                        assert!(waiter.poll().is_pending());
                    }
                }
                for _ in 1..polls {
                    advance(ms(400)).await;
                    if let Poll::Ready(outcome) = line[victim].poll() {
                        outcome.expect("in time");
                        passed = 1;
                        break;
                    }
                }
                drop(line.remove(victim));
                for waiter in line {
                    let Polled { future, .. } = waiter;
                    future.await.expect("the others are served");
                }
                // One token a second, and the dropped one used none.
                let last = SECOND * (2 + passed);
                assert!(
                    (last..last + ms(1)).contains(&start.elapsed())
                        || start.elapsed() >= last && polls > 3,
                    "victim {victim}, polls {polls}: {:?}",
                    start.elapsed()
                );
                sleep(SECOND).await;
                assert_eq!(limiter.peek("a").remaining, 1);
                assert_no_waiters(&limiter);
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn waiter_out_of_time_passes_if_enough_for_all_ahead() {
    let limiter = limiter(RateLimitConfig::new(5, ms(200)).fixed_window());
    assert!(limiter.check_n("a", 5).allowed);
    let mut first = Polled::new(limiter.acquire("a", 1, SECOND));
    let mut second = Polled::new(limiter.acquire("a", 1, ms(200)));
    let mut third = Polled::new(limiter.acquire("a", 3, ms(600)));
    assert!(first.poll().is_pending());
    assert!(second.poll().is_pending());
    assert!(third.poll().is_pending());
    advance(ms(200)).await;
    // The head was not polled yet. It gets one more chance, and does not cost the second one its turn.
    assert!(second.poll().is_pending());
    assert!(first.woken() > 0 && second.woken() > 0);
    assert!(matches!(second.poll(), Poll::Ready(Ok(_))));
    assert!(third.poll().is_pending());
    assert!(matches!(first.poll(), Poll::Ready(Ok(_))));
    assert!(matches!(third.poll(), Poll::Ready(Ok(_))));
    assert_eq!(limiter.peek("a").remaining, 0);
    assert_no_waiters(&limiter);
}

#[tokio::test(start_paused = true)]
async fn check_does_not_take_tokens_of_an_unpolled_head() {
    let limiter = limiter(RateLimitConfig::per_second(1_000).burst(5));
    assert!(limiter.check_n("a", 5).allowed);
    let mut first = Polled::new(limiter.acquire("a", 1, SECOND));
    assert!(first.poll().is_pending());
    advance(ms(5)).await;
    // There is enough for both.
    assert!(!limiter.peek("a").allowed && !limiter.check("a").allowed);
    let at_once = limiter.acquire("a", 1, Duration::ZERO);
    assert!(rejected(at_once.await).is_some());
    assert!(matches!(first.poll(), Poll::Ready(Ok(_))));
    assert!(limiter.peek("a").allowed && limiter.check("a").allowed);
}

#[tokio::test(start_paused = true)]
async fn acquire_polled_too_early_stays_pending() {
    let limiter = limiter(RateLimitConfig::per_second(10).burst(1));
    assert!(limiter.check("a").allowed);
    let mut waiting = Polled::new(limiter.acquire("a", 1, ms(100)));
    for _ in 0..3 {
        assert!(waiting.poll().is_pending());
        advance(ms(30)).await;
    }
    advance(ms(10)).await;
    assert!(matches!(waiting.poll(), Poll::Ready(Ok(_))));
}

#[tokio::test(start_paused = true)]
async fn waiter_out_of_time_leaves_tokens_of_those_ahead() {
    let limiter = limiter(RateLimitConfig::new(3, ms(2)).fixed_window());
    assert!(limiter.check_n("a", 3).allowed);
    let mut first = Polled::new(limiter.acquire("a", 3, SECOND));
    let mut second = Polled::new(limiter.acquire("a", 1, ms(4)));
    assert!(first.poll().is_pending() && second.poll().is_pending());
    advance(ms(4)).await;
    // The window of the first waiter, which was not polled yet, would begin only now.
    let Poll::Ready(outcome) = second.poll() else {
        panic!("the wait cannot succeed");
    };
    assert_eq!(rejected(outcome), Some(ms(2)));
    assert!(matches!(first.poll(), Poll::Ready(Ok(_))));
}

#[tokio::test(start_paused = true)]
async fn dropped_waiter_shortens_the_queue() {
    let limiter = limiter(RateLimitConfig::per_second(1).burst(5));
    assert!(limiter.check_n("a", 5).allowed);
    let mut line: Vec<_> = (1..=4)
        .map(|cost| Polled::new(limiter.acquire("a", cost, 60 * SECOND)))
        .collect();
    assert!(line.iter_mut().all(|it| it.poll().is_pending()));
    for (leaves, left) in [(1, 8), (0, 7), (1, 3), (0, 0)] {
        drop(line.remove(leaves));
        assert_eq!(limiter.peek("a").retry_after, Some((left + 1) * SECOND));
    }
}

#[tokio::test(start_paused = true)]
async fn leaving_waiter_wakes_the_head_and_who_watches_it() {
    let limiter = limiter(RateLimitConfig::per_second(1).burst(1));
    assert!(limiter.check("a").allowed);
    let mut line: Vec<_> = (0..4)
        .map(|_| Polled::new(limiter.acquire("a", 1, 60 * SECOND)))
        .collect();
    for waiter in &mut line {
        assert!(waiter.poll().is_pending());
    }
    sleep(SECOND).await;
    assert_eq!(
        line.iter().map(Polled::woken).collect::<Vec<_>>(),
        [1, 0, 0, 0]
    );
    // The last one has moved to a place at which it is woken 5 ms after the head, and not 10 ms.
    drop(line.remove(1));
    let woken = |line: &[Polled<_>]| line.iter().map(Polled::woken).collect::<Vec<_>>();
    assert_eq!(woken(&line), [1, 0, 1]);
    assert!(line[2].poll().is_pending());
    drop(line.remove(0));
    assert_eq!(woken(&line), [1, 1]);
}

#[tokio::test(start_paused = true)]
async fn acquire_does_not_spin_below_timer_resolution() {
    let limiter = limiter(RateLimitConfig::new(1, Duration::from_nanos(1_000_001)));
    assert!(limiter.check("a").allowed);
    let start = Instant::now();
    limiter.acquire("a", 1, SECOND).await.expect("in time");
    assert!(start.elapsed() >= Duration::from_nanos(1_000_001));
    assert!(start.elapsed() <= ms(2));
}

#[test]
fn acquire_without_timer_fails_only_if_it_must_wait() {
    let limiter = limiter(RateLimitConfig::per_hour(1));
    let mut free = Polled::new(limiter.acquire("a", 1, SECOND));
    assert!(matches!(free.poll(), Poll::Ready(Ok(_))));
    let mut rejected = Polled::new(limiter.acquire("a", 1, SECOND));
    assert!(matches!(
        rejected.poll(),
        Poll::Ready(Err(ResilienceError::RateLimitExceeded { .. }))
    ));
    let mut waiting = Polled::new(limiter.acquire("a", 1, 4_000 * SECOND));
    assert!(matches!(
        waiting.poll(),
        Poll::Ready(Err(ResilienceError::InvalidConfig(_)))
    ));
    assert_no_waiters(&limiter);
}

#[tokio::test(start_paused = true)]
async fn acquire_future_is_send() {
    fn is_send<T: Send + 'static>(value: T) -> T {
        value
    }
    let limiter = limiter(RateLimitConfig::per_second(1));
    let key = std::marker::PhantomData::<Rc<()>>;
    is_send(limiter.acquire(&key, 1, SECOND))
        .await
        .expect("free");
    let until = Moment::now().after(SECOND);
    is_send(limiter.wait(KeyHash::NONE, Amount::units(1), Priority::Normal, until))
        .await
        .expect("free");
}

#[tokio::test(start_paused = true)]
async fn wait_until_a_moment_admits_or_rejects() {
    let limiter = limiter(RateLimitConfig::per_second(1).burst(2));
    let key = limiter.hash_key("a");
    let start = Moment::now();
    assert_eq!(
        limiter.try_take(key, Amount::units(2), Priority::Normal, start),
        Take::Taken { at: start }
    );
    let rejected = Take::Rejected {
        retry_after: Some(SECOND),
    };
    assert_eq!(
        limiter.try_take(key, Amount::units(1), Priority::Normal, start),
        rejected
    );
    assert_eq!(
        limiter.try_take(key, Amount::units(3), Priority::Normal, start),
        Take::Rejected { retry_after: None }
    );
    assert_eq!(
        limiter.earliest(key, Amount::units(2), Priority::Normal, start),
        Some(2 * SECOND)
    );
    assert_eq!(
        limiter.earliest(key, Amount::units(3), Priority::Normal, start),
        None
    );
    assert!(limiter.fits_capacity(2) && !limiter.fits_capacity(3));
    let at = limiter
        .wait(key, Amount::units(1), Priority::Normal, start.after(SECOND))
        .await;
    assert_eq!(at, Ok(Some(start.after(SECOND))));
    limiter.refund_grant(grant(key, 1, Some(start)), Moment::now());
    assert_eq!(
        limiter.earliest(key, Amount::units(1), Priority::Normal, Moment::now()),
        Some(Duration::ZERO)
    );
    let limit = Some(LimitName::REQUESTS_PER_SECOND);
    let timed_out = WaitError::Refused(Refusal {
        retry_after: Some(SECOND),
        limit,
    });
    let never = WaitError::Refused(Refusal {
        retry_after: None,
        limit,
    });
    assert_eq!(
        limiter
            .wait(
                key,
                Amount::units(2),
                Priority::Normal,
                start.after(ms(1_500))
            )
            .await,
        Err(timed_out)
    );
    assert_eq!(
        limiter
            .wait(key, Amount::units(3), Priority::Normal, Moment::FAR_FUTURE)
            .await,
        Err(never)
    );
}

#[tokio::test(start_paused = true)]
async fn thousands_of_waiters_pass_in_order() {
    let base = RateLimitConfig::new(100, ms(100));
    // The windows simulate the whole queue for each new waiter; the bucket only needs the sum.
    for (config, waiters) in [
        (base.clone(), 10_000),
        (base.clone().sliding_window(), 2_000),
        (base.fixed_window(), 2_000),
    ] {
        let limiter = limiter(config);
        assert!(limiter.check_n("a", 100).allowed);
        let start = Instant::now();
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..waiters {
            tasks.spawn(limiter.acquire("a", 1, 100 * SECOND));
        }
        while let Some(outcome) = tasks.join_next().await {
            outcome.expect("no panic").expect("in time");
        }
        assert_eq!(start.elapsed(), ms(waiters));
        assert_no_waiters(&limiter);
    }
}
