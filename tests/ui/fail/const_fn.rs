//! A `const fn` cannot wait.

use resilience_runtime::resilient;

#[resilient(service = "s")]
const fn f() -> u8 {
    1
}

fn main() {}
