//! Whether a call of unknown outcome may be sent again.

use resilience_runtime::{
    Registry, database_resilient, llm_resilient, mcp_resilient, resilient, secret_resilient,
};

use crate::errors::ApiError;
use crate::remote::{Answer, Remote};

macro_rules! functions {
    ($($name:ident: $attribute:ident($($args:tt)*);)*) => { $(
        #[$attribute(circuit_breaker = off, $($args)*)]
        async fn $name(remote: &Remote) -> Answer {
            remote.answer()
        }
    )* };
}

functions! {
    llm: llm_resilient();
    llm_off: llm_resilient(idempotent = false);
    llm_on: llm_resilient(idempotent);
    secret: secret_resilient();
    secret_off: secret_resilient(idempotent = false);
    database: database_resilient();
    database_on: database_resilient(idempotent);
    mcp: mcp_resilient();
    mcp_on: mcp_resilient(idempotent = true);
    custom: resilient(service = "api");
    custom_on: resilient(service = "api", idempotent);
    custom_off: resilient(service = "api", idempotent = false);
}

#[tokio::test(start_paused = true)]
async fn idempotence_is_set_by_kind_or_attribute() {
    macro_rules! attempts {
        ($($name:ident: $unknown:literal, $transient:literal;)*) => { $(
            let registry = Registry::new();
            let remote = Remote::always(|| Err(ApiError::Unknown));
            let out = registry.scope($name(&remote)).await;
            assert!(matches!(out, Err(ApiError::Unknown)));
            assert_eq!(remote.asked(), $unknown, "{}: outcome unknown", stringify!($name));
            let remote = Remote::failing();
            registry.scope($name(&remote)).await.unwrap_err();
            assert_eq!(remote.asked(), $transient, "{}: transient", stringify!($name));
        )* };
    }
    attempts! {
        llm: 3, 3;
        llm_off: 1, 3;
        llm_on: 3, 3;
        secret: 4, 4;
        secret_off: 1, 4;
        database: 1, 3;
        database_on: 3, 3;
        mcp: 1, 3;
        mcp_on: 3, 3;
        custom: 1, 3;
        custom_on: 3, 3;
        custom_off: 1, 3;
    }
}

#[tokio::test(start_paused = true)]
async fn a_timeout_leaves_the_outcome_open() {
    #[resilient(service = "api", timeout = "1s", deadline = off)]
    async fn once(remote: &Remote) -> Answer {
        remote.answer()?;
        std::future::pending().await
    }
    #[resilient(service = "api", timeout = "1s", deadline = off, idempotent)]
    async fn again(remote: &Remote) -> Answer {
        remote.answer()?;
        std::future::pending().await
    }
    let registry = Registry::new();
    let remote = Remote::healthy();
    assert!(
        registry
            .scope(once(&remote))
            .await
            .unwrap_err()
            .is_timeout()
    );
    assert_eq!(remote.asked(), 1);
    let remote = Remote::healthy();
    assert!(
        registry
            .scope(again(&remote))
            .await
            .unwrap_err()
            .is_timeout()
    );
    assert_eq!(remote.asked(), 3);
}
