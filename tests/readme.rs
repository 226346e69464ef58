//! Checks the README. Its Rust blocks run as doctests of `tests/documents`; this file checks the rest.

use std::fs;
use std::path::Path;

use resilience_runtime::Settings;

const README: &str = include_str!("../README.md");

/// Returns the README's code blocks of one language.
fn blocks(language: &str) -> Vec<&'static str> {
    blocks_of(README, language)
}

fn blocks_of<'a>(text: &'a str, language: &str) -> Vec<&'a str> {
    text.split("\n```")
        .skip(1)
        .step_by(2)
        .filter_map(|block| block.strip_prefix(language)?.strip_prefix('\n'))
        .collect()
}

#[test]
fn sh_blocks_name_only_tested_commands() {
    // Examples are run by `tests/examples.rs`, `scripts/test` is what runs this test.
    let tested = [
        "cargo run --example resilience_demo",
        "cargo run --example operations",
        "scripts/test",
    ];
    let blocks = blocks("sh");
    assert_eq!(blocks.len(), 2);
    for line in blocks.into_iter().flat_map(str::lines) {
        let command = line.split('#').next().unwrap_or_default().trim();
        assert!(tested.contains(&command), "`{command}` is not tested");
    }
}

#[test]
fn ini_block_is_accepted_by_settings() {
    let blocks = blocks("ini");
    assert_eq!(blocks.len(), 1);
    let variables: Vec<(&str, &str)> = blocks[0]
        .lines()
        .map(|line| line.split_once('=').expect("NAME=value"))
        .collect();
    assert!(variables.len() > 5);
    let settings = Settings::from_vars(variables.iter().copied()).expect("they can be used");
    assert!(settings.warnings().is_empty(), "{:?}", settings.warnings());

    // Variables of a service are checked once the service is known.
    let openai = resilience_runtime::ServiceSettings::default();
    let known = settings.service("openai", openai);
    assert!(known.warnings().is_empty(), "{:?}", known.warnings());
    resilience_runtime::Registry::new()
        .configure(known)
        .expect("they can be used");
}

#[test]
fn configuration_guide_toml_is_accepted_by_settings() {
    let guide = include_str!("../resilience-runtime/guide/configuration.md");
    let blocks = blocks_of(guide, "toml");
    assert_eq!(blocks.len(), 1);
    let settings: Settings = toml::from_str(blocks[0]).expect("settings");
    assert_eq!((settings.kinds.len(), settings.services.len()), (1, 1));
    resilience_runtime::Registry::new()
        .configure(settings)
        .expect("they can be used");
}

#[test]
fn toml_blocks_name_only_existing_features() {
    let mut blocks = blocks("toml");
    assert_eq!(blocks.len(), 1);
    let testing = include_str!("../resilience-runtime/guide/testing.md");
    blocks.extend(blocks_of(testing, "toml"));
    assert_eq!(blocks.len(), 2);
    let manifest: toml::Table =
        toml::from_str(include_str!("../resilience-runtime/Cargo.toml")).expect("a manifest");
    let features = manifest["features"].as_table().expect("a table");
    for block in blocks {
        let block: toml::Table = toml::from_str(block).expect("it is TOML");
        let (_, dependencies) = block.iter().next().expect("a table");
        let runtime = &dependencies["resilience-runtime"];
        let named = runtime.get("features").and_then(toml::Value::as_array);
        for feature in named.into_iter().flatten() {
            let feature = feature.as_str().expect("a name");
            assert!(features.contains_key(feature), "no feature `{feature}`");
        }
    }
}

#[test]
fn first_code_block_stands_in_the_first_15_lines() {
    let line = README.lines().position(|line| line.starts_with("```"));
    assert!(line.expect("a code block") < 15);
}

#[test]
fn readme_has_at_most_1200_words() {
    let words = README.split_whitespace().count();
    assert!(words <= 1_200, "{words} words");
}

#[test]
fn rust_blocks_have_no_hidden_lines() {
    assert!(blocks("rust").len() >= 3);
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("resilience-runtime/guide");
    let pages = fs::read_dir(guide).expect("a folder");
    let pages = pages.map(|page| fs::read_to_string(page.expect("an entry").path()));
    let pages = pages.map(|page| page.expect("a page"));
    for page in pages.chain([README.to_owned()]) {
        for block in page.split("\n```rust").skip(1) {
            let block = block.split("\n```").next().unwrap_or_default();
            let hidden = block.lines().find(|line| line.starts_with("# "));
            assert_eq!(hidden, None);
        }
    }
}

#[test]
fn quick_start_has_at_most_25_lines() {
    let blocks = blocks("rust");
    assert!(blocks[0].lines().count() <= 25);
}
