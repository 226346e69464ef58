//! Hedged calls with caches, fallbacks, nested calls, and what bodies see.

use std::cell::RefCell;

use resilience_runtime::{CallContext, Registry, resilient};
use tokio::time::Instant;

use crate::errors::ApiError;
use crate::server::{Answer, Answers, Fails, Hangs, Server, hedges, millis_since, stats};

#[tokio::test(start_paused = true)]
async fn leader_of_a_cache_is_hedged_and_shares_the_answer() {
    #[resilient(
        service = "api",
        idempotent,
        cache(key = 1, ttl = "1m"),
        hedge(delay = "100ms")
    )]
    async fn ask(server: &Server) -> Answer {
        server.ask().await
    }
    let registry = Registry::new();
    let server = Server::new([Hangs, Answers(20, 2)]);
    let began = Instant::now();
    let both = async { tokio::join!(ask(&server), ask(&server)) };
    let (leader, other) = registry.scope(both).await;
    assert_eq!((leader.unwrap(), other.unwrap()), (2, 2));
    assert_eq!(
        (millis_since(began), server.asked_at()),
        (120, vec![0, 100])
    );
    assert_eq!(hedges(&registry), (1, 1, 1));
    assert_eq!(stats(&registry).cache.shared, 1);
}

#[tokio::test(start_paused = true)]
async fn fallback_answers_where_all_failed() {
    async fn backup(_: &Server, question: String) -> Answer {
        Ok(question.len() as u32)
    }
    #[resilient(service = "api", idempotent, retry = off, hedge(delay = "100ms"), fallback = backup)]
    async fn ask(server: &Server, question: String) -> Answer {
        assert_eq!(question, "four");
        server.ask().await
    }
    let registry = Registry::new();
    let server = Server::new([
        Fails(150, ApiError::Transient),
        Fails(100, ApiError::Unknown),
    ]);
    let answer = registry.scope(ask(&server, "four".to_owned())).await;
    assert_eq!(answer.unwrap(), 4);
}

#[tokio::test(start_paused = true)]
async fn bodies_see_the_number_of_their_own_attempt() {
    let seen = RefCell::new(Vec::new());
    #[resilient(service = "api", idempotent, retry = off, hedge(delay = "100ms", max_hedges = 2))]
    async fn ask(server: &Server, seen: &RefCell<Vec<(u32, u32)>>) -> Answer {
        let look = || {
            let context = CallContext::current().unwrap();
            seen.borrow_mut()
                .push((context.attempt(), context.max_attempts()));
        };
        look();
        let answer = server.ask().await;
        look();
        answer
    }
    let registry = Registry::new();
    let server = Server::new([Answers(250, 1), Hangs, Hangs]);
    registry
        .scope(async { ask(&server, &seen).await.unwrap() })
        .await;
    assert_eq!(*seen.borrow(), [(1, 3), (2, 3), (3, 3), (1, 3)]);
}

#[tokio::test(start_paused = true)]
async fn all_attempts_have_one_idempotency_key() {
    let keys = RefCell::new(Vec::new());
    #[resilient(service = "api", idempotent, retry = off, hedge(delay = "100ms"))]
    async fn ask(server: &Server, keys: &RefCell<Vec<String>>) -> Answer {
        let context = CallContext::current().unwrap();
        keys.borrow_mut()
            .push(context.idempotency_key().to_string());
        server.ask().await
    }
    let registry = Registry::new();
    let server = Server::new([Hangs, Answers(1, 2)]);
    registry
        .scope(async { ask(&server, &keys).await.unwrap() })
        .await;
    let keys = keys.into_inner();
    assert_eq!((keys.len(), &keys[0]), (2, &keys[1]));
}

#[tokio::test(start_paused = true)]
async fn inner_calls_of_both_attempts_are_calls_of_their_own() {
    #[resilient(service = "inner", idempotent, retry = off)]
    async fn inner(server: &Server) -> Answer {
        server.ask().await
    }
    #[resilient(service = "api", idempotent, retry = off, bulkhead(max_concurrent = 2), hedge(delay = "100ms"))]
    async fn outer(server: &Server) -> Answer {
        inner(server).await
    }
    let registry = Registry::new();
    let server = Server::new([Fails(150, ApiError::Transient), Answers(100, 2)]);
    registry
        .scope(async { assert_eq!(outer(&server).await.unwrap(), 2) })
        .await;
    assert_eq!(hedges(&registry), (1, 1, 0));
    assert_eq!(stats(&registry).in_flight, 0);

    // The inner call was tried twice: it is not repeated outside.
    #[resilient(
        service = "inner2",
        idempotent,
        retry(max_attempts = 2, base_delay = "1ms")
    )]
    async fn persistent(server: &Server) -> Answer {
        server.ask().await
    }
    #[resilient(service = "api", idempotent, hedge(delay = "100ms"))]
    async fn round(server: &Server) -> Answer {
        persistent(server).await
    }
    let server = Server::new([
        Fails(80, ApiError::Transient),
        Fails(30, ApiError::Transient),
        Hangs,
    ]);
    let error = registry
        .scope(async { round(&server).await.unwrap_err() })
        .await;
    assert!(matches!(error, ApiError::Transient), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn hedged_call_inside_of_one_of_the_same_service_borrows_its_place_once() {
    #[resilient(service = "api", idempotent, retry = off, bulkhead(max_concurrent = 2), hedge(delay = "100ms"))]
    async fn inner(server: &Server) -> Answer {
        server.ask().await
    }
    #[resilient(service = "api", idempotent, retry = off, bulkhead(max_concurrent = 2))]
    async fn outer(server: &Server) -> Answer {
        inner(server).await
    }
    let registry = Registry::new();
    let server = Server::new([Hangs, Answers(1, 2)]);
    registry
        .scope(async { assert_eq!(outer(&server).await.unwrap(), 2) })
        .await;
    assert_eq!(hedges(&registry), (1, 1, 1));
    assert_eq!(stats(&registry).in_flight, 0);
}
