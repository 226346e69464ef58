//! The report at the end of plain `cargo bench`.

use std::path::{Path, PathBuf};
use std::{env, io};

use super::{Run, write};

/// Writes `docs/benchmarks.md` and its plot. Nothing is written where only some benchmarks were asked for, where they are
/// only tried, or where `scripts/bench` will write it.
///
/// # Errors
/// Where it cannot be written.
pub fn at_the_end() -> io::Result<()> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let measured = arguments.iter().any(|argument| argument == "--bench");
    let tried = |argument: &String| matches!(argument.as_str(), "--test" | "--list");
    // The values of criterion's options are numbers.
    let filter = |argument: &String| !argument.starts_with('-') && argument.parse::<f64>().is_err();
    let part = arguments
        .iter()
        .any(|argument| tried(argument) || filter(argument));
    if !measured || part || env::var_os("CRITERION_HOME").is_some() {
        return Ok(());
    }
    let target = target();
    let run_folder = target.join("bench-report");
    let run = Run::read(&run_folder, Some(target.join("criterion")));
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
    write(&run, &run_folder, &docs)
}

/// The folder `target`, in which this program lies: `target/<profile>/deps/<program>`.
fn target() -> PathBuf {
    let program = env::current_exe().unwrap_or_default();
    let target = program.ancestors().nth(3);
    target.map(Path::to_owned).unwrap_or_default()
}
