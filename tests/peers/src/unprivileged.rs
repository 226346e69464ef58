//! Some servers refuse to run as root. Then they run as the user that Debian's PostgreSQL brought along.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::process::Launch;

const USER: &str = "postgres";

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|itself| itself.uid() == 0)
}

/// A launch of this program as somebody who is not root.
pub(crate) fn launch(program: PathBuf) -> Launch {
    if !is_root() {
        return Launch::new(program);
    }
    // Unlike runuser and su it does not stay as a process in between.
    Launch::new("setpriv")
        .args([format!("--reuid={USER}"), format!("--regid={USER}")])
        .args(["--init-groups", "--"])
        .args([program.display().to_string()])
}

/// Gives that one a file or a folder.
pub(crate) fn give(path: &Path) -> Result<()> {
    if is_root() {
        let users = fs::read_to_string("/etc/passwd")?;
        let user = users
            .lines()
            .map(|line| line.split(':').collect::<Vec<_>>())
            .find(|fields| fields[0] == USER);
        let user =
            user.with_context(|| format!("there is no user {USER}: run scripts/provision-peers"))?;
        chown(path, Some(user[2].parse()?), Some(user[3].parse()?))?;
    }
    Ok(())
}
