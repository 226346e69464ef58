//! A checker that hangs, panics or blocks does not affect others.

use std::time::Duration;

use resilience_runtime::{
    BoxError,
    health::{HealthCause, HealthStatus},
};

use crate::remote::{Behavior, Remote, immediate, monitor, seconds, status};

#[tokio::test(start_paused = true)]
async fn hanging_and_panicking_checkers_do_not_affect_others() {
    let (well, hanging, panicking) = (
        Remote::healthy(),
        Remote::new(Behavior::Hanging),
        Remote::new(Behavior::Panicking),
    );
    let monitor = monitor(immediate());
    monitor.add_checker("hanging", hanging.clone()).unwrap();
    monitor.add_checker("panicking", panicking.clone()).unwrap();
    monitor.add_checker("well", well.clone()).unwrap();
    let _monitoring = monitor.start_monitoring().unwrap();
    seconds(21.0).await;
    let every_ten = [0, 10, 20].map(Duration::from_secs);
    assert_eq!(well.check_times(), every_ten);
    assert_eq!(panicking.check_times(), every_ten);
    assert_eq!(hanging.check_times(), every_ten);
    assert_eq!(status(&monitor, "well"), HealthStatus::Healthy);
    let health = monitor.get_health("panicking").unwrap();
    assert_eq!(health.cause, Some(HealthCause::Panicked));
    // They are asked again, so they may recover.
    panicking.set(Behavior::Healthy);
    hanging.set(Behavior::Healthy);
    seconds(10.0).await;
    assert_eq!(monitor.status(), HealthStatus::Healthy);
}

#[tokio::test(start_paused = true)]
async fn closure_that_panics_before_its_future_is_unhealthy() {
    let monitor = monitor(immediate());
    let check = || -> std::future::Ready<Result<(), BoxError>> { panic!("at once") };
    monitor.add_checker("a", check).unwrap();
    let health = monitor.check_now("a").await.unwrap();
    assert_eq!(health.cause, Some(HealthCause::Panicked));
}

/// Real time, since the thread is really blocked.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn blocking_checker_is_not_started_twice() {
    let starts = std::sync::Arc::new(std::sync::atomic::AtomicU32::new(0));
    let counted = std::sync::Arc::clone(&starts);
    let mut config = immediate();
    config.timeout = Duration::from_millis(20);
    let monitor = monitor(config);
    // Until the end of the test.
    let (_release, blocked) = std::sync::mpsc::channel::<()>();
    let blocked = std::sync::Arc::new(std::sync::Mutex::new(blocked));
    let blocking = move || {
        counted.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let blocked = std::sync::Arc::clone(&blocked);
        async move {
            blocked.lock().unwrap().recv().unwrap_err();
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
