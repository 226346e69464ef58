//! Every target, with its corpus, with changed pieces of it, and with bytes of chance: what the fuzzer found stays found, and
//! nobody needs a fuzzer to see a target fail.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use resilience_fuzz_targets::{TARGETS, Target};

/// Made inputs for each target. `RESILIENCE_FUZZ_INPUTS` asks for more.
const INPUTS: usize = 4_000;
const LONGEST: usize = 160;

/// A sequence that is the same in every run (splitmix64).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    fn bytes(&mut self) -> Vec<u8> {
        (0..self.below(LONGEST))
            .map(|_| self.next() as u8)
            .collect()
    }

    /// Two inputs spliced, and a few bytes changed.
    fn changed(&mut self, corpus: &[Vec<u8>]) -> Vec<u8> {
        let (one, other) = (
            &corpus[self.below(corpus.len())],
            &corpus[self.below(corpus.len())],
        );
        let mut input = one[..self.below(one.len() + 1)].to_vec();
        input.extend_from_slice(&other[self.below(other.len() + 1)..]);
        for _ in 0..self.below(4) {
            if !input.is_empty() {
                let at = self.below(input.len());
                input[at] = self.next() as u8;
            }
        }
        input
    }
}

fn corpus(name: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let place = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fuzz/corpus")
        .join(name);
    let entries =
        fs::read_dir(&place).unwrap_or_else(|error| panic!("{}: {error}", place.display()));
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.expect("readable").path())
        .collect();
    files.sort();
    let read = |path: PathBuf| {
        let bytes = fs::read(&path).expect("readable");
        (path, bytes)
    };
    files.into_iter().map(read).collect()
}

fn run(target: Target, input: &[u8], from: &dyn std::fmt::Display) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| target(input))) {
        eprintln!("the input was {from}: \"{}\"", input.escape_ascii());
        std::panic::resume_unwind(panic);
    }
}

fn replay(name: &str) {
    let (_, target) = TARGETS
        .iter()
        .find(|(known, _)| *known == name)
        .expect("a target");
    let files = corpus(name);
    assert!(!files.is_empty(), "{name} has no corpus");
    for (path, input) in &files {
        run(*target, input, &path.display());
    }
    let known: Vec<Vec<u8>> = files.into_iter().map(|(_, input)| input).collect();
    let inputs = std::env::var("RESILIENCE_FUZZ_INPUTS")
        .map_or(INPUTS, |text| text.parse().expect("a number"));
    let mut chance = Chance(name.bytes().map(u64::from).sum());
    for number in 0..inputs {
        let input = if number % 2 == 0 {
            chance.bytes()
        } else {
            chance.changed(&known)
        };
        run(*target, &input, &format_args!("made, number {number}"));
    }
}

macro_rules! replayed {
    ($($name:ident)*) => {
        $(
            #[test]
            fn $name() {
                replay(stringify!($name));
            }
        )*

        #[test]
        fn every_target_is_replayed() {
            let replayed = [$(stringify!($name)),*];
            assert!(TARGETS.iter().map(|(name, _)| *name).eq(replayed));
        }
    };
}

replayed! {
    attribute_arguments
    declarations
    derive_arguments
    durations
    hints
    http_verdicts
    impl_blocks
    llm_bodies
    quota_headers
    settings
}
