//! Waits for the tasks of a server.

use std::future::Future;
use std::time::Duration;

use ::rmcp::model::{DetailedTask, GetTaskResult, Task, TaskStatus};
use tokio::time::sleep;

/// For a server that names no interval.
const DEFAULT_INTERVAL: Duration = Duration::from_secs(1);

/// A server that asks for no pause at all is not polled in a loop without one.
const SHORTEST_INTERVAL: Duration = Duration::from_millis(10);

/// Polls a task until it has ended or asks for input, and returns its last state. For the answer
/// [`CallToolResponse::Task`](::rmcp::model::CallToolResponse::Task) to a tool call of protocol version 2026-07-28.
///
/// `poll` asks for the task's state: an `#[mcp_resilient(idempotent)]` function that calls `get_task`. It runs at the interval
/// that the server asked for last (1 s if it never did, at least 10 ms), first after one interval. An error of `poll` ends the wait
/// and is returned; the task runs on. So does it when the future is dropped: call `cancel_task` if it should not.
///
/// A failed task is an `Ok`: the server answered each poll, and its breaker learns of nothing else.
///
/// ```
/// use resilience_runtime::rmcp::poll_task;
/// use resilience_runtime::{BoxError, mcp_resilient};
/// use rmcp::model::{CallToolRequestParams, CallToolResponse, DetailedTask, GetTaskParams, GetTaskResult};
/// use rmcp::{Peer, RoleClient};
///
/// struct Files { server: Peer<RoleClient> }
///
/// impl Files {
///     /// Not idempotent: each call that arrives is a task.
///     #[mcp_resilient(service = "files")]
///     async fn begin(&self, call: CallToolRequestParams) -> Result<CallToolResponse, BoxError> {
///         Ok(self.server.call_tool_once(call).await?)
///     }
///
///     #[mcp_resilient(service = "files", idempotent)]
///     async fn poll(&self, task: &str) -> Result<GetTaskResult, BoxError> {
///         Ok(self.server.get_task(GetTaskParams::new(task)).await?)
///     }
///
///     async fn index(&self) -> Result<DetailedTask, BoxError> {
///         match self.begin(CallToolRequestParams::new("index")).await? {
///             CallToolResponse::Task(created) => {
///                 let id = created.task.task_id.clone();
///                 poll_task(&created.task, || self.poll(&id)).await
///             }
///             _ => Err("the server answered at once".into()),
///         }
///     }
/// }
/// ```
///
/// # Errors
///
/// Returns the first error of `poll`.
pub async fn poll_task<Poll, Answer, E>(created: &Task, mut poll: Poll) -> Result<DetailedTask, E>
where
    Poll: FnMut() -> Answer,
    Answer: Future<Output = Result<GetTaskResult, E>>,
{
    let mut interval = interval_of(created).unwrap_or(DEFAULT_INTERVAL);
    loop {
        sleep(interval.max(SHORTEST_INTERVAL)).await;
        let task = poll().await?.task;
        if task.status().is_terminal() || task.status() == TaskStatus::InputRequired {
            return Ok(task);
        }
        interval = interval_of(&task.task).unwrap_or(interval);
    }
}

fn interval_of(task: &Task) -> Option<Duration> {
    task.poll_interval_ms.map(Duration::from_millis)
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::collections::VecDeque;

    use ::rmcp::model::{JsonObject, TaskPayload};
    use tokio::time::Instant;

    use super::*;

    fn task(interval: Option<u64>) -> Task {
        let mut task = Task::new("7", TaskStatus::Working, "then", "now");
        task.poll_interval_ms = interval;
        task
    }

    fn state(interval: Option<u64>, payload: TaskPayload) -> GetTaskResult {
        GetTaskResult::new(DetailedTask::new(task(interval), payload))
    }

    /// When it polled, in milliseconds, and what came of it.
    async fn polled(
        first: Option<u64>,
        answers: impl IntoIterator<Item = Result<GetTaskResult, &'static str>>,
    ) -> (Vec<u128>, Result<TaskStatus, &'static str>) {
        let began = Instant::now();
        let answers = RefCell::new(VecDeque::from_iter(answers));
        let times = RefCell::new(Vec::new());
        let outcome = poll_task(&task(first), || async {
            times.borrow_mut().push(began.elapsed().as_millis());
            let next = answers.borrow_mut().pop_front();
            next.expect("it has ended")
        })
        .await;
        (times.into_inner(), outcome.map(|task| task.status()))
    }

    fn failed() -> TaskPayload {
        let error = JsonObject::default();
        TaskPayload::Failed { error }
    }

    #[tokio::test(start_paused = true)]
    async fn poll_task_waits_for_the_last_interval_of_the_server() {
        let answers = [
            Ok(state(None, TaskPayload::Working)),
            Ok(state(Some(50), TaskPayload::Working)),
            Ok(state(Some(0), TaskPayload::Working)),
            Ok(state(None, failed())),
        ];
        let (times, outcome) = polled(Some(200), answers).await;
        assert_eq!(times, [200, 400, 450, 460]);
        assert_eq!(outcome, Ok(TaskStatus::Failed));

        let (times, outcome) = polled(None, [Ok(state(None, TaskPayload::Cancelled))]).await;
        assert_eq!((times, outcome), (vec![1000], Ok(TaskStatus::Cancelled)));
    }

    /// By the deadline of the call that waits, for example.
    #[tokio::test(start_paused = true)]
    async fn wait_of_whatever_length_can_be_cut() {
        for interval in [u64::MAX, 1_000 * 60 * 60] {
            let never = || async { panic!("it is not time yet") };
            let created = task(Some(interval));
            let polled = poll_task::<_, _, ()>(&created, never);
            let cut = tokio::time::timeout(Duration::from_secs(60), polled).await;
            assert!(cut.is_err(), "{interval}");
        }
        let polls = RefCell::new(0);
        let silent = || async {
            *polls.borrow_mut() += 1;
            std::future::pending().await
        };
        let created = task(Some(0));
        let polled = poll_task::<_, _, ()>(&created, silent);
        let cut = tokio::time::timeout(Duration::from_secs(60), polled).await;
        assert!(cut.is_err());
        assert_eq!(polls.into_inner(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn poll_task_returns_questions_and_errors_at_once() {
        let input_requests = Default::default();
        let asks = state(None, TaskPayload::InputRequired { input_requests });
        let (times, outcome) = polled(Some(10), [Ok(asks)]).await;
        assert_eq!((times, outcome), (vec![10], Ok(TaskStatus::InputRequired)));

        let (times, outcome) = polled(Some(10), [Err("the server is gone")]).await;
        assert_eq!((times, outcome), (vec![10], Err("the server is gone")));
    }
}
