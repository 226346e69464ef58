//! The process's own environment: these tests run themselves again, with variables set.

use std::process::Command;
use std::time::Duration;

use resilience_runtime::{Registry, ServiceKind, Settings, health::HealthMonitorConfig};

const CHILD: &str = "TEST_RUNS_AS_CHILD";

/// In the parent: runs the test of this name in a process with these variables, and says whether this is
/// the parent.
fn in_a_child(test: &str, variables: &[(&str, &str)]) -> bool {
    if std::env::var_os(CHILD).is_some() {
        return false;
    }
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &format!("child::{test}"), "--test-threads=1"])
        .env(CHILD, "1")
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("1 passed"), "{said}");
    true
}

#[test]
fn from_env_reads_all_variables() {
    let variables = [
        ("HEALTH_CHECK_INTERVAL", "12.5"),
        ("HEALTH_CHECK_TIMEOUT", "750ms"),
        ("HEALTH_CHECK_PATH", "/up"),
    ];
    if in_a_child("from_env_reads_all_variables", &variables) {
        return;
    }
    let config = HealthMonitorConfig::from_env().unwrap();
    assert_eq!(config.interval, Duration::from_millis(12_500));
    assert_eq!(config.timeout, Duration::from_millis(750));
    assert_eq!(config.history, HealthMonitorConfig::default().history);
    let settings = Settings::from_env().unwrap();
    assert!(settings.warnings().is_empty(), "{:?}", settings.warnings());
}

#[test]
fn from_env_reports_every_invalid_variable() {
    let variables = [
        ("HEALTH_CHECK_INTERVAL", "often"),
        ("HEALTH_CHECK_TIMEOUT", "0"),
    ];
    let name = "from_env_reports_every_invalid_variable";
    if in_a_child(name, &variables) {
        return;
    }
    for error in [
        HealthMonitorConfig::from_env().unwrap_err(),
        Settings::from_env().unwrap_err(),
    ] {
        let keys: Vec<_> = error.problems().iter().map(|it| it.key()).collect();
        assert_eq!(keys, ["HEALTH_CHECK_INTERVAL", "HEALTH_CHECK_TIMEOUT"]);
        assert!(
            error.to_string().contains("must be longer than zero"),
            "{error}"
        );
    }
    // They configure no service, so calls go on.
    assert!(Registry::new().service("api", ServiceKind::Custom).is_ok());
}
