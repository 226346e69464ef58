//! Dropping the handle ends everything.

use tokio::runtime::Handle;

use crate::remote::{Mood, Remote, jumpy, monitor, seconds};

fn tasks() -> usize {
    Handle::current().metrics().num_alive_tasks()
}

#[tokio::test(start_paused = true)]
async fn no_task_is_left_and_nothing_is_asked_any_more() {
    let (well, hanging) = (Remote::well(), Remote::new(Mood::Hanging));
    let monitor = monitor(jumpy());
    monitor.add_checker("well", well.clone()).unwrap();
    monitor.add_checker("hanging", hanging.clone()).unwrap();
    let before = tasks();
    let monitoring = monitor.start_monitoring().unwrap();
    seconds(11.0).await;
    assert!(tasks() > before);
    drop(monitoring);
    seconds(0.1).await;
    assert_eq!(tasks(), before);
    let asked = (well.asked(), hanging.asked());
    seconds(100.0).await;
    assert_eq!((well.asked(), hanging.asked()), asked);

    // What was found stays, and it may begin again.
    assert_eq!(monitor.get_health("well").unwrap().history.len(), 2);
    let monitoring = monitor.start_monitoring().unwrap();
    assert!(monitor.start_monitoring().is_err(), "it runs already");
    seconds(1.0).await;
    assert_eq!(well.asked(), asked.0 + 1);
    monitoring.stop();
    seconds(0.1).await;
    assert_eq!(tasks(), before);
}

#[tokio::test(start_paused = true)]
async fn checkers_come_and_go_while_it_runs() {
    let monitor = monitor(jumpy());
    let before = tasks();
    let _monitoring = monitor.start_monitoring().unwrap();
    let remote = Remote::well();
    monitor.add_checker("late", remote.clone()).unwrap();
    seconds(1.0).await;
    assert_eq!(remote.asked(), 1);
    assert!(monitor.remove_checker("late"));
    seconds(50.0).await;
    assert_eq!(remote.asked(), 1);
    assert_eq!(tasks(), before);
}

#[tokio::test(start_paused = true)]
async fn a_check_by_hand_that_is_given_up_leaves_nothing() {
    let monitor = monitor(jumpy());
    let remote = Remote::new(Mood::Hanging);
    monitor.add_checker("a", remote.clone()).unwrap();
    let before = tasks();
    let checked = tokio::time::timeout(std::time::Duration::from_secs(1), monitor.check_now("a"));
    assert!(checked.await.is_err());
    seconds(0.1).await;
    assert_eq!(tasks(), before);
    remote.becomes(Mood::Well);
    assert!(monitor.require("a").await.is_ok());
}
