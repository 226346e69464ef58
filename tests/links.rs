//! Checks the links of the Markdown files: what they name in the repository exists, and those of a package stay in it.

use std::fs;
use std::path::Path;

const FILES: [&str; 8] = [
    "README.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "CODE_OF_CONDUCT.md",
    "CHANGELOG.md",
    "docs/architecture.md",
    "docs/benchmarks.md",
    "docs/glossary.md",
];

const PACKAGES: [&str; 2] = [
    "resilience-runtime/README.md",
    "resilience-macros/README.md",
];

fn read(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Returns the targets of `[text](target)` and of `src="target"` that are not addresses.
fn relative_links(text: &str) -> Vec<&str> {
    let inline = text
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next());
    let sources = [r#"src=""#, r#"srcset=""#];
    let sources = sources
        .into_iter()
        .flat_map(|name| text.split(name).skip(1));
    let sources = sources.filter_map(|rest| rest.split('"').next());
    inline
        .chain(sources)
        .filter(|target| !target.starts_with("http"))
        .collect()
}

/// Returns the anchors of the headings, as hosting pages make them.
fn anchors(text: &str) -> Vec<String> {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    headings
        .map(|line| {
            let title = line.trim_start_matches('#').trim().to_lowercase();
            let kept = title
                .chars()
                .filter(|c| c.is_alphanumeric() || " -_".contains(*c));
            kept.map(|c| if c == ' ' { '-' } else { c }).collect()
        })
        .collect()
}

#[test]
fn relative_links_name_existing_files_and_headings() {
    for file in FILES {
        let text = read(file);
        let folder = Path::new(file).parent().expect("a folder");
        for link in relative_links(&text) {
            let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = match path {
                "" => file.to_owned(),
                path => folder.join(path).display().to_string(),
            };
            let place = Path::new(env!("CARGO_MANIFEST_DIR")).join(&target);
            assert!(place.exists(), "{file} links to {link}");
            if !anchor.is_empty() {
                let found = anchors(&read(&target)).iter().any(|it| it == anchor);
                assert!(found, "{file} links to {link}, which is no heading");
            }
        }
    }
}

#[test]
fn package_readmes_have_no_relative_links() {
    for file in PACKAGES {
        let text = read(file);
        assert_eq!(relative_links(&text), Vec::<&str>::new(), "{file}");
        assert!(text.lines().count() <= 60, "{file} is long");
    }
}

#[test]
fn guide_pages_link_by_rustdoc_paths() {
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("resilience-runtime/guide");
    for page in fs::read_dir(guide).expect("a folder") {
        let page = page.expect("an entry").path();
        let text = fs::read_to_string(&page).expect("a page");
        for link in relative_links(&text) {
            let path = link.trim_start_matches("derive@");
            let by_name = path.starts_with("crate") || path.starts_with('#');
            assert!(by_name, "{} links to {link}", page.display());
        }
    }
}
