//! A runtime without timers is probed once: the panic hook runs for the first call that has to wait, not for later ones.
//!
//! In a binary of its own, because the panic hook belongs to the whole process.

use std::panic;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use resilience_runtime::{Bulkhead, BulkheadConfig, ResilienceError};

static PANICS: AtomicUsize = AtomicUsize::new(0);

/// Runs a call that has to wait in a new runtime; returns how often the panic hook ran, after each of three calls.
fn panics_after_each_call(bulkhead: &Bulkhead, timers: bool) -> [usize; 3] {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    if timers {
        builder.enable_time();
    }
    let runtime = builder.build().expect("a runtime");
    PANICS.store(0, Ordering::SeqCst);
    [(); 3].map(|()| {
        let waited = runtime.block_on(bulkhead.acquire_within(Duration::from_millis(1)));
        match waited {
            Err(ResilienceError::BulkheadFull { .. }) => assert!(timers),
            Err(ResilienceError::InvalidConfig(_)) => assert!(!timers),
            other => panic!("the bulkhead is full: {other:?}"),
        }
        PANICS.load(Ordering::SeqCst)
    })
}

#[test]
fn panic_hook_runs_once_for_each_runtime_without_timers() {
    panic::set_hook(Box::new(|_| {
        PANICS.fetch_add(1, Ordering::SeqCst);
    }));
    let bulkhead = Bulkhead::new("llm", BulkheadConfig::default()).expect("valid");
    let mut permits = Vec::new();
    while let Ok(permit) = bulkhead.try_acquire() {
        permits.push(permit);
    }
    assert_eq!(panics_after_each_call(&bulkhead, false), [1, 1, 1]);
    assert_eq!(panics_after_each_call(&bulkhead, true), [0, 0, 0]);
    assert_eq!(panics_after_each_call(&bulkhead, false), [1, 1, 1]);
    let _ = panic::take_hook();
}
