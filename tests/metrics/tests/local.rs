//! A thread-local recorder, and none: recording allocates no memory of ours.

use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use allocation_counter::measure;
use metrics::{
    Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit,
    with_local_recorder,
};
use metrics_util::debugging::{DebugValue, DebuggingRecorder};
use opentelemetry::metrics::MeterProvider;
use opentelemetry_sdk::metrics::{InMemoryMetricExporter, SdkMeterProvider};
use resilience_metrics_tests::Fixed;
use resilience_metrics_tests::calls::{full, one_of_each, ready};
use resilience_runtime::metrics::{describe, publish};
use resilience_runtime::opentelemetry::observe;
use resilience_runtime::{Registry, ServiceKind};

/// One test at a time: a call site remembers what one registry says, and each test has its own.
fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Allocations of a hundred calls of each sort, after a few that make everything known.
fn allocations(registry: &Registry) -> u64 {
    for _ in 0..10 {
        one_of_each(registry);
    }
    measure(|| (0..100).for_each(|_| one_of_each(registry))).count_total
}

#[test]
fn without_recorder_no_allocation_and_no_latency() {
    let _turn = turn();
    let registry = Registry::new();
    assert_eq!(allocations(&registry), 0);
    assert!(
        registry
            .get("full")
            .expect("it was called")
            .latency()
            .is_none()
    );
}

#[test]
fn local_recorder_causes_no_allocation() {
    let _turn = turn();
    let recorder = Fixed::default();
    with_local_recorder(&recorder, || {
        assert_eq!(allocations(&Registry::new()), 0);
    });
    assert_eq!(recorder.sum("resilience_calls_total"), 3 * 110);
    assert_eq!(
        recorder.sum("resilience_call_duration_seconds"),
        2 * 110 + 1
    );
}

#[test]
fn meter_causes_no_allocation() {
    let _turn = turn();
    let exporter = InMemoryMetricExporter::default();
    let provider = SdkMeterProvider::builder()
        .with_periodic_exporter(exporter)
        .build();
    let registry = Registry::new();
    let _observation = observe(&registry, &provider.meter("resilience"));
    assert_eq!(allocations(&registry), 0);
}

#[test]
fn each_local_recorder_gets_the_events_of_its_scope() {
    let _turn = turn();
    let registry = Registry::new();
    let call = || ready(full(&registry, false)).map(drop);
    call().unwrap();
    // One after the other in one place, as the stack has it: none inherits the handles of another.
    for calls in 1..=3 {
        let recorder = Box::new(Fixed::default());
        with_local_recorder(&recorder, || {
            describe();
            publish(&registry);
            for _ in 0..calls {
                call().unwrap();
            }
        });
        assert_eq!(recorder.sum("resilience_calls_total"), calls);
        assert_eq!(recorder.sum("resilience_attempt_duration_seconds"), calls);
    }
    assert_eq!(registry.stats().total_calls, 1 + 1 + 2 + 3);
}

#[test]
fn breaker_change_is_recorded_at_once() {
    let registry = Registry::new();
    let service = registry.service("api", ServiceKind::Custom).unwrap();
    let recorder = DebuggingRecorder::new();
    let recorded = recorder.snapshotter();
    with_local_recorder(&recorder, || service.circuit_breaker().force_open());
    let told: Vec<(String, DebugValue)> = recorded
        .snapshot()
        .into_vec()
        .into_iter()
        .map(|(key, _, _, value)| {
            let own = key.key().labels().skip(2);
            let own: Vec<&str> = own.map(metrics::Label::value).collect();
            (format!("{} {}", key.key().name(), own.join(" ")), value)
        })
        .collect();
    let expected = [
        (
            "resilience_circuit_breaker_transitions_total closed forced_open",
            DebugValue::Counter(1),
        ),
        (
            "resilience_circuit_breaker_state closed",
            DebugValue::Gauge(0.0.into()),
        ),
        (
            "resilience_circuit_breaker_state forced_open",
            DebugValue::Gauge(1.0.into()),
        ),
    ];
    assert_eq!(told, expected.map(|(name, value)| (name.to_owned(), value)));
}

/// Hands everything on, and has no size itself.
struct Forwarding;

fn told() -> &'static Fixed {
    static TOLD: OnceLock<Fixed> = OnceLock::new();
    TOLD.get_or_init(Fixed::default)
}

impl Recorder for Forwarding {
    fn describe_counter(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        told().describe_counter(key, unit, description);
    }

    fn describe_gauge(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        told().describe_gauge(key, unit, description);
    }

    fn describe_histogram(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        told().describe_histogram(key, unit, description);
    }

    fn register_counter(&self, key: &Key, metadata: &Metadata<'_>) -> Counter {
        told().register_counter(key, metadata)
    }

    fn register_gauge(&self, key: &Key, metadata: &Metadata<'_>) -> Gauge {
        told().register_gauge(key, metadata)
    }

    fn register_histogram(&self, key: &Key, metadata: &Metadata<'_>) -> Histogram {
        told().register_histogram(key, metadata)
    }
}

#[test]
fn zero_sized_recorder_gets_latencies_if_measured() {
    let _turn = turn();
    let registry = Registry::new();
    with_local_recorder(&Forwarding, || {
        for _ in 0..3 {
            ready(full(&registry, false)).unwrap();
        }
        assert_eq!(told().sum("resilience_calls_total"), 3);
        assert_eq!(told().sum("resilience_call_duration_seconds"), 0);
        registry.measure_latency();
        for _ in 0..2 {
            ready(full(&registry, false)).unwrap();
        }
        ready(full(&registry, true)).unwrap_err();
    });
    assert_eq!(told().sum("resilience_calls_total"), 6);
    assert_eq!(told().sum("resilience_call_duration_seconds"), 3);
    assert_eq!(told().sum("resilience_attempt_duration_seconds"), 3);
}

#[test]
fn every_metric_is_described_once_with_its_unit() {
    let recorder = Fixed::default();
    with_local_recorder(&recorder, describe);
    let described = recorder.described();
    assert_eq!(described.len(), 27);
    for (name, unit, help) in described {
        let expected = if name.ends_with("_seconds") {
            Unit::Seconds
        } else {
            Unit::Count
        };
        assert_eq!(unit, Some(expected), "{name}");
        assert!(help.ends_with('.'), "{name}");
    }
}
