//! Each server starts, breaks as it does in the wild, knows of it, and goes.

mod bank;
mod fault_proxy;
mod lifetime;
mod llm_clients;
mod llm_connections;
mod llm_openai;
mod llm_quotas;
mod llm_reqwest;
mod llm_silence;
mod llm_streams;
mod llmock;
mod mcp;
mod mcp_everything;
mod mcp_orders;
mod moto;
mod openai_example;
mod openbao;
mod pgbouncer;
mod postgres;
mod postgres_contention;
mod postgres_lost_commit;
mod postgres_refusals;
mod redis;
mod redis_resilient;
