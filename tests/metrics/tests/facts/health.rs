//! The status of each health check, the same in every exporter.

use std::collections::BTreeMap;

use metrics_util::debugging::{DebugValue, DebuggingRecorder};
use opentelemetry::metrics::MeterProvider;
use opentelemetry_sdk::metrics::data::{AggregatedMetrics, MetricData, ResourceMetrics};
use opentelemetry_sdk::metrics::{InMemoryMetricExporter, SdkMeterProvider};
use resilience_runtime::metrics::publish_health;
use resilience_runtime::opentelemetry::observe_health;
use resilience_runtime::{
    BoxError, health::HealthMonitorConfig, health::HealthReport, health::ServiceHealthMonitor,
    prometheus,
};

/// By check and status.
type Statuses = BTreeMap<(String, String), u64>;

const NAME: &str = "resilience_health_check_status";

fn by_text(monitor: &ServiceHealthMonitor) -> Statuses {
    let family = prometheus::health(monitor).expect("there are checks");
    assert_eq!(family.name(), NAME);
    let samples = family.get_metric().iter().map(|sample| {
        let [check, status] = sample.get_label() else {
            panic!("{sample:?}");
        };
        assert_eq!((check.name(), status.name()), ("check", "status"));
        let key = (check.value().to_owned(), status.value().to_owned());
        (key, sample.get_gauge().get_value() as u64)
    });
    samples.collect()
}

fn by_facade(monitor: &ServiceHealthMonitor) -> Statuses {
    let recorder = DebuggingRecorder::new();
    metrics::with_local_recorder(&recorder, || publish_health(monitor));
    let told = recorder.snapshotter().snapshot().into_vec();
    let told = told.into_iter().map(|(key, _, _, value)| {
        let DebugValue::Gauge(value) = value else {
            panic!("{value:?}");
        };
        assert_eq!(key.key().name(), NAME);
        let labels: BTreeMap<_, _> = key
            .key()
            .labels()
            .map(|it| (it.key(), it.value()))
            .collect();
        let key = (labels["check"].to_owned(), labels["status"].to_owned());
        (key, *value as u64)
    });
    told.collect()
}

fn by_meter(collected: &[ResourceMetrics]) -> Statuses {
    let mut statuses = Statuses::new();
    let scopes = collected.iter().flat_map(ResourceMetrics::scope_metrics);
    for metric in scopes.flat_map(|scope| scope.metrics()) {
        assert_eq!(metric.name(), "resilience.health_check.status");
        let AggregatedMetrics::F64(MetricData::Sum(sum)) = metric.data() else {
            panic!("{metric:?}");
        };
        for point in sum.data_points() {
            let attribute = |wanted: &str| {
                let found = point.attributes().find(|it| it.key.as_str() == wanted);
                found.expect("it is there").value.as_str().into_owned()
            };
            let key = (
                attribute("resilience.health_check.name"),
                attribute("resilience.health_check.status"),
            );
            statuses.insert(key, point.value() as u64);
        }
    }
    statuses
}

#[tokio::test]
async fn each_exporter_reports_each_status() {
    let monitor = ServiceHealthMonitor::new(HealthMonitorConfig::default()).unwrap();
    let report = HealthReport::degraded("the queue is long");
    let checker = move || {
        let report = report.clone();
        async move { Ok::<_, BoxError>(report) }
    };
    monitor.add_checker("queue", checker).unwrap();
    monitor
        .add_checker("late", || async {
            Ok::<_, BoxError>(HealthReport::healthy())
        })
        .unwrap();
    monitor.check_now("queue").await.unwrap();

    let exporter = InMemoryMetricExporter::default();
    let provider = SdkMeterProvider::builder()
        .with_periodic_exporter(exporter.clone())
        .build();
    let observation = observe_health(&monitor, &provider.meter("resilience"));

    let mut expected = Statuses::new();
    for (check, is) in [("queue", "degraded"), ("late", "unknown")] {
        for status in ["healthy", "degraded", "unhealthy", "unknown"] {
            let key = (check.to_owned(), status.to_owned());
            expected.insert(key, u64::from(status == is));
        }
    }
    assert_eq!(by_text(&monitor), expected);
    assert_eq!(by_facade(&monitor), expected);
    provider.force_flush().unwrap();
    assert_eq!(
        by_meter(&exporter.get_finished_metrics().unwrap()),
        expected
    );

    drop(observation);
    exporter.reset();
    provider.force_flush().unwrap();
    assert_eq!(
        by_meter(&exporter.get_finished_metrics().unwrap()),
        Statuses::new()
    );
}
