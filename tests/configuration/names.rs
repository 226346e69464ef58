//! Names of services in variables, and services that share one variable name.

use std::pin::Pin;
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

type Call = fn() -> Pin<Box<dyn Future<Output = Answer>>>;

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
async fn services_of_one_variable_name_run_until_a_variable_means_both() {
    let registry = Registry::new();
    let calls = async {
        assert!(!is_invalid(&dashed().await));
        assert!(!is_invalid(&underscored().await));
        assert!(registry.check().is_ok());
        let variable = Settings::from_vars([("TIMEOUT_MY_SVC_V2", "7")]).unwrap();
        let error = registry.configure(variable).unwrap_err().to_string();
        for part in ["my-svc.v2", "my_svc_v2", "MY_SVC_V2", "TIMEOUT_MY_SVC_V2"] {
            assert!(error.contains(part), "{part} in {error}");
        }
        assert!(!is_invalid(&dashed().await), "nothing has changed");
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn variable_that_means_two_services_refuses_both_whichever_came_first() {
    let first: [Call; 2] = [|| Box::pin(dashed()), || Box::pin(underscored())];
    for [first, second] in [first, [first[1], first[0]]] {
        let registry = told(&[("TIMEOUT_MY_SVC_V2", "7")]);
        let calls = async {
            assert!(!is_invalid(&first().await), "the variable means one");
            for call in [second, first, first] {
                let out = call().await;
                assert!(is_invalid(&out), "{out:?}");
                let message = out.unwrap_err().to_string();
                for part in ["my-svc.v2", "my_svc_v2", "MY_SVC_V2"] {
                    assert!(message.contains(part), "{part} in {message}");
                }
            }
            assert!(is_invalid(&underscored_too().await));
            assert!(registry.service("my_svc_v2", ServiceKind::Custom).is_err());
            assert!(registry.service("my-svc.v2", ServiceKind::Custom).is_err());
            assert!(registry.check().is_err());
            for service in registry.services() {
                let out: Answer = service.call(|| async { Ok(1) }).await;
                assert!(is_invalid(&out), "by hand: {out:?}");
            }
            // Other settings can be changed meanwhile.
            registry.configure(Settings::new()).unwrap();
            assert!(is_invalid(&first().await));
            // Mended by a program that needs only one of them.
            assert!(registry.remove("my-svc.v2"));
            assert!(!is_invalid(&underscored().await));
            assert!(registry.check().is_ok());
        };
        registry.scope(calls).await;
    }
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

#[test]
fn services_named_db_and_database_are_two_of_one_name() {
    let registry = told(&[("TIMEOUT_DB", "3")]);
    registry.service("db", ServiceKind::Database).unwrap();
    let error = registry.service("database", ServiceKind::Database);
    assert!(error.unwrap_err().to_string().contains("DATABASE"));
}

#[test]
fn settings_tell_services_apart_that_variables_do_not() {
    let two = |one: &str, other: &str| {
        Settings::new()
            .service(one, ServiceSettings::default())
            .service(other, ServiceSettings::default())
    };
    let registry = Registry::new();
    registry.configure(two("my-svc", "my_svc")).unwrap();
    registry.configure(two("db", "database")).unwrap();
    assert!(registry.check().is_ok());
    let registry = told(&[("TIMEOUT_MY_SVC", "3")]);
    let error = registry.configure(two("my-svc", "my_svc")).unwrap_err();
    assert!(error.to_string().contains("TIMEOUT_MY_SVC"), "{error}");
    let one = Settings::new().service("my-svc", ServiceSettings::default());
    registry.configure(one).unwrap();
}
