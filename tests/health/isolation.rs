//! One that hangs or panics harms no other.

use std::time::Duration;

use resilience_runtime::{
    BoxError,
    health::{HealthCause, HealthStatus},
};

use crate::remote::{Mood, Remote, jumpy, monitor, seconds, status};

#[tokio::test(start_paused = true)]
async fn a_hanging_and_a_panicking_checker_harm_no_other() {
    let (well, hanging, panicking) = (
        Remote::well(),
        Remote::new(Mood::Hanging),
        Remote::new(Mood::Panicking),
    );
    let monitor = monitor(jumpy());
    monitor.add_checker("hanging", hanging.clone()).unwrap();
    monitor.add_checker("panicking", panicking.clone()).unwrap();
    monitor.add_checker("well", well.clone()).unwrap();
    let _monitoring = monitor.start_monitoring().unwrap();
    seconds(21.0).await;
    let every_ten = [0, 10, 20].map(Duration::from_secs);
    assert_eq!(well.asked_at(), every_ten);
    assert_eq!(panicking.asked_at(), every_ten);
    assert_eq!(hanging.asked_at(), every_ten);
    assert_eq!(status(&monitor, "well"), HealthStatus::Healthy);
    let health = monitor.get_health("panicking").unwrap();
    assert_eq!(health.cause, Some(HealthCause::Panicked));
    // They are asked again, so they may recover.
    panicking.becomes(Mood::Well);
    hanging.becomes(Mood::Well);
    seconds(10.0).await;
    assert_eq!(monitor.status(), HealthStatus::Healthy);
}

#[tokio::test(start_paused = true)]
async fn a_closure_that_panics_before_it_returns_a_future() {
    let monitor = monitor(jumpy());
    let check = || -> std::future::Ready<Result<(), BoxError>> { panic!("at once") };
    monitor.add_checker("a", check).unwrap();
    let health = monitor.check_now("a").await.unwrap();
    assert_eq!(health.cause, Some(HealthCause::Panicked));
}

/// Real time, since the thread is really blocked.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_checker_that_blocks_its_thread_is_not_started_twice() {
    let starts = std::sync::Arc::new(std::sync::atomic::AtomicU32::new(0));
    let counted = std::sync::Arc::clone(&starts);
    let mut config = jumpy();
    config.timeout = Duration::from_millis(20);
    let monitor = monitor(config);
    let blocking = move || {
        counted.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        async {
            std::thread::sleep(Duration::from_millis(500));
            Ok::<_, BoxError>(())
        }
    };
    monitor.add_checker("a", blocking).unwrap();
    for _ in 0..3 {
        let health = monitor.check_now("a").await.unwrap();
        assert_eq!(health.status, HealthStatus::Unhealthy);
    }
    assert_eq!(starts.load(std::sync::atomic::Ordering::Relaxed), 1);
}
