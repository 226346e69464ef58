//! Each server starts, breaks as it does in the wild, knows of it, and goes.

mod aws_secrets;
mod fault_proxy;
mod lifetime;
mod llmock;
mod mcp;
mod mcp_everything;
mod mcp_orders;
mod mcp_resilient;
mod mcp_sessions;
mod mcp_tools;
mod moto;
mod openbao;
mod pgbouncer;
mod postgres;
mod redis;
mod vault_cache;
mod vault_reader;
mod vault_resilient;
