//! A reader of secrets behind the attribute, with vaultrs, as programs write them.

use std::sync::Arc;

use anyhow::Result;
use resilience_runtime::{
    Classify, Registry, ResilienceError, Service, ServiceKind, secret_resilient,
    telemetry::ServiceStats,
};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use vaultrs::client::{VaultClient, VaultClientSettingsBuilder};
use vaultrs::error::ClientError;

#[derive(Debug, thiserror::Error, Classify)]
pub(crate) enum Unread {
    #[error("the vault")]
    Vault(#[from] ClientError),
    #[error(transparent)]
    Guard(#[from] ResilienceError),
}

#[derive(Deserialize)]
struct Login {
    password: SecretString,
}

pub(crate) struct Vault {
    client: VaultClient,
    registry: Registry,
}

impl Vault {
    pub(crate) fn new(url: &str, token: &str) -> Result<Self> {
        let settings = VaultClientSettingsBuilder::default()
            .address(url)
            .token(token)
            .build()?;
        Ok(Self {
            client: VaultClient::new(settings)?,
            registry: Registry::new(),
        })
    }

    pub(crate) fn service(&self) -> Result<Arc<Service>> {
        Ok(self.registry.service("vault", ServiceKind::Secret)?)
    }

    pub(crate) fn stats(&self) -> Result<ServiceStats> {
        Ok(self.service()?.stats())
    }

    async fn ask(&self, name: &str) -> Result<SecretString, Unread> {
        let login: Login = vaultrs::kv2::read(&self.client, "secret", name).await?;
        Ok(login.password)
    }

    /// With the preset.
    #[secret_resilient(service = "vault", registry = &self.registry)]
    pub(crate) async fn read(&self, name: &str) -> Result<SecretString, Unread> {
        self.ask(name).await
    }

    /// As a program does that cannot start without it.
    #[secret_resilient(
        service = "vault",
        registry = &self.registry,
        retry(max_attempts = 1_000, base_delay = "20ms", max_delay = "200ms"),
        retry_budget = off,
        circuit_breaker = off,
        deadline = "120s"
    )]
    pub(crate) async fn wait_for(&self, name: &str) -> Result<SecretString, Unread> {
        self.ask(name).await
    }

    #[secret_resilient(
        service = "vault",
        registry = &self.registry,
        retry = off,
        circuit_breaker(failure_threshold = 3, recovery_timeout = "3s")
    )]
    pub(crate) async fn read_once(&self, name: &str) -> Result<SecretString, Unread> {
        self.ask(name).await
    }

    /// Fresh for a moment.
    #[secret_resilient(
        service = "vault",
        registry = &self.registry,
        retry(max_attempts = 2, base_delay = "10ms"),
        circuit_breaker = off,
        cache(key = name, ttl = "200ms", refresh_ahead = off, across_instances)
    )]
    pub(crate) async fn cached(&self, name: &str) -> Result<SecretString, Unread> {
        self.ask(name).await
    }

    /// Fresh for longer than any test.
    #[secret_resilient(
        service = "vault",
        registry = &self.registry,
        cache(key = name, ttl = "5m", across_instances)
    )]
    pub(crate) async fn kept(&self, name: &str) -> Result<SecretString, Unread> {
        self.ask(name).await
    }
}

/// What a test expects to be written down nowhere else.
pub(crate) fn expose(secret: &SecretString) -> &str {
    secret.expose_secret()
}
