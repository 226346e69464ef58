//! Checks the documentation of the runtime's features: each one has its rows, and the minimum Rust versions are those of the
//! clients.

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::Value;

const MANIFEST: &str = include_str!("../resilience-runtime/Cargo.toml");
const ROOT: &str = include_str!("../resilience-runtime/src/lib.rs");

/// Returns each feature with the dependencies and features that it switches on.
fn features() -> BTreeMap<String, Vec<String>> {
    let manifest: toml::Table = toml::from_str(MANIFEST).expect("a manifest");
    let features = manifest["features"].as_table().expect("a table");
    let entry = |(name, parts): (&String, &toml::Value)| {
        let parts = parts.as_array().expect("an array");
        let parts = parts.iter().filter_map(toml::Value::as_str);
        (name.clone(), parts.map(str::to_owned).collect())
    };
    let named = features.iter().filter(|(name, _)| *name != "default");
    named.map(entry).collect()
}

/// Returns the minimum Rust version of each client's feature in the crate root; that of the others is 1.88.
fn documented_versions() -> BTreeMap<String, (u32, u32)> {
    let (_, clients) = ROOT.split_once("//! # Clients").expect("a section");
    let rows = clients
        .lines()
        .filter_map(|line| line.strip_prefix("//! | `"));
    rows.map(|row| {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        (cells[0].trim_matches('`').to_owned(), version(cells[2]))
    })
    .collect()
}

fn version(text: &str) -> (u32, u32) {
    let mut parts = text.split('.').map(|part| part.parse().expect("a version"));
    (parts.next().expect("a major"), parts.next().unwrap_or(0))
}

/// Returns the platform that this machine compiles for.
fn host() -> String {
    let out = Command::new("rustc").arg("-vV").output().expect("rustc");
    let text = String::from_utf8(out.stdout).expect("text");
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    host.expect("rustc names its host").to_owned()
}

/// Returns the minimum Rust version of each direct dependency, by the name under which the runtime depends on it.
fn dependencies() -> BTreeMap<String, (u32, u32)> {
    let out = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1"])
        // The packages of other platforms need not be downloaded.
        .args(["--filter-platform", &host()])
        .args(["--all-features", "--manifest-path"])
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
        .output()
        .expect("cargo runs");
    let metadata: Value = serde_json::from_slice(&out.stdout).expect("metadata");
    let packages = metadata["packages"].as_array().expect("packages");
    let package = |id: &Value| packages.iter().find(|package| package["id"] == *id);
    let nodes = metadata["resolve"]["nodes"].as_array().expect("nodes");
    let is_runtime = |node: &&Value| {
        package(&node["id"]).is_some_and(|package| package["name"] == "resilience-runtime")
    };
    let runtime = nodes.iter().find(is_runtime).expect("the runtime");
    let mut versions = BTreeMap::new();
    for dependency in runtime["deps"].as_array().expect("dependencies") {
        let package = package(&dependency["pkg"]).expect("a package");
        if let Some(rust) = package["rust_version"].as_str() {
            let name = dependency["name"].as_str().expect("a name");
            versions.insert(name.replace('_', "-"), version(rust));
        }
    }
    versions
}

#[test]
fn each_feature_has_a_row_in_the_crate_root() {
    for feature in features().keys() {
        let row = format!("//! | `{feature}` |");
        assert!(ROOT.contains(&row), "`{feature}` lacks a row in lib.rs");
    }
}

#[test]
fn each_feature_has_a_comment_in_the_manifest() {
    let lines: Vec<&str> = MANIFEST.lines().collect();
    for feature in features().keys() {
        let at = lines
            .iter()
            .position(|line| line.starts_with(&format!("{feature} = [")));
        let comment = lines[at.expect("a line") - 1];
        assert!(comment.starts_with("## "), "`{feature}` lacks a comment");
    }
}

#[test]
fn minimum_rust_versions_cover_those_of_the_clients() {
    let (documented, dependencies) = (documented_versions(), dependencies());
    for (feature, parts) in features() {
        let names = parts.iter().filter_map(|part| part.strip_prefix("dep:"));
        let needed = names.filter_map(|name| dependencies.get(&name.replace('_', "-")));
        let needed = needed.max().copied().unwrap_or_default().max((1, 88));
        let documented = documented.get(&feature).copied().unwrap_or((1, 88));
        assert_eq!(documented, needed, "`{feature}`");
    }
}
