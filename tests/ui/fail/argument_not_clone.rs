//! Every attempt needs its own copy of an owned argument.

use std::io;

use resilience_runtime::resilient;

struct Client;

#[resilient(service = "s")]
async fn f(client: Client, n: u8) -> io::Result<u8> {
    drop(client);
    Ok(n)
}

fn main() {}
