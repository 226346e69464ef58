//! Compares the public API with `resilience-runtime.txt`. `UPDATE_API=1 cargo test -p resilience-api` renews it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

const RENEW: &str = "UPDATE_API=1 cargo test -p resilience-api";

#[test]
fn public_api_matches_snapshot() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = here.join("../..");
    let pinned = pinned_toolchain(&root);
    let used = rustc_version();
    if used != pinned {
        eprintln!(
            "skipped: rustc is {used}, and rustdoc's JSON is read for {pinned} of rust-toolchain.toml only"
        );
        return;
    }
    let json = rustdoc_json(&root, "resilience-runtime");
    let api = public_api::Builder::from_rustdoc_json(json)
        .omit_blanket_impls(true)
        .omit_auto_trait_impls(true)
        .omit_auto_derived_impls(true)
        .build()
        .expect("rustdoc's JSON in the format that public-api reads");
    // Hidden modules are not part of it: `__private` may change at any time.
    let actual: String = api
        .items()
        .map(|item| format!("{item}\n"))
        .filter(|line| !line.contains("__private"))
        .collect();
    compare(&here.join("resilience-runtime.txt"), &actual);
}

fn pinned_toolchain(root: &Path) -> String {
    let file = fs::read_to_string(root.join("rust-toolchain.toml")).expect("rust-toolchain.toml");
    let channel = file
        .lines()
        .find_map(|line| line.strip_prefix("channel = "))
        .expect("a channel");
    channel.trim_matches('"').to_owned()
}

fn rustc_version() -> String {
    let output = Command::new("rustc")
        .arg("--version")
        .output()
        .expect("rustc runs");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    text.split_whitespace()
        .nth(1)
        .unwrap_or_default()
        .to_owned()
}

/// Runs rustdoc in a target folder of its own, below the normal one: RUSTC_BOOTSTRAP, which unlocks the format in a stable
/// compiler, would have the dependencies built again.
fn rustdoc_json(root: &Path, package: &str) -> PathBuf {
    let normal =
        env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from);
    let target = root.join(normal).join("api");
    let status = Command::new(env!("CARGO"))
        .current_dir(root)
        .env("RUSTC_BOOTSTRAP", "1")
        .env_remove("RUSTFLAGS")
        .env_remove("RUSTDOCFLAGS")
        .args([
            "rustdoc",
            "--quiet",
            "--locked",
            "-p",
            package,
            "--all-features",
            "--lib",
            "--target-dir",
        ])
        .arg(&target)
        .args([
            "--",
            "-Z",
            "unstable-options",
            "--output-format",
            "json",
            "--cap-lints",
            "allow",
        ])
        .status()
        .expect("cargo runs");
    assert!(status.success(), "cargo rustdoc failed");
    target
        .join("doc")
        .join(format!("{}.json", package.replace('-', "_")))
}

fn compare(snapshot: &Path, actual: &str) {
    if env::var_os("UPDATE_API").is_some() {
        return fs::write(snapshot, actual).expect("the snapshot can be written");
    }
    let expected = fs::read_to_string(snapshot).unwrap_or_default();
    if expected == actual {
        return;
    }
    let (old, new): (BTreeSet<&str>, BTreeSet<&str>) =
        (expected.lines().collect(), actual.lines().collect());
    let removed = old.difference(&new).map(|line| format!("- {line}\n"));
    let added = new.difference(&old).map(|line| format!("+ {line}\n"));
    let diff: String = removed.chain(added).collect();
    panic!(
        "the public API has changed:\n{diff}\nIf that is intended, note it in CHANGELOG.md and run: {RENEW}"
    );
}
