//! Runs a checker in its own task with a timeout, so that neither a panic nor a blocked thread affects other checkers.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;

use tokio::task::{AbortHandle, JoinHandle};
use tokio::time::Sleep;

use super::checker::{HealthChecker, HealthReport};
use crate::error::BoxError;

pub(super) type Task = JoinHandle<Result<HealthReport, BoxError>>;

/// How a task ended.
pub(super) enum TaskEnd {
    Completed(Result<HealthReport, BoxError>),
    TimedOut,
    Panicked,
}

/// Aborts the task when its waiter is dropped.
struct AbortOnDrop(AbortHandle);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Runs the checker until `limit` fires. `last` is the task before it: one that could not be aborted, because it
/// blocks its thread, keeps the next from starting. Otherwise each check could block one more thread.
pub(super) async fn run(
    checker: &Arc<dyn HealthChecker>,
    limit: Option<Sleep>,
    last: &mut Option<Task>,
) -> TaskEnd {
    let mut limit = pin!(limit);
    if let Some(running) = last
        && within(limit.as_mut(), running).await.is_none()
    {
        return TaskEnd::TimedOut;
    }
    let checker = Arc::clone(checker);
    let running = last.insert(tokio::spawn(async move { checker.check().await }));
    let _end = AbortOnDrop(running.abort_handle());
    match within(limit, running).await {
        None => TaskEnd::TimedOut,
        Some(ended) => {
            *last = None;
            // It is cancelled only by the shutdown of the runtime, which also drops this waiter.
            ended.map_or(TaskEnd::Panicked, TaskEnd::Completed)
        }
    }
}

/// Returns `None` if the limit fires first. Without a limit it waits for the future.
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
