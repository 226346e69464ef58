//! What the servers themselves recorded, for the table at the end of `scripts/test`.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write as _;
use std::process;

use anyhow::{Context as _, Result};

use crate::provisioned;

/// How many faults of which kind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Faults(BTreeMap<String, u64>);

impl Faults {
    /// Counts one.
    pub fn count(&mut self, kind: impl Into<String>) {
        self.count_many(kind, 1);
    }

    /// Counts several.
    pub fn count_many(&mut self, kind: impl Into<String>, times: u64) {
        if times > 0 {
            *self.0.entry(kind.into()).or_default() += times;
        }
    }

    /// Those of this kind.
    pub fn of(&self, kind: &str) -> u64 {
        self.0.get(kind).copied().unwrap_or(0)
    }

    /// All of them.
    pub fn total(&self) -> u64 {
        self.0.values().sum()
    }

    pub(crate) fn add(&mut self, others: &Self) {
        for (kind, times) in &others.0 {
            self.count_many(kind.clone(), *times);
        }
    }
}

impl<K: Into<String>> FromIterator<K> for Faults {
    fn from_iter<I: IntoIterator<Item = K>>(kinds: I) -> Self {
        let mut faults = Self::default();
        for kind in kinds {
            faults.count(kind);
        }
        faults
    }
}

/// Adds a line for one server: its version, then what it recorded as `kind=count`, between tabs. `scripts/peers-report`
/// reads them.
pub(crate) fn append(peer: &str, version: &str, faults: &Faults) -> Result<()> {
    let folder = provisioned::folder().join("report");
    fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    let path = folder.join(format!("{peer}.{}.tsv", process::id()));
    let mut line = plain(version);
    for (kind, times) in &faults.0 {
        line.push_str(&format!("\t{}={times}", plain(kind)));
    }
    line.push('\n');
    // One write, since servers of the same kind end at the same time.
    File::options()
        .create(true)
        .append(true)
        .open(&path)?
        .write_all(line.as_bytes())?;
    Ok(())
}

/// The file has meaning in tabs and in ends of lines.
fn plain(text: &str) -> String {
    text.trim().replace(char::is_control, " ")
}
