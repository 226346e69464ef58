//! Deployments behind one function, as processes of their own: killed, throttled, slow to start, of different accounts, and
//! one of them behind a gateway.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use anyhow::Result;
use futures_util::future::{join_all, try_join_all};
use resilience_peers::{LiteLlm, LlMock, Server};
use resilience_runtime::targets::Target;
use resilience_runtime::{CircuitState, Registry, ResilienceError, TargetPool, llm_resilient};
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::llm_clients::{HttpError, Plain};

type Places = TargetPool<Plain>;

/// Counts its attempts.
#[llm_resilient(
    service = "chat",
    idempotent,
    timeout = "20s",
    retry(max_attempts = 3, base_delay = "20ms"),
    circuit_breaker(recovery_timeout = "200ms"),
    targets = places
)]
async fn ask(
    #[target] to: &Plain,
    places: &Places,
    attempts: &AtomicU64,
) -> Result<Value, HttpError> {
    attempts.fetch_add(1, Relaxed);
    to.ask("m", "hello", 9).await
}

#[llm_resilient(
    service = "chat",
    idempotent,
    retry(max_attempts = 2, base_delay = "20ms"),
    targets = places,
    pick = "ordered"
)]
async fn ask_first(#[target] to: &Plain, places: &Places) -> Result<Value, HttpError> {
    to.ask("m", "hello", 9).await
}

fn places<const N: usize>(targets: [(&str, Plain); N]) -> Result<Places> {
    let places = Places::new();
    places.set(targets.map(|(name, plain)| Target::new(name, plain)))?;
    Ok(places)
}

async fn three() -> Result<[Server<LlMock>; 3]> {
    let (a, b, c) = tokio::try_join!(LlMock::start(), LlMock::start(), LlMock::start())?;
    Ok([a, b, c])
}

async fn fails(llmock: &LlMock, failure: Value) -> Result<()> {
    llmock.scenario(&json!({"behaviors": [failure]})).await
}

/// Callers that ask until they are told to end.
struct Load<'a> {
    places: &'a Places,
    calls: AtomicU64,
    /// How many of the deployments do not live.
    dead: AtomicU64,
    over: AtomicBool,
}

const CALLERS: u64 = 6;

impl Load<'_> {
    async fn runs(&self) -> Result<()> {
        try_join_all((0..CALLERS).map(|_| self.caller())).await?;
        Ok(())
    }

    async fn caller(&self) -> Result<()> {
        while !self.over.load(Relaxed) {
            let attempts = AtomicU64::new(0);
            ask(self.places, &attempts).await?;
            // Those that died while it ran are among them.
            let (attempts, dead) = (attempts.into_inner(), self.dead.load(Relaxed));
            assert!(attempts <= 1 + dead, "{attempts} attempts with {dead} dead");
            self.calls.fetch_add(1, Relaxed);
        }
        Ok(())
    }

    async fn makes(&self, calls: u64) {
        let before = self.calls.load(Relaxed);
        while self.calls.load(Relaxed) < before + calls {
            sleep(Duration::from_millis(2)).await;
        }
    }

    /// Kills one in the middle of its calls. It is left within ten of them.
    async fn kill(&self, registry: &Registry, name: &str, llmock: &mut Server<LlMock>) {
        let failed = || registry.get(name).map_or(0, |it| it.stats().failed);
        let before = failed();
        self.dead.fetch_add(1, Relaxed);
        llmock.kill_hard().await;
        self.makes(200).await;
        let met = failed() - before;
        assert!(met <= 10 + CALLERS, "{met} calls met {name}, which is dead");
    }
}

#[tokio::test]
async fn deployments_are_killed_and_no_call_fails_while_one_lives() -> Result<()> {
    let [mut a, mut b, mut c] = three().await?;
    let places = places([
        ("a", Plain::openai(&a)),
        ("b", Plain::openai(&b)),
        ("c", Plain::openai(&c)),
    ])?;
    let registry = Registry::new();
    let load = Load {
        places: &places,
        calls: AtomicU64::new(0),
        dead: AtomicU64::new(0),
        over: AtomicBool::new(false),
    };
    let story = async {
        load.makes(100).await;
        load.kill(&registry, "chat/a", &mut a).await;
        load.kill(&registry, "chat/b", &mut b).await;

        // It takes its time to start, and its first answers take theirs.
        a.start().await?;
        fails(&a, json!({"type": "delay", "seconds": 0.3, "times": 4})).await?;
        let chat_a = registry.get("chat/a").expect("it was asked");
        while chat_a.circuit_breaker().state() != CircuitState::Closed {
            load.makes(1).await;
        }
        load.dead.fetch_sub(1, Relaxed);
        load.kill(&registry, "chat/c", &mut c).await;
        load.over.store(true, Relaxed);
        anyhow::Ok(())
    };
    registry
        .scope(async { tokio::try_join!(load.runs(), story) })
        .await?;

    let chat = registry.get("chat").expect("a service").stats();
    let calls = load.calls.load(Relaxed);
    assert_eq!((chat.calls, chat.successes, chat.failed), (calls, calls, 0));
    assert!(a.served("m").await?.len() >= 200, "it took over");
    Ok(())
}

#[tokio::test]
async fn throttled_deployment_is_left_alone_for_as_long_as_it_asks() -> Result<()> {
    let [a, b, c] = three().await?;
    let places = places([
        ("a", Plain::openai(&a)),
        ("b", Plain::openai(&b)),
        ("c", Plain::openai(&c)),
    ])?;
    fails(
        &a,
        json!({"type": "fail", "status": 429, "retry_after": 1.2}),
    )
    .await?;
    let (registry, attempts, mut calls) = (Registry::new(), AtomicU64::new(0), 0);
    while a.served("m").await?.len() < 2 {
        registry.scope(ask(&places, &attempts)).await?;
        calls += 1;
    }
    let attempts = attempts.into_inner();
    assert_eq!(attempts, calls + 1, "one attempt more than calls");
    let served = a.served("m").await?;
    assert_eq!((served[0].status, served[1].status), (429, 200));
    let left_alone = served[1].began - served[0].ended;
    assert!(left_alone >= 1.19, "{left_alone}");
    for llmock in [&a, &b, &c] {
        let verdict = llmock.verdict().await?;
        assert!(verdict.passed, "{}", verdict.text);
    }
    Ok(())
}

#[tokio::test]
async fn quotas_are_those_of_accounts() -> Result<()> {
    let llmock = LlMock::start_with(&["--rpm", "4"]).await?;
    let plain = Plain::openai(&llmock);
    let (first, second) = (plain.with_key("sk-first"), plain.with_key("sk-second"));
    let places = Places::new();
    places.set([
        Target::new("eu", first.clone()).group("first"),
        Target::new("us", first).group("first"),
        Target::new("asia", second),
    ])?;
    let (registry, attempts) = (Registry::new(), AtomicU64::new(0));
    for _ in 0..8 {
        registry.scope(ask(&places, &attempts)).await?;
    }
    let calls = (0..20).map(|_| registry.scope(ask(&places, &attempts)));
    for refused in join_all(calls).await {
        let error = refused.expect_err("both accounts have had their share");
        let HttpError::Guard(ResilienceError::RateLimitExceeded { retry_after, .. }) = error else {
            panic!("{error:?}");
        };
        let retry_after = retry_after.expect("a time");
        assert!(retry_after <= Duration::from_secs(15), "{retry_after:?}");
    }
    // Nobody asked what would have been refused.
    let served = llmock.served("m").await?;
    assert_eq!((served.len(), attempts.into_inner()), (8, 8));
    assert!(served.iter().all(|request| request.status == 200));
    Ok(())
}

#[tokio::test]
async fn what_is_behind_a_gateway_gives_way_to_what_is_not() -> Result<()> {
    let (mut behind, direct) = tokio::try_join!(LlMock::start(), LlMock::start())?;
    let upstream = format!("{}/v1", behind.url());
    let mut gateway = LiteLlm::start(&[("m", upstream, json!({}))]).await?;
    let url = format!("{}/v1/chat/completions", gateway.url());
    let places = places([
        ("gateway", Plain::at(url).with_key(gateway.key())),
        ("direct", Plain::openai(&direct)),
    ])?;
    let registry = Registry::new();
    let call = async || registry.scope(ask_first(&places)).await.map(drop);
    // The gateway has its own name for the model, and asks which models there are.
    let asked = async || {
        let behind = behind.served("gpt-4o-mini").await?;
        anyhow::Ok((behind.len(), direct.served("m").await?.len()))
    };

    call().await?;
    assert_eq!(asked().await?, (1, 0));

    // Its provider's wait comes through the gateway, and is nobody else's.
    fails(
        &behind,
        json!({"type": "fail", "status": 429, "retry_after": 1}),
    )
    .await?;
    for _ in 0..5 {
        call().await?;
    }
    assert_eq!(asked().await?, (2, 5));
    while asked().await?.0 < 3 {
        call().await?;
    }
    let verdict = behind.verdict().await?;
    assert!(verdict.passed, "{}", verdict.text);

    // A gateway without its model answers, and a dead one does not.
    let before = direct.served("m").await?.len();
    behind.kill_hard().await;
    for _ in 0..5 {
        call().await?;
    }
    gateway.kill_hard().await;
    for _ in 0..5 {
        call().await?;
    }
    assert_eq!(direct.served("m").await?.len(), before + 10);
    Ok(())
}
