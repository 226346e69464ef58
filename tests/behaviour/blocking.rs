//! A waiting call blocks no thread: on a runtime of one thread other calls go on.

use std::time::Duration;

use resilience_runtime::{Registry, resilient};
use tokio::sync::oneshot;

use crate::errors::ApiError;
use crate::remote::{Answer, Remote};

#[tokio::test(flavor = "current_thread", start_paused = true)]
async fn permit_holder_runs_while_waiter_waits() {
    #[resilient(service = "api", bulkhead(max_concurrent = 1, max_wait = "1m"))]
    async fn ask(remote: &Remote) -> Answer {
        let answer = remote.answer();
        tokio::time::sleep(Duration::from_secs(1)).await;
        answer
    }
    let remote = Remote::healthy();
    let calls = async {
        let (a, b, c) = tokio::join!(ask(&remote), ask(&remote), ask(&remote));
        assert!(a.is_ok() && b.is_ok() && c.is_ok());
    };
    Registry::new().scope(calls).await;
    let seconds: Vec<u64> = remote.asked_at().iter().map(Duration::as_secs).collect();
    assert_eq!(seconds, [0, 1, 2]);
}

#[tokio::test(flavor = "current_thread", start_paused = true)]
async fn other_calls_run_during_backoff() {
    #[resilient(
        service = "api",
        circuit_breaker = off,
        retry(max_attempts = 3, base_delay = "10s", multiplier = 1.0, jitter = "none")
    )]
    async fn ask(remote: &Remote) -> Answer {
        remote.answer()
    }
    let (failing, healthy) = (Remote::failing(), Remote::healthy());
    let calls = async {
        let others = async {
            for _ in 0..100 {
                ask(&healthy).await?;
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            Ok::<_, ApiError>(())
        };
        let (failed, others) = tokio::join!(ask(&failing), others);
        assert!(failed.is_err() && others.is_ok());
    };
    Registry::new().scope(calls).await;
    assert!(healthy.asked_at().iter().all(|at| at.as_millis() < 200));
}

#[tokio::test(flavor = "current_thread", start_paused = true)]
async fn a_spawned_task_can_answer_what_a_call_waits_for() {
    #[resilient(service = "api", retry = off)]
    async fn ask(answer: oneshot::Receiver<u32>) -> Answer {
        Ok(answer.await.unwrap())
    }
    let (tell, answer) = oneshot::channel();
    let waiting = tokio::spawn(async { Registry::new().scope(ask(answer)).await });
    tokio::task::yield_now().await;
    tell.send(7).unwrap();
    assert_eq!(waiting.await.unwrap().unwrap(), 7);
}
