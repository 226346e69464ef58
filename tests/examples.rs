//! Every example runs to its end and exits with 0. They assert themselves what they claim.

use std::collections::BTreeSet;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

/// None takes longer, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

const DEMO: &str = "resilience_demo";

/// Runs until it is stopped.
const OPERATIONS: &str = "operations";

/// Run by tests/peers, which has the servers that they talk to.
const WITH_SERVERS: &[&str] = &["mcp", "openai", "postgres", "vault"];

/// `cargo test` builds examples beside the tests: `…/deps/examples-0123…` and `…/examples/quickstart`.
/// `cargo test --test examples` does not, so what it would find there may be missing or old.
fn executable(example: &str) -> PathBuf {
    const ADVICE: &str = "run `cargo build --examples` first, or `cargo test` as a whole";
    let test = std::env::current_exe().expect("a test knows its own path");
    let profile = test.parent().and_then(Path::parent);
    let name = format!("{example}{}", std::env::consts::EXE_SUFFIX);
    let path = profile.expect("…/deps").join("examples").join(name);
    assert!(path.is_file(), "{} is missing: {ADVICE}", path.display());
    assert!(
        modified(&path) >= sources(example).filter_map(|file| modified(&file)).max(),
        "{} is older than its source: {ADVICE}",
        path.display()
    );
    path
}

fn modified(path: &Path) -> Option<SystemTime> {
    path.metadata().and_then(|file| file.modified()).ok()
}

fn sources(example: &str) -> impl Iterator<Item = PathBuf> {
    let place = folder().join(example);
    let files = fs::read_dir(&place).into_iter().flatten();
    let files = files.filter_map(|entry| Some(entry.ok()?.path()));
    files.chain([place.with_extension("rs")])
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples")
}

/// Runs it, and returns what it printed.
fn run(example: &str, arguments: &[&str]) -> String {
    let mut command = Command::new(executable(example));
    command.args(arguments);
    // What is set where the tests run shall not change what the examples do.
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        let prefixes = [
            "HEALTH_CHECK_",
            "RETRY_",
            "CIRCUIT_",
            "RATE_LIMIT_",
            "BULKHEAD_",
            "TIMEOUT_",
            "DEADLINE_",
            "RESILIENCE_",
        ];
        if prefixes.iter().any(|prefix| text.starts_with(prefix)) {
            command.env_remove(&name);
        }
    }
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{example} does not start: {error}"));
    // Read while it runs: a full pipe would stop it.
    let out = child.stdout.take().map(reader);
    let err = child.stderr.take().map(reader);
    let code = wait(&mut child);
    let text = |reader: Option<thread::JoinHandle<String>>| {
        reader
            .map(|it| it.join().unwrap_or_default())
            .unwrap_or_default()
    };
    let (out, err) = (text(out), text(err));
    assert_eq!(code, Some(0), "{example}\n{out}\n{err}");
    out
}

fn reader(mut pipe: impl Read + Send + 'static) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = pipe.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// The exit code; `None` if it took too long, or a signal ended it.
fn wait(child: &mut Child) -> Option<i32> {
    let began = Instant::now();
    while began.elapsed() < PATIENCE {
        if let Some(status) = child.try_wait().expect("a child can be asked") {
            return status.code();
        }
        thread::sleep(Duration::from_millis(10));
    }
    let _ = child.kill();
    let _ = child.wait();
    None
}

macro_rules! runs {
    ($($example:ident)*) => {
        $(
            #[test]
            fn $example() {
                run(stringify!($example), &[]);
            }
        )*

        #[test]
        fn no_example_is_left_out() {
            let found: BTreeSet<String> = fs::read_dir(folder())
                .expect("there are examples")
                .filter_map(|entry| {
                    let path = entry.ok()?.path();
                    // What is no program is for other ones to read.
                    let is_program = path.is_file() || path.join("main.rs").is_file();
                    is_program.then(|| Some(path.file_stem()?.to_string_lossy().into_owned()))?
                })
                .collect();
            let here = [DEMO, OPERATIONS, $(stringify!($example)),*];
            let all = here.iter().chain(WITH_SERVERS);
            let expected: BTreeSet<String> = all.map(|name| (*name).to_owned()).collect();
            assert_eq!(found, expected);
        }
    };
}

runs! { by_hand configuration fallbacks fleet health provider_limits quickstart rate_limits testing }

#[test]
fn what_operators_see_happens_within_seconds() {
    let told = run(OPERATIONS, &["0", "--seconds", "6"]);
    let address = told.lines().next().unwrap_or_default();
    assert!(address.starts_with("http://127.0.0.1:"), "{told}");
    assert!(address.ends_with("/dashboard"), "{told}");
    for service in ["openai", "orders", "payments", "search", "tools", "vault"] {
        assert!(
            told.contains(&format!("\n{service} ")),
            "no {service}:\n{told}"
        );
    }
}

#[test]
fn the_demo_tells_the_whole_story() {
    let began = Instant::now();
    let story = run(DEMO, &[]);
    assert!(
        began.elapsed() < Duration::from_secs(50),
        "{:?}",
        began.elapsed()
    );
    for line in [
        "✓ one call, 3 requests",
        "not earlier than it was asked to",
        "✓ the second caller was rejected before it reached the server",
        "✓ two attempts were cut after 1 s each",
        "✓ they made [3, 1, 0] requests",
        "✓ answered by the smaller model",
        "answered by the value: please try again later",
        "open → half_open → half_open → closed",
        "✓ the file holds 80 different entries and a balance of 400 cents",
        "✓ returned as it is after 1 call: “we are out of that”",
        "1 table is booked",
        "✓ after 3 calls: “soup, bread, plums”",
        "✓ after 3 attempts the last good one is served",
        "✓ denied after 1 attempt",
        "✓ 3 of hers pass, one is rejected and may retry in",
        "the bulkhead is full",
        "correlation_id=demo-llm",
        " promises kept, 0 broken",
    ] {
        assert!(story.contains(line), "no line says “{line}”:\n{story}");
    }
    assert!(!story.contains('✗'), "{story}");
    for service in [
        "ledger",
        "llm",
        "llm-small",
        "render",
        "restaurant",
        "search",
        "vault",
    ] {
        let row = format!("\n  {service} ");
        assert!(story.contains(&row), "the table lacks {service}:\n{story}");
    }
}
