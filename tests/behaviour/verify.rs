//! `verify` checks an unknown outcome before the call fails or is sent again.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use resilience_runtime::{
    Registry, Verdict, database_resilient, llm_resilient, telemetry::EventKind,
};
use tokio::time::{Instant, sleep};

use crate::errors::ApiError;
use crate::events::heard;

type Found = Result<Option<u64>, ApiError>;

/// A ledger whose answers get lost.
#[derive(Default)]
struct Ledger {
    entries: Mutex<Vec<u64>>,
    /// How a transfer ends: whether it is written, and what the caller receives.
    ends: Mutex<Vec<(bool, Result<u64, ApiError>)>>,
    /// The scripted results of `verify`; after the last one, the real content of the ledger.
    looks: Mutex<Vec<Found>>,
    asked: AtomicUsize,
}

impl Ledger {
    fn ending(ends: impl IntoIterator<Item = (bool, Result<u64, ApiError>)>) -> Self {
        let ledger = Self::default();
        *ledger.ends.lock().unwrap() = ends.into_iter().collect();
        ledger
    }

    fn looking(self, looks: impl IntoIterator<Item = Found>) -> Self {
        *self.looks.lock().unwrap() = looks.into_iter().collect();
        self
    }

    fn transfer(&self, amount: u64) -> Result<u64, ApiError> {
        let mut ends = self.ends.lock().unwrap();
        let (written, out) = if ends.is_empty() {
            (true, Ok(amount))
        } else {
            ends.remove(0)
        };
        if written {
            self.entries.lock().unwrap().push(amount);
        }
        out
    }

    fn look(&self, amount: u64) -> Found {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let mut looks = self.looks.lock().unwrap();
        if looks.is_empty() {
            let entries = self.entries.lock().unwrap();
            return Ok(entries.iter().find(|entry| **entry == amount).copied());
        }
        looks.remove(0)
    }

    fn entries(&self) -> Vec<u64> {
        self.entries.lock().unwrap().clone()
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

async fn happened(ledger: &Ledger, amount: &u64) -> Found {
    ledger.look(*amount)
}

#[database_resilient(verify = happened)]
async fn transfer(ledger: &Ledger, amount: u64) -> Result<u64, ApiError> {
    ledger.transfer(amount)
}

#[tokio::test(start_paused = true)]
async fn verified_as_executed_is_not_retried() {
    let ledger = Ledger::ending([(true, Err(ApiError::Unknown))]);
    let registry = Registry::new();
    let out = registry.scope(transfer(&ledger, 100)).await;
    assert_eq!(out.unwrap(), 100);
    assert_eq!(ledger.entries(), [100]);
    assert_eq!(ledger.asked(), 1);
    let stats = registry.get("database").unwrap().stats();
    assert_eq!((stats.calls, stats.attempts, stats.successes), (1, 1, 1));
}

#[tokio::test(start_paused = true)]
async fn verified_as_not_executed_is_retried() {
    let ledger = Ledger::ending([(false, Err(ApiError::Unknown))]);
    let out = Registry::new().scope(transfer(&ledger, 100)).await;
    assert_eq!(out.unwrap(), 100);
    assert_eq!(ledger.entries(), [100]);
    assert_eq!(ledger.asked(), 1);
}

#[tokio::test(start_paused = true)]
async fn is_not_asked_where_the_client_sent_nothing() {
    fn refused(_: &ApiError) -> Verdict {
        Verdict::transient().after_client_retries()
    }
    #[database_resilient(verify = happened, client_retries = off, classify = refused)]
    async fn once(ledger: &Ledger, amount: u64) -> Result<u64, ApiError> {
        ledger.transfer(amount)
    }
    let ledger = Ledger::ending([(false, Err(ApiError::Unknown))]);
    let out = Registry::new().scope(once(&ledger, 100)).await;
    assert_eq!(out.unwrap(), 100);
    assert_eq!(ledger.asked(), 0);
}

#[tokio::test(start_paused = true)]
async fn is_asked_after_the_clients_own_retries() {
    fn refused(_: &ApiError) -> Verdict {
        Verdict::transient().after_client_retries()
    }
    fn throttled(_: &ApiError) -> Verdict {
        Verdict::throttled(None).after_client_retries()
    }
    #[database_resilient(verify = happened, classify = refused)]
    async fn down(ledger: &Ledger, amount: u64) -> Result<u64, ApiError> {
        ledger.transfer(amount)
    }
    #[database_resilient(verify = happened, classify = throttled)]
    async fn busy(ledger: &Ledger, amount: u64) -> Result<u64, ApiError> {
        ledger.transfer(amount)
    }
    for written in [true, false] {
        let ending = || Ledger::ending([(written, Err(ApiError::Unknown))]);
        let (first, second) = (ending(), ending());
        let registry = Registry::new();
        assert_eq!(registry.scope(down(&first, 100)).await.unwrap(), 100);
        assert_eq!(registry.scope(busy(&second, 100)).await.unwrap(), 100);
        for ledger in [first, second] {
            assert_eq!(ledger.entries(), [100], "written: {written}");
            assert_eq!(ledger.asked(), 1, "written: {written}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn without_it_the_unknown_outcome_is_the_callers() {
    #[database_resilient]
    async fn blind(ledger: &Ledger, amount: u64) -> Result<u64, ApiError> {
        ledger.transfer(amount)
    }
    let ledger = Ledger::ending([(true, Err(ApiError::Unknown))]);
    let out = Registry::new().scope(blind(&ledger, 100)).await;
    assert!(matches!(out, Err(ApiError::Unknown)));
    assert_eq!(ledger.entries(), [100]);
}

#[tokio::test(start_paused = true)]
async fn other_errors_are_not_asked_about() {
    for error in [ApiError::Permanent, ApiError::Throttled(None)] {
        let ledger = Ledger::ending([(false, Err(error))]);
        let _ = Registry::new().scope(transfer(&ledger, 100)).await;
        assert_eq!(ledger.asked(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn failed_verify_is_retried_with_backoff() {
    #[database_resilient(
        verify = happened,
        retry(max_attempts = 3, base_delay = "1s", multiplier = 2.0, max_delay = "8s", jitter = "none")
    )]
    async fn patient(ledger: &Ledger, amount: u64) -> Result<u64, ApiError> {
        ledger.transfer(amount)
    }
    let ledger = Ledger::ending([(true, Err(ApiError::Unknown))])
        .looking([Err(ApiError::Transient), Err(ApiError::Unknown)]);
    let began = Instant::now();
    let out = Registry::new().scope(patient(&ledger, 100)).await;
    assert_eq!(out.unwrap(), 100);
    assert_eq!(ledger.asked(), 3);
    assert_eq!(began.elapsed(), Duration::from_secs(1 + 2 + 4));
    assert_eq!(ledger.entries(), [100]);
}

#[tokio::test(start_paused = true)]
async fn failed_verify_returns_the_body_error_without_retry() {
    let ledger = Ledger::ending([(true, Err(ApiError::Unknown))]).looking([
        Err(ApiError::Transient),
        Err(ApiError::Transient),
        Err(ApiError::Transient),
    ]);
    let out = Registry::new().scope(transfer(&ledger, 100)).await;
    assert!(matches!(out, Err(ApiError::Unknown)));
    assert_eq!(ledger.asked(), 3);
    assert_eq!(ledger.entries(), [100]);
}

#[tokio::test(start_paused = true)]
async fn permanent_error_of_verify_ends_it() {
    let ledger =
        Ledger::ending([(true, Err(ApiError::Unknown))]).looking([Err(ApiError::Permanent)]);
    let out = Registry::new().scope(transfer(&ledger, 100)).await;
    assert!(matches!(out, Err(ApiError::Unknown)));
    assert_eq!(ledger.asked(), 1);
}

#[tokio::test(start_paused = true)]
async fn timeout_is_verified() {
    async fn stored(ledger: &Ledger) -> Found {
        ledger.look(7)
    }
    #[database_resilient(timeout = "1s", verify = stored)]
    async fn slow(ledger: &Ledger) -> Result<u64, ApiError> {
        ledger.transfer(7)?;
        std::future::pending().await
    }
    let ledger = Ledger::default();
    let out = Registry::new().scope(slow(&ledger)).await;
    assert_eq!(out.unwrap(), 7);
    assert_eq!(ledger.entries(), [7]);
}

#[tokio::test(start_paused = true)]
async fn hanging_verify_is_cut_by_the_timeout() {
    async fn hangs(ledger: &Ledger) -> Found {
        ledger.asked.fetch_add(1, Ordering::Relaxed);
        std::future::pending().await
    }
    #[database_resilient(timeout = "1s", deadline = "1m", verify = hangs)]
    async fn lost(ledger: &Ledger) -> Result<u64, ApiError> {
        ledger.transfer(7)
    }
    let ledger = Ledger::ending([(true, Err(ApiError::Unknown))]);
    let began = Instant::now();
    let out = Registry::new().scope(lost(&ledger)).await;
    assert!(matches!(out, Err(ApiError::Unknown)));
    assert_eq!(ledger.asked(), 3);
    assert!(began.elapsed() < Duration::from_secs(10));
}

#[tokio::test(start_paused = true)]
async fn deadline_limits_verify() {
    #[database_resilient(
        timeout = "1s",
        deadline = "4s",
        verify = happened,
        retry(max_attempts = 9, base_delay = "2s", multiplier = 1.0, jitter = "none")
    )]
    async fn bounded(ledger: &Ledger, amount: u64) -> Result<u64, ApiError> {
        ledger.transfer(amount)
    }
    let looks = (0..9).map(|_| Err(ApiError::Transient));
    let ledger = Ledger::ending([(true, Err(ApiError::Unknown))]).looking(looks);
    let began = Instant::now();
    let out = Registry::new().scope(bounded(&ledger, 1)).await;
    assert!(matches!(out, Err(ApiError::Unknown)));
    assert_eq!(began.elapsed(), Duration::from_secs(2));
    assert_eq!(ledger.asked(), 1, "a second look would come with it");
}

#[tokio::test(start_paused = true)]
async fn without_retries_it_is_asked_once_and_at_once() {
    fn plain(ledger: &Ledger, note: &String) -> Found {
        assert_eq!(note, "rent");
        ledger.look(100)
    }
    // An owned argument that the body uses up is there for the question as well.
    #[database_resilient(retry = off, verify = plain)]
    async fn once(ledger: &Ledger, note: String) -> Result<u64, ApiError> {
        drop(note);
        ledger.transfer(100)
    }
    let registry = Registry::new();
    let ledger = Ledger::ending([(true, Err(ApiError::Unknown))]);
    let out = registry.scope(once(&ledger, "rent".to_owned())).await;
    assert_eq!(out.unwrap(), 100);

    let ledger = Ledger::ending([(false, Err(ApiError::Unknown))]);
    let began = Instant::now();
    let out = registry.scope(once(&ledger, "rent".to_owned())).await;
    assert!(matches!(out, Err(ApiError::Unknown)));
    assert_eq!((ledger.asked(), ledger.entries().len()), (1, 0));
    assert_eq!(began.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_method_asks_its_receiver() {
    struct Bank(Ledger);
    impl Bank {
        async fn booked(&self, amount: &u64, tag: &str) -> Found {
            assert_eq!(tag, "x");
            self.0.look(*amount)
        }

        #[database_resilient(verify = Self::booked)]
        async fn book(&mut self, amount: u64, tag: &str) -> Result<u64, ApiError> {
            let _ = tag;
            self.0.transfer(amount)
        }
    }
    let mut bank = Bank(Ledger::ending([(true, Err(ApiError::Unknown))]));
    let out = Registry::new().scope(bank.book(5, "x")).await;
    assert_eq!(out.unwrap(), 5);
    assert_eq!(bank.0.entries(), [5]);
}

#[tokio::test(start_paused = true)]
async fn llm_timeout_with_verify_allows_one_more_attempt() {
    async fn never(remote: &Ledger) -> Found {
        remote.asked.fetch_add(1, Ordering::Relaxed);
        Ok(None)
    }
    #[llm_resilient(timeout = "1s", retry(max_attempts = 5), verify = never)]
    async fn complete(remote: &Ledger) -> Result<u64, ApiError> {
        remote.transfer(1)?;
        std::future::pending().await
    }
    let remote = Ledger::default();
    let out = Registry::new().scope(complete(&remote)).await;
    assert!(out.unwrap_err().is_timeout());
    assert_eq!(remote.entries().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn the_future_can_be_sent() {
    fn sendable<T: Send>(future: T) -> T {
        future
    }
    let ledger = Ledger::default();
    let registry = Registry::new();
    let out = registry.scope(sendable(transfer(&ledger, 1))).await;
    assert!(out.is_ok());
    assert_eq!(ledger.asked(), 0);
}

#[tokio::test(start_paused = true)]
async fn verify_result_is_an_event() {
    let registry = Registry::new();
    let mut events = registry.subscribe();
    let calls = async {
        let unknown = || Err(ApiError::Unknown);
        let ledger = Ledger::ending([(true, unknown()), (false, unknown())]);
        transfer(&ledger, 1).await.unwrap();
        transfer(&ledger, 2).await.unwrap();
        let looks = [Err(ApiError::Permanent)];
        let ledger = Ledger::ending([(true, unknown())]).looking(looks);
        transfer(&ledger, 3).await.unwrap_err();
    };
    registry.scope(calls).await;
    let mut found = Vec::new();
    for event in heard(&mut events) {
        if let EventKind::Verified { took_effect, .. } = event.kind {
            found.push(took_effect);
        }
    }
    assert_eq!(found, [Some(true), Some(false), None]);
}

#[tokio::test(start_paused = true)]
async fn verify_after_timeout_has_its_own_timeout() {
    async fn slowly(ledger: &Ledger) -> Found {
        sleep(Duration::from_millis(900)).await;
        ledger.look(7)
    }
    #[database_resilient(timeout = "1s", verify = slowly)]
    async fn lost(ledger: &Ledger) -> Result<u64, ApiError> {
        ledger.transfer(7)?;
        std::future::pending().await
    }
    let ledger = Ledger::default();
    let out = Registry::new().scope(lost(&ledger)).await;
    assert_eq!(out.unwrap(), 7);
    assert_eq!(ledger.asked(), 1);

    let ledger = Ledger::default().looking([Err(ApiError::Permanent)]);
    let error = Registry::new().scope(lost(&ledger)).await.unwrap_err();
    assert!(error.is_timeout());
    assert_eq!(ledger.asked(), 1, "it would be in vain again");
}
