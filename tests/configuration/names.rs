//! Names of services in variables, and services that share one variable name.

use std::time::Duration;

use resilience_runtime::{
    Registry, ResilienceError, ServiceKind, ServiceSettings, Settings, database_resilient,
    resilient,
};
use tokio::time::Instant;

use crate::errors::ApiError;
use crate::remote::Answer;

macro_rules! hanging {
    ($($name:ident: $attribute:ident($($args:tt)*);)*) => { $(
        #[$attribute(retry = off, $($args)*)]
        async fn $name() -> Answer {
            std::future::pending().await
        }
    )* };
}

hanging! {
    dashed: resilient(service = "my-svc.v2");
    underscored: resilient(service = "my_svc_v2");
    underscored_too: resilient(service = "my_svc_v2");
    orders: database_resilient(service = "orders");
    database: database_resilient();
}

fn is_invalid(out: &Answer) -> bool {
    matches!(
        out,
        Err(ApiError::Resilience(ResilienceError::InvalidConfig(_)))
    )
}

async fn timeout(call: impl Future<Output = Answer>) -> Duration {
    let began = Instant::now();
    assert!(call.await.unwrap_err().is_timeout());
    began.elapsed()
}

fn told(variables: &[(&str, &str)]) -> Registry {
    let registry = Registry::new();
    let variables = variables.iter().copied();
    registry
        .configure(Settings::from_vars(variables).unwrap())
        .unwrap();
    registry
}

#[tokio::test(start_paused = true)]
async fn other_characters_become_underscores() {
    let registry = told(&[("TIMEOUT_MY_SVC_V2", "7")]);
    let seen = registry.scope(timeout(dashed())).await;
    assert_eq!(seen, Duration::from_secs(7));
}

#[tokio::test(start_paused = true)]
async fn second_service_of_one_variable_name_fails_every_function() {
    let registry = Registry::new();
    let calls = async {
        assert!(!is_invalid(&dashed().await));
        for _ in 0..2 {
            let out = underscored().await;
            assert!(is_invalid(&out), "{out:?}");
            let message = out.unwrap_err().to_string();
            assert!(message.contains("my-svc.v2"), "{message}");
            assert!(message.contains("my_svc_v2"), "{message}");
            assert!(message.contains("MY_SVC_V2"), "{message}");
        }
        let out = underscored_too().await;
        assert!(is_invalid(&out), "{out:?}");
        assert!(registry.service("my_svc_v2", ServiceKind::Custom).is_err());
        assert!(registry.check().is_err());
        // Not forgotten with the next configuration.
        registry.configure(Settings::new()).unwrap();
        assert!(is_invalid(&underscored_too().await));
        assert!(!is_invalid(&dashed().await));
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn db_is_short_for_database() {
    for variable in ["TIMEOUT_DB", "TIMEOUT_DATABASE"] {
        let registry = told(&[(variable, "3")]);
        let seen = registry.scope(timeout(database())).await;
        assert_eq!(seen, Duration::from_secs(3), "{variable} for the service");
        let seen = registry.scope(timeout(orders())).await;
        assert_eq!(seen, Duration::from_secs(3), "{variable} for the kind");
    }
    assert!(Settings::from_vars([("TIMEOUT_DB", "3"), ("TIMEOUT_DATABASE", "3s")]).is_ok());
    let error = Settings::from_vars([("TIMEOUT_DB", "3"), ("TIMEOUT_DATABASE", "4")]);
    let message = error.unwrap_err().to_string();
    assert!(message.contains("TIMEOUT_DB`"), "{message}");
    assert!(message.contains("TIMEOUT_DATABASE"), "{message}");
}

#[tokio::test(start_paused = true)]
async fn services_named_db_and_database_are_two_of_one_name() {
    let registry = Registry::new();
    registry.service("db", ServiceKind::Database).unwrap();
    let error = registry.service("database", ServiceKind::Database);
    assert!(error.unwrap_err().to_string().contains("DATABASE"));
}

#[tokio::test(start_paused = true)]
async fn service_with_a_taken_name_fails_without_macro() {
    let registry = Registry::new();
    let calls = async {
        let _ = dashed().await;
        let _ = underscored().await;
    };
    registry.scope(calls).await;
    for service in registry.services() {
        let taken = *service.name() == "my_svc_v2";
        let out: Answer = service.call(|| async { Ok(1) }).await;
        assert_eq!(is_invalid(&out), taken, "{out:?}");
    }
}

#[test]
fn settings_with_one_variable_name_for_two_services_fail() {
    let two = |one: &str, other: &str| {
        Settings::new()
            .service(one, ServiceSettings::default())
            .service(other, ServiceSettings::default())
    };
    let registry = Registry::new();
    let error = registry.configure(two("my-svc", "my_svc")).unwrap_err();
    assert!(error.to_string().contains("MY_SVC"), "{error}");
    assert!(registry.configure(two("db", "database")).is_err());
    assert!(registry.configure(two("one", "other")).is_ok());
    // One of them was seen already.
    registry.service("my-svc", ServiceKind::Custom).unwrap();
    let late = Settings::new().service("my_svc", ServiceSettings::default());
    assert!(registry.configure(late).is_err());
    let same = Settings::new().service("my-svc", ServiceSettings::default());
    assert!(registry.configure(same).is_ok());
}
