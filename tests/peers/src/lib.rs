//! Real servers for tests: each is started by the test as a child process on a port and in a folder of its own, can be
//! stopped, killed and started again where it was, and is gone when the test is, however that ends. `FaultProxy` breaks
//! the connections to them.
//!
//! `scripts/provision-peers` brings the programs. A test whose server is missing fails and says so.
//!
//! ```no_run
//! # async fn example() -> anyhow::Result<()> {
//! use resilience_peers::{FaultProxy, Mode, Redis};
//!
//! let mut redis = Redis::start().await?;
//! let proxy = FaultProxy::to(redis.address()).await?;
//! proxy.all(Mode::Reset.times(1));
//! redis.out_of_memory(true).await?;
//! redis.kill_hard().await;
//! redis.start().await?;
//! # Ok(()) }
//! ```

mod envoy;
mod etcd;
mod fastmcp;
mod fault_proxy;
mod haproxy;
mod http;
mod litellm;
mod llmock;
mod mariadb;
mod mcp_everything;
mod mcp_orders;
mod mcp_rust;
mod mcp_typescript;
mod moto;
mod nats;
mod nginx;
mod openbao;
mod pgbouncer;
mod port;
mod postgres;
mod process;
mod provisioned;
mod rabbitmq;
mod redis;
mod redis_cluster;
mod redis_sentinel;
mod report;
mod server;
mod template;
mod unprivileged;
mod upstream;
mod varnish;

pub use envoy::{Envoy, EnvoyCluster};
pub use etcd::Etcd;
pub use fastmcp::FastMcp;
pub use fault_proxy::{Ending, FaultProxy, Mode, Rule, Side};
pub use haproxy::HaProxy;
pub use litellm::LiteLlm;
pub use llmock::{LlMock, LlMockVerdict, Served};
pub use mariadb::MariaDb;
pub use mcp_everything::McpEverything;
pub use mcp_orders::{CallLog, McpOrders, McpOrdersStdio};
pub use mcp_rust::McpRust;
pub use mcp_typescript::McpTypescript;
pub use moto::Moto;
pub use nats::Nats;
pub use nginx::Nginx;
pub use openbao::OpenBao;
pub use pgbouncer::PgBouncer;
pub use port::Port;
pub use postgres::{Postgres, connect as postgres_client};
pub use process::Launch;
pub use rabbitmq::RabbitMq;
pub use redis::Redis;
pub use redis_cluster::RedisCluster;
pub use redis_sentinel::RedisSentinel;
pub use report::Faults;
pub use server::{Peer, Place, Server};
pub use upstream::{Reply, Upstream};
pub use varnish::Varnish;
