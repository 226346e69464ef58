//! The events that subscribers receive.

use std::time::Duration;

use resilience_runtime::{
    CircuitState, Registry, ServiceKind, ServiceSettings, Settings, resilient,
    telemetry::CallResult, telemetry::Event, telemetry::EventKind, telemetry::Events,
    telemetry::EventsError, verdict::Class, with_correlation_id,
};
use tokio::time::{advance, sleep};

use crate::errors::ApiError;
use crate::poll::started;
use crate::remote::{Answer, Remote};

#[resilient(
    service = "api",
    idempotent,
    timeout = "5s",
    deadline = "30s",
    retry(max_attempts = 3, base_delay = "1s", jitter = "none"),
    circuit_breaker(failure_threshold = 3, recovery_timeout = "1m", success_threshold = 1),
    rate_limit(requests_per_hour = 100),
    bulkhead(max_concurrent = 1, max_wait = "2s"),
    fallback(value = 7, on = "rejection")
)]
async fn ask(remote: &Remote, time: Duration) -> Answer {
    sleep(time).await;
    remote.answer()
}

const NOW: Duration = Duration::ZERO;

pub fn heard(events: &mut Events) -> Vec<Event> {
    let mut heard = Vec::new();
    while let Some(event) = events.try_recv().expect("nothing was missed") {
        heard.push(event);
    }
    heard
}

/// In short, as what each has to do with time.
fn short(events: &[Event]) -> Vec<String> {
    let one = |event: &Event| match &event.kind {
        EventKind::Retry {
            attempt,
            delay,
            class,
            ..
        } => {
            format!("retry {attempt} {delay:?} {}", class.name())
        }
        EventKind::GaveUp {
            attempts,
            reason,
            class,
            ..
        } => {
            format!("gave up {attempts} {} ({reason})", class.name())
        }
        EventKind::Rejected {
            cause, retry_after, ..
        } => format!("rejected {cause} {retry_after:?}"),
        EventKind::Waiting {
            pattern, at_most, ..
        } => format!("waiting {pattern} {at_most:?}"),
        EventKind::Cooldown { retry_after, .. } => format!("cooldown {retry_after:?}"),
        EventKind::Fallback { strategy, .. } => format!("fallback {strategy}"),
        EventKind::CallEnded {
            result,
            attempts,
            elapsed,
            ..
        } => {
            format!("ended {} {attempts} {elapsed:?}", result.name())
        }
        EventKind::CircuitChanged {
            from, to, pause, ..
        } => format!("{from} to {to} {pause:?}"),
        other => format!("{other:?}"),
    };
    events.iter().map(one).collect()
}

#[tokio::test(start_paused = true)]
async fn call_sends_events_from_first_failure_to_end() {
    let registry = Registry::new();
    let mut events = registry.subscribe();
    let call = async {
        let remote = Remote::scripted([
            Err(ApiError::Transient),
            Err(ApiError::Throttled(Some(Duration::from_secs(3)))),
        ]);
        ask(&remote, Duration::from_millis(100)).await.unwrap();
    };
    registry.scope(with_correlation_id("request-7", call)).await;

    let events = heard(&mut events);
    assert_eq!(
        short(&events),
        [
            "ServiceAdded",
            "retry 1 1s transient",
            "cooldown 3s",
            "retry 2 3s throttled",
            "ended success 3 4.3s",
        ]
    );
    let calls = &events[1..];
    assert!(calls.iter().all(|event| event.service == *"api"));
    assert!(calls.iter().all(|event| event.call == calls[0].call));
    for event in calls {
        let function = event.function.as_deref().unwrap();
        assert!(function.ends_with("events::ask"), "{function}");
        assert_eq!(event.correlation_id.as_ref().unwrap().as_str(), "request-7");
    }
    assert_eq!(
        calls[3].at.duration_since(calls[0].at),
        Duration::from_millis(4_200)
    );
}

#[tokio::test(start_paused = true)]
async fn gave_up_event_has_a_reason() {
    #[resilient(service = "api", retry(max_attempts = 2, base_delay = "1s"))]
    async fn inner(remote: &Remote) -> Answer {
        remote.answer()
    }
    #[resilient(service = "api", retry(max_attempts = 2, base_delay = "1s"))]
    async fn outer(remote: &Remote) -> Answer {
        inner(remote).await
    }
    #[resilient(service = "api", timeout = off, deadline = "1s")]
    async fn hang() -> Answer {
        std::future::pending().await
    }
    let registry = Registry::new();
    let mut events = registry.subscribe();
    let calls = async {
        outer(&Remote::failing()).await.unwrap_err();
        let remote = Remote::always(|| Err(ApiError::Permanent));
        inner(&remote).await.unwrap_err();
        hang().await.unwrap_err();
    };
    registry.scope(calls).await;
    let mut given_up = short(&heard(&mut events));
    given_up.retain(|event| event.starts_with("gave up"));
    assert_eq!(
        given_up,
        [
            "gave up 2 transient (attempts used up)",
            "gave up 1 transient (given up by an inner call)",
            "gave up 1 permanent (not retryable)",
            "gave up 1 outcome_unknown (deadline)",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn each_call_ends_with_one_event() {
    let registry = Registry::new();
    let mut events = registry.subscribe();
    let ends = |events: &mut Events| -> Vec<CallResult> {
        let of_calls = heard(events);
        let of_calls = of_calls.into_iter().filter_map(|event| match event.kind {
            EventKind::CallEnded { result, .. } => Some(result),
            _ => None,
        });
        of_calls.collect()
    };
    let calls = async {
        ask(&Remote::healthy(), NOW).await.unwrap();
        assert_eq!(ends(&mut events), [CallResult::Success]);

        let remote = Remote::always(|| Err(ApiError::Permanent));
        ask(&remote, NOW).await.unwrap_err();
        assert_eq!(ends(&mut events), [CallResult::Failure]);

        // Five seconds, a pause, five seconds, …
        ask(&Remote::healthy(), Duration::from_secs(60))
            .await
            .unwrap_err();
        assert_eq!(ends(&mut events), [CallResult::Failure]);

        // The breaker is open now.
        assert_eq!(ask(&Remote::healthy(), NOW).await.unwrap(), 7);
        assert_eq!(ends(&mut events), [CallResult::Rejected]);

        advance(Duration::from_secs(61)).await;
        let remote = Remote::healthy();
        drop(started(ask(&remote, Duration::from_secs(1))));
        assert_eq!(ends(&mut events), [CallResult::Abandoned]);
    };
    registry.scope(calls).await;
    assert_eq!(heard(&mut events).len(), 0);
}

#[tokio::test(start_paused = true)]
async fn subscribe_to_changes_receives_only_changes() {
    let registry = Registry::new();
    let mut changes = registry.subscribe_to_changes();
    let calls = async {
        ask(&Remote::failing(), NOW).await.unwrap_err();
        sleep(Duration::from_secs(60)).await;
        ask(&Remote::healthy(), NOW).await.unwrap();
        let remote = Remote::scripted([Err(ApiError::Throttled(Some(Duration::from_secs(2))))]);
        ask(&remote, NOW).await.unwrap();
    };
    registry.scope(calls).await;
    let settings = ServiceSettings::default().timeout(Duration::from_secs(9));
    registry
        .configure(Settings::new().service("api", settings))
        .unwrap();
    let breaker = registry.service("api", ServiceKind::Custom).unwrap();
    breaker.circuit_breaker().force_open();
    breaker.circuit_breaker().reset();

    let changes = heard(&mut changes);
    assert_eq!(
        short(&changes),
        [
            "ServiceAdded",
            "closed to open Some(60s)",
            "open to half_open None",
            "half_open to closed None",
            "cooldown 2s",
            "Configured",
            "closed to forced_open None",
            "forced_open to closed None",
        ]
    );
    assert!(changes.iter().all(|event| event.kind.is_change()));
    assert!(changes.iter().all(|event| event.service == *"api"));
}

#[tokio::test(start_paused = true)]
async fn rejected_and_waiting_events_have_durations() {
    let registry = Registry::new();
    let mut events = registry.subscribe();
    let calls = async {
        let remote = Remote::healthy();
        let inside = started(ask(&remote, Duration::from_secs(4)));
        assert_eq!(ask(&remote, NOW).await.unwrap(), 7);
        drop(inside);
    };
    registry.scope(calls).await;
    let events = heard(&mut events);
    assert_eq!(
        short(&events),
        [
            "ServiceAdded",
            "waiting bulkhead 2s",
            "rejected bulkhead None",
            "ended rejected 0 2s",
            "fallback value",
            "ended abandoned 1 2s",
        ]
    );
    assert_ne!(events[4].call, events[5].call);
}

#[tokio::test(start_paused = true)]
async fn rejection_without_wait_sends_no_waiting_event() {
    #[resilient(
        service = "api",
        rate_limit(requests_per_minute = 1, burst = 1, max_wait = "9s")
    )]
    async fn limited(remote: &Remote) -> Answer {
        remote.answer()
    }
    #[resilient(service = "api", rate_limit = off, bulkhead(max_concurrent = 1))]
    async fn alone() -> Answer {
        std::future::pending().await
    }
    let registry = Registry::new();
    let mut events = registry.subscribe();
    let calls = async {
        let remote = Remote::healthy();
        limited(&remote).await.unwrap();
        limited(&remote).await.unwrap_err();
        let inside = started(alone());
        assert!(alone().await.is_err());
        drop(inside);
    };
    registry.scope(calls).await;
    assert_eq!(
        short(&heard(&mut events)),
        [
            "ServiceAdded",
            "ended success 1 0ns",
            "rejected rate_limit Some(60s)",
            "ended rejected 0 0ns",
            "rejected bulkhead None",
            "ended rejected 0 0ns",
            "ended abandoned 1 0ns",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn slow_subscriber_gets_the_missed_count() {
    let registry = Registry::new();
    let mut slow = registry.subscribe();
    let calls = async {
        for _ in 0..2_000 {
            // The limit of 100 is reached; rejections are events as well.
            let _ = ask(&Remote::healthy(), NOW).await;
        }
    };
    registry.scope(calls).await;
    let Err(EventsError::Missed(missed)) = slow.try_recv() else {
        panic!("nothing was missed")
    };
    let left = heard(&mut slow).len() as u64;
    // One is the service, then 100 that pass, and three events for each of the others.
    assert_eq!(missed + left, 1 + 100 + 1_900 * 3);
    assert_eq!(left, 1_024);
}

#[tokio::test(start_paused = true)]
async fn events_close_when_the_registry_is_dropped() {
    let registry = Registry::new();
    let api = registry.service("api", ServiceKind::Custom).unwrap();
    let mut events = registry.subscribe();
    drop((registry, api));
    assert_eq!(events.recv().await.unwrap_err(), EventsError::Closed);
}

#[tokio::test(start_paused = true)]
async fn latency_is_measured_only_on_request() {
    let registry = Registry::new();
    let calls = async {
        ask(&Remote::healthy(), Duration::from_secs(1))
            .await
            .unwrap();
        let api = registry.service("api", ServiceKind::Custom).unwrap();
        assert!(api.latency().is_none() && api.stats().latency.is_none());

        registry.measure_latency();
        ask(&Remote::healthy(), Duration::from_secs(1))
            .await
            .unwrap();
        let remote = Remote::scripted([Err(ApiError::Transient)]);
        ask(&remote, Duration::from_secs(2)).await.unwrap();
        // Turned away, which takes no time.
        api.circuit_breaker().force_open();
        ask(&remote, NOW).await.unwrap();

        let latency = api.latency().unwrap();
        assert_eq!((latency.calls.count(), latency.attempts.count()), (2, 3));
        // 1 s, and 2 + 1 + 2 s; three attempts of 1, 2 and 2 s.
        assert_eq!(latency.calls.sum(), Duration::from_secs(6));
        assert_eq!(latency.calls.max(), Duration::from_secs(5));
        assert_eq!(latency.attempts.sum(), Duration::from_secs(5));
        assert_eq!(api.stats().latency.unwrap().calls.max, latency.calls.max());
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn only_completed_calls_have_a_latency() {
    #[resilient(
        service = "api",
        deadline = "3s",
        bulkhead(max_concurrent = 1, max_wait = "1m")
    )]
    async fn hang() -> Answer {
        std::future::pending().await
    }
    let registry = Registry::new();
    registry.measure_latency();
    let calls = async {
        let inside = started(hang());
        // Its deadline passed before its body ran.
        assert!(hang().await.unwrap_err().is_deadline());
        drop(inside);
        let api = registry.service("api", ServiceKind::Custom).unwrap();
        let counts = || {
            api.latency()
                .map_or((0, 0), |it| (it.calls.count(), it.attempts.count()))
        };
        assert_eq!(counts(), (0, 0));
        assert!(hang().await.unwrap_err().is_deadline());
        assert_eq!(counts(), (1, 1));
    };
    registry.scope(calls).await;
}

#[test]
fn class_has_a_name() {
    assert_eq!(Class::OutcomeUnknown.name(), "outcome_unknown");
    assert_eq!(CallResult::InvalidConfig.name(), "invalid_config");
    assert_eq!(CircuitState::ForcedOpen.name(), "forced_open");
}
