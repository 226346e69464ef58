//! Readiness: each call is of a service that is ready, and nothing is reserved while a call waits.

use std::task::Poll;

use tokio::time::{Instant, advance};
use tower_service::Service as _;

use super::*;
use crate::verdict::Verdict;

const LONG: Duration = Duration::from_secs(60);

fn failing(times: usize) -> Vec<Step> {
    vec![Step::Fail(Verdict::transient()); times]
}

fn classified(
    service: &Arc<Service>,
    backend: &Backend,
) -> impl tower_service::Service<
    String,
    Response = String,
    Error = BoxError,
    Future: Future<Output = Result<String, BoxError>> + Send + 'static,
> + Clone
+ Send
+ use<> {
    ResilienceLayer::new(service)
        .classify(|error: &backend::Failure| error.0)
        .layer(backend.clone())
}

#[tokio::test(start_paused = true)]
async fn backpressure_of_the_inner_service_is_seen() {
    let service = service(<_>::default());
    let backend = Backend::new([]).with_places(1);
    let mut client = guarded(&service, &backend);
    let mut other = client.clone();
    client.ready().await.expect("one place");
    let cx = &mut std::task::Context::from_waker(std::task::Waker::noop());
    assert!(other.poll_ready(cx).is_pending());
    client.call("hello".to_owned()).await.expect("an answer");
    assert!(matches!(other.poll_ready(cx), Poll::Ready(Ok(()))));
}

#[tokio::test(start_paused = true)]
async fn clone_left_behind_has_to_be_polled_again() {
    let service = service(<_>::default());
    let backend = Backend::new([]).with_places(1);
    let mut client = guarded(&service, &backend);
    for _ in 0..3 {
        let ready = client.ready().await.expect("a place");
        ready.call("hello".to_owned()).await.expect("an answer");
    }
    assert_eq!((backend.requests(), backend.free()), (3, 1));
}

#[tokio::test(start_paused = true)]
async fn retry_asks_for_readiness_again() {
    let service = service(<_>::default());
    let backend = Backend::new(failing(2)).with_places(1);
    // The backend panics if it is not ready.
    let answer = classified(&service, &backend).oneshot("hello".to_owned());
    assert_eq!(answer.await.expect("an answer"), "hello");
    assert_eq!((backend.requests(), backend.free()), (3, 1));
}

#[tokio::test(start_paused = true)]
async fn nothing_is_reserved_during_backoff() {
    let service = service(<_>::default());
    let backend = Backend::new(failing(1)).with_places(1);
    let call = tokio::spawn(classified(&service, &backend).oneshot("hello".to_owned()));
    advance(Duration::from_millis(500)).await;
    tokio::task::yield_now().await;
    assert_eq!((backend.requests(), backend.free()), (1, 1));
    assert!(call.await.expect("no panic").is_ok());
}

#[tokio::test(start_paused = true)]
async fn reservation_is_given_back_while_a_call_waits_for_a_token() {
    let hour = Duration::from_secs(3_600);
    let service = service(tokens_per_hour(1, hour).deadline(hour * 2));
    let backend = Backend::new([]).with_places(1);
    let client = guarded(&service, &backend);
    ask(&client).await.expect("a token");
    let began = Instant::now();
    let waiting = tokio::spawn({
        let client = client.clone();
        async move { ask(&client).await }
    });
    advance(LONG).await;
    tokio::task::yield_now().await;
    assert_eq!((backend.requests(), backend.free()), (1, 1));
    assert!(waiting.await.expect("no panic").is_ok());
    assert!(began.elapsed() > LONG);
}

#[tokio::test(start_paused = true)]
async fn reservation_is_given_back_while_a_call_waits_for_a_place() {
    let service = service(places(1, LONG));
    let backend = Backend::new([Step::Late(LONG / 2)]).with_places(2);
    let client = guarded(&service, &backend);
    let calls: Vec<_> = (0..2)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { ask(&client).await })
        })
        .collect();
    tokio::task::yield_now().await;
    tokio::task::yield_now().await;
    // The one that runs has its place, and the one that waits has none.
    assert_eq!((backend.requests(), backend.free()), (1, 1));
    for call in calls {
        assert!(call.await.expect("no panic").is_ok());
    }
}

#[tokio::test(start_paused = true)]
async fn rejected_call_gives_its_reservation_back() {
    let service = service(<_>::default());
    service.circuit_breaker().force_open();
    let backend = Backend::new([]).with_places(1);
    let mut client = guarded(&service, &backend);
    let rejected = client.ready().await.expect("a place").call(String::new());
    assert_eq!(backend.free(), 0);
    rejected.await.expect_err("open");
    assert_eq!(backend.free(), 1);
}

#[tokio::test(start_paused = true)]
async fn wait_for_readiness_has_the_attempts_timeout() {
    let timeout = Duration::from_secs(3);
    let settings = ServiceSettings::default().timeout(timeout);
    let service = service(settings.retry(RetrySettings::default().max_attempts(2)));
    let backend = Backend::new(failing(1)).with_places(1);
    let call = tokio::spawn(classified(&service, &backend).oneshot("hello".to_owned()));
    advance(Duration::from_millis(500)).await;
    backend.set_places(0);
    let error = call.await.expect("no panic").expect_err("never ready");
    assert!(matches!(own(&error), ResilienceError::Timeout { .. }));
    assert_eq!((backend.requests(), service.stats().timeouts), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn attempt_that_never_became_ready_may_be_repeated() {
    let settings = ServiceSettings::default().timeout(Duration::from_secs(3));
    let service = service(settings);
    let backend = Backend::new(failing(1)).with_places(1);
    // The kind does not repeat what may have been executed.
    let call = tokio::spawn(classified(&service, &backend).oneshot("hello".to_owned()));
    advance(Duration::from_millis(500)).await;
    backend.set_places(0);
    tokio::time::sleep(Duration::from_millis(4_500)).await;
    assert_eq!(service.stats().timeouts, 1);
    backend.set_places(1);
    assert!(call.await.expect("no panic").is_ok());
    assert_eq!((backend.requests(), service.stats().attempts), (2, 3));
}

#[tokio::test(start_paused = true)]
async fn service_that_fails_to_be_ready_is_not_asked_again() {
    let service = service(<_>::default());
    let backend = Backend::new(failing(1));
    let call = tokio::spawn(classified(&service, &backend).oneshot("hello".to_owned()));
    advance(Duration::from_millis(500)).await;
    backend.fail_to_be_ready();
    let error = call.await.expect("no panic").expect_err("gone");
    assert!(error.is::<backend::Failure>());
    assert_eq!((backend.requests(), service.stats().attempts), (1, 2));
    // Before a call it is no attempt at all.
    let mut client = guarded(&service, &backend);
    let error = client.ready().await.expect_err("gone");
    assert!(error.is::<backend::Failure>());
    assert_eq!(service.stats().calls, 1);
}
