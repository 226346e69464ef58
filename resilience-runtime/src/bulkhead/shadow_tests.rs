//! A bulkhead in shadow: it decides as one that enforces, and holds nobody back.

use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use proptest::prelude::*;
use tokio::time::Instant;

use super::*;
use crate::config::PatternMode;

const SECOND: Duration = Duration::from_secs(1);

fn bulkhead(max_concurrent: usize, mode: PatternMode) -> Arc<Bulkhead> {
    let config = BulkheadConfig::default()
        .max_concurrent(max_concurrent)
        .max_wait(100 * SECOND)
        .mode(mode);
    Arc::new(Bulkhead::new("llm", config).expect("a valid configuration"))
}

fn set(bulkhead: &Bulkhead, mode: PatternMode) {
    let config = bulkhead.config().mode(mode);
    bulkhead.reconfigure(config).expect("valid");
}

fn poll<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

fn is_empty(bulkhead: &Bulkhead) -> bool {
    bulkhead.in_flight() == 0 && bulkhead.semaphore.waiting() == 0
}

#[tokio::test(start_paused = true)]
async fn full_shadow_bulkhead_passes_without_a_permit() {
    let bulkhead = bulkhead(1, PatternMode::Shadow);
    let began = Instant::now();
    let held = bulkhead.acquire().await.expect("a permit");
    assert!(!held.is_shadow_rejected());
    let passed = [
        bulkhead.acquire().await,
        bulkhead.acquire_within(SECOND).await,
        bulkhead.try_acquire(),
    ];
    for passed in passed {
        assert!(passed.expect("it passes").is_shadow_rejected());
    }
    let owned = [bulkhead.try_acquire_owned(), bulkhead.acquire_owned().await];
    for passed in owned {
        assert!(passed.expect("it passes").is_shadow_rejected());
    }
    assert_eq!(bulkhead.in_flight(), 1);
    assert_eq!(bulkhead.shadow_rejected(), 5);
    assert_eq!(began.elapsed(), Duration::ZERO);
    drop(held);
    assert!(is_empty(&bulkhead));
    assert!(
        !bulkhead
            .try_acquire()
            .expect("a permit")
            .is_shadow_rejected()
    );
}

#[tokio::test(start_paused = true)]
async fn waiters_pass_at_once_when_the_mode_becomes_shadow() {
    let bulkhead = bulkhead(1, PatternMode::Enforce);
    let held = bulkhead.try_acquire().expect("a permit");
    let mut waiting: Vec<_> = (0..20).map(|_| waiter(&bulkhead)).collect();
    for waiter in &mut waiting {
        assert!(waiter.poll().is_pending());
    }
    let began = Instant::now();
    set(&bulkhead, PatternMode::Shadow);
    for waiter in &mut waiting {
        assert!(waiter.is_woken());
        let Poll::Ready(Ok(passed)) = waiter.poll() else {
            panic!("nobody waits in shadow");
        };
        assert!(passed.is_shadow_rejected());
    }
    assert_eq!(began.elapsed(), Duration::ZERO);
    assert_eq!((bulkhead.in_flight(), bulkhead.shadow_rejected()), (1, 20));
    drop(held);
    assert!(is_empty(&bulkhead));
    set(&bulkhead, PatternMode::Enforce);
    let _held = bulkhead.try_acquire().expect("a permit");
    assert!(bulkhead.try_acquire().is_err());
}

#[tokio::test(start_paused = true)]
async fn waiters_stay_when_shadow_ends_before_they_are_polled() {
    let bulkhead = bulkhead(1, PatternMode::Enforce);
    let held = bulkhead.try_acquire().expect("a permit");
    let mut waiting: Vec<_> = (0..3).map(|_| Box::pin(bulkhead.acquire())).collect();
    for waiter in &mut waiting {
        assert!(poll(waiter.as_mut()).is_pending());
    }
    set(&bulkhead, PatternMode::Shadow);
    set(&bulkhead, PatternMode::Enforce);
    for waiter in &mut waiting {
        assert!(poll(waiter.as_mut()).is_pending());
    }
    drop(held);
    for mut waiter in waiting {
        let Poll::Ready(Ok(permit)) = poll(waiter.as_mut()) else {
            panic!("it is its turn");
        };
        assert!(!permit.is_shadow_rejected());
    }
    assert_eq!(bulkhead.shadow_rejected(), 0);
    assert!(is_empty(&bulkhead));
}

/// A waiter that knows whether it was woken.
struct Waiting {
    future: Pin<Box<dyn Future<Output = Result<OwnedBulkheadPermit, ResilienceError>>>>,
    woken: Arc<Woken>,
}

#[derive(Default)]
struct Woken(std::sync::atomic::AtomicBool);

impl std::task::Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, std::sync::atomic::Ordering::SeqCst);
    }
}

fn waiter(bulkhead: &Arc<Bulkhead>) -> Waiting {
    let bulkhead = Arc::clone(bulkhead);
    Waiting {
        future: Box::pin(async move { bulkhead.acquire_owned().await }),
        woken: Arc::default(),
    }
}

impl Waiting {
    fn poll(&mut self) -> Poll<Result<OwnedBulkheadPermit, ResilienceError>> {
        let waker = Waker::from(Arc::clone(&self.woken));
        self.future.as_mut().poll(&mut Context::from_waker(&waker))
    }

    fn is_woken(&self) -> bool {
        self.woken.0.load(std::sync::atomic::Ordering::SeqCst)
    }
}

#[derive(Clone, Debug)]
enum Step {
    Enter,
    /// Ends the call at this index, modulo their number.
    Leave(usize),
    Resize(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => Just(Step::Enter),
        4 => (0..9_usize).prop_map(Step::Leave),
        1 => (1..5_usize).prop_map(Step::Resize),
    ];
    prop::collection::vec(step, 0..120)
}

proptest! {
    /// Fed the same, both hold the same calls. What one rejects passes the other, and holds nothing.
    #[test]
    fn shadow_bulkhead_decides_as_an_enforcing_one(steps in steps()) {
        let (enforcing, shadow) = (
            bulkhead(2, PatternMode::Enforce),
            bulkhead(2, PatternMode::Shadow),
        );
        let (mut calls, mut rejected) = (Vec::new(), 0);
        for step in steps {
            match step {
                Step::Enter => {
                    let held = enforcing.try_acquire();
                    let passed = shadow.try_acquire().expect("it passes");
                    prop_assert_eq!(held.is_err(), passed.is_shadow_rejected());
                    rejected += u64::from(held.is_err());
                    calls.push((held, passed));
                }
                Step::Leave(_) if calls.is_empty() => {}
                Step::Leave(index) => drop(calls.swap_remove(index % calls.len())),
                Step::Resize(to) => for bulkhead in [&enforcing, &shadow] {
                    let config = bulkhead.config().max_concurrent(to);
                    bulkhead.reconfigure(config).expect("valid");
                },
            }
            prop_assert_eq!(enforcing.in_flight(), shadow.in_flight());
            prop_assert_eq!(shadow.shadow_rejected(), rejected);
        }
    }

    /// Whatever mode calls began in, at the end every permit is back.
    #[test]
    fn no_permit_is_lost_when_the_mode_changes(
        steps in prop::collection::vec((0..4_u8, 0..9_usize), 0..120),
    ) {
        let paused = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .expect("a runtime");
        paused.block_on(async move {
            let bulkhead = bulkhead(2, PatternMode::Enforce);
            let (mut waiting, mut inside) = (Vec::new(), Vec::new());
            let mut mode = PatternMode::Enforce;
            for (step, index) in steps {
                match step {
                    0 => waiting.push(waiter(&bulkhead)),
                    1 if !inside.is_empty() => drop(inside.swap_remove(index % inside.len())),
                    2 if !waiting.is_empty() => drop(waiting.remove(index % waiting.len())),
                    3 => {
                        mode = PatternMode::ALL[index % 2];
                        set(&bulkhead, mode);
                    }
                    _ => {}
                }
                waiting.retain_mut(|waiter| match waiter.poll() {
                    Poll::Ready(permit) => {
                        inside.push(permit.expect("nobody waits that long"));
                        false
                    }
                    Poll::Pending => true,
                });
                prop_assert!(mode == PatternMode::Enforce || waiting.is_empty());
                prop_assert!(bulkhead.in_flight() <= 2);
            }
            drop((waiting, inside));
            prop_assert!(is_empty(&bulkhead));
            Ok(())
        })?;
    }
}
