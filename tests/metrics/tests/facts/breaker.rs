//! The circuit breaker.

use std::time::Duration;

use resilience_metrics_tests::Exporters;
use resilience_runtime::{Registry, resilient};
use tokio::time::advance;

use super::{Answer, Script, Trouble};

#[resilient(
    service = "api",
    registry = registry,
    retry = off,
    circuit_breaker(failure_threshold = 2, recovery_timeout = "1s", success_threshold = 2, half_open_max_calls = 1)
)]
async fn ask(registry: &Registry, answer: &Answer) -> Answer {
    answer.clone()
}

const FAILURE: [(&str, u64); 4] = [
    ("calls_total{result=failure}", 1),
    ("attempts_total{result=transient}", 1),
    ("call_duration_seconds_count", 1),
    ("attempt_duration_seconds_count", 1),
];

const SUCCESS: [(&str, u64); 4] = [
    ("calls_total{result=success}", 1),
    ("attempts_total{result=success}", 1),
    ("call_duration_seconds_count", 1),
    ("attempt_duration_seconds_count", 1),
];

#[track_caller]
fn is(exporters: &mut Exporters, expected: &str) {
    for state in ["closed", "open", "half_open", "forced_open", "disabled"] {
        let level = exporters.level(&format!("circuit_breaker_state{{state={state}}}"));
        let expected = f64::from(u8::from(state == expected));
        assert_eq!(level, Some(expected), "{state}");
    }
}

#[tokio::test(start_paused = true)]
async fn breaker_opens_rejects_and_closes() {
    let mut exporters = Exporters::of("api");
    let registry = exporters.registry.clone();
    let (up, down) = (Ok(1), Err(Trouble::Passing));

    ask(&registry, &down).await.unwrap_err();
    exporters.happened(&FAILURE);
    is(&mut exporters, "closed");

    ask(&registry, &down).await.unwrap_err();
    let opens = ("circuit_breaker_transitions_total{from=closed,to=open}", 1);
    exporters.happened(&[&FAILURE[..], &[opens]].concat());
    is(&mut exporters, "open");

    ask(&registry, &up).await.unwrap_err();
    exporters.happened(&[
        ("calls_total{result=rejected}", 1),
        ("rejections_total{cause=circuit_breaker}", 1),
    ]);

    advance(Duration::from_millis(1_500)).await;
    is(&mut exporters, "half_open");
    exporters.happened(&[]);
    ask(&registry, &up).await.unwrap();
    let probes = (
        "circuit_breaker_transitions_total{from=open,to=half_open}",
        1,
    );
    exporters.happened(&[&SUCCESS[..], &[probes]].concat());
    ask(&registry, &up).await.unwrap();
    let closes = (
        "circuit_breaker_transitions_total{from=half_open,to=closed}",
        1,
    );
    exporters.happened(&[&SUCCESS[..], &[closes]].concat());
    is(&mut exporters, "closed");

    // An error that says nothing against the service is a failure of the call alone.
    for _ in 0..3 {
        ask(&registry, &Err(Trouble::Lasting)).await.unwrap_err();
    }
    exporters.happened(&[
        ("calls_total{result=failure}", 3),
        ("attempts_total{result=permanent}", 3),
        ("call_duration_seconds_count", 3),
        ("attempt_duration_seconds_count", 3),
    ]);
    is(&mut exporters, "closed");
}

#[tokio::test(start_paused = true)]
async fn failed_probe_reopens_the_breaker() {
    let mut exporters = Exporters::of("api");
    let registry = exporters.registry.clone();
    let down = Err(Trouble::Passing);
    for _ in 0..2 {
        ask(&registry, &down).await.unwrap_err();
    }
    advance(Duration::from_millis(1_500)).await;
    exporters.happened(&[
        ("calls_total{result=failure}", 2),
        ("attempts_total{result=transient}", 2),
        ("call_duration_seconds_count", 2),
        ("attempt_duration_seconds_count", 2),
        ("circuit_breaker_transitions_total{from=closed,to=open}", 1),
    ]);
    ask(&registry, &down).await.unwrap_err();
    let again = [
        (
            "circuit_breaker_transitions_total{from=open,to=half_open}",
            1,
        ),
        (
            "circuit_breaker_transitions_total{from=half_open,to=open}",
            1,
        ),
    ];
    exporters.happened(&[FAILURE.as_slice(), &again].concat());
    is(&mut exporters, "open");
}

#[tokio::test(start_paused = true)]
async fn forced_transitions_are_counted() {
    let mut exporters = Exporters::of("api");
    let registry = exporters.registry.clone();
    ask(&registry, &Ok(1)).await.unwrap();
    exporters.happened(&SUCCESS);
    let breaker = registry.get("api").unwrap().circuit_breaker();
    breaker.force_open();
    breaker.force_open();
    is(&mut exporters, "forced_open");
    breaker.disable();
    is(&mut exporters, "disabled");
    breaker.reset();
    is(&mut exporters, "closed");
    exporters.happened(&[
        (
            "circuit_breaker_transitions_total{from=closed,to=forced_open}",
            1,
        ),
        (
            "circuit_breaker_transitions_total{from=forced_open,to=disabled}",
            1,
        ),
        (
            "circuit_breaker_transitions_total{from=disabled,to=closed}",
            1,
        ),
    ]);
}

#[tokio::test(start_paused = true)]
async fn no_retry_into_an_open_circuit() {
    let mut exporters = Exporters::of("api");

    #[resilient(
        service = "api",
        registry = registry,
        retry(max_attempts = 5, base_delay = "10ms"),
        circuit_breaker(failure_threshold = 2, recovery_timeout = "1s")
    )]
    async fn ask(registry: &Registry, script: &Script) -> Answer {
        script.next()
    }

    ask(&exporters.registry, &Script::passing(5, Ok(1)))
        .await
        .unwrap_err();
    exporters.happened(&[
        ("calls_total{result=failure}", 1),
        ("attempts_total{result=transient}", 2),
        ("retries_total", 1),
        ("call_duration_seconds_count", 1),
        ("attempt_duration_seconds_count", 2),
        ("circuit_breaker_transitions_total{from=closed,to=open}", 1),
    ]);
}
