//! The parameter in every kind of function.

use std::pin::Pin;
use std::sync::{Arc, LazyLock};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_core::Stream;
use resilience_runtime::verdict::ToolSafety;
use resilience_runtime::{Registry, TargetPool, resilient};
use tokio::time::Instant;

use crate::errors::ApiError;
use crate::place::{Answer, Answers, Hangs, Place, Refuses, asked, pool, stats};

static EMPTY: TargetPool<Place> = TargetPool::new();
static LAZY: LazyLock<TargetPool<Place>> = LazyLock::new(|| pool([Answers(0)]));

#[resilient(service = "static", targets = EMPTY)]
async fn of_static(#[target] to: &Place, plus: u32) -> Answer {
    Ok(to.ask().await? + plus)
}

#[resilient(service = "lazy", targets = LAZY)]
async fn of_lazy(plus: u32, #[target] to: &Place) -> Answer {
    Ok(to.ask().await? + plus)
}

#[tokio::test(start_paused = true)]
async fn statics_are_filled_live_and_lazily() {
    let registry = Registry::new();
    registry
        .scope(async { assert!(of_static(1).await.is_err()) })
        .await;
    EMPTY.set([("a", Place::new(10, Answers(0)))]).unwrap();
    registry
        .scope(async { assert_eq!(of_static(1).await.unwrap(), 11) })
        .await;
    registry
        .scope(async { assert_eq!(of_lazy(5).await.unwrap(), 5) })
        .await;
}

struct Client<T> {
    pool: TargetPool<T>,
}

trait Ask {
    async fn ask(&self, plus: u32) -> Answer;
}

impl Ask for Client<Place> {
    #[resilient(service = "trait", idempotent, targets = self.pool)]
    async fn ask(&self, #[target] to: &Place, plus: u32) -> Answer {
        Ok(to.ask().await? + plus)
    }
}

#[async_trait::async_trait]
trait Boxed {
    async fn by_reference(&self, word: &str) -> Answer;
    async fn by_arc(&self, words: Vec<String>) -> Answer;
}

#[async_trait::async_trait]
impl Boxed for Client<Place> {
    #[resilient(service = "boxed", idempotent, targets = self.pool)]
    async fn by_reference(&self, #[target] to: &Place, word: &str) -> Answer {
        Ok(to.ask().await? + word.len() as u32)
    }

    #[resilient(service = "boxed", idempotent, targets = self.pool)]
    async fn by_arc(&self, words: Vec<String>, #[target] to: Arc<Place>) -> Answer {
        Ok(to.ask().await? + words.concat().len() as u32)
    }
}

#[tokio::test(start_paused = true)]
async fn traits_have_no_such_parameter() {
    let registry = Registry::new();
    let client = Client {
        pool: pool([Refuses, Answers(0)]),
    };
    let one = registry.scope(async { Ask::ask(&client, 10).await }).await;
    assert_eq!(one.unwrap(), 11);
    let two = registry.scope(client.by_reference("four")).await;
    assert_eq!(two.unwrap(), 5);
    let three = registry.scope(client.by_arc(vec!["x".to_owned()])).await;
    assert_eq!(three.unwrap(), 2);
}

impl<T: AsRef<Place> + Send + Sync> Client<T> {
    #[resilient(service = "generic", idempotent, targets = &self.pool)]
    async fn generic<W: Into<u32> + Clone>(&self, #[target] to: &T, plus: W) -> Answer {
        Ok(to.as_ref().ask().await? + plus.into())
    }
}

#[tokio::test(start_paused = true)]
async fn generics_and_owned_arguments() {
    struct Named(Place);
    impl AsRef<Place> for Named {
        fn as_ref(&self) -> &Place {
            &self.0
        }
    }
    let registry = Registry::new();
    let client = Client {
        pool: TargetPool::of([("a", Named(Place::new(3, Answers(0))))]).unwrap(),
    };
    let answer = registry.scope(client.generic(4_u8)).await;
    assert_eq!(answer.unwrap(), 7);
}

/// So many items.
struct Items(u32);

impl Stream for Items {
    type Item = Result<u32, ApiError>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let item = self.0.checked_sub(1);
        self.0 = item.unwrap_or(0);
        Poll::Ready(item.map(Ok))
    }
}

#[resilient(service = "stream", idempotent, stream = "first_item", targets = pool, pick = "ordered")]
async fn items(
    #[target] to: Arc<Place>,
    pool: &TargetPool<Place>,
) -> Result<impl Stream<Item = Result<u32, ApiError>> + use<>, ApiError> {
    Ok(Items(to.ask().await? + 2))
}

#[tokio::test(start_paused = true)]
async fn stream_stays_at_its_target_until_it_ends() {
    let registry = Registry::new();
    let places = pool([Refuses, Answers(0)]);
    let stream = registry
        .scope(async { items(&places).await.unwrap() })
        .await;
    let target = stats(&registry, "stream/b");
    assert_eq!((target.successes, target.calls), (1, 1));
    let in_flight = || stats(&registry, "stream/b").target.unwrap().in_flight;
    assert_eq!(in_flight(), 1);
    let dropped = registry
        .scope(async { items(&places).await.unwrap() })
        .await;
    assert_eq!(in_flight(), 2);
    drop(dropped);
    assert_eq!(in_flight(), 1, "one that is not read to its end has left");
    let mut stream = Box::pin(stream);
    let mut count = 0;
    while let Some(item) = std::future::poll_fn(|cx| stream.as_mut().poll_next(cx)).await {
        item.unwrap();
        count += 1;
    }
    assert_eq!(count, 3);
    assert_eq!(in_flight(), 0);
}

#[tokio::test(start_paused = true)]
async fn hedge_goes_to_another_target() {
    #[resilient(
        service = "hedged",
        idempotent,
        retry = off,
        targets = pool,
        pick = "ordered",
        hedge(delay = "100ms", max_hedges = 5)
    )]
    async fn complete(#[target] to: &Place, pool: &TargetPool<Place>, plus: Vec<u32>) -> Answer {
        Ok(to.ask().await? + plus.into_iter().sum::<u32>())
    }
    let registry = Registry::new();
    let places = pool([Hangs, Hangs, Answers(10)]);
    let began = Instant::now();
    let answer = registry.scope(complete(&places, vec![10, 20])).await;
    assert_eq!(
        (answer.unwrap(), began.elapsed()),
        (32, Duration::from_millis(210))
    );
    assert_eq!(asked(&places), [1, 1, 1]);
    let all = stats(&registry, "hedged");
    assert_eq!((all.hedges, all.hedge_wins, all.hedge_cancelled), (2, 1, 2));
    assert_eq!(stats(&registry, "hedged/a").hedge_cancelled, 1);
    assert_eq!(stats(&registry, "hedged/c").successes, 1);
}

#[tokio::test(start_paused = true)]
async fn hooks_get_the_target_and_fallbacks_do_not() {
    async fn verify(to: &Place, _: &TargetPool<Place>, _: &u32) -> Result<Option<u32>, ApiError> {
        Ok((to.asked() > 0).then_some(77))
    }
    #[resilient(service = "hooks", retry(max_attempts = 2), timeout = "1s", verify = verify, targets = pool)]
    async fn write(#[target] to: &Place, pool: &TargetPool<Place>, word: u32) -> Answer {
        Ok(to.ask().await? + word)
    }
    let registry = Registry::new();
    let places = pool([Hangs]);
    let answer = registry.scope(write(&places, 1)).await;
    assert_eq!(answer.unwrap(), 77);

    fn safety(_: &TargetPool<Place>, to: &Arc<Place>) -> ToolSafety {
        ToolSafety::default().read_only(to.asked() == 0)
    }
    async fn backup(_: &TargetPool<Place>) -> Answer {
        Ok(99)
    }
    #[resilient(service = "hooks", safety = safety, targets = pool, fallback = backup)]
    async fn read(pool: &TargetPool<Place>, #[target] to: Arc<Place>) -> Answer {
        to.ask().await
    }
    let places = pool([Refuses, Refuses]);
    let answer = registry.scope(read(&places)).await;
    assert_eq!(answer.unwrap(), 99);
}

#[tokio::test(start_paused = true)]
async fn cached_answers_need_no_target() {
    #[resilient(service = "cached", idempotent, targets = pool, cache(key = word, ttl = "1m"), affinity = word)]
    async fn read(#[target] to: &Place, pool: &TargetPool<Place>, word: u32) -> Answer {
        Ok(to.ask().await? + word)
    }
    let registry = Registry::new();
    let places = pool([Answers(0)]);
    for _ in 0..3 {
        registry
            .scope(async { assert_eq!(read(&places, 5).await.unwrap(), 5) })
            .await;
    }
    assert_eq!(asked(&places), [1]);
}

#[tokio::test(start_paused = true)]
async fn nested_calls_have_targets_of_their_own() {
    #[resilient(service = "inner", idempotent, targets = pool, pick = "ordered")]
    async fn inner(#[target] to: &Place, pool: &TargetPool<Place>) -> Answer {
        to.ask().await
    }
    #[resilient(service = "outer", idempotent, targets = pool, pick = "ordered")]
    async fn outer(
        #[target] to: &Place,
        pool: &TargetPool<Place>,
        others: &TargetPool<Place>,
    ) -> Answer {
        Ok(to.ask().await? * 10 + inner(others).await?)
    }
    let registry = Registry::new();
    let (places, others) = (
        pool([Refuses, Answers(0)]),
        pool([Refuses, Refuses, Answers(0)]),
    );
    let answer = registry.scope(outer(&places, &others)).await;
    assert_eq!(answer.unwrap(), 12);
}
