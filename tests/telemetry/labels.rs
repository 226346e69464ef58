//! The label of a function: its path, with the type of a method.

use resilience_runtime::{BoxError, Registry, ServiceKind, resilient};

struct Store<T>(T);

trait Load {
    async fn load(&self) -> Result<u8, BoxError>;

    #[resilient(service = "labels")]
    async fn reload(&self) -> Result<u8, BoxError> {
        self.load().await
    }
}

#[async_trait::async_trait]
trait Fetch {
    async fn fetch(&self) -> Result<u8, BoxError>;
}

impl<T: Copy + Into<u8> + Sync> Store<T> {
    #[resilient(service = "labels")]
    async fn save(&self) -> Result<u8, BoxError> {
        Ok(self.0.into())
    }

    #[resilient(service = "labels")]
    async fn open(value: T) -> Result<u8, BoxError> {
        Ok(value.into())
    }
}

impl<T: Copy + Into<u8> + Sync> Load for Store<T> {
    #[resilient(service = "labels")]
    async fn load(&self) -> Result<u8, BoxError> {
        Ok(self.0.into())
    }
}

#[async_trait::async_trait]
impl<T: Copy + Into<u8> + Sync> Fetch for Store<T> {
    #[resilient(service = "labels")]
    async fn fetch(&self) -> Result<u8, BoxError> {
        Ok(self.0.into())
    }
}

#[resilient(service = "labels")]
async fn free<T: Clone + Into<u8>>(value: Option<T>) -> Result<u8, BoxError> {
    Ok(value.map_or(0, Into::into))
}

#[tokio::test(start_paused = true)]
async fn function_label_names_the_type_of_a_method() {
    let registry = Registry::new();
    registry
        .scope(async {
            let store = Store(1_u8);
            store.save().await.unwrap();
            Store::open(true).await.unwrap();
            store.load().await.unwrap();
            store.reload().await.unwrap();
            store.fetch().await.unwrap();
            free(Some(2_u8)).await.unwrap();
        })
        .await;
    let service = registry.service("labels", ServiceKind::Custom).unwrap();
    let config = service.config();
    let labels: Vec<&str> = config.functions.iter().map(|it| &*it.function).collect();
    assert_eq!(
        labels,
        [
            "telemetry::labels::Store::save",
            "telemetry::labels::Store::open",
            "telemetry::labels::Store::load",
            "telemetry::labels::Store::reload",
            "telemetry::labels::Store::fetch",
            "telemetry::labels::free",
        ]
    );
}
