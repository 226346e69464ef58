//! Calls whose targets are misconfigured, shut while the call waits, or of another pool.

use std::pin::pin;
use std::task::{Context, Waker};
use std::time::Duration;

use resilience_runtime::config::RateLimitSettings;
use resilience_runtime::targets::Target;
use resilience_runtime::{
    Registry, ResilienceError, ServiceSettings, Settings, TargetPool, resilient,
};
use tokio::time::{Instant, advance};

use crate::errors::ApiError;
use crate::place::{Answer, Answers, Does, Hangs, Place, Refuses, Throttles, asked, pool, stats};

#[resilient(
    service = "chat",
    idempotent,
    retry(max_attempts = 3, base_delay = "10s", jitter = "none"),
    bulkhead(max_concurrent = 1),
    targets = pool,
    pick = "ordered"
)]
async fn ask(#[target] to: &Place, pool: &TargetPool<Place>) -> Answer {
    to.ask().await
}

fn polled<F: Future + Unpin>(mut call: F) -> F {
    let pending = pin!(&mut call).poll(&mut Context::from_waker(Waker::noop()));
    assert!(pending.is_pending());
    call
}

#[tokio::test(start_paused = true)]
async fn misconfigured_target_beside_a_full_one_is_no_panic() {
    let registry = Registry::new();
    // Variables write both names in the same way.
    let variables = Settings::from_vars([("TIMEOUT_CHAT_GPT_4", "5s")]).unwrap();
    registry.configure(variables).unwrap();
    let named = |name, does| Target::new(name, Place::new(0, does));
    let places = TargetPool::of([
        named("gpt/4", Answers(0)),
        named("gpt 4", Answers(0)),
        named("b", Hangs),
    ])
    .unwrap();
    let running = polled(Box::pin(registry.scope(ask(&places))));
    let error = registry
        .scope(async { ask(&places).await.unwrap_err() })
        .await;
    assert!(
        matches!(error.local(), ResilienceError::BulkheadFull { .. }),
        "{error:?}"
    );
    drop(running);
    places
        .set([named("gpt/4", Answers(0)), named("gpt 4", Answers(0))])
        .unwrap();
    let error = registry
        .scope(async { ask(&places).await.unwrap_err() })
        .await;
    assert!(
        matches!(error.local(), ResilienceError::InvalidConfig(_)),
        "{error:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn place_of_a_hung_hedged_attempt_is_free_after_its_timeout() {
    #[resilient(
        service = "chat",
        idempotent,
        timeout = "1s",
        bulkhead(max_concurrent = 1, max_wait = "10s"),
        hedge(delay = "100ms"),
        targets = pool
    )]
    async fn hedged(#[target] to: &Place, pool: &TargetPool<Place>) -> Answer {
        to.ask().await
    }
    let registry = Registry::new();
    let places = pool([Hangs]);
    let running = polled(Box::pin(registry.scope(hedged(&places))));
    places.targets()[0].value().does(Answers(0));
    let began = Instant::now();
    registry
        .scope(async { hedged(&places).await.unwrap() })
        .await;
    assert_eq!(began.elapsed(), Duration::from_secs(1));
    drop(running);
}

#[tokio::test(start_paused = true)]
async fn call_that_waits_goes_elsewhere_when_its_target_shuts() {
    #[resilient(
        service = "chat",
        retry = off,
        rate_limit(requests_per_minute = 6, burst = 1, max_wait = "1m"),
        targets = pool,
        pick = "ordered"
    )]
    async fn once(#[target] to: &Place, pool: &TargetPool<Place>) -> Answer {
        to.ask().await
    }
    let registry = Registry::new();
    let places = pool([Answers(0), Answers(0)]);
    for _ in 0..2 {
        registry.scope(async { once(&places).await.unwrap() }).await;
    }
    let limiter = registry.get("chat/b").unwrap();
    let mut waiting = polled(Box::pin(registry.scope(once(&places))));
    advance(Duration::from_secs(5)).await;
    registry
        .get("chat/a")
        .unwrap()
        .circuit_breaker()
        .force_open();
    drop(limiter);
    let answer = (&mut waiting).await;
    assert_eq!(answer.unwrap(), 1, "the other one has a token by now");
    assert_eq!(asked(&places), [1, 2]);
}

#[tokio::test(start_paused = true)]
async fn pools_of_several_clients_do_not_disturb_one_another() {
    let registry = Registry::new();
    let (one, other) = (
        pool([Refuses, Answers(0)]),
        TargetPool::of([("x", Place::new(9, Answers(0)))]).unwrap(),
    );
    registry.scope(ask(&one)).await.unwrap();
    registry
        .get("chat/b")
        .unwrap()
        .circuit_breaker()
        .force_open();
    assert_eq!(registry.scope(ask(&other)).await.unwrap(), 9);
    let both = registry.services().len();
    assert_eq!(both, 4, "chat, and three targets");
    // Each call begins with its own pool, whatever the function was called with in between.
    let began = Instant::now();
    one.targets()[1].value().does(Answers(0));
    let mut running = polled(Box::pin(registry.scope(ask(&one))));
    registry.scope(ask(&other)).await.unwrap();
    let error = (&mut running).await.unwrap_err();
    assert!(matches!(error, ApiError::Transient), "{error:?}");
    assert_eq!(
        began.elapsed(),
        Duration::from_secs(30),
        "its other target is open, so the backoff holds"
    );
    let breaker = registry.get("chat/b").unwrap();
    assert!(
        breaker.circuit_breaker().try_acquire().is_err(),
        "nothing was made anew"
    );
    drop(running);
    drop(one);
    other
        .set([
            ("x", Place::new(9, Answers(0))),
            ("y", Place::new(10, Answers(0))),
        ])
        .unwrap();
    registry.scope(ask(&other)).await.unwrap();
    assert!(registry.get("chat/a").is_none() && registry.get("chat/y").is_some());
}

#[tokio::test(start_paused = true)]
async fn groups_of_targets_that_are_targets_have_no_other_group() {
    let target = |name, group: Option<&'static str>| {
        let target = Target::new(name, Place::new(0, Answers(0)));
        group.map_or(target.clone(), |group| target.group(group))
    };
    let chained = TargetPool::of([target("a", Some("b")), target("b", Some("c"))]);
    let problem = chained.unwrap_err().to_string();
    assert!(problem.contains("target `b`: group"), "{problem}");
    let places = TargetPool::of([
        target("a", Some("b")),
        target("b", Some("b")),
        target("c", Some("b")),
    ])
    .unwrap();
    let registry = Registry::new();
    registry.scope(async { ask(&places).await.unwrap() }).await;
    let names: Vec<_> = registry
        .services()
        .iter()
        .map(|it| it.name().to_string())
        .collect();
    assert_eq!(names, ["chat", "chat/a", "chat/b", "chat/c"]);
    // The group of a target changes live.
    places.set([target("a", None), target("b", None)]).unwrap();
    registry.scope(async { ask(&places).await.unwrap() }).await;
    let limit = ServiceSettings::new().rate_limit(RateLimitSettings::new().requests_per_hour(1));
    registry
        .configure(Settings::new().service("chat/b", limit))
        .unwrap();
    for _ in 0..3 {
        registry.scope(async { ask(&places).await.unwrap() }).await;
    }
    assert_eq!(asked(&places)[0], 4, "`a` has a limit of its own");
}

#[tokio::test(start_paused = true)]
async fn targets_removed_by_hand_are_made_anew() {
    let registry = Registry::new();
    let places = pool([Answers(0), Answers(0)]);
    let call = || registry.scope(ask(&places));
    call().await.unwrap();
    registry
        .get("chat/a")
        .unwrap()
        .circuit_breaker()
        .force_open();
    assert_eq!(call().await.unwrap(), 1);
    assert!(registry.remove("chat/a"));
    assert_eq!(call().await.unwrap(), 0, "with a closed circuit");
    assert!(registry.get("chat/a").is_some() && registry.get("chat/b").is_some());
    assert!(registry.remove("chat"));
    assert!(registry.services().is_empty());
    assert_eq!(call().await.unwrap(), 0);
    assert_eq!(stats(&registry, "chat").calls, 1);
}

#[tokio::test(start_paused = true)]
async fn target_named_like_another_service_takes_its_place() {
    #[resilient(service = "chat/a", idempotent)]
    async fn other() -> Answer {
        Ok(5)
    }
    let registry = Registry::new();
    let places = pool([Answers(0)]);
    for _ in 0..3 {
        registry
            .scope(async { assert_eq!(other().await.unwrap(), 5) })
            .await;
        registry.scope(async { ask(&places).await.unwrap() }).await;
    }
    assert_eq!(stats(&registry, "chat").successes, 3);
    assert_eq!(stats(&registry, "chat/a").target.unwrap().in_flight, 0);
}

#[tokio::test(start_paused = true)]
async fn names_may_hold_any_characters() {
    let names = [
        "gpt-4/eu",
        "two words",
        "größe 🦀",
        "a\"b\\c\n",
        "/",
        "chat",
    ];
    let registry = Registry::new();
    let places = names.iter().enumerate();
    let places = places.map(|(number, name)| (*name, Place::new(number as u32, Answers(0))));
    let places = TargetPool::of(places).unwrap();
    for (number, name) in names.iter().enumerate() {
        for other in names.iter().filter(|other| *other != name) {
            if let Some(service) = registry.get(&format!("chat/{other}")) {
                service.circuit_breaker().force_open();
            }
        }
        if let Some(service) = registry.get(&format!("chat/{name}")) {
            service.circuit_breaker().reset();
        }
        let answer = registry.scope(async { ask(&places).await }).await;
        assert!(number == 0 || answer.unwrap() == number as u32, "{name}");
    }
    assert_eq!(registry.services().len(), names.len() + 1);
}

#[tokio::test(start_paused = true)]
async fn failed_target_is_not_asked_again_at_once_where_the_others_are_shut() {
    #[resilient(
        service = "full",
        idempotent,
        retry(max_attempts = 2, base_delay = "10s", jitter = "none"),
        bulkhead(max_concurrent = 1),
        targets = pool
    )]
    async fn ask(#[target] to: &Place, pool: &TargetPool<Place>) -> Answer {
        to.ask().await
    }
    let registry = Registry::new();
    let places = pool([Hangs, Hangs]);
    let running = polled(Box::pin(registry.scope(ask(&places))));
    let full = usize::from(asked(&places)[1] == 1);
    places.targets()[1 - full].value().does(Refuses);
    let began = Instant::now();
    registry
        .scope(async { ask(&places).await.unwrap_err() })
        .await;
    assert_eq!(began.elapsed(), Duration::from_secs(10), "a full bulkhead");
    drop(running);
    let names = ["full/a", "full/b"];
    let breaker = |at: usize| registry.get(names[at]).unwrap();
    breaker(full).circuit_breaker().force_open();
    let began = Instant::now();
    registry
        .scope(async { ask(&places).await.unwrap_err() })
        .await;
    assert_eq!(
        began.elapsed(),
        Duration::from_secs(10),
        "a breaker that is forced open"
    );
}

async fn llm(does: [Does; 3], deadline: Duration) -> (Answer, Duration, Vec<usize>) {
    #[resilience_runtime::llm_resilient(service = "model", timeout = "1s", deadline = limit, targets = pool, pick = "ordered")]
    async fn complete(#[target] to: &Place, pool: &TargetPool<Place>, limit: Duration) -> Answer {
        to.ask().await
    }
    let registry = Registry::new();
    let places = pool(does);
    let began = Instant::now();
    let answer = registry.scope(complete(&places, deadline)).await;
    (answer, began.elapsed(), asked(&places))
}

#[tokio::test(start_paused = true)]
async fn two_models_that_hang_and_one_that_lives() {
    let minute = Duration::from_secs(60);
    let (answer, took, asked) = llm([Hangs, Hangs, Answers(5)], minute).await;
    assert_eq!(
        (answer.unwrap(), took, asked),
        (2, Duration::from_millis(2_005), vec![1, 1, 1])
    );
    let (answer, took, asked) = llm(
        [Hangs, Throttles(Some(60)), Hangs],
        Duration::from_millis(1_500),
    )
    .await;
    assert!(matches!(
        answer.unwrap_err().local(),
        ResilienceError::DeadlineExceeded { .. }
    ));
    assert_eq!((took, asked), (Duration::from_millis(1_500), vec![1, 1, 1]));
}
