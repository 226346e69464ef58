//! Writes what a run has measured as Markdown and as a plot. Every number in them comes from that run's files.

mod at_the_end;
mod format;
mod machine;
mod measured;
mod plot;
mod readme;
mod tables;
mod targets;

use std::path::Path;
use std::{fs, io};

pub use at_the_end::at_the_end;
pub use measured::{Measured, Run};

/// Writes `benchmarks.md` and `benchmarks.svg` into `folder`, and the short table of a README beside it that has a
/// place for one.
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
    let readme = folder.join("../README.md");
    let text = fs::read_to_string(&readme).unwrap_or_default();
    if let Some(renewed) = readme::renewed(&text, run) {
        fs::write(readme, renewed)?;
    }
    println!("{targets}");
    println!("written: {}", folder.join("benchmarks.md").display());
    Ok(())
}
