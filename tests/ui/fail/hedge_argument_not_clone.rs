//! Every attempt has owned arguments of its own, also where nothing is retried.

use std::io;

use resilience_runtime::llm_resilient;

struct Prompt(String);

#[llm_resilient(retry = off, hedge(delay = "1s"))]
async fn owned(prompt: Prompt, n: usize) -> io::Result<usize> {
    let Prompt(text) = prompt;
    Ok(text.len() + n)
}

#[llm_resilient(hedge(delay = "1s"))]
async fn generic<T: Into<String>>(prompt: T) -> io::Result<usize> {
    Ok(prompt.into().len())
}

#[llm_resilient(hedge(delay = "1s"))]
async fn unnamed(prompt: impl Into<String>) -> io::Result<usize> {
    Ok(prompt.into().len())
}

fn main() {}
