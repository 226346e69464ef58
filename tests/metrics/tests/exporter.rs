//! A global recorder that is installed after the first calls. One test, because a process has one global recorder.

use allocation_counter::measure;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder};
use resilience_metrics_tests::calls::one_of_each;
use resilience_metrics_tests::promtool;
use resilience_runtime::Registry;
use resilience_runtime::metrics::{describe, publish};

const CALLS: &str = r#"resilience_calls_total{service="full",kind="custom",result="success"}"#;

fn value<'a>(text: &'a str, series: &str) -> Option<&'a str> {
    let mut lines = text.lines();
    lines.find_map(|line| line.strip_prefix(series)?.strip_prefix(' '))
}

#[test]
fn recorder_installed_later_records_from_then_on() {
    let registry = Registry::new();
    // One service is known before it comes, and is told from now on; nothing of it is kept from before.
    for _ in 0..5 {
        one_of_each(&registry);
    }
    let recorder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &[0.001, 1.0])
        .expect("some buckets")
        .build_recorder();
    let handle = recorder.handle();
    metrics::set_global_recorder(recorder).expect("the only one");

    // Before it is known to be the global one, it is asked each time.
    one_of_each(&registry);
    assert_eq!(value(&handle.render(), CALLS), Some("1"));

    describe();
    publish(&registry);
    for _ in 0..99 {
        one_of_each(&registry);
    }
    // The exporter keeps what was recorded in blocks of 64 until it is rendered: 400 durations.
    let blocks = measure(|| (0..100).for_each(|_| one_of_each(&registry))).count_total;
    assert!(
        blocks <= 2 * 200_u64.div_ceil(64),
        "{blocks} allocations by 300 calls"
    );

    let text = handle.render();
    promtool::check(&text);
    assert_eq!(value(&text, CALLS), Some("200"));
    for (series, expected) in [
        (
            r#"resilience_calls_total{service="full",kind="custom",result="failure"}"#,
            "200",
        ),
        (
            r#"resilience_calls_total{service="full",kind="custom",result="abandoned"}"#,
            "0",
        ),
        (
            r#"resilience_calls_total{service="shut",kind="custom",result="rejected"}"#,
            "200",
        ),
        (
            r#"resilience_call_duration_seconds_count{service="full",kind="custom"}"#,
            "400",
        ),
        (
            r#"resilience_circuit_breaker_state{service="full",kind="custom",state="closed"}"#,
            "1",
        ),
        (
            r#"resilience_bulkhead_max_concurrent{service="full",kind="custom"}"#,
            "8",
        ),
    ] {
        assert_eq!(value(&text, series), Some(expected), "{series}");
    }

    // Where a local recorder is, the global one is not told.
    let local = resilience_metrics_tests::Fixed::default();
    metrics::with_local_recorder(&local, || one_of_each(&registry));
    assert_eq!(local.sum("resilience_calls_total"), 3);
    assert_eq!(value(&handle.render(), CALLS), Some("200"));
    // What was before is in the registry alone.
    assert_eq!(
        registry
            .get("full")
            .expect("it was called")
            .stats()
            .successes,
        206
    );
}
