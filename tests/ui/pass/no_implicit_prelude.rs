//! Without a prelude, and with names that shadow everything of it.
#![no_implicit_prelude]
#![deny(warnings)]
#![forbid(unsafe_code)]
#![allow(dead_code)]

type Result<T> = ::std::io::Result<T>;
struct Ok;
struct Err;
struct Some;
struct None;
struct Option;
struct String;
mod core {}
mod resilience_runtime {}

#[::resilience_runtime::llm_resilient(
    retry(max_attempts = 2, base_delay = 0.5),
    circuit_breaker(window = 100),
    rate_limit(requests_per_minute = 60000, key = text),
    cache(key = (text, &owned), refresh_ahead = 0.5, negative_ttl = off),
    fallback(cache(key = text, ttl = "1m"), call = other, value = 1),
)]
async fn ask(text: &str, owned: ::std::vec::Vec<u8>) -> Result<usize> {
    ::std::result::Result::Ok(text.len() + owned.len())
}

fn other(_: &str, owned: ::std::vec::Vec<u8>) -> Result<usize> {
    ::std::result::Result::Ok(owned.len())
}

#[::resilience_runtime::resilient(service = "x", retry = off)]
async fn once() -> Result<usize> {
    ::std::result::Result::Ok(1)
}

#[derive(::resilience_runtime::Classify)]
enum Failure {
    #[classify(throttled(retry_after = wait))]
    Busy {
        wait: ::std::time::Duration,
    },
    #[classify(permanent, counts_as_failure)]
    Broken,
    Inner(#[classify(delegate)] ::std::io::Error),
}

fn main() {
    let _unused = (ask, once);
    let _ = [Failure::Broken].len();
}
