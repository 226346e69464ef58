//! Which attempt answers, and when others start.

use std::time::Duration;

use resilience_runtime::{Registry, resilient};
use tokio::time::Instant;

use crate::server::{Answer, Answers, Hangs, Server, hedges, millis_since, stats};

#[resilient(service = "api", idempotent, retry = off, timeout = "10s", hedge(delay = "100ms"))]
async fn ask(server: &Server) -> Answer {
    server.ask().await
}

#[tokio::test(start_paused = true)]
async fn first_answer_within_the_delay_needs_no_hedge() {
    let registry = Registry::new();
    let server = Server::new([Answers(99, 1)]);
    registry
        .scope(async { assert_eq!(ask(&server).await.unwrap(), 1) })
        .await;
    assert_eq!(server.asked_at(), [0]);
    assert_eq!(hedges(&registry), (0, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn hedge_wins_and_the_first_attempt_is_dropped() {
    let registry = Registry::new();
    registry.measure_latency();
    let server = Server::new([Hangs, Answers(20, 2)]);
    let began = Instant::now();
    registry
        .scope(async { assert_eq!(ask(&server).await.unwrap(), 2) })
        .await;
    assert_eq!(millis_since(began), 120);
    assert_eq!((server.asked_at(), server.dropped()), (vec![0, 100], 1));
    assert_eq!(hedges(&registry), (1, 1, 1));
    let stats = stats(&registry);
    assert_eq!((stats.calls, stats.successes, stats.attempts), (1, 1, 2));
    assert_eq!(
        (stats.retries, stats.abandoned, stats.failures.total()),
        (0, 0, 0)
    );
    let latency = stats.latency.unwrap();
    assert_eq!((latency.calls.count, latency.attempts.count), (1, 2));
    assert_eq!(latency.calls.max, Duration::from_millis(120));
    assert_eq!(latency.attempts.max, Duration::from_millis(120));
}

#[tokio::test(start_paused = true)]
async fn first_attempt_wins_and_the_hedge_is_dropped() {
    let registry = Registry::new();
    let server = Server::new([Answers(150, 1), Answers(100, 2)]);
    let began = Instant::now();
    registry
        .scope(async { assert_eq!(ask(&server).await.unwrap(), 1) })
        .await;
    assert_eq!(millis_since(began), 150);
    assert_eq!(hedges(&registry), (1, 0, 1));
    assert_eq!((server.dropped(), stats(&registry).attempts), (1, 2));
}

#[tokio::test(start_paused = true)]
async fn further_hedges_start_after_the_same_delay() {
    #[resilient(service = "api", idempotent, retry = off, hedge(delay = "100ms", max_hedges = 3))]
    async fn ask(server: &Server) -> Answer {
        server.ask().await
    }
    let registry = Registry::new();
    let server = Server::new([Hangs, Hangs, Hangs, Answers(5, 4)]);
    registry
        .scope(async { assert_eq!(ask(&server).await.unwrap(), 4) })
        .await;
    assert_eq!(server.asked_at(), [0, 100, 200, 300]);
    assert_eq!((hedges(&registry), server.dropped()), ((3, 1, 3), 3));
}

#[tokio::test(start_paused = true)]
async fn hedges_count_among_the_attempts() {
    #[resilient(
        service = "api",
        idempotent,
        retry(max_attempts = 2),
        hedge(delay = "100ms", max_hedges = 5)
    )]
    async fn ask(server: &Server) -> Answer {
        server.ask().await
    }
    let registry = Registry::new();
    let server = Server::new([Answers(1_000, 1), Answers(2_000, 2)]);
    registry
        .scope(async { assert_eq!(ask(&server).await.unwrap(), 1) })
        .await;
    assert_eq!(server.asked_at(), [0, 100]);
}

#[tokio::test(start_paused = true)]
async fn without_a_delay_the_hedge_starts_as_soon_as_the_first_one_waits() {
    #[resilient(service = "api", idempotent, hedge(delay = "0s"))]
    async fn ask(server: &Server) -> Answer {
        server.ask().await
    }
    let registry = Registry::new();
    let server = Server::new([Answers(500, 1), Answers(50, 2)]);
    registry
        .scope(async { assert_eq!(ask(&server).await.unwrap(), 2) })
        .await;
    assert_eq!(server.asked_at(), [0, 0]);
}

#[tokio::test(start_paused = true)]
async fn each_attempt_has_arguments_of_its_own() {
    #[derive(Clone)]
    struct Words(Vec<String>, std::cell::Cell<u32>);
    #[resilient(service = "api", idempotent, retry = off, hedge(delay = "100ms", max_hedges = 2))]
    async fn ask(server: &Server, mut words: Words, (left, right): (u32, u32)) -> Answer {
        words.0.push("taken".to_owned());
        words.1.set(words.1.get() + 1);
        assert_eq!(
            (words.0.len(), words.1.get()),
            (2, 1),
            "nobody else has changed them"
        );
        Ok(server.ask().await? + left + right)
    }
    fn is_send<T: Send>(it: T) -> T {
        it
    }
    let registry = Registry::new();
    let server = Server::new([Hangs, Hangs, Answers(1, 1)]);
    let words = Words(vec!["first".to_owned()], std::cell::Cell::new(0));
    let answer = registry
        .scope(is_send(ask(&server, words, (10, 100))))
        .await;
    assert_eq!(answer.unwrap(), 111);
}

#[tokio::test(start_paused = true)]
async fn methods_generics_and_borrowed_arguments_are_hedged() {
    struct Client<T> {
        server: Server,
        of: T,
    }
    impl<T: Into<u32> + Clone> Client<T> {
        #[resilient(service = "api", idempotent, borrow(question), hedge(delay = "100ms"))]
        async fn ask(&self, question: String) -> Answer {
            assert_eq!(question, "how many?");
            Ok(self.server.ask().await? + self.of.clone().into())
        }
    }
    let registry = Registry::new();
    let client = Client {
        server: Server::new([Hangs, Answers(1, 1)]),
        of: 5_u8,
    };
    let answer = registry.scope(client.ask("how many?".to_owned())).await;
    assert_eq!(answer.unwrap(), 6);
}

#[tokio::test(start_paused = true)]
async fn traits_with_boxed_futures_are_hedged() {
    #[async_trait::async_trait]
    trait Ask {
        async fn ask(&self, plus: u32, words: Vec<String>) -> Answer;
    }
    #[async_trait::async_trait]
    impl Ask for Server {
        #[resilient(service = "api", idempotent, hedge(delay = "100ms"))]
        async fn ask(&self, plus: u32, words: Vec<String>) -> Answer {
            Ok(Server::ask(self).await? + plus + words.len() as u32)
        }
    }
    let registry = Registry::new();
    let server = Server::new([Hangs, Answers(1, 1)]);
    let answer = registry
        .scope(Ask::ask(&server, 10, vec![String::new()]))
        .await;
    assert_eq!(answer.unwrap(), 12);
}
