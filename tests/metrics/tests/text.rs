//! The text for Prometheus: its validity, and its stable order from scrape to scrape.

use std::time::Duration;

use prometheus::core::Collector as _;
use resilience_metrics_tests::promtool;
use resilience_runtime::prometheus::{Collector, families, health, text, text_with_health};
use resilience_runtime::{
    BoxError, Registry, ResilienceError, ServiceKind, ServiceSettings, Settings,
    config::BulkheadSettings, config::RateLimitSettings, health::HealthMonitorConfig,
    health::HealthReport, health::ServiceHealthMonitor,
};

/// Three services, one with a name that has to be escaped, which have seen a bit of everything.
async fn busy() -> Registry {
    let registry = Registry::new();
    registry.measure_latency();
    let settings = ServiceSettings::default()
        .rate_limit(RateLimitSettings::default().requests_per_second(1_000))
        .bulkhead(BulkheadSettings::default().max_concurrent(3));
    registry
        .configure(Settings::without_env().service("openai", settings))
        .expect("valid");
    for (name, kind) in [
        ("openai", ServiceKind::Llm),
        ("a \"quoted\\name\"\nof two lines", ServiceKind::Custom),
        ("orders", ServiceKind::Database),
    ] {
        let service = registry.service(name, kind).expect("valid");
        for answer in [Ok(1), Err("no"), Ok(2)] {
            let _ended: Result<i32, BoxError> = service
                .call(|| async move {
                    tokio::time::sleep(Duration::from_millis(30)).await;
                    answer.map_err(Into::into)
                })
                .await;
        }
        service.circuit_breaker().force_open();
        let rejected: Result<(), BoxError> = service.call(|| async { Ok(()) }).await;
        assert!(rejected.is_err_and(|error| error.is::<ResilienceError>()));
    }
    registry
}

async fn checked() -> ServiceHealthMonitor {
    let monitor = ServiceHealthMonitor::new(HealthMonitorConfig::default()).expect("valid");
    monitor
        .add_checker("openai", || async {
            Ok::<_, BoxError>(HealthReport::healthy())
        })
        .expect("new");
    monitor.check_now("openai").await.expect("it is there");
    monitor
}

fn lines<'a>(text: &'a str, metric: &str) -> Vec<&'a str> {
    let of_metric = |line: &&str| {
        let rest = line.strip_prefix(metric);
        rest.is_some_and(|rest| rest.starts_with('{'))
    };
    text.lines().filter(of_metric).collect()
}

#[tokio::test(start_paused = true)]
async fn promtool_accepts_the_text() {
    let (registry, monitor) = (busy().await, checked().await);
    promtool::check(&text(&registry));
    promtool::check(&text_with_health(&registry, &monitor));
    promtool::check(&text(&Registry::new()));

    let mine = prometheus::Registry::new();
    mine.register(Box::new(Collector::new(&registry).with_health(&monitor)))
        .expect("nothing else has these names");
    let families = mine.gather();
    promtool::check(
        &prometheus::TextEncoder::new()
            .encode_to_string(&families)
            .expect("it can be written"),
    );
}

#[test]
#[should_panic(expected = "counter metrics should have")]
fn promtool_rejects_an_invalid_text() {
    promtool::check("# HELP calls Calls.\n# TYPE calls counter\ncalls 1\n");
}

#[tokio::test(start_paused = true)]
async fn text_has_a_stable_order() {
    let registry = busy().await;
    // What the clock alone changes is a level of the limiter, and it is full.
    assert_eq!(text(&registry), text(&registry));
    let text = text(&registry);
    let services: Vec<&str> = lines(&text, "resilience_retries_total");
    assert_eq!(
        services,
        [
            r#"resilience_retries_total{service="a \"quoted\\name\"\nof two lines",kind="custom"} 0"#,
            r#"resilience_retries_total{service="openai",kind="llm"} 2"#,
            r#"resilience_retries_total{service="orders",kind="database"} 0"#,
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn levels_equal_the_state_of_the_patterns() {
    let text = text(&busy().await);
    for (metric, value) in [
        ("resilience_rate_limit_limit", "1000"),
        ("resilience_rate_limit_remaining", "1000"),
        ("resilience_bulkhead_in_flight", "0"),
        ("resilience_bulkhead_max_concurrent", "3"),
    ] {
        let line = format!(r#"{metric}{{service="openai",kind="llm"}} {value}"#);
        assert_eq!(lines(&text, metric), [line], "only where one is set");
    }
    assert_eq!(
        lines(&text, "resilience_circuit_breaker_state")[5..10],
        ["closed", "open", "half_open", "forced_open", "disabled"].map(|state| {
            let value = i32::from(state == "forced_open");
            format!(
                r#"resilience_circuit_breaker_state{{service="openai",kind="llm",state="{state}"}} {value}"#
            )
        })
    );
}

#[tokio::test(start_paused = true)]
async fn histogram_buckets_are_exact() {
    let text = text(&busy().await);
    let of_orders = |line: &&str| line.contains("orders");
    let buckets: Vec<&str> = lines(&text, "resilience_attempt_duration_seconds_bucket")
        .into_iter()
        .filter(of_orders)
        .collect();
    // Three attempts of 30 ms each, and rejected calls made none.
    let expected = [
        ("0.001", 0),
        ("0.0025", 0),
        ("0.005", 0),
        ("0.01", 0),
        ("0.025", 0),
        ("0.05", 3),
        ("0.1", 3),
        ("0.25", 3),
        ("0.5", 3),
        ("1", 3),
        ("2.5", 3),
        ("5", 3),
        ("10", 3),
        ("25", 3),
        ("50", 3),
        ("100", 3),
        ("+Inf", 3),
    ];
    assert_eq!(
        buckets,
        expected.map(|(le, count)| format!(
            r#"resilience_attempt_duration_seconds_bucket{{service="orders",kind="database",le="{le}"}} {count}"#
        ))
    );
    let count = lines(&text, "resilience_call_duration_seconds_count");
    assert!(count[2].ends_with(" 3"), "{count:?}");
}

#[tokio::test(start_paused = true)]
async fn collector_equals_the_text() {
    let (registry, monitor) = (busy().await, checked().await);
    let mut expected = families(&registry);
    expected.extend(health(&monitor));
    let collector = Collector::new(&registry).with_health(&monitor);
    assert_eq!(collector.collect(), expected);
    assert_eq!(collector.desc().len(), 27);

    let mine = prometheus::Registry::new();
    mine.register(Box::new(collector)).expect("new");
    let gathered = mine.gather();
    assert_eq!(gathered.len(), expected.len());
    assert!(
        mine.register(Box::new(Collector::new(&registry))).is_err(),
        "the same twice"
    );
}

#[tokio::test(start_paused = true)]
async fn text_with_health_has_each_check() {
    let monitor = checked().await;
    monitor
        .add_checker("late", || async {
            Ok::<_, BoxError>(HealthReport::healthy())
        })
        .expect("new");
    let text = text_with_health(&Registry::new(), &monitor);
    let told = lines(&text, "resilience_health_check_status");
    assert_eq!(told.len(), 8);
    assert!(told.contains(&r#"resilience_health_check_status{check="openai",status="healthy"} 1"#));
    assert!(
        told.contains(&r#"resilience_health_check_status{check="openai",status="unhealthy"} 0"#)
    );
    assert!(told.contains(&r#"resilience_health_check_status{check="late",status="unknown"} 1"#));
}
