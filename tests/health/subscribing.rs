//! Who wants to hear of changes.

use resilience_runtime::health::HealthStatus;

use crate::remote::{Mood, Remote, jumpy, monitor, seconds};

#[tokio::test(start_paused = true)]
async fn changes_are_told_and_only_changes() {
    let remote = Remote::well();
    let monitor = monitor(jumpy());
    monitor.add_checker("a", remote.clone()).unwrap();
    let mut changes = monitor.subscribe();
    let _monitoring = monitor.start_monitoring().unwrap();
    changes.changed().await.unwrap();
    assert_eq!(changes.borrow_and_update().overall, HealthStatus::Healthy);
    seconds(100.0).await;
    assert!(!changes.has_changed().unwrap());

    remote.becomes(Mood::Failing);
    changes.changed().await.unwrap();
    let told = changes.borrow_and_update().clone();
    assert_eq!(told.overall, HealthStatus::Unhealthy);
    assert_eq!(told.services["a"], HealthStatus::Unhealthy);

    monitor.remove_checker("a");
    assert!(changes.has_changed().unwrap());
    assert!(changes.borrow_and_update().services.is_empty());
}
