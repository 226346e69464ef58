//! Where a store connects to: a server, the master that sentinels know, or a cluster.

use std::time::Duration;

use ::redis::aio::MultiplexedConnection;
use ::redis::cluster::{ClusterClient, ClusterClientBuilder};
use ::redis::sentinel::{SentinelClient, SentinelClientBuilder, SentinelServerType};
use ::redis::{AsyncConnectionConfig, Client, ConnectionInfo, IntoConnectionInfo as _, RedisError};
use tokio::sync::Mutex;

use super::channel::Channel;
use super::failure::{Failed, mistake};
use crate::fleet::StoreError;

/// How long it may take to connect.
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// What a user wrote.
pub(super) struct Target {
    urls: Vec<String>,
    kind: Kind,
    user: Option<String>,
    password: Option<String>,
}

enum Kind {
    Server,
    Sentinel { master: String },
    Cluster,
}

impl Target {
    pub(super) fn server(url: &str) -> Self {
        Self::new([url], Kind::Server)
    }

    pub(super) fn sentinel<'a>(urls: impl IntoIterator<Item = &'a str>, master: &str) -> Self {
        let master = master.to_owned();
        Self::new(urls, Kind::Sentinel { master })
    }

    pub(super) fn cluster<'a>(urls: impl IntoIterator<Item = &'a str>) -> Self {
        Self::new(urls, Kind::Cluster)
    }

    fn new<'a>(urls: impl IntoIterator<Item = &'a str>, kind: Kind) -> Self {
        Self {
            urls: urls.into_iter().map(str::to_owned).collect(),
            kind,
            user: None,
            password: None,
        }
    }

    pub(super) fn set_credentials(&mut self, user: Option<&str>, password: &str) {
        self.user = user.map(str::to_owned);
        self.password = Some(password.to_owned());
    }

    /// Reads the URLs.
    pub(super) fn open(self, timeout: Duration) -> Result<Opener, StoreError> {
        self.try_open(timeout)
            .map_err(|_| mistake("a Redis URL is wrong"))
    }

    fn try_open(self, timeout: Duration) -> Result<Opener, RedisError> {
        let infos: Vec<ConnectionInfo> = self
            .urls
            .iter()
            .map(|url| url.as_str().into_connection_info())
            .collect::<Result<_, _>>()?;
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT_TIMEOUT))
            .set_response_timeout(Some(timeout));
        Ok(match self.kind {
            Kind::Server => {
                let Some(mut info) = infos.into_iter().next() else {
                    return Err((::redis::ErrorKind::InvalidClientConfig, "no URL").into());
                };
                if let Some(password) = self.password {
                    let mut settings = info.redis_settings().clone().set_password(password);
                    if let Some(user) = self.user {
                        settings = settings.set_username(user);
                    }
                    info = info.set_redis_settings(settings);
                }
                Opener::Server(Client::open(info)?, config)
            }
            Kind::Sentinel { master } => {
                let settings = infos.first().map(|info| info.redis_settings().clone());
                let addresses = infos.iter().map(|info| info.addr().clone());
                let kind = SentinelServerType::Master;
                let mut builder = SentinelClientBuilder::new(addresses, master, kind)?;
                if let Some(user) = settings.as_ref().and_then(|settings| settings.username()) {
                    builder = builder.set_client_to_sentinel_username(user);
                }
                if let Some(password) = settings.as_ref().and_then(|settings| settings.password()) {
                    builder = builder.set_client_to_sentinel_password(password);
                }
                if let Some(user) = self.user {
                    builder = builder.set_client_to_redis_username(user);
                }
                if let Some(password) = self.password {
                    builder = builder.set_client_to_redis_password(password);
                }
                Opener::Sentinel(Mutex::new(builder.build()?), config)
            }
            Kind::Cluster => {
                // Without repeats: one whose reply was lost would be charged twice.
                let mut builder = ClusterClientBuilder::new(infos)
                    .retries(0)
                    .connection_timeout(CONNECT_TIMEOUT)
                    .response_timeout(timeout);
                if let Some(user) = self.user {
                    builder = builder.username(user);
                }
                if let Some(password) = self.password {
                    builder = builder.password(password);
                }
                Opener::Cluster(builder.build()?)
            }
        })
    }
}

/// Makes connections.
pub(super) enum Opener {
    Server(Client, AsyncConnectionConfig),
    Sentinel(Mutex<SentinelClient>, AsyncConnectionConfig),
    Cluster(ClusterClient),
}

impl Opener {
    pub(super) async fn open(&self) -> Result<Channel, Failed> {
        let connection: MultiplexedConnection = match self {
            Self::Server(client, config) => {
                client
                    .get_multiplexed_async_connection_with_config(config)
                    .await?
            }
            Self::Sentinel(client, config) => {
                let mut client = client.lock().await;
                client.get_async_connection_with_config(config).await?
            }
            Self::Cluster(client) => {
                return Ok(Channel::Cluster(client.get_async_connection().await?));
            }
        };
        Ok(Channel::Server(connection))
    }
}
