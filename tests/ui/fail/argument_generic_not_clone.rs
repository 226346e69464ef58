//! A generic argument needs the bound `Clone`.

use std::io;

use resilience_runtime::resilient;

#[resilient(service = "s")]
async fn f<T: Into<u8>>(value: T) -> io::Result<u8> {
    Ok(value.into())
}

fn main() {}
