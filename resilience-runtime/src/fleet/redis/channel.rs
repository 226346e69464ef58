//! What commands are sent over.

use ::redis::aio::{ConnectionLike as _, MultiplexedConnection};
use ::redis::cluster_async::ClusterConnection;
use ::redis::{Cmd, RedisError, Value};

/// Sends commands to a server, or to those of a cluster.
#[derive(Clone)]
pub(super) enum Channel {
    Server(MultiplexedConnection),
    Cluster(ClusterConnection),
}

impl Channel {
    pub(super) async fn send(&mut self, command: &Cmd) -> Result<Value, RedisError> {
        let value = match self {
            Self::Server(connection) => connection.req_packed_command(command).await?,
            Self::Cluster(connection) => connection.req_packed_command(command).await?,
        };
        value.extract_error()
    }
}
