//! Where and with what it was measured.

use std::process::Command;
use std::{env, fs, thread};

use super::measured::Run;

const LOCK: &str = include_str!("../../../Cargo.lock");

const PEERS: [&str; 11] = [
    "backon",
    "failsafe",
    "governor",
    "recloser",
    "reqwest-middleware",
    "reqwest-retry",
    "seatbelt",
    "tokio",
    "tower",
    "tower-resilience",
    "criterion",
];

pub(super) fn heading(run: &Run) -> String {
    let cores = thread::available_parallelism().map_or(0, usize::from);
    let quick = if run.quick {
        "\n> Measured briefly, as a test of the benchmarks: do not quote.\n"
    } else {
        ""
    };
    format!(
        "# Benchmarks\n\n\
         What guarding a call costs here and by other means, measured in one run. `scripts/bench` writes this page; edits are \
         lost.\n{quick}\n\
         ![added nanoseconds per call](benchmarks.svg)\n\n\
         {cpu}, {cores} cores, {os}; {rustc}; resilience {ours}, {peers}.\n",
        cpu = cpu().unwrap_or_else(|| env::consts::ARCH.to_owned()),
        os = env::consts::OS,
        rustc = rustc().unwrap_or_else(|| "an unknown rustc".to_owned()),
        ours = version(LOCK, "resilience-runtime").unwrap_or_default(),
        peers = versions().join(", "),
    )
}

fn cpu() -> Option<String> {
    let text = fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

fn rustc() -> Option<String> {
    let program = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let out = Command::new(program).arg("--version").output().ok()?;
    Some(String::from_utf8(out.stdout).ok()?.trim().to_owned())
}

fn versions() -> Vec<String> {
    PEERS
        .iter()
        .filter_map(|peer| version(LOCK, peer).map(|version| format!("{peer} {version}")))
        .collect()
}

/// The first of that name.
fn version<'a>(lock: &'a str, package: &str) -> Option<&'a str> {
    let (_, rest) = lock.split_once(&format!("name = \"{package}\"\nversion = \""))?;
    rest.split_once('"').map(|(version, _)| version)
}
