//! What a declaration cannot hold, all of it at once; the functions that name it report nothing more.

use std::io;

use resilience_runtime::{llm_resilient, service};

service! {
    static MISSPELT: Llmm = "misspelt";
    static LOWER: database = "lower";
    static UNLIKE: Whatever = "unlike";
    static EMPTY: Llm = " ";
    static TWICE: Llm = "twice";
    static AGAIN: Llm = "twice";
    static CODE: Llm = "code" {
        retry(max_attempts = 2, retry_if = |_| true, exhausted = "wrap"),
        rate_limit(requests_per_minute = 5, key = user, cost = 3),
        fallback(value = 3),
        idempotent,
        service = "other",
    }
    static BAD: Llm = "bad" {
        retry(max_attempts = 0, base_delay = "5s", max_delay = "1s"),
        retires(max_attempts = 1),
        timeout = 5ms,
    }
}

#[llm_resilient(service = BAD)]
async fn ask() -> io::Result<u8> {
    Ok(1)
}

#[llm_resilient(service = MISSPELT)]
async fn ask_another() -> io::Result<u8> {
    Ok(1)
}

fn main() {}
