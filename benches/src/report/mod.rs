//! Writes the results of a run as Markdown and as a plot. Every number in them comes from that run's files.

mod at_the_end;
mod format;
mod hedging;
mod machine;
mod measured;
mod plot;
mod summary;
mod tables;
mod targets;

use std::path::Path;
use std::{fs, io};

pub use at_the_end::at_the_end;
pub use measured::{Measured, Run};

/// Writes `benchmarks.md` and `benchmarks.svg` into `folder`, and `targets.md`, which compares the run with what this
/// project aims at, into the folder of the run.
///
/// # Errors
/// Where they cannot be written.
pub fn write(run: &Run, run_folder: &Path, folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    fs::create_dir_all(run_folder)?;
    let text = format!(
        "{}\n{}\n{}\n{}",
        machine::heading(run),
        summary::table(run),
        tables::INTRODUCTION,
        tables::all(run),
    );
    fs::write(folder.join("benchmarks.md"), text)?;
    fs::write(folder.join("benchmarks.svg"), plot::draw(run))?;
    let targets = targets::table(run);
    fs::write(run_folder.join("targets.md"), &targets)?;
    println!("{targets}");
    println!("written: {}", folder.join("benchmarks.md").display());
    Ok(())
}
