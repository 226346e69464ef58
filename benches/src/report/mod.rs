//! Writes what a run has measured as Markdown and as a plot. Every number in them comes from that run's files.

mod at_the_end;
mod format;
mod machine;
mod measured;
mod plot;
mod tables;
mod targets;

use std::path::Path;
use std::{fs, io};

pub use at_the_end::at_the_end;
pub use measured::{Measured, Run};

/// Writes `benchmarks.md` and `benchmarks.svg` into `folder`.
///
/// # Errors
/// Where they cannot be written.
pub fn write(run: &Run, folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let targets = targets::table(run);
    let text = format!(
        "{}\n{}\n{}\n{}",
        machine::heading(run),
        targets,
        tables::INTRODUCTION,
        tables::all(run),
    );
    fs::write(folder.join("benchmarks.md"), text)?;
    fs::write(folder.join("benchmarks.svg"), plot::draw(run))?;
    println!("{targets}");
    println!("written: {}", folder.join("benchmarks.md").display());
    Ok(())
}
