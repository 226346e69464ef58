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

/// Returns the first two numbers of a version.
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

/// Returns each direct dependency's package, by the name under which the runtime depends on it.
fn dependencies() -> BTreeMap<String, Value> {
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
    let entry = |dependency: &Value| {
        let name = dependency["name"].as_str().expect("a name");
        let package = package(&dependency["pkg"]).expect("a package");
        (name.replace('_', "-"), package.clone())
    };
    let dependencies = runtime["deps"].as_array().expect("dependencies");
    dependencies.iter().map(entry).collect()
}

fn minimum_rust_version(package: &Value) -> Option<(u32, u32)> {
    package["rust_version"].as_str().map(version)
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
        let packages = names.filter_map(|name| dependencies.get(&name.replace('_', "-")));
        let needed = packages.filter_map(minimum_rust_version).max();
        let needed = needed.unwrap_or_default().max((1, 88));
        let documented = documented.get(&feature).copied().unwrap_or((1, 88));
        assert_eq!(documented, needed, "`{feature}`");
    }
}

/// The pages that tell of clients.
const PAGES: [&str; 5] = [
    include_str!("../resilience-runtime/guide/database.md"),
    include_str!("../resilience-runtime/guide/errors.md"),
    include_str!("../resilience-runtime/guide/llm.md"),
    include_str!("../resilience-runtime/guide/mcp.md"),
    include_str!("../resilience-runtime/guide/secrets.md"),
];

/// Returns the clients' features with the versions that the crate root names, of rows of the table of clients.
fn clients() -> BTreeMap<String, String> {
    let (_, table) = ROOT.split_once("//! # Clients").expect("a section");
    let rows = table
        .lines()
        .filter_map(|line| line.strip_prefix("//! | `"));
    rows.map(|row| {
        let (feature, rest) = row.split_once("` | ").expect("a name");
        let (versions, _) = rest.split_once(" | ").expect("versions");
        (feature.to_owned(), versions.to_owned())
    })
    .collect()
}

/// Returns whether the version is one of `0.13`, of `0.32 to 0.43` or of `3.11 and later 3.x`; words after a comma are of
/// other packages.
fn is_named(versions: &str, tested: (u32, u32)) -> bool {
    let first = versions.split(',').next().expect("a part");
    let mut words = first
        .split(' ')
        .filter(|word| word.contains(|c: char| c.is_ascii_digit()));
    let parse = |word: &str| version(word.trim_end_matches(".x"));
    let lowest = words.next().expect("a version");
    // A major version alone stands for all of it.
    let whole = |word: &str| !word.contains('.') || word.ends_with(".x");
    match words.next() {
        None if whole(lowest) => tested.0 == parse(lowest).0,
        None => tested == parse(lowest),
        Some(highest) if whole(highest) => tested >= parse(lowest) && tested.0 == parse(highest).0,
        Some(highest) => (parse(lowest)..=parse(highest)).contains(&tested),
    }
}

#[test]
fn each_client_has_a_row_in_the_guide() {
    for feature in clients().keys() {
        let name = format!("`{feature}`");
        let row = |page: &&str| {
            let mut rows = page.lines().filter(|line| line.starts_with('|'));
            rows.any(|row| {
                row.split('|')
                    .nth(2)
                    .is_some_and(|cell| cell.contains(&name))
            })
        };
        assert!(PAGES.iter().any(row), "{name} has no row in the guide");
    }
}

#[test]
fn named_versions_of_clients_are_those_that_are_tested() {
    let features = features();
    let dependencies = dependencies();
    for (feature, versions) in clients() {
        let mut packages = features[&feature]
            .iter()
            .filter_map(|part| part.strip_prefix("dep:"));
        // The first whose name is like the feature's, else the first.
        let own = packages
            .clone()
            .find(|package| package.starts_with(&feature));
        let package = own.or_else(|| packages.next()).expect("a dependency");
        let tested = &dependencies[&package.replace('_', "-")]["version"];
        let tested = version(tested.as_str().expect("a version"));
        assert!(
            is_named(&versions, tested),
            "`{feature}` {versions}, tested with {tested:?}"
        );
    }
}
