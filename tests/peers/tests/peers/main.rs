//! Each server starts, breaks as it does in the wild, knows of it, and goes.

mod fault_proxy;
mod lifetime;
mod llmock;
mod postgres;
mod redis;
