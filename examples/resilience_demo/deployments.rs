//! Three deployments behind one function, of which two die.

use std::time::Duration;

use resilience_runtime::telemetry::ServiceStats;
use resilience_runtime::{CircuitState, Registry, TargetPool, llm_resilient};

use crate::llm::{LlmError, post};
use crate::llm_server::{LlmServer, Mood};
use crate::log::{self, Log};
use crate::story::Story;

struct Deployment {
    http: reqwest::Client,
    base: String,
}

/// Filled when the program starts, and changed while it runs.
static DEPLOYMENTS: TargetPool<Deployment> = TargetPool::new();

/// Callers write `complete("hello")`.
#[llm_resilient(
    service = "chat",
    retry(max_attempts = 3, base_delay = "20ms"),
    circuit_breaker(failure_threshold = 2, recovery_timeout = "1m"),
    timeout = "300ms",
    targets = DEPLOYMENTS
)]
async fn complete(#[target] to: &Deployment, prompt: &str) -> Result<String, LlmError> {
    post(&to.http, &to.base, "large", prompt).await
}

/// How a deployment is that is well.
const WELL: Mood = Mood::Thinking(Duration::from_millis(5));

const NAMES: [&str; 3] = ["azure-eu", "azure-us", "openai"];

/// The statistics of a deployment, which is a service of its own.
fn stats(name: &str) -> Option<ServiceStats> {
    let service = Registry::global().get(&format!("chat/{name}"))?;
    Some(service.stats())
}

/// How many requests each server has had since it was asked last.
fn shares(servers: &[LlmServer]) -> [usize; 3] {
    let mut asked = servers.iter().map(|it| it.take_requests().len());
    NAMES.map(|_| asked.next().unwrap_or_default())
}

/// How many of them have had any. A single slow answer may keep one of them out for a while.
fn used(shares: &[usize]) -> usize {
    shares.iter().filter(|asked| **asked > 0).count()
}

/// So many calls, and how many of them had an answer.
async fn answered(calls: usize) -> usize {
    let mut answered = 0;
    for call in 0..calls {
        answered += usize::from(complete(&format!("question {call}")).await.is_ok());
    }
    answered
}

pub async fn scene(story: &mut Story, log: &Log) -> anyhow::Result<()> {
    story.scene("Three deployments, two die — #[llm_resilient] with targets = DEPLOYMENTS");

    let mut servers = Vec::new();
    let mut deployments = Vec::new();
    for name in NAMES {
        let server = LlmServer::start().await?;
        server.becomes(WELL, WELL);
        let base = format!("http://{}", server.address);
        let http = reqwest::Client::new();
        deployments.push((name, Deployment { http, base }));
        servers.push(server);
    }
    DEPLOYMENTS.set(deployments)?;

    story.tell(
        "All three are well. After the first calls, which open connections, they share sixty.",
    );
    answered(15).await;
    shares(&servers);
    let all = answered(60).await;
    let asked = shares(&servers);
    story.promise(
        all == 60 && asked.iter().sum::<usize>() == 60 && used(&asked) >= 2,
        format_args!("{all} answers, {asked:?} by each"),
    );

    story.tell("One stops answering, another one is overloaded.");
    servers[0].becomes(Mood::Hanging, Mood::Hanging);
    servers[1].becomes(Mood::Overloaded, Mood::Overloaded);
    let all = answered(30).await;
    let asked = shares(&servers);
    story.promise(
        all == 30,
        format_args!("still {all} answers of 30, without a line of code for it: {asked:?}"),
    );
    let lost: u64 = NAMES[..2]
        .iter()
        .filter_map(|name| stats(name))
        .map(|stats| stats.failures.total())
        .sum();
    story.promise(
        lost <= 8,
        format_args!("{lost} attempts met a dead one, then both were passed over"),
    );

    story.tell("Both are taken out of the pool while they are repaired. What was known of them is forgotten.");
    let deployments = DEPLOYMENTS.targets();
    DEPLOYMENTS.set(deployments[2..].to_vec())?;
    let all = answered(10).await;
    let forgotten = NAMES[..2].iter().all(|name| stats(name).is_none());
    let asked = shares(&servers);
    story.promise(
        all == 10 && forgotten && asked == [0, 0, 10],
        format_args!("{all} answers of 10, {asked:?} by each"),
    );

    story.tell("Both are well again, and put back.");
    servers[0].becomes(WELL, WELL);
    servers[1].becomes(WELL, WELL);
    DEPLOYMENTS.set(deployments)?;
    let warm = answered(15).await;
    shares(&servers);
    let all = answered(60).await;
    let asked = shares(&servers);
    let closed = NAMES
        .iter()
        .all(|name| stats(name).is_some_and(|stats| stats.circuit.state == CircuitState::Closed));
    story.promise(
        warm == 15 && all == 60 && closed && used(&asked) >= 2,
        format_args!("{all} answers of 60, {asked:?} by each"),
    );
    tokio::time::sleep(Duration::from_millis(10)).await;
    let lines = log.take();
    story.promise(
        log::all_carry(&lines, "demo-deployments"),
        format_args!(
            "all {} log lines carry correlation_id=demo-deployments",
            lines.len()
        ),
    );
    Ok(())
}
