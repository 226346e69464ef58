//! Runs calls: the loads under which contestants are measured.

use std::sync::{Arc, Barrier, LazyLock};
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Runtime};
use tokio::task::LocalSet;

use crate::body::{Does, Input, Task};
use crate::case::Call;

/// Tasks that take turns on one thread.
pub const TASKS: usize = 64;

/// A runtime of one thread.
///
/// # Panics
/// Where there is none to be had.
#[must_use]
pub fn runtime() -> Runtime {
    let built = Builder::new_current_thread().enable_time().build();
    built.expect("a runtime")
}

/// The runtime of everything that is measured on one thread. Some contestants keep a task in it, so it is
/// never shut down.
pub static RUNTIME: LazyLock<Runtime> = LazyLock::new(runtime);

/// One task that calls and calls.
pub async fn one_task<C: Call>(call: &mut C, task: Input, calls: u64) -> Duration {
    let started = Instant::now();
    for _ in 0..calls {
        let _ = std::hint::black_box(call(task).await);
    }
    started.elapsed()
}

/// [`TASKS`] tasks on one thread, which make `calls` together, each letting the next run after every call.
///
/// # Panics
/// If a task does.
pub async fn many_tasks<C: Call>(call: &C, calls: u64) -> Duration {
    let tasks: Vec<Input> = (0..TASKS).map(|_| Task::new(Does::Answers)).collect();
    let local = LocalSet::new();
    let started = Instant::now();
    let running: Vec<_> = tasks
        .into_iter()
        .enumerate()
        .map(|(index, task)| {
            let mut call = call.clone();
            let mine = calls / TASKS as u64 + u64::from((index as u64) < calls % TASKS as u64);
            local.spawn_local(async move {
                for _ in 0..mine {
                    let _ = std::hint::black_box(call(task).await);
                    tokio::task::yield_now().await;
                }
            })
        })
        .collect();
    local.await;
    let elapsed = started.elapsed();
    for task in running {
        task.await.expect("a task that ends");
    }
    elapsed
}

/// Two threads, each with a runtime of its own and each making `calls`. The time of the slower.
///
/// # Panics
/// If a thread does.
pub fn two_threads<A: Call + Send, B: Call + Send>(first: A, second: B, calls: u64) -> Duration {
    let barrier = Arc::new(Barrier::new(2));
    let other = Arc::clone(&barrier);
    let thread = std::thread::spawn(move || on_thread(second, calls, &other));
    let mine = on_thread(first, calls, &barrier);
    mine.max(thread.join().expect("a thread that ends"))
}

/// One thread, as one of the two.
pub fn one_thread<A: Call + Send>(call: A, calls: u64) -> Duration {
    on_thread(call, calls, &Barrier::new(1))
}

fn on_thread<C: Call>(mut call: C, calls: u64, barrier: &Barrier) -> Duration {
    let task = Task::new(Does::Answers);
    runtime().block_on(async {
        // Not cold.
        one_task(&mut call, task, 1_000).await;
        barrier.wait();
        one_task(&mut call, task, calls).await
    })
}
