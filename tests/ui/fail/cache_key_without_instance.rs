//! A key of a method that leaves the instance out.

use std::io;
use std::sync::Arc;

use resilience_runtime::resilient;

struct Client {
    token: String,
}

struct Owner {
    client: String,
}

trait Source {
    #[allow(async_fn_in_trait)]
    #[resilient(service = "api", fallback(cache(key = name, ttl = "1m")))]
    async fn by_default(&self, name: &str) -> io::Result<String> {
        Ok(name.to_owned())
    }
}

impl Client {
    #[resilient(service = "api", cache(key = name))]
    async fn read(&self, name: &str) -> io::Result<String> {
        Ok(format!("{name} with {}", self.token))
    }

    #[resilient(service = "api", cache(key = (name, version), ttl = "1m"), fallback(cache(key = format!("{name}"), ttl = "1m")))]
    async fn both(self: Arc<Self>, name: &str, version: u32) -> io::Result<String> {
        Ok(format!("{name} {version} with {}", self.token))
    }

    #[resilient(service = "api", cache(key = name))]
    async fn of_argument(client: &Self, name: &str) -> io::Result<String> {
        Ok(format!("{name} with {}", client.token))
    }

    #[resilient(service = "api", cache(key = name, across_instances = false))]
    async fn not_said(&self, name: &str) -> io::Result<String> {
        Ok(format!("{name} with {}", self.token))
    }

    #[resilient(service = "api", cache(key = owner.client))]
    async fn field_of_its_name(client: &Self, owner: &Owner) -> io::Result<String> {
        Ok(format!("{} with {}", owner.client, client.token))
    }

    #[resilient(service = "api", cache(across_instances))]
    async fn without_key(&self, name: &str) -> io::Result<String> {
        Ok(format!("{name} with {}", self.token))
    }
}

fn main() {}
