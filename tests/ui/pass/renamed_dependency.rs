//! A runtime under another name, or re-exported by another crate.
#![deny(warnings)]

mod vendor {
    pub use resilience_runtime as rt;
}

use std::io;

#[vendor::rt::llm_resilient(crate = crate::vendor::rt, fallback(value = 2))]
async fn by_path() -> io::Result<u8> {
    Ok(1)
}

#[vendor::rt::llm_resilient(crate = "crate::vendor::rt")]
async fn by_text() -> io::Result<u8> {
    Ok(1)
}

macro_rules! hidden {
    ($name:ident) => {
        #[$crate::vendor::rt::llm_resilient(crate = $crate::vendor::rt)]
        async fn $name() -> io::Result<u8> {
            Ok(1)
        }
    };
}
hidden!(by_macro);

#[derive(vendor::rt::Classify)]
#[classify(crate = crate::vendor::rt, permanent)]
struct Failure;

#[tokio::main]
async fn main() {
    assert_eq!(by_path().await.unwrap(), 1);
    assert_eq!(by_text().await.unwrap(), 1);
    assert_eq!(by_macro().await.unwrap(), 1);
    assert!(vendor::rt::Classify::classify(&Failure).is_permanent());
}
