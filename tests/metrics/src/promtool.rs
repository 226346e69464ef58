//! Validates a text with `promtool`.

use std::io::{ErrorKind, Write};
use std::process::{Command, Stdio};

/// Fails unless `promtool check metrics` has nothing to say about `text`.
///
/// # Panics
/// If it has, or is not there.
pub fn check(text: &str) {
    let child = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = match child {
        Ok(child) => child,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            panic!("promtool is missing: apt-get install --no-install-recommends prometheus")
        }
        Err(error) => panic!("promtool cannot be started: {error}"),
    };
    let mut stdin = child.stdin.take().expect("it is piped");
    // It reads all of it before it writes.
    stdin.write_all(text.as_bytes()).expect("it reads");
    drop(stdin);
    let output = child.wait_with_output().expect("it ends");
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(
        output.status.success() && said.is_empty(),
        "{}: {said}\n{text}",
        output.status
    );
}
