//! Envoy, in front of HTTP servers.

use std::fs;
use std::net::SocketAddr;

use anyhow::{Context as _, Result};
use reqwest::Client;
use serde_json::{Value, json};

use crate::http::{ask, ask_json, client};
use crate::port::Port;
use crate::process::Launch;
use crate::provisioned;
use crate::report::Faults;
use crate::server::{Peer, Place, Server};

/// One that sends what begins with the name of a cluster there, without the name.
pub struct Envoy {
    place: Place,
    admin: Port,
    client: Client,
}

/// Servers that Envoy believes to be the same.
pub struct EnvoyCluster {
    name: &'static str,
    hosts: Vec<SocketAddr>,
    cluster: Value,
    route: Value,
}

impl EnvoyCluster {
    /// Asks one of these, once.
    pub fn new(name: &'static str, hosts: impl IntoIterator<Item = SocketAddr>) -> Self {
        Self {
            name,
            hosts: hosts.into_iter().collect(),
            cluster: json!({}),
            route: json!({}),
        }
    }

    /// Adds fields to the cluster, such as `circuit_breakers`.
    #[must_use]
    pub fn with(mut self, fields: Value) -> Self {
        self.cluster = fields;
        self
    }

    /// Adds fields to the route, such as `timeout` and `retry_policy`.
    #[must_use]
    pub fn routed(mut self, fields: Value) -> Self {
        self.route = fields;
        self
    }

    fn as_cluster(&self) -> Value {
        let hosts = self.hosts.iter().map(|host| {
            let address = json!({"address": host.ip().to_string(), "port_value": host.port()});
            json!({"endpoint": {"address": {"socket_address": address}}})
        });
        let hosts: Vec<_> = hosts.collect();
        let cluster = json!({
            "name": self.name,
            "connect_timeout": "5s",
            // Without it one without healthy servers would be asked all the same.
            "common_lb_config": {"healthy_panic_threshold": {"value": 0}},
            "load_assignment": {"cluster_name": self.name, "endpoints": [{"lb_endpoints": hosts}]},
        });
        merged(cluster, &self.cluster)
    }

    fn as_route(&self) -> Value {
        let route = json!({"cluster": self.name, "prefix_rewrite": "/", "timeout": "60s"});
        let prefix = format!("/{}/", self.name);
        json!({"match": {"prefix": prefix}, "route": merged(route, &self.route)})
    }
}

fn merged(mut base: Value, fields: &Value) -> Value {
    for (name, value) in fields.as_object().into_iter().flatten() {
        base[name] = value.clone();
    }
    base
}

impl Envoy {
    /// Starts one in front of these.
    pub async fn start(clusters: &[EnvoyCluster]) -> Result<Server<Self>> {
        let envoy = Self {
            place: Place::new()?,
            admin: Port::reserve()?,
            client: client()?,
        };
        let config = envoy.config(clusters);
        fs::write(envoy.place.path("envoy.json"), config.to_string())?;
        Server::new(envoy).await
    }

    /// For clients of this cluster. A request with the header `Host: counted` is told how many attempts Envoy made.
    pub fn url(&self, cluster: &str) -> String {
        format!("http://{}/{cluster}/", self.place.port().address())
    }

    /// A number that it counts, such as `cluster.NAME.upstream_rq_pending_active`.
    pub async fn stat(&self, name: &str) -> Result<u64> {
        let stats = ask(self.client.get(self.admin("stats")))
            .await?
            .text()
            .await?;
        let line = stats
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        Ok(line.with_context(|| format!("no {name}"))?.parse()?)
    }

    fn config(&self, clusters: &[EnvoyCluster]) -> Value {
        let routes: Vec<_> = clusters.iter().map(EnvoyCluster::as_route).collect();
        let type_of = |name: &str| format!("type.googleapis.com/envoy.extensions.{name}");
        let connections = json!({
            "@type": type_of("filters.network.http_connection_manager.v3.HttpConnectionManager"),
            "stat_prefix": "ingress",
            // Why it answered itself, by which faults are counted.
            "access_log": [{"name": "log", "typed_config": {
                "@type": type_of("access_loggers.stream.v3.StderrAccessLog"),
                "log_format": {"text_format_source": {"inline_string": "flags %RESPONSE_FLAGS%\n"}},
            }}],
            "route_config": {"virtual_hosts": [
                {"name": "all", "domains": ["*"], "routes": routes},
                {"name": "counted", "domains": ["counted"], "routes": routes, "include_attempt_count_in_response": true},
            ]},
            "http_filters": [{
                "name": "envoy.filters.http.router",
                "typed_config": {"@type": type_of("filters.http.router.v3.Router")},
            }],
        });
        let filter = json!({"name": "http", "typed_config": connections});
        let clusters: Vec<_> = clusters.iter().map(EnvoyCluster::as_cluster).collect();
        json!({
            "admin": {"address": socket_address(&self.admin)},
            "static_resources": {
                "listeners": [{
                    "address": socket_address(self.place.port()),
                    // The port is bound already.
                    "enable_reuse_port": false,
                    "filter_chains": [{"filters": [filter]}],
                }],
                "clusters": clusters,
            },
        })
    }

    fn admin(&self, path: &str) -> String {
        format!("http://{}/{path}", self.admin.address())
    }
}

fn socket_address(port: &Port) -> Value {
    json!({"socket_address": {"address": "127.0.0.1", "port_value": port.number()}})
}

impl Peer for Envoy {
    const NAME: &'static str = "envoy";
    const RECORD_SURVIVES: bool = true;

    fn place(&self) -> &Place {
        &self.place
    }

    fn launch(&self) -> Result<Launch> {
        Ok(Launch::new(provisioned::envoy()?)
            .args(["--config-path".to_owned(), self.place.text("envoy.json")])
            .args(["--concurrency", "1", "--log-level", "error"])
            .args(["--disable-hot-restart", "--file-flush-interval-msec", "20"]))
    }

    async fn ready(&self) -> Result<()> {
        ask(self.client.get(self.admin("ready"))).await.map(drop)
    }

    async fn version(&self) -> Result<String> {
        let info = ask_json(self.client.get(self.admin("server_info"))).await?;
        // commit/1.40.0/Clean/RELEASE/BoringSSL
        let version = info["version"]
            .as_str()
            .and_then(|all| all.split('/').nth(1));
        Ok(version.context("no version")?.to_owned())
    }

    async fn recorded(&self) -> Result<Faults> {
        let log = self.place.log();
        let flags = log.lines().filter_map(|line| line.strip_prefix("flags "));
        Ok(flags.filter(|flags| *flags != "-").collect())
    }
}
