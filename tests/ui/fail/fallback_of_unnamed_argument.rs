//! A pattern that does not name the whole argument.

use std::io;

use resilience_runtime::resilient;

struct Point {
    x: u8,
}

#[resilient(service = "s", fallback = g)]
async fn f(Point { x }: Point, _: String) -> io::Result<u8> {
    Ok(x)
}

async fn g(p: Point, _: String) -> io::Result<u8> {
    Ok(p.x)
}

fn main() {}
