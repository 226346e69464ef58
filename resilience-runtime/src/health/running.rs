//! One run of a checker: in a task of its own, so that neither a panic nor a thread that it blocks harms
//! anybody else, and within its time.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;

use tokio::task::{AbortHandle, JoinHandle};
use tokio::time::Sleep;

use super::checker::{HealthChecker, HealthReport};
use crate::error::BoxError;

pub(super) type Running = JoinHandle<Result<HealthReport, BoxError>>;

/// How a run ended.
pub(super) enum Ended {
    Answered(Result<HealthReport, BoxError>),
    TimedOut,
    Panicked,
}

/// Ends the task when the one that waits for it goes away.
struct EndWithMe(AbortHandle);

impl Drop for EndWithMe {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Runs the checker until `limit` fires. `last` is the run before it: one that could not be ended, since it
/// blocks its thread, keeps the next from starting, or they would take thread after thread.
pub(super) async fn run(
    checker: &Arc<dyn HealthChecker>,
    limit: Option<Sleep>,
    last: &mut Option<Running>,
) -> Ended {
    let mut limit = pin!(limit);
    if let Some(running) = last
        && within(limit.as_mut(), running).await.is_none()
    {
        return Ended::TimedOut;
    }
    let checker = Arc::clone(checker);
    let running = last.insert(tokio::spawn(async move { checker.check().await }));
    let _end = EndWithMe(running.abort_handle());
    match within(limit, running).await {
        None => Ended::TimedOut,
        Some(ended) => {
            *last = None;
            // It is cancelled only where the runtime shuts down, and then nobody asks.
            ended.map_or(Ended::Panicked, Ended::Answered)
        }
    }
}

/// `None`: the limit came first. Without a limit it is waited for.
async fn within<F: Future + Unpin>(
    mut limit: Pin<&mut Option<Sleep>>,
    mut future: F,
) -> Option<F::Output> {
    poll_fn(|context| {
        if let Poll::Ready(output) = Pin::new(&mut future).poll(context) {
            return Poll::Ready(Some(output));
        }
        match limit.as_mut().as_pin_mut() {
            Some(limit) => limit.poll(context).map(|()| None),
            None => Poll::Pending,
        }
    })
    .await
}
