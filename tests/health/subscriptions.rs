//! Subscriptions to changes of status.

use resilience_runtime::health::HealthStatus;

use crate::remote::{Behavior, Remote, immediate, monitor, seconds};

#[tokio::test(start_paused = true)]
async fn subscribe_receives_only_changes() {
    let remote = Remote::healthy();
    let monitor = monitor(immediate());
    monitor.add_checker("a", remote.clone()).unwrap();
    let mut changes = monitor.subscribe();
    let _monitoring = monitor.start_monitoring().unwrap();
    changes.changed().await.unwrap();
    assert_eq!(changes.borrow_and_update().overall, HealthStatus::Healthy);
    seconds(100.0).await;
    assert!(!changes.has_changed().unwrap());

    remote.set(Behavior::Failing);
    changes.changed().await.unwrap();
    let shown = changes.borrow_and_update().clone();
    assert_eq!(shown.overall, HealthStatus::Unhealthy);
    assert_eq!(shown.services["a"], HealthStatus::Unhealthy);

    monitor.remove_checker("a");
    assert!(changes.has_changed().unwrap());
    assert!(changes.borrow_and_update().services.is_empty());
}
