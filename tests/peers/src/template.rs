//! Data folders that are made once and copied for each server, since to make one takes seconds.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::provisioned;

/// Another process may do the same: whoever comes first has made it.
pub(crate) fn keep(data: &Path, template: &Path) -> Result<()> {
    let folder = provisioned::folder();
    fs::create_dir_all(folder)?;
    let near = tempfile::tempdir_in(folder)?;
    run(Command::new("cp")
        .arg("-a")
        .arg(data)
        .arg(near.path().join("data")))?;
    match fs::rename(near.path().join("data"), template) {
        Err(error) if !template.exists() => Err(error.into()),
        _ => Ok(()),
    }
}

pub(crate) fn run(command: &mut Command) -> Result<()> {
    output(command).map(drop)
}

pub(crate) fn output(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("{command:?}"))?;
    if !output.status.success() {
        bail!(
            "{command:?}: {}\n{}",
            output.status,
            String::from_utf8_lossy(&output.stderr)
        );
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
