//! Streams: the call ends with the first item, and a later break has its own series.

use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use futures_core::Stream;
use resilience_metrics_tests::Exporters;
use resilience_runtime::{Registry, resilient};

use super::{Answer, Trouble};

struct Items(Vec<Answer>);

impl Stream for Items {
    type Item = Answer;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Answer>> {
        Poll::Ready((!self.0.is_empty()).then(|| self.0.remove(0)))
    }
}

#[resilient(
    service = "api",
    registry = registry,
    circuit_breaker = off,
    bulkhead(max_concurrent = 4),
    retry(base_delay = "10ms"),
    stream(idle_timeout = "5s")
)]
async fn listen(
    registry: &Registry,
    items: &[Answer],
) -> Result<impl Stream<Item = Answer> + use<>, Trouble> {
    Ok(Items(items.to_vec()))
}

#[tokio::test(start_paused = true)]
async fn broken_stream_is_counted() {
    let mut exporters = Exporters::of("api");
    let registry = exporters.registry.clone();
    let items = [Ok(1), Ok(2), Err(Trouble::Passing)];
    {
        let mut stream = pin!(listen(&registry, &items).await.unwrap());
        let mut next = async || std::future::poll_fn(|cx| stream.as_mut().poll_next(cx)).await;
        assert_eq!(next().await.unwrap().unwrap(), 1);
        exporters.happened(&[
            ("calls_total{result=success}", 1),
            ("attempts_total{result=success}", 1),
            ("call_duration_seconds_count", 1),
            ("attempt_duration_seconds_count", 1),
        ]);
        assert_eq!(exporters.level("bulkhead_in_flight"), Some(1.0));
        assert_eq!(next().await.unwrap().unwrap(), 2);
        next().await.unwrap().unwrap_err();
    }
    exporters.happened(&[("broken_streams_total", 1)]);
    assert_eq!(exporters.level("bulkhead_in_flight"), Some(0.0));
}
