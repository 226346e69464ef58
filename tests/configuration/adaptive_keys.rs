//! The settings of `bulkhead(adaptive(…))`.

use resilience_runtime::{
    Bulkhead, Registry, ServiceKind, ServiceSettings, Settings, config::BulkheadSettings,
    config::ConfigSource, llm_resilient, resilient, service,
};

use crate::errors::ApiError;
use crate::remote::Answer;

#[resilient(
    service = "api",
    retry = off,
    rate_limit = off,
    circuit_breaker = off,
    bulkhead(adaptive(min = 8, max = 30, initial = 20, factor = 0.5))
)]
async fn ask(answer: Answer) -> Answer {
    answer
}

fn bulkhead(registry: &Registry) -> std::sync::Arc<Bulkhead> {
    let api = registry.service("api", ServiceKind::Custom).unwrap();
    api.bulkhead().unwrap()
}

fn api(bulkhead: BulkheadSettings) -> Settings {
    Settings::new().service("api", ServiceSettings::default().bulkhead(bulkhead))
}

/// The limit that calls come to with this setting, by settings and by a variable.
async fn limits(
    settings: BulkheadSettings,
    variable: (&str, &str),
    calls: impl AsyncFn(&Registry),
) -> [usize; 2] {
    let mut limits = [0, 0];
    let ways = [api(settings), Settings::from_vars([variable]).unwrap()];
    for (limit, way) in limits.iter_mut().zip(ways) {
        let registry = Registry::new();
        registry.configure(way).unwrap();
        registry.scope(calls(&registry)).await;
        *limit = bulkhead(&registry).limit();
    }
    limits
}

async fn throttled_after(pause: u64) {
    // A call that began with the last fall is of the same congestion.
    tokio::time::advance(std::time::Duration::from_millis(pause)).await;
    ask(Err(ApiError::Throttled(None))).await.unwrap_err();
}

#[tokio::test(start_paused = true)]
async fn each_key_changes_the_limit() {
    let settings = BulkheadSettings::default;
    let answered = async |_: &Registry| drop(ask(Ok(1)).await);
    let throttled = async |_: &Registry| throttled_after(1).await;
    let always_throttled = async |_: &Registry| {
        for _ in 0..50 {
            throttled_after(1).await;
        }
    };
    let variable = ("BULKHEAD_API_ADAPTIVE_INITIAL", "25");
    let initial = limits(settings().adaptive_initial(25), variable, answered).await;
    assert_eq!(initial, [25, 25]);
    let variable = ("BULKHEAD_API_ADAPTIVE_FACTOR", "0.8");
    let factor = limits(settings().adaptive_factor(0.8), variable, throttled).await;
    assert_eq!(factor, [16, 16]);
    let variable = ("BULKHEAD_API_ADAPTIVE_MIN", "3");
    let min = limits(settings().adaptive_min(3), variable, always_throttled).await;
    assert_eq!(min, [3, 3]);
    // The attribute's `initial` is of a weaker level.
    let variable = ("BULKHEAD_API_ADAPTIVE_MAX", "12");
    let max = limits(settings().adaptive_max(12), variable, answered).await;
    assert_eq!(max, [12, 12]);
}

#[tokio::test(start_paused = true)]
async fn bounds_change_while_the_limit_is_in_use() {
    let registry = Registry::new();
    let calls = async {
        throttled_after(0).await;
        assert_eq!(bulkhead(&registry).limit(), 10);
        registry
            .configure(api(BulkheadSettings::default().adaptive_min(15)))
            .unwrap();
        assert_eq!(bulkhead(&registry).limit(), 15);
        registry
            .configure(api(BulkheadSettings::default().max_concurrent(4)))
            .unwrap();
        assert_eq!(bulkhead(&registry).limit(), 4);
        assert_eq!(bulkhead(&registry).config().adaptive, None);
        registry
            .configure(api(BulkheadSettings::default().adaptive_max(60)))
            .unwrap();
        assert_eq!(bulkhead(&registry).limit(), 20, "the attribute's initial");
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn stronger_level_chooses_between_fixed_and_adaptive() {
    #[resilient(service = "fixed", retry = off, bulkhead(max_concurrent = 3))]
    async fn fixed() -> Answer {
        Ok(1)
    }
    let variables = [
        ("BULKHEAD_API_MAX_CONCURRENT", "3"),
        ("BULKHEAD_FIXED_ADAPTIVE_MAX", "9"),
    ];
    let registry = Registry::new();
    registry
        .configure(Settings::from_vars(variables).unwrap())
        .unwrap();
    let calls = async {
        ask(Ok(1)).await.unwrap();
        fixed().await.unwrap();
    };
    registry.scope(calls).await;
    assert_eq!(bulkhead(&registry).config().adaptive, None);
    assert_eq!(bulkhead(&registry).limit(), 3);
    let config = registry.get("fixed").unwrap().config();
    let limits = config.bulkhead.unwrap().adaptive.unwrap();
    assert_eq!((limits.min, limits.initial, limits.max), (1, 9, 9));
    let from = |key: &str| {
        let value = config.values.iter().find(|value| value.key == key);
        value.map(|value| {
            (
                value.value.clone(),
                value.from.clone(),
                value.origin.clone(),
            )
        })
    };
    assert_eq!(from("bulkhead.max_concurrent"), None);
    let (value, _, origin) = from("bulkhead.adaptive_initial").unwrap();
    assert_eq!((&*value, origin), ("9", ConfigSource::Preset));
    let (value, _, origin) = from("bulkhead.adaptive_max").unwrap();
    assert_eq!((&*value, origin), ("9", ConfigSource::Environment));
}

#[tokio::test(start_paused = true)]
async fn clamped_bound_says_what_clamped_it() {
    let registry = Registry::new();
    let variables = [("BULKHEAD_API_ADAPTIVE_MAX", "12")];
    registry
        .configure(Settings::from_vars(variables).unwrap())
        .unwrap();
    registry.scope(ask(Ok(1))).await.unwrap();
    let config = registry.get("api").unwrap().config();
    let mut values = config.values.iter();
    let initial = values.find(|value| value.key == "bulkhead.adaptive_initial");
    let initial = initial.unwrap();
    assert_eq!(initial.value, "12");
    let clamped = "where it is 20: clamped by `bulkhead.adaptive_max`";
    assert!(initial.from.ends_with(clamped), "{}", initial.from);
}

#[test]
fn both_at_one_level_are_an_error() {
    let settings = BulkheadSettings::default()
        .max_concurrent(3)
        .adaptive_max(9);
    let error = Registry::new().configure(api(settings)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`bulkhead.max_concurrent` is `3` (settings of service `api`): contradicts `adaptive`, which finds the limit by \
         itself; keep one of them"
    );
}

#[test]
fn values_out_of_range_are_named() {
    for (variable, value, allowed) in [
        ("BULKHEAD_LLM_ADAPTIVE_MIN", "0", "must be at least 1"),
        (
            "BULKHEAD_LLM_ADAPTIVE_FACTOR",
            "1",
            "must be at least 0.5 and below 1",
        ),
        (
            "BULKHEAD_LLM_ADAPTIVE_FACTOR",
            "0.4",
            "must be at least 0.5 and below 1",
        ),
    ] {
        let error = Settings::from_vars([(variable, value)])
            .unwrap_err()
            .to_string();
        assert!(
            error.contains(variable) && error.contains(allowed),
            "{error}"
        );
    }
    let settings = BulkheadSettings::default().adaptive_min(9).adaptive_max(8);
    let error = Registry::new()
        .configure(api(settings))
        .unwrap_err()
        .to_string();
    assert!(error.contains("`bulkhead.adaptive_min` is `9`"), "{error}");
    let settings = BulkheadSettings::default()
        .adaptive_initial(9)
        .adaptive_max(8);
    let error = Registry::new()
        .configure(api(settings))
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("`bulkhead.adaptive_initial` is `9`"),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn word_alone_means_the_defaults_and_models_ignore_latency() {
    service! {
        static MODEL: Llm = "model" { bulkhead(adaptive, max_wait = "1s") }
    }
    #[llm_resilient(service = MODEL)]
    async fn complete() -> Answer {
        Ok(1)
    }
    #[resilient(service = "search", bulkhead(adaptive()))]
    async fn search() -> Answer {
        Ok(1)
    }
    let registry = Registry::new();
    registry.declare(&[&MODEL]).unwrap();
    let calls = async {
        complete().await.unwrap();
        search().await.unwrap();
    };
    registry.scope(calls).await;
    for (name, latency) in [("model", false), ("search", true)] {
        let config = registry.get(name).unwrap().config();
        let limits = config.bulkhead.unwrap().adaptive.unwrap();
        assert_eq!((limits.min, limits.max, limits.initial), (1, 200, 20));
        assert_eq!((limits.factor, limits.latency), (0.9, latency), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn function_with_a_fixed_limit_beside_it_is_ignored_and_reported() {
    #[resilient(service = "api", retry = off, bulkhead(max_concurrent = 3))]
    async fn fixed() -> Answer {
        Ok(1)
    }
    let registry = Registry::new();
    let calls = async {
        ask(Ok(1)).await.unwrap();
        fixed().await.unwrap();
    };
    registry.scope(calls).await;
    assert_eq!(bulkhead(&registry).limit(), 20);
    let error = registry.check().unwrap_err().to_string();
    assert!(error.contains("bulkhead.max_concurrent"), "{error}");
}
