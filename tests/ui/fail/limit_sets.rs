//! Each limit once, and a cost of the sorts that are limited.

use std::io;

use resilience_runtime::resilient;

#[resilient(
    service = "s",
    rate_limit(requests_per_minute = 60, requests_per_day = 5, requests_per_minute = 50)
)]
async fn one_twice() -> io::Result<u8> {
    Ok(1)
}

#[resilient(service = "s", rate_limit(input_tokens_per_minute = 60, output_tokens_per_day = 5))]
async fn without_an_estimate() -> io::Result<u8> {
    Ok(1)
}

#[resilient(service = "s", rate_limit(input_tokens_per_minute = 60, cost = 10))]
async fn of_no_sort() -> io::Result<u8> {
    Ok(1)
}

#[resilient(service = "s", rate_limit(requests_per_week = 60, output_token_per_minute = 5, cost = 1))]
async fn other_names() -> io::Result<u8> {
    Ok(1)
}

#[resilient(service = "s", rate_limit(tokens_per_day = 0, input_tokens_per_hour = -1, cost = 1))]
async fn out_of_range() -> io::Result<u8> {
    Ok(1)
}

fn main() {}
