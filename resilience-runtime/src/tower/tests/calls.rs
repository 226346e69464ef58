//! The patterns, one by one: what they do to the calls of a service.

use tokio::time::Instant;

use super::*;
use crate::CircuitState;
use crate::config::CircuitBreakerSettings;
use crate::verdict::Verdict;

/// [`ask`], with errors that say themselves what they mean.
async fn classified(service: &Arc<Service>, backend: &Backend) -> Result<String, BoxError> {
    let layer = ResilienceLayer::new(service).classify(|error: &backend::Failure| error.0);
    layer
        .layer(backend.clone())
        .oneshot("hello".to_owned())
        .await
}

#[tokio::test(start_paused = true)]
async fn transient_error_is_retried_after_the_backoff() {
    let (service, transient) = (service(<_>::default()), Step::Fail(Verdict::transient()));
    let backend = Backend::new([transient.clone(), transient]);
    let began = Instant::now();
    assert_eq!(
        classified(&service, &backend).await.expect("an answer"),
        "hello"
    );
    assert_eq!(began.elapsed(), Duration::from_secs(2));
    let stats = service.stats();
    assert_eq!((stats.calls, stats.attempts, stats.successes), (1, 3, 1));
    assert_eq!(backend.requests(), 3);
}

#[tokio::test(start_paused = true)]
async fn error_after_the_last_attempt_is_the_services_own() {
    let service = service(<_>::default());
    let backend = Backend::new(vec![Step::Fail(Verdict::transient()); 3]);
    let error = classified(&service, &backend).await.expect_err("failures");
    assert!(error.is::<backend::Failure>());
    assert_eq!(backend.requests(), 3);
}

#[tokio::test(start_paused = true)]
async fn retry_after_pauses_all_callers() {
    let wait = Duration::from_secs(7);
    let service = service(tokens_per_hour(1_000, Duration::from_secs(30)));
    let backend = Backend::new([Step::Fail(Verdict::throttled(Some(wait)))]);
    let began = Instant::now();
    let (first, second) = tokio::join!(classified(&service, &backend), async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        classified(&service, &backend).await
    });
    assert!(first.is_ok() && second.is_ok());
    assert!(began.elapsed() >= wait, "{:?}", began.elapsed());
    assert_eq!(service.stats().cooldowns, 1);
}

#[tokio::test(start_paused = true)]
async fn breaker_opens_for_all_clones_and_rejects() {
    let breaker = CircuitBreakerSettings::default().failure_threshold(2);
    let service = service(ServiceSettings::default().circuit_breaker(breaker));
    let backend = Backend::new(vec![Step::Fail(Verdict::outcome_unknown()); 9]);
    for _ in 0..2 {
        classified(&service, &backend).await.expect_err("failures");
    }
    assert_eq!(service.circuit_breaker().state(), CircuitState::Open);
    let other = guarded(&service, &backend);
    let error = ask(&other.clone()).await.expect_err("open");
    assert!(matches!(
        own(&error),
        ResilienceError::CircuitBreakerOpen { .. }
    ));
    assert_eq!(backend.requests(), 2);
}

#[tokio::test(start_paused = true)]
async fn rejection_by_a_limit_sends_nothing() {
    let service = service(tokens_per_hour(1, Duration::ZERO));
    let backend = Backend::new([]);
    let client = guarded(&service, &backend);
    ask(&client).await.expect("one token");
    let error = ask(&client).await.expect_err("no token");
    assert!(matches!(
        own(&error),
        ResilienceError::RateLimitExceeded { .. }
    ));
    assert_eq!(backend.requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn full_bulkhead_rejects() {
    let service = service(places(1, Duration::ZERO));
    let backend = Backend::new([Step::Hang]);
    let client = guarded(&service, &backend);
    let hanging = tokio::spawn({
        let client = client.clone();
        async move { ask(&client).await }
    });
    tokio::task::yield_now().await;
    let error = ask(&client).await.expect_err("full");
    assert!(matches!(own(&error), ResilienceError::BulkheadFull { .. }));
    hanging.abort();
    assert!(hanging.await.is_err());
    ask(&client).await.expect("a place again");
}

#[tokio::test(start_paused = true)]
async fn timeout_ends_an_attempt_and_drops_its_request() {
    let service = service(ServiceSettings::default().timeout(Duration::from_secs(3)));
    let backend = Backend::new([Step::Hang]);
    let began = Instant::now();
    let error = ask(&guarded(&service, &backend)).await.expect_err("late");
    assert!(matches!(own(&error), ResilienceError::Timeout { .. }));
    assert_eq!(
        (began.elapsed(), backend.in_flight()),
        (Duration::from_secs(3), 0)
    );
}

#[tokio::test(start_paused = true)]
async fn deadline_has_the_failure_before_it_as_its_source() {
    let settings = ServiceSettings::default()
        .timeout(Duration::from_secs(60))
        .deadline(Duration::from_secs(10));
    let service = service(settings);
    let backend = Backend::new([Step::Fail(Verdict::transient()), Step::Hang]);
    let error = classified(&service, &backend).await.expect_err("too long");
    assert!(matches!(
        own(&error),
        ResilienceError::DeadlineExceeded { .. }
    ));
    let source = std::error::Error::source(own(&error)).expect("a source");
    assert!(source.is::<backend::Failure>());
}

#[tokio::test(start_paused = true)]
async fn known_errors_are_classified_by_their_sources() {
    let service = service(<_>::default());
    let refused = || std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
    let mut sent = 0;
    let inner = ::tower::service_fn(move |()| {
        sent += 1;
        let answer: Result<(), BoxError> = match sent {
            1 => Err(anyhow::Error::new(refused()).context("search").into()),
            _ => Ok(()),
        };
        std::future::ready(answer)
    });
    let client = ResilienceLayer::new(&service).layer(inner);
    client.oneshot(()).await.expect("an answer");
    assert_eq!(service.stats().failures.transient, 1);
}

#[tokio::test(start_paused = true)]
async fn inner_service_sees_the_attempt_that_it_is() {
    let service = service(<_>::default());
    let inner = ::tower::service_fn(async |()| {
        let context = crate::CallContext::current().expect("a call");
        match context.attempt() {
            1 => Err(std::io::Error::from(std::io::ErrorKind::ConnectionRefused)),
            attempt => Ok((attempt, context.max_attempts())),
        }
    });
    let client = ResilienceLayer::new(&service).layer(inner);
    assert_eq!(client.oneshot(()).await.expect("an answer"), (2, 3));
}

#[cfg(feature = "test-util")]
#[tokio::test(start_paused = true)]
async fn injected_faults_take_the_place_of_requests() {
    use crate::chaos::Fault;

    let registry = Registry::new();
    let service = registry
        .service("api", ServiceKind::Custom)
        .expect("a service");
    let busy = registry.inject("api", Fault::error(Verdict::transient()).times(2));
    let backend = Backend::new([]);
    ask(&guarded(&service, &backend)).await.expect("an answer");
    assert_eq!((busy.hits(), backend.requests()), (2, 1));
    // What may have been executed stays so, although nothing was sent.
    let lost = registry.inject("api", Fault::error(Verdict::outcome_unknown()).times(1));
    ask(&guarded(&service, &backend))
        .await
        .expect_err("a fault");
    assert_eq!((lost.hits(), backend.requests()), (1, 1));
}
