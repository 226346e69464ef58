//! Runs last and writes the report of what `cargo bench` has measured, with what else `scripts/bench` has left. Nothing
//! is written where only some benchmarks were asked for, or where they are only tried.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use resilience_benches::report::{Run, write};

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let measured = arguments.iter().any(|argument| argument == "--bench");
    let tried = |argument: &String| matches!(argument.as_str(), "--test" | "--list");
    // The values of criterion's options are numbers.
    let filter = |argument: &String| !argument.starts_with('-') && argument.parse::<f64>().is_err();
    if !measured
        || arguments
            .iter()
            .any(|argument| tried(argument) || filter(argument))
    {
        return ExitCode::SUCCESS;
    }
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let target = target();
    let run = Run::read(&target.join("bench-report"), Some(target.join("criterion")));
    match write(&run, &here.join("../docs")) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// The folder `target`, in which this program lies: `target/<profile>/deps/write_report`.
fn target() -> PathBuf {
    let program = std::env::current_exe().unwrap_or_default();
    program
        .ancestors()
        .nth(3)
        .map(Path::to_owned)
        .unwrap_or_default()
}
