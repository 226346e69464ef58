//! Dropping the handle ends all checks and tasks.

use tokio::runtime::Handle;

use crate::remote::{Behavior, Remote, immediate, monitor, seconds};

fn tasks() -> usize {
    Handle::current().metrics().num_alive_tasks()
}

#[tokio::test(start_paused = true)]
async fn dropped_handle_ends_all_tasks_and_checks() {
    let (well, hanging) = (Remote::healthy(), Remote::new(Behavior::Hanging));
    let monitor = monitor(immediate());
    monitor.add_checker("well", well.clone()).unwrap();
    monitor.add_checker("hanging", hanging.clone()).unwrap();
    let before = tasks();
    let monitoring = monitor.start_monitoring().unwrap();
    seconds(11.0).await;
    assert!(tasks() > before);
    drop(monitoring);
    seconds(0.1).await;
    assert_eq!(tasks(), before);
    let asked = (well.checks(), hanging.checks());
    seconds(100.0).await;
    assert_eq!((well.checks(), hanging.checks()), asked);

    // What was found stays, and it may begin again.
    assert_eq!(monitor.get_health("well").unwrap().history.len(), 2);
    let monitoring = monitor.start_monitoring().unwrap();
    assert!(monitor.start_monitoring().is_err(), "it runs already");
    seconds(1.0).await;
    assert_eq!(well.checks(), asked.0 + 1);
    monitoring.stop();
    seconds(0.1).await;
    assert_eq!(tasks(), before);
}

#[tokio::test(start_paused = true)]
async fn checkers_come_and_go_while_it_runs() {
    let monitor = monitor(immediate());
    let before = tasks();
    let _monitoring = monitor.start_monitoring().unwrap();
    let remote = Remote::healthy();
    monitor.add_checker("late", remote.clone()).unwrap();
    seconds(1.0).await;
    assert_eq!(remote.checks(), 1);
    assert!(monitor.remove_checker("late"));
    seconds(50.0).await;
    assert_eq!(remote.checks(), 1);
    assert_eq!(tasks(), before);
}

#[tokio::test(start_paused = true)]
async fn dropped_check_now_leaves_no_task() {
    let monitor = monitor(immediate());
    let remote = Remote::new(Behavior::Hanging);
    monitor.add_checker("a", remote.clone()).unwrap();
    let before = tasks();
    let checked = tokio::time::timeout(std::time::Duration::from_secs(1), monitor.check_now("a"));
    assert!(checked.await.is_err());
    seconds(0.1).await;
    assert_eq!(tasks(), before);
    remote.set(Behavior::Healthy);
    assert!(monitor.require("a").await.is_ok());
}
