//! Beside tower's own layers.

use ::tower::buffer::BufferLayer;
use ::tower::limit::ConcurrencyLimitLayer;
use ::tower::load_shed::LoadShedLayer;
use ::tower::timeout::TimeoutLayer;
use ::tower::{ServiceBuilder, service_fn};

use super::*;
use crate::verdict::Verdict;

fn failing_once() -> Backend {
    Backend::new([Step::Fail(Verdict::transient())]).with_places(1)
}

/// tower's layers turn the error into a box.
fn by_box(error: &BoxError) -> Verdict {
    let failure: Option<&backend::Failure> = error.downcast_ref();
    failure.map_or(Verdict::unclassified(), |failure| failure.0)
}

#[tokio::test(start_paused = true)]
async fn over_a_concurrency_limit_calls_take_turns() {
    let service = service(<_>::default());
    let backend = failing_once();
    let client = ServiceBuilder::new()
        .layer(ResilienceLayer::new(&service).classify(|error: &backend::Failure| error.0))
        .layer(ConcurrencyLimitLayer::new(1))
        .service(backend.clone());
    let calls: Vec<_> = (0..5)
        .map(|_| tokio::spawn(client.clone().oneshot("hello".to_owned())))
        .collect();
    for call in calls {
        assert!(call.await.expect("no panic").is_ok());
    }
    assert_eq!((backend.requests(), backend.free()), (6, 1));
}

#[tokio::test(start_paused = true)]
async fn limit_inside_and_bulkhead_do_not_block_each_other() {
    let service = service(places(1, Duration::from_secs(60)));
    let backend = Backend::new(vec![Step::Late(Duration::from_secs(1)); 20]);
    let client = ServiceBuilder::new()
        .layer(ResilienceLayer::new(&service))
        .layer(ConcurrencyLimitLayer::new(1))
        .service(backend.clone());
    let calls: Vec<_> = (0..20)
        .map(|_| tokio::spawn(client.clone().oneshot("hello".to_owned())))
        .collect();
    for call in calls {
        assert!(call.await.expect("no panic").is_ok());
    }
    assert_eq!(backend.requests(), 20);
}

#[tokio::test(start_paused = true)]
async fn over_and_under_a_buffer() {
    let service = service(<_>::default());
    let backend = failing_once();
    let client = ServiceBuilder::new()
        .layer(BufferLayer::new(2))
        .layer(ResilienceLayer::new(&service).classify(by_box))
        .layer(BufferLayer::new(1))
        .service(backend.clone());
    for _ in 0..5 {
        client
            .clone()
            .oneshot("hello".to_owned())
            .await
            .expect("an answer");
    }
    assert_eq!((backend.requests(), service.stats().retries), (6, 1));
}

#[tokio::test(start_paused = true)]
async fn timeout_of_tower_inside_is_repeated_where_that_is_harmless() {
    let service = service(<_>::default());
    let backend = Backend::new([Step::Hang]);
    let client = ServiceBuilder::new()
        .layer(
            ResilienceLayer::new(&service)
                .idempotent(|_: &String| true)
                .classify(|_: &BoxError| Verdict::outcome_unknown()),
        )
        .layer(TimeoutLayer::new(Duration::from_secs(1)))
        .service(backend.clone());
    client.oneshot("hello".to_owned()).await.expect("an answer");
    assert_eq!(backend.requests(), 2);
}

#[tokio::test(start_paused = true)]
async fn timeout_of_tower_outside_drops_the_call() {
    let service = service(<_>::default());
    let backend = Backend::new([Step::Hang]);
    let client = ServiceBuilder::new()
        .layer(TimeoutLayer::new(Duration::from_secs(1)))
        .layer(ResilienceLayer::new(&service))
        .service(backend.clone());
    client
        .oneshot("hello".to_owned())
        .await
        .expect_err("too late");
    assert_eq!((backend.in_flight(), service.stats().abandoned), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn load_is_shed_where_the_inner_service_is_busy() {
    let service = service(<_>::default());
    let backend = Backend::new([Step::Hang]).with_places(1);
    let client = ServiceBuilder::new()
        .layer(LoadShedLayer::new())
        .layer(ResilienceLayer::new(&service))
        .service(backend.clone());
    let hanging = tokio::spawn(client.clone().oneshot("hello".to_owned()));
    tokio::task::yield_now().await;
    let error = client
        .oneshot("hello".to_owned())
        .await
        .expect_err("overloaded");
    assert!(error.is::<::tower::load_shed::error::Overloaded>());
    hanging.abort();
}

#[tokio::test(start_paused = true)]
async fn two_layers_do_not_multiply_attempts() {
    let (outer, inner) = (service(<_>::default()), service(<_>::default()));
    let backend = Backend::new(vec![Step::Fail(Verdict::transient()); 20]);
    let client = ServiceBuilder::new()
        .layer(ResilienceLayer::new(&outer).classify(by_box))
        .layer(ResilienceLayer::new(&inner).classify(|error: &backend::Failure| error.0))
        .service(backend.clone());
    client
        .oneshot("hello".to_owned())
        .await
        .expect_err("failed");
    assert_eq!(backend.requests(), 3);
}

#[tokio::test(start_paused = true)]
async fn shared_service_is_guarded_from_functions_and_layers_alike() {
    let service = service(tokens_per_hour(2, Duration::ZERO));
    let client = ResilienceLayer::new(&service).layer(service_fn(async |()| Ok::<_, BoxError>(1)));
    client.clone().oneshot(()).await.expect("a token");
    let by_hand = service.call(|| async { Ok::<_, BoxError>(2) }).await;
    assert_eq!(by_hand.expect("a token"), 2);
    client.oneshot(()).await.expect_err("no token");
}
