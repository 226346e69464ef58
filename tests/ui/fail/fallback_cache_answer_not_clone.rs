//! The last good answer is stored and handed out again.

use std::io;

use resilience_runtime::resilient;

struct Answer;

#[resilient(service = "s", fallback(cache(ttl = "1m")))]
async fn not_clone() -> io::Result<Answer> {
    Ok(Answer)
}

#[resilient(service = "s", fallback(cache(key = text, ttl = "1m")))]
async fn not_static(text: &str) -> io::Result<&str> {
    Ok(text)
}

fn main() {}
