//! Each server starts, breaks as it does in the wild, knows of it, and goes.

mod aws_secrets;
#[allow(dead_code, reason = "the tests of secrets need more of it")]
mod bank;
mod examples;
mod fault_proxy;
mod lifetime;
mod llm_clients;
mod llm_connections;
mod llm_frameworks;
mod llm_openai;
mod llm_quotas;
mod llm_reqwest;
mod llm_streams;
mod llmock;
mod mcp;
mod mcp_everything;
mod mcp_orders;
mod mcp_resilient;
mod mcp_sessions;
mod mcp_tools;
mod moto;
mod openai_example;
mod openbao;
mod pgbouncer;
mod pgbouncer_resilient;
mod postgres;
mod postgres_contention;
mod postgres_example;
mod postgres_lost_commit;
mod postgres_refusals;
mod postgres_restarts;
mod redis;
mod redis_resilient;
mod vault_cache;
mod vault_reader;
mod vault_resilient;
