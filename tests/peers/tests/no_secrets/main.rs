//! No log, event or error contains a secret, and each contains what it has to.
//!
//! A binary of its own, in which every event has a subscriber: a callsite of `tracing` that a thread without a
//! subscriber reaches first, while another one subscribes, can stay disabled for both.

#[path = "../peers/bank/mod.rs"]
#[allow(dead_code, reason = "the other tests need more of it")]
mod bank;
#[path = "../peers/llm_clients.rs"]
#[allow(dead_code, reason = "the other tests need more of it")]
mod llm_clients;

mod llm;
mod postgres;
