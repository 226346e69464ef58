//! A limit is fixed or adaptive, and the bounds of an adaptive one are in order.

use std::io;

use resilience_runtime::resilient;

#[resilient(service = "s", bulkhead(max_concurrent = 8, adaptive))]
async fn both() -> io::Result<u8> {
    Ok(1)
}

#[resilient(service = "s", bulkhead(adaptive(minimum = 1, inital = 2, max_wait = "1s")))]
async fn unknown_names() -> io::Result<u8> {
    Ok(1)
}

#[resilient(service = "s", bulkhead(adaptive(min = "1", max = 0, initial = -1, factor = 1.0)))]
async fn bad_values() -> io::Result<u8> {
    Ok(1)
}

#[resilient(service = "s", bulkhead(adaptive(min = 9, max = 8, initial = 10, factor = 0.4)))]
async fn out_of_order() -> io::Result<u8> {
    Ok(1)
}

#[resilient(service = "s", bulkhead(adaptive(min = 9, max = 8, initial = 10)))]
async fn out_of_order_alone() -> io::Result<u8> {
    Ok(1)
}

#[resilient(service = "s", bulkhead(adaptive = true))]
async fn in_another_form() -> io::Result<u8> {
    Ok(1)
}

#[resilient(service = "s", bulkhead(adaptive_min = 1))]
async fn name_of_a_setting() -> io::Result<u8> {
    Ok(1)
}

resilience_runtime::service! {
    static DECLARED: Custom = "declared" { bulkhead(max_concurrent = 8, adaptive(max = 9)) }
}

#[resilient(service = DECLARED, bulkhead(adaptive(max = 9)))]
async fn at_a_declared_service() -> io::Result<u8> {
    Ok(1)
}

fn main() {}
