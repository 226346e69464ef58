//! The shapes, such that every two of the choices that go together stand together in one of them. Written anew with
//! `cargo run -p resilience-shapes-generator`.

mod choices;
mod cover;
mod source;

use std::path::PathBuf;

fn main() -> std::io::Result<()> {
    std::fs::write(path(), source::file(&cover::pairs()))
}

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../src/generated.rs")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shapes_are_all_that_go_together_and_as_they_were_written() {
        let shapes = cover::pairs();
        for (one, other) in cover::all_pairs() {
            let together =
                |shape: &choices::Row| shape[one.0] == one.1 && shape[other.0] == other.1;
            assert!(shapes.iter().any(together), "{one:?} with {other:?}");
        }
        let there = std::fs::read_to_string(path()).expect("readable");
        assert!(
            there == source::file(&shapes),
            "src/generated.rs is not what `cargo run -p resilience-shapes-generator` writes"
        );
    }
}
