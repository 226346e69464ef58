//! Every mistake is reported, each at its token.

use std::io;

use resilience_runtime::Classify;

#[derive(Classify)]
enum Failure {
    #[classify(transiet)]
    Misspelt,
    #[classify(transient, permanent)]
    Two,
    #[classify(throttled(retry_after = wait))]
    NoSuchField {
        time: u8,
    },
    #[classify]
    Nothing,
    #[classify(permanent)]
    Delegating(#[classify(delegate)] io::Error),
    #[classify(counts_as_failure)]
    OnlyTheBreaker,
    With(#[classify(with = "text")] u8),
}

#[derive(Classify)]
union Bits {
    a: u8,
}

#[derive(Debug, Classify)]
enum Words {
    #[classify(needs_reconnect)]
    Alone,
    #[classify(permanent, needs_reconnect, needs_reconnect)]
    Twice,
    #[classify(permanent, needs_reconnect(now))]
    Arguments,
    #[classify(not_fond)]
    Misspelt,
}

fn main() {}
