//! What a run has left behind: criterion's estimates, and tab separated lines of the other tools.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// Everything that was measured with one profile of the compiler.
#[derive(Debug, Default)]
pub struct Measured {
    /// How it was compiled.
    pub profile: String,
    /// The median of each benchmark, in nanoseconds, by `<group>/<function>/<value>`.
    pub nanos: BTreeMap<String, f64>,
    /// By case: instructions, reads of the clock.
    pub instructions: BTreeMap<String, Vec<f64>>,
    /// By case: allocations, bytes.
    pub allocations: BTreeMap<String, Vec<f64>>,
    /// By `<contestant>/<keys>`: bytes a key, allocations a key, worst check in microseconds.
    pub keyed: BTreeMap<String, Vec<f64>>,
    /// Milliseconds at the 50th, 95th and 99th percentile and requests for each call, by contestant.
    pub tails: BTreeMap<String, Vec<f64>>,
}

/// Both profiles, the library's other clock, and what the compiler itself costs.
#[derive(Debug, Default)]
pub struct Run {
    /// The default release profile first.
    pub profiles: Vec<Measured>,
    /// A few times with the feature `fast-clock`, by the default release profile.
    pub fast_clock: Measured,
    /// By variant: seconds of check, debug, release; lines of LLVM in debug, release; bytes of the future.
    pub compile: BTreeMap<String, Vec<f64>>,
    /// Whether it was measured too briefly to be quoted.
    pub quick: bool,
}

impl Run {
    /// Reads a folder that `scripts/bench` has filled, with `criterion` as that of the first profile's times.
    #[must_use]
    pub fn read(folder: &Path, criterion: Option<PathBuf>) -> Self {
        let mut profiles: Vec<_> = ["release", "bench-lto"]
            .into_iter()
            .map(|profile| Measured::read(profile, &folder.join(profile)))
            .collect();
        if let Some(criterion) = criterion {
            profiles[0].nanos = estimates(&criterion);
        }
        Self {
            profiles,
            fast_clock: Measured::read("fast-clock", &folder.join("fast-clock")),
            compile: lines(&folder.join("compile.tsv"), 1),
            quick: folder.join("quick").exists(),
        }
    }
}

impl Measured {
    fn read(profile: &str, folder: &Path) -> Self {
        Self {
            profile: profile.to_owned(),
            nanos: estimates(&folder.join("criterion")),
            instructions: lines(&folder.join("instructions.tsv"), 1),
            allocations: lines(&folder.join("allocations.tsv"), 1),
            keyed: lines(&folder.join("keyed_memory.tsv"), 2),
            tails: lines(&folder.join("hedge_tail.tsv"), 1),
        }
    }

    /// Nanoseconds of a benchmark beyond those of the bare body under the same load.
    #[must_use]
    pub fn added(&self, group: &str, name: &str) -> Option<f64> {
        beyond_bare(group, name, |case| self.nanos.get(case).copied())
    }

    /// Instructions of a case beyond those of the bare body.
    #[must_use]
    pub fn added_instructions(&self, group: &str, name: &str) -> Option<f64> {
        beyond_bare(group, name, |case| {
            self.instructions.get(case)?.first().copied()
        })
    }
}

fn beyond_bare(group: &str, name: &str, of: impl Fn(&str) -> Option<f64>) -> Option<f64> {
    let bare = match group {
        "success" | "pending" | "tasks_64" | "layer" | "request" => {
            of(&format!("{group}/bare/bare"))?
        }
        // Three runs of the body.
        "third_attempt" => 3.0 * of("success/bare/bare")?,
        // What is turned away runs no body.
        _ => 0.0,
    };
    Some(of(&format!("{group}/{name}"))? - bare)
}

/// The first `names` columns are a name, joined by slashes, the others numbers.
fn lines(file: &Path, names: usize) -> BTreeMap<String, Vec<f64>> {
    let text = fs::read_to_string(file).unwrap_or_default();
    let line = |line: &str| {
        let columns: Vec<_> = line.split('\t').collect();
        let (name, numbers) = columns.split_at_checked(names)?;
        let numbers: Result<Vec<f64>, _> = numbers.iter().map(|number| number.parse()).collect();
        Some((name.join("/"), numbers.ok()?))
    };
    text.lines().filter_map(line).collect()
}

/// `<folder>/<group>/<function>/<value>/new/estimates.json`, as criterion keeps them.
fn estimates(folder: &Path) -> BTreeMap<String, f64> {
    let mut found = BTreeMap::new();
    for group in folders(folder) {
        for function in folders(&group) {
            for value in folders(&function) {
                let name = [&group, &function, &value].map(|path| name(path));
                if let Some(median) = median(&value.join("new/estimates.json")) {
                    found.insert(name.join("/"), median);
                }
            }
        }
    }
    found
}

fn folders(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| entry.path())
        .filter(|path| path.is_dir())
        .collect()
}

fn name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

fn median(file: &Path) -> Option<f64> {
    let text = fs::read_to_string(file).ok()?;
    let estimates: Value = serde_json::from_str(&text).ok()?;
    estimates["median"]["point_estimate"].as_f64()
}
