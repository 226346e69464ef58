//! The TCP checker, with real sockets and in real time.

use resilience_runtime::{
    health::HealthCause, health::HealthStatus, health::TcpHealthChecker, verdict::ErrorCode,
};
use tokio::net::TcpListener;

use crate::remote::{monitor, patient};

#[tokio::test]
async fn tcp_checker_reports_open_and_closed_ports() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let monitor = monitor(patient());
    monitor
        .add_checker("queue", TcpHealthChecker::new("queue", address))
        .unwrap();
    let health = monitor.check_now("queue").await.unwrap();
    assert_eq!(health.status, HealthStatus::Healthy);

    drop(listener);
    let health = monitor.check_now("queue").await.unwrap();
    assert_eq!(health.status, HealthStatus::Unhealthy);
    let Some(HealthCause::Failed { error_type, code }) = health.cause else {
        panic!("{:?}", health.cause);
    };
    assert_eq!(error_type, Some("std::io::error::Error"));
    assert_eq!(
        code,
        Some(ErrorCode::Io(std::io::ErrorKind::ConnectionRefused))
    );
}
