//! A call that is dropped at any poll of any of its attempts leaves nothing behind.

use std::time::Duration;

use resilience_runtime::{Registry, resilient};

use crate::errors::ApiError;
use crate::poll::poll;
use crate::server::{Answer, Answers, Fails, Hangs, Server, stats};

#[resilient(
    service = "api",
    idempotent,
    timeout = "1s",
    retry(max_attempts = 4, base_delay = "50ms", jitter = "none"),
    circuit_breaker(failure_threshold = 100),
    rate_limit(requests_per_day = 1_000_000, max_wait = "1m"),
    bulkhead(max_concurrent = 2, max_wait = "1m"),
    hedge(delay = "20ms", max_hedges = 2)
)]
async fn ask(server: &Server) -> Answer {
    server.ask().await
}

#[tokio::test(start_paused = true)]
async fn drop_at_every_poll_releases_everything() {
    let registry = Registry::new();
    for script in 0..4 {
        for polls in 0.. {
            let server = Server::new(match script {
                0 => vec![Hangs, Answers(35, 2)],
                1 => vec![Answers(55, 1), Hangs],
                2 => vec![
                    Fails(25, ApiError::Transient),
                    Fails(15, ApiError::Transient),
                    Hangs,
                    Answers(5, 1),
                ],
                _ => vec![Hangs, Fails(15, ApiError::Permanent)],
            });
            let before = stats(&registry);
            let mut call = Box::pin(registry.scope(ask(&server)));
            let mut ended = false;
            for _ in 0..polls {
                if poll(&mut call).is_ready() {
                    ended = true;
                    break;
                }
                tokio::time::advance(Duration::from_millis(5)).await;
            }
            drop(call);
            let after = stats(&registry);
            assert_eq!(after.in_flight, 0, "script {script}, {polls} polls");
            assert_eq!(after.calls, before.calls + u64::from(polls > 0));
            let asked = server.asked_at().len() as u64;
            assert_eq!(
                after.attempts,
                before.attempts + asked,
                "script {script}, {polls} polls"
            );
            let went_away = u64::from(!ended && polls > 0);
            assert_eq!(after.abandoned, before.abandoned + went_away);
            if ended {
                break;
            }
        }
    }
}
