//! What must not be told is in nothing that we write, and what must be told is.
//!
//! A binary of its own, in which all that happens is listened to: a callsite of `tracing` that a thread without a
//! listener meets first, while another begins to listen, can stay silent for both.

#[path = "../peers/bank/mod.rs"]
#[allow(dead_code, reason = "the other tests need more of it")]
mod bank;
#[path = "../peers/llm_clients.rs"]
#[allow(dead_code, reason = "the other tests need more of it")]
mod llm_clients;

mod llm;
mod postgres;
