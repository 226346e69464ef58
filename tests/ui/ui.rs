//! What compiles and what does not, with the messages that users see.

use std::io::Write as _;
use std::process::Command;

/// One rule a file. Refresh the messages with `TRYBUILD=overwrite cargo test -p resilience-ui`.
#[test]
fn rejected_programs_show_their_messages() {
    // Another compiler words and orders the same errors differently.
    if let (Some(pinned), Some(actual)) = (pinned_compiler(), actual_compiler())
        && pinned != actual
    {
        let skipped = format!(
            "skipped tests/ui/fail: its messages are those of rustc {pinned}, this is rustc {actual}"
        );
        // Past the test harness, which would capture it.
        writeln!(std::io::stderr(), "{skipped}").expect("stderr is open");
        return;
    }
    trybuild::TestCases::new().compile_fail("fail/*.rs");
}

/// Every shape of function that can be annotated.
#[test]
fn accepted_programs_compile_and_run() {
    trybuild::TestCases::new().pass("pass/*.rs");
}

/// Returns the `channel` of `rust-toolchain.toml`, such as `1.95.0`.
fn pinned_compiler() -> Option<String> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../rust-toolchain.toml");
    let text = std::fs::read_to_string(path).ok()?;
    let channel = text.lines().find_map(|line| {
        let (key, value) = line.split_once('=')?;
        (key.trim() == "channel").then_some(value)
    })?;
    channel.split('"').nth(1).map(str::to_owned)
}

/// Returns the version of the compiler that builds the programs.
fn actual_compiler() -> Option<String> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).arg("--version").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    text.split_whitespace().nth(1).map(str::to_owned)
}
