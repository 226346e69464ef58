//! The structure of the sources: no circles of imports, one direction of dependencies, sizes of files and functions.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use resilience_structure::graph::{Graph, circles, reachable};
use resilience_structure::module::read_crate;
use resilience_structure::resolve::{Edge, edges};
use resilience_structure::token::{Token, tokens};

const PACKAGES: [&str; 2] = ["resilience-macros", "resilience-runtime"];
/// The folders of the runtime that are no pattern. Any other folder is one, so a new pattern is checked without a word here.
const NO_PATTERNS: [&str; 18] = [
    "admin",
    "call",
    "chaos",
    "clock",
    "config",
    "error",
    "exporters",
    "fleet",
    "health",
    "plan",
    "poll_context",
    "registry",
    "reqwest_middleware",
    "rmcp",
    "session",
    "telemetry",
    "tower",
    "verdict",
];

fn sources(package: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(package)
        .join("src")
}

/// Returns the names of the folders that hold one pattern each.
fn patterns() -> Vec<String> {
    let entries = fs::read_dir(sources("resilience-runtime")).expect("the runtime's sources");
    let folders = entries
        .map(|entry| entry.expect("an entry of the sources").path())
        .filter(|path| path.is_dir());
    folders
        .filter_map(|path| path.file_name()?.to_str().map(str::to_owned))
        .filter(|name| !NO_PATTERNS.contains(&name.as_str()))
        .collect()
}

/// Returns the edges of a crate with paths below its `src`.
fn edges_of(package: &str) -> Vec<Edge> {
    let sources = sources(package);
    let below = |file: &Path| {
        file.strip_prefix(&sources)
            .expect("a file below src")
            .to_owned()
    };
    edges(&read_crate(&sources.join("lib.rs")))
        .into_iter()
        .map(|edge| Edge {
            from: below(&edge.from),
            to: below(&edge.to),
            ..edge
        })
        .collect()
}

/// Returns the entry of `folder` that holds the file: a file, the folder's own `mod.rs` included, or a folder within it. A `lib.rs`
/// is not an entry: it stands for the crate.
fn entry(folder: &Path, file: &Path) -> Option<String> {
    let first = file
        .strip_prefix(folder)
        .ok()?
        .components()
        .next()?
        .as_os_str()
        .to_str()?;
    let name = first.trim_end_matches(".rs");
    (!matches!(first, "lib.rs")).then(|| name.to_owned())
}

/// Returns the graph of a folder, whose nodes are its files and subfolders.
fn graph_of(edges: &[Edge], folder: &Path) -> Graph {
    let mut graph = Graph::new();
    for edge in edges {
        if let (Some(from), Some(to)) = (entry(folder, &edge.from), entry(folder, &edge.to))
            && from != to
        {
            graph.entry(from).or_default().insert(to);
        }
    }
    graph
}

fn describe(edge: &Edge) -> String {
    format!(
        "\n    {}:{} names {} of {}",
        edge.from.display(),
        edge.line,
        edge.path,
        edge.to.display()
    )
}

fn circles_in_folders(edges: &[Edge]) -> Vec<String> {
    let folders: BTreeSet<&Path> = edges
        .iter()
        .flat_map(|edge| edge.from.ancestors().skip(1))
        .collect();
    let mut problems = Vec::new();
    for folder in folders {
        for circle in circles(&graph_of(edges, folder)) {
            let is_on = |file| entry(folder, file).filter(|name| circle.contains(name));
            let lines: String = edges
                .iter()
                .filter(|edge| matches!((is_on(&edge.from), is_on(&edge.to)), (Some(from), Some(to)) if from != to))
                .map(describe)
                .collect();
            problems.push(format!("src/{}: {circle:?}{lines}", folder.display()));
        }
    }
    problems
}

/// Returns the lines that import the module `to` from one for which `is_forbidden` holds.
fn imports(edges: &[Edge], is_forbidden: impl Fn(&str, &str) -> bool) -> String {
    let root = Path::new("");
    let found =
        edges.iter().filter(
            |edge| match (entry(root, &edge.from), entry(root, &edge.to)) {
                (Some(from), Some(to)) => from != to && is_forbidden(&from, &to),
                _ => false,
            },
        );
    found.map(describe).collect()
}

#[test]
fn sources_are_read() {
    // Without imports there would be no circles either.
    let edges = edges_of("resilience-runtime");
    let from_call = |edge: &&Edge| edge.from.starts_with("call") && edge.to.starts_with("plan");
    assert!(edges.len() > 1_000 && edges.iter().filter(from_call).count() > 10);
}

#[test]
fn imports_have_no_circles() {
    let found: Vec<String> = PACKAGES
        .iter()
        .flat_map(|package| {
            circles_in_folders(&edges_of(package))
                .into_iter()
                .map(move |circle| format!("{package}/{circle}"))
        })
        .collect();
    assert!(
        found.is_empty(),
        "circles of imports in\n{}",
        found.join("\n")
    );
}

#[test]
fn layers_depend_on_lower_ones_only() {
    let patterns = patterns();
    let patterns: Vec<&str> = patterns.iter().map(String::as_str).collect();
    let layers: [&[&str]; 6] = [
        &["call"],
        &["registry"],
        &["plan", "service"],
        &patterns,
        &["verdict", "config"],
        &["error"],
    ];
    let graph = graph_of(&edges_of("resilience-runtime"), Path::new(""));
    for (index, layer) in layers.iter().enumerate() {
        for module in *layer {
            let reached = reachable(&graph, module);
            let above = layers[..index].concat();
            let wrong: Vec<_> = above
                .iter()
                .filter(|upper| reached.contains(**upper))
                .collect();
            assert!(
                wrong.is_empty(),
                "`{module}` imports {wrong:?}, directly or not"
            );
        }
    }
}

#[test]
fn patterns_do_not_import_each_other() {
    let patterns = patterns();
    assert!(patterns.len() >= 6, "{patterns:?}");
    let is_pattern = |name: &str| patterns.iter().any(|pattern| pattern == name);
    let found = imports(&edges_of("resilience-runtime"), |from, to| {
        is_pattern(from) && is_pattern(to)
    });
    assert!(found.is_empty(), "a pattern imports another one:{found}");
}

#[test]
fn error_imports_only_names() {
    let found = imports(&edges_of("resilience-runtime"), |from, to| {
        from == "error" && !["name", "limit_name"].contains(&to)
    });
    assert!(found.is_empty(), "`error` imports more than names:{found}");
}

#[test]
fn operators_modules_are_not_imported_from_below() {
    let above = ["admin", "exporters", "health"];
    let found = imports(&edges_of("resilience-runtime"), |from, to| {
        above.contains(&to) && !above.contains(&from)
    });
    assert!(
        found.is_empty(),
        "only admin, exporters and health import each other:{found}"
    );
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn files_have_at_most_450_lines() {
    for package in PACKAGES {
        let mut files = Vec::new();
        rust_files(&sources(package), &mut files);
        for file in files {
            let lines = fs::read_to_string(&file).expect("UTF-8").lines().count();
            assert!(lines <= 450, "{}: {lines} lines", file.display());
        }
    }
}

#[test]
fn functions_of_call_have_at_most_60_lines() {
    let mut files = Vec::new();
    rust_files(&sources("resilience-runtime").join("call"), &mut files);
    for file in files {
        for (name, lines) in functions(&tokens(&fs::read_to_string(&file).expect("UTF-8"))) {
            assert!(
                lines <= 60,
                "{}: `{name}` has {lines} lines",
                file.display()
            );
        }
    }
}

/// Returns the name and the lines of each function with a body.
fn functions(tokens: &[Token]) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    for (start, pair) in tokens
        .windows(2)
        .enumerate()
        .filter(|(_, pair)| pair[0].text == "fn" && pair[1].is_ident())
    {
        let mut depth = 0;
        for token in &tokens[start..] {
            match token.text.as_str() {
                "{" => depth += 1,
                "}" => depth -= 1,
                ";" if depth == 0 => break,
                _ => continue,
            }
            if depth == 0 {
                found.push((pair[1].text.clone(), token.line - pair[0].line + 1));
                break;
            }
        }
    }
    found
}

#[test]
fn files_shared_with_the_macros_are_equal() {
    // Links in the repository; tools that replace a file replace the link by a copy, which may then differ.
    let shared = [
        ("aliases", "aliases"),
        ("duration_text", "duration_text"),
        ("settings", "declaration"),
    ];
    for (here, there) in shared {
        let read = |package, folder, name: &str| {
            let file = sources(package)
                .join(folder)
                .join(name)
                .with_extension("rs");
            fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
        };
        let (macros, runtime) = (
            read("resilience-macros", "args", here),
            read("resilience-runtime", "config", there),
        );
        assert!(
            macros == runtime,
            "resilience-macros/src/args/{here}.rs differs from resilience-runtime/src/config/{there}.rs"
        );
    }
}
