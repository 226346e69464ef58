//! Services that are declared once: what their functions share stands there alone, in whatever order they are called.

use std::time::Duration;

use resilience_runtime::config::{CircuitBreakerSettings, ConfigSource, Pattern};
use resilience_runtime::{
    CircuitState, Registry, ServiceKind, ServiceSettings, Settings, database_resilient,
    llm_resilient, resilient, service,
};

use crate::errors::ApiError;
use crate::remote::Answer;

service! {
    /// Where answers come from.
    pub(crate) static OPENAI: Llm = "openai" {
        circuit_breaker(failure_threshold = 2, recovery_timeout = "9s"),
        rate_limit(requests_per_minute = 500, max_wait = "2s"),
        retry(max_attempts = 2, base_delay = "1s", jitter = "none"),
        timeout = "7s",
    }
    static ORDERS: Database = "orders" { retry = off, circuit_breaker = off, timeout = off, bulkhead(max_concurrent = 3) }
    static PLAIN: Custom = "plain";
}

#[llm_resilient(service = OPENAI)]
async fn by_default() -> Answer {
    Err(ApiError::Transient)
}

#[llm_resilient(service = OPENAI, retry(max_attempts = 3), timeout = "5s", rate_limit(max_wait = "1s"))]
async fn by_own_values() -> Answer {
    Err(ApiError::Transient)
}

#[resilient(service = crate::declared::OPENAI, retry = off, circuit_breaker = off)]
async fn by_any_kind() -> Answer {
    Err(ApiError::Transient)
}

#[llm_resilient(service = "openai", circuit_breaker(failure_threshold = 9), retry = off)]
async fn by_literal() -> Answer {
    Err(ApiError::Transient)
}

#[database_resilient(service = "openai", retry = off, circuit_breaker(failure_threshold = 9))]
async fn by_literal_of_another_kind() -> Answer {
    Err(ApiError::Transient)
}

#[tokio::test(start_paused = true)]
async fn declaration_holds_in_whatever_order_functions_are_called() {
    for order in 0..4 {
        let registry = Registry::new();
        let calls = async {
            match order {
                0 => drop(by_default().await),
                1 => drop(by_own_values().await),
                2 => drop(by_any_kind().await),
                _ => drop(by_literal().await),
            }
            let openai = registry.get("openai").unwrap();
            openai.circuit_breaker().force_closed();
            for _ in 0..2 {
                drop(by_any_kind().await);
            }
            drop(by_default().await);
            let state = openai.circuit_breaker().state();
            assert_eq!(state, CircuitState::Open, "order {order}");
        };
        registry.scope(calls).await;
        let config = registry.get("openai").unwrap().config();
        assert_eq!(config.kind, ServiceKind::Llm);
        assert_eq!(config.circuit.failure_threshold, Some(2));
        assert_eq!(config.circuit.recovery_timeout, Duration::from_secs(9));
        assert_eq!(config.rate_limit.as_ref().unwrap().limit, 500);
    }
}

#[tokio::test(start_paused = true)]
async fn retries_and_times_of_a_declaration_are_defaults_of_its_functions() {
    let registry = Registry::new();
    let calls = async {
        drop(by_default().await);
        drop(by_own_values().await);
        drop(by_any_kind().await);
        drop(by_literal().await);
    };
    registry.scope(calls).await;
    let config = registry.get("openai").unwrap().config();
    let of = |name: &str| {
        let mut functions = config.functions.iter();
        functions.find(|it| it.function.ends_with(name)).unwrap()
    };
    let attempts = |name| of(name).retry.as_ref().map(|it| it.max_attempts);
    let times = |name| (of(name).timeout, of(name).rate_limit_wait);
    let seconds = Duration::from_secs;
    assert_eq!(attempts("by_default"), Some(2));
    assert_eq!(times("by_default"), (Some(seconds(7)), seconds(2)));
    assert_eq!(attempts("by_own_values"), Some(3));
    assert_eq!(times("by_own_values"), (Some(seconds(5)), seconds(1)));
    assert_eq!(attempts("by_any_kind"), None);
    assert_eq!(attempts("by_literal"), None);
    assert_eq!(times("by_literal"), (Some(seconds(7)), seconds(2)));
    assert_eq!(
        of("by_any_kind").off,
        [Pattern::Retry, Pattern::Circuit],
        "its own"
    );
    let value = config
        .values
        .iter()
        .find(|it| it.key == "retry.max_attempts");
    let value = value.unwrap();
    assert!(matches!(value.origin, ConfigSource::Declaration(_)));
    assert!(
        value.from.contains("declared::OPENAI")
            && value.from.contains("tests/configuration/declared.rs"),
        "{}",
        value.from
    );
}

#[tokio::test(start_paused = true)]
async fn what_a_declaration_switches_off_a_function_can_set() {
    #[database_resilient(service = ORDERS)]
    async fn without() -> Answer {
        Err(ApiError::Transient)
    }
    #[database_resilient(service = ORDERS, retry(max_attempts = 2, base_delay = "1ms"), timeout = "3s")]
    async fn with() -> Answer {
        Err(ApiError::Transient)
    }
    #[database_resilient(service = ORDERS, retry(retry_if = |_| true))]
    async fn by_rule() -> Answer {
        Err(ApiError::Transient)
    }
    let registry = Registry::new();
    // A variable sets what is on.
    let settings =
        Settings::from_vars([("RETRY_ORDERS_MAX_ATTEMPTS", "4"), ("TIMEOUT_ORDERS", "8")]);
    registry.configure(settings.unwrap()).unwrap();
    let attempts = || registry.get("orders").unwrap().stats().attempts;
    let calls = async {
        drop(without().await);
        assert_eq!(attempts(), 1);
        drop(with().await);
        assert_eq!(attempts(), 5);
        drop(by_rule().await);
        assert_eq!(attempts(), 9);
        let orders = registry.service("orders", ServiceKind::Database).unwrap();
        drop(
            orders
                .call(|| async { Err::<(), _>(ApiError::Transient) })
                .await,
        );
        assert_eq!(attempts(), 10, "by hand as well");
        assert_eq!(orders.config().timeout, None);
        let timeouts = orders.config().functions.into_iter().map(|it| it.timeout);
        let seconds = Some(Duration::from_secs(8));
        assert_eq!(timeouts.collect::<Vec<_>>(), [None, seconds, None]);
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn shared_values_beside_a_declaration_are_ignored_and_reported() {
    for declared_first in [true, false] {
        let registry = Registry::new();
        let calls = async {
            if declared_first {
                registry.declare(&[&OPENAI]).unwrap();
                drop(by_literal().await);
            } else {
                drop(by_literal().await);
                let openai = registry.get("openai").unwrap();
                assert_eq!(openai.config().circuit.failure_threshold, Some(9));
                assert!(registry.check().is_ok());
                registry.declare(&[&OPENAI]).unwrap_err();
            }
            drop(by_literal().await);
            assert!(by_literal().await.unwrap_err().is_open_circuit());
        };
        registry.scope(calls).await;
        let config = registry.get("openai").unwrap().config();
        assert_eq!(config.circuit.failure_threshold, Some(2));
        let error = registry.check().unwrap_err();
        assert_eq!(error.problems().len(), 1, "{error}");
        for part in ["failure_threshold", "by_literal", "declared::OPENAI", "`9`"] {
            assert!(error.to_string().contains(part), "{part} in {error}");
        }
        assert!(config.functions[0].ignored.is_some());
    }
}

#[tokio::test(start_paused = true)]
async fn kind_of_a_declaration_holds_whoever_was_called_first() {
    for declared_first in [true, false] {
        let registry = Registry::new();
        let calls = async {
            if declared_first {
                registry.declare(&[&OPENAI]).unwrap();
            }
            drop(by_literal_of_another_kind().await);
            drop(by_default().await);
            drop(by_literal_of_another_kind().await);
        };
        registry.scope(calls).await;
        let openai = registry.service("openai", ServiceKind::Llm).unwrap();
        assert_eq!(openai.kind(), ServiceKind::Llm);
        assert_eq!(openai.stats().kind, ServiceKind::Llm);
        assert_eq!(openai.config().functions.len(), 2);
        assert_eq!(openai.config().circuit.failure_threshold, Some(2));
        let error = registry.service("openai", ServiceKind::Mcp).unwrap_err();
        assert!(error.to_string().contains("declared::OPENAI"), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn declared_services_are_known_before_their_first_call() {
    let registry = Registry::new();
    registry
        .declare(&[&OPENAI, &ORDERS, &PLAIN, &OPENAI])
        .unwrap();
    let stats = registry.stats();
    let names: Vec<_> = stats
        .services
        .iter()
        .map(|it| it.service.as_str())
        .collect();
    assert_eq!(names, ["openai", "orders", "plain"]);
    assert_eq!((stats.total_calls, stats.open_breakers), (0, 0));
    let openai = registry.get("openai").unwrap();
    assert_eq!(openai.circuit_breaker().state(), CircuitState::Closed);
    assert_eq!(openai.rate_limiter().unwrap().config().limit, 500);
    assert_eq!(
        registry
            .get("orders")
            .unwrap()
            .bulkhead()
            .unwrap()
            .config()
            .max_concurrent,
        3
    );
    registry.scope(async { drop(by_default().await) }).await;
    assert_eq!(openai.stats().calls, 1, "the same service");
}

#[tokio::test(start_paused = true)]
async fn bad_variables_are_found_at_once_and_stop_no_program_by_themselves() {
    let registry = Registry::new();
    let variables = [
        ("TIMEOUT_OPENAI", "soon"),
        ("RETRY_ORDERS_MAX_ATTEMPTS", "-1"),
        ("TIMEOUT_STOP", "of another program"),
    ];
    registry
        .configure(Settings::from_vars(variables).unwrap())
        .unwrap();
    let error = registry.declare(&[&OPENAI, &ORDERS, &PLAIN]).unwrap_err();
    assert_eq!(error.problems().len(), 2, "{error}");
    for part in ["TIMEOUT_OPENAI", "RETRY_ORDERS_MAX_ATTEMPTS"] {
        assert!(error.to_string().contains(part), "{part} in {error}");
    }
    assert_eq!(registry.check().unwrap_err().problems().len(), 2);
    assert_eq!(registry.services().len(), 3);
    registry
        .scope(async { by_default().await.unwrap_err() })
        .await;
    let good = Settings::from_vars([("TIMEOUT_OPENAI", "3")]).unwrap();
    registry.configure(good).unwrap();
    assert!(registry.check().is_ok());
    let timeout = registry.get("openai").unwrap().config().timeout;
    assert_eq!(timeout, Some(Duration::from_secs(3)));
}

#[tokio::test(start_paused = true)]
async fn one_name_is_declared_once() {
    mod elsewhere {
        resilience_runtime::service! {
            pub(super) static OURS: Llm = "openai" { circuit_breaker(failure_threshold = 4), timeout = "4s" }
        }
    }
    use elsewhere::OURS;

    #[llm_resilient(service = OURS, retry = off)]
    async fn of_the_second() -> Answer {
        Err(ApiError::Transient)
    }

    let registry = Registry::new();
    let error = registry.declare(&[&OPENAI, &OURS]).unwrap_err();
    assert_eq!(error.problems().len(), 1, "{error}");
    for part in ["declared::OPENAI", "elsewhere::OURS", "openai"] {
        assert!(error.to_string().contains(part), "{part} in {error}");
    }
    registry.scope(async { drop(of_the_second().await) }).await;
    let config = registry.get("openai").unwrap().config();
    assert_eq!(config.circuit.failure_threshold, Some(2), "the first holds");
    let own = config.functions[0].timeout;
    assert_eq!(own, Some(Duration::from_secs(4)), "its own default");
    assert_eq!(registry.check().unwrap_err().problems().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn removed_service_comes_back_as_it_is_declared() {
    let registry = Registry::new();
    registry.declare(&[&OPENAI]).unwrap();
    assert!(registry.remove("openai"));
    assert!(registry.services().is_empty());
    // It names no declaration.
    registry.scope(async { drop(by_literal().await) }).await;
    let openai = registry.get("openai").unwrap();
    assert_eq!(openai.config().circuit.failure_threshold, Some(2));
    let by_hand = Registry::new();
    by_hand.declare(&[&OPENAI]).unwrap();
    by_hand.remove("openai");
    by_hand.service(OPENAI.name(), OPENAI.kind()).unwrap();
    by_hand.declare(&[&OPENAI]).unwrap();
}

/// The seven levels; each sets its own number. The attribute has none for what functions share.
#[tokio::test(start_paused = true)]
async fn declaration_comes_after_attribute_and_before_the_kind() {
    #[llm_resilient(service = LEVELS, retry = off, timeout = "3s")]
    async fn with_attribute() -> Answer {
        Ok(0)
    }
    #[llm_resilient(service = LEVELS, retry = off)]
    async fn without_attribute() -> Answer {
        Ok(0)
    }
    #[llm_resilient(service = UNSAID, retry = off)]
    async fn without_declaration() -> Answer {
        Ok(0)
    }
    service! {
        static LEVELS: Llm = "levels" { timeout = "4s", circuit_breaker(failure_threshold = 4) }
    }
    service! {
        static UNSAID: Llm = "levels";
    }
    let said = |value: u32| {
        ServiceSettings::default()
            .timeout(Duration::from_secs(value.into()))
            .circuit_breaker(CircuitBreakerSettings::default().failure_threshold(value))
    };
    for strongest in 1..=7 {
        let mut variables = Vec::new();
        if strongest <= 1 {
            variables.push(("TIMEOUT_LEVELS", "1"));
            variables.push(("CIRCUIT_LEVELS_FAILURE_THRESHOLD", "1"));
        }
        if strongest <= 5 {
            variables.push(("TIMEOUT_LLM", "5"));
            variables.push(("CIRCUIT_LLM_FAILURE_THRESHOLD", "5"));
        }
        let mut settings = Settings::from_vars(variables).unwrap();
        if strongest <= 2 {
            settings = settings.service("levels", said(2));
        }
        if strongest <= 6 {
            settings = settings.kind(ServiceKind::Llm, said(6));
        }
        let registry = Registry::new();
        registry.configure(settings).unwrap();
        let call = async {
            match strongest {
                1..=3 => with_attribute().await,
                4 => without_attribute().await,
                _ => without_declaration().await,
            }
        };
        registry.scope(call).await.unwrap();
        let config = registry.get("levels").unwrap().config();
        let own = config.functions[0].timeout.unwrap().as_secs();
        let shared = config.circuit.failure_threshold.unwrap();
        let expected = match strongest {
            7 => (120, 5),
            3 => (3, 4),
            level => (level.into(), level),
        };
        assert_eq!((own, shared), expected, "level {strongest}");
    }
}
