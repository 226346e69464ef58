//! A derive with mistakes implements the trait, so that no second error follows.

use resilience_runtime::{Classify, ResilienceError, resilient};

#[derive(Debug, Classify)]
enum Failure {
    #[classify(permanant)]
    Misspelt,
    #[classify(unknown)]
    Renamed,
    #[classify(with = judge)]
    With(u16),
    #[classify(delegate)]
    Delegating(std::io::Error),
    Resilience(ResilienceError),
}

impl From<ResilienceError> for Failure {
    fn from(error: ResilienceError) -> Self {
        Self::Resilience(error)
    }
}

#[resilient(service = "s")]
async fn f() -> Result<u8, Failure> {
    Ok(1)
}

fn needs_it<E: Classify>(_: &E) {}

fn main() {
    needs_it(&Failure::Misspelt);
}
