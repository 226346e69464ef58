//! Each server starts, breaks as it does in the wild, knows of it, and goes.

mod bank;
mod fault_proxy;
mod lifetime;
mod llmock;
mod mcp;
mod mcp_everything;
mod mcp_orders;
mod moto;
mod openbao;
mod pgbouncer;
mod pgbouncer_resilient;
mod postgres;
mod postgres_contention;
mod postgres_lost_commit;
mod postgres_refusals;
mod postgres_restarts;
mod postgres_secrets;
mod redis;
