//! A cached answer is handed out to many callers.

use std::io;
use std::rc::Rc;

use resilience_runtime::resilient;

struct Answer;

#[resilient(service = "s", cache())]
async fn not_clone() -> io::Result<Answer> {
    Ok(Answer)
}

#[resilient(service = "s", cache())]
async fn not_shared() -> io::Result<Rc<u8>> {
    Ok(Rc::new(1))
}

#[resilient(service = "s", cache(key = text))]
async fn not_static(text: &str) -> io::Result<&str> {
    Ok(text)
}

#[resilient(service = "s", cache(key = key))]
async fn not_a_key(key: f64) -> io::Result<u8> {
    Ok(key as u8)
}

fn main() {}
