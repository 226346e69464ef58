//! Envoy in front of a server that executes: what its answers say, and what they only seem to say.

use std::time::Duration;

use anyhow::{Result, ensure};
use resilience_peers::{Envoy, EnvoyCluster, Port, Reply, Server, Upstream};
use resilience_runtime::Classify as _;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::orders::Orders;

fn retries(times: u32) -> Value {
    let back_off = json!({"base_interval": "0.002s", "max_interval": "0.01s"});
    json!({"retry_policy": {"retry_on": "5xx,reset,connect-failure", "num_retries": times, "retry_back_off": back_off}})
}

/// Waits until so many requests wait for a connection.
async fn pending(envoy: &Server<Envoy>, cluster: &str, requests: u64) -> Result<()> {
    let stat = format!("cluster.{cluster}.upstream_rq_pending_active");
    let began = Instant::now();
    while envoy.stat(&stat).await? != requests {
        ensure!(began.elapsed() < Duration::from_secs(60), "nothing pending");
        sleep(Duration::from_millis(5)).await;
    }
    Ok(())
}

#[tokio::test]
async fn envoy_lost_answer_is_not_asked_for_again() -> Result<()> {
    let upstream = Upstream::start().await?;
    let impatient = json!({"timeout": "0.3s"});
    let envoy = Envoy::start(&[
        EnvoyCluster::new("once", [upstream.address()]),
        EnvoyCluster::new("impatient", [upstream.address()]).routed(impatient),
    ])
    .await?;
    for counted in [false, true] {
        let at = |cluster| {
            let orders = Orders::at(envoy.url(cluster));
            if counted {
                orders.with_host("counted")
            } else {
                orders
            }
        };
        for (reply, status, reason) in [
            (Reply::Close, 503, "connection termination"),
            (Reply::Reset, 503, "connection termination"),
            (Reply::Half, 502, "protocol error"),
        ] {
            upstream.next([reply]);
            let error = at("once").is_lost(&upstream, status).await;
            let (_, body) = error.answer().expect("an answer");
            assert_eq!(
                body,
                format!(
                    "upstream connect error or disconnect/reset before headers. reset reason: {reason}"
                )
            );
        }
        upstream.next([Reply::Never]);
        let error = at("impatient").is_lost(&upstream, 504).await;
        assert_eq!(error.answer(), Some((504, "upstream request timeout")));

        // The words of others that come through it are not its own.
        for words in ["no healthy upstream", "busy"] {
            upstream.next([Reply::With(503, "Retry-After: 1\r\n", words)]);
            let error = at("once").is_lost(&upstream, 503).await;
            assert_eq!(error.classify().retry_after(), Some(Duration::from_secs(1)));
        }
    }
    Ok(())
}

#[tokio::test]
async fn envoy_refused_is_asked_again_until_somebody_is_there() -> Result<()> {
    let upstream = Upstream::refusing()?;
    let checked = json!({"health_checks": [{
        "timeout": "5s", "interval": "0.05s", "no_traffic_interval": "0.05s", "unhealthy_interval": "0.05s",
        "healthy_threshold": 1, "unhealthy_threshold": 1, "http_health_check": {"path": "/health"},
    }]});
    let envoy = Envoy::start(&[
        EnvoyCluster::new("once", [upstream.address()]),
        EnvoyCluster::new("checked", [upstream.address()]).with(checked),
    ])
    .await?;
    for host in ["any", "counted"] {
        for (cluster, words) in [
            ("once", "reset reason: remote connection failure"),
            ("checked", "no healthy upstream"),
        ] {
            // It was there for the cluster before, and this one may not have noticed yet that it is gone.
            while !Orders::at(envoy.url(cluster))
                .send()
                .await
                .is_err_and(|error| error.to_string().ends_with(words))
            {
                sleep(Duration::from_millis(5)).await;
            }
            let orders = Orders::at(envoy.url(cluster)).with_host(host);
            let error = orders.send().await.expect_err("nobody is there");
            let (status, body) = error.answer().expect("an answer");
            assert!(status == 503 && body.ends_with(words), "{error}");
            assert!(error.classify().is_transient(), "{error}");
            orders.arrives_once(&upstream).await;
            upstream.refuse().await;
        }
    }
    Ok(())
}

#[tokio::test]
async fn envoy_overflow_is_asked_again_unless_a_retry_of_its_own_met_it() -> Result<()> {
    let limits = json!({"circuit_breakers": {"thresholds": [{"max_connections": 1, "max_pending_requests": 1}]}});
    let slow_retry = json!({"retry_policy": {
        "retry_on": "reset", "num_retries": 1, "retry_back_off": {"base_interval": "2s", "max_interval": "2s"},
    }});
    let upstream = Upstream::start().await?;
    let [crowded, full] = ["crowded", "full"]
        .map(|name| EnvoyCluster::new(name, [upstream.address()]).with(limits.clone()));
    let envoy = Envoy::start(&[crowded, full.routed(slow_retry)]).await?;

    // It never reached anybody: one is executed, one waits, ours is refused until the first has gone.
    upstream.next([Reply::Never]);
    let [first, second, orders] = [(); 3].map(|()| Orders::at(envoy.url("crowded")));
    let second = async {
        upstream.has_executed(1).await;
        second.send().await
    };
    let refused = async {
        // Until it has its connection, the first is pending as well.
        upstream.has_executed(1).await;
        pending(&envoy, "crowded", 1).await?;
        let error = orders.send().await.expect_err("it is full");
        assert!(
            error.to_string().ends_with("reset reason: overflow"),
            "{error}"
        );
        assert!(error.classify().is_transient(), "{error}");
        let goes = async {
            orders.has_sent(4).await;
            upstream.give_up();
        };
        let (placed, ()) = tokio::join!(orders.place(), goes);
        anyhow::Ok(placed?)
    };
    let (first, second, placed) = tokio::join!(first.send(), second, refused);
    assert!(first.is_err());
    assert_eq!((second?.as_str(), placed?.as_str()), ("done", "done"));
    assert_eq!(upstream.executed(), 3);

    // It reached somebody who died, and what was full is only Envoy's second attempt.
    for host in ["counted", "any"] {
        loop {
            if let Some((error, executed)) =
                overflow_after_execution(&envoy, &upstream, host).await?
            {
                assert!(
                    error
                        .to_string()
                        .ends_with("retried and the latest reset reason: overflow")
                );
                assert!(error.classify().is_outcome_unknown(), "{error}");
                assert_eq!(executed, 1);
                break;
            }
        }
    }
    Ok(())
}

/// An order that is executed and lost, and that Envoy then cannot send again since others wait; `None` if it was sent again
/// before the others came. With it, how often it was executed.
async fn overflow_after_execution(
    envoy: &Server<Envoy>,
    upstream: &Upstream,
    host: &'static str,
) -> Result<Option<(crate::orders::OrderError, u64)>> {
    let guest = || Orders::at(envoy.url("full"));
    pending(envoy, "full", 0).await?;
    upstream.next([Reply::Never, Reply::Never]);
    let before = upstream.executed();
    let order = Orders::at(envoy.url("full")).with_host(host);
    let (second, third) = (guest(), guest());
    let others = async {
        upstream.has_executed(before + 1).await;
        let second = async {
            let second = second.send().await;
            anyhow::bail!("{second:?}: it was to wait")
        };
        let third = async {
            pending(envoy, "full", 1).await?;
            // The order dies, and the second takes its connection.
            upstream.give_up();
            upstream.has_executed(before + 2).await;
            let third = third.send().await;
            anyhow::Ok(third.is_err())
        };
        tokio::select! {
            second = second => second,
            third = third => third,
        }
    };
    let placed = tokio::select! {
        placed = order.place() => Some(placed),
        // Where the order was faster than the third, that is the one which is refused.
        _ = others => None,
    };
    let executed = upstream.executed() - before - 1;
    assert_eq!(order.sent(), 1);
    Ok(placed.map(|placed| (placed.expect_err("lost"), executed)))
}

#[tokio::test]
async fn envoy_retries_of_its_own_hide_what_its_first_attempt_did() -> Result<()> {
    let upstream = Upstream::start().await?;
    let nobody = Port::reserve()?;
    let ejects = json!({"outlier_detection": {
        "consecutive_gateway_failure": 1, "enforcing_consecutive_gateway_failure": 100,
        "max_ejection_percent": 100, "interval": "0.1s", "base_ejection_time": "2s",
    }});
    let later = json!({"retry_policy": {
        "retry_on": "reset", "num_retries": 1, "retry_back_off": {"base_interval": "0.5s", "max_interval": "0.5s"},
    }});
    let envoy = Envoy::start(&[
        EnvoyCluster::new("thrice", [upstream.address()]).routed(retries(2)),
        EnvoyCluster::new("both", [upstream.address(), nobody.address()]).routed(retries(1)),
        EnvoyCluster::new("ejecting", [upstream.address()])
            .with(ejects)
            .routed(later),
    ])
    .await?;

    for host in ["any", "counted"] {
        upstream.replies(Reply::Close);
        let before = upstream.executed();
        let orders = Orders::at(envoy.url("thrice")).with_host(host);
        let error = orders.place().await.expect_err("lost");
        // Three times by Envoy, but not nine times.
        assert_eq!((orders.sent(), upstream.executed() - before), (1, 3));
        assert!(
            error
                .to_string()
                .ends_with("retried and the latest reset reason: connection termination")
        );

        // One server dies, then the other one refuses, or the other way round.
        let before = upstream.executed();
        for _ in 0..4 {
            let orders = Orders::at(envoy.url("both")).with_host(host);
            let error = orders.place().await.expect_err("lost");
            assert!(
                error
                    .to_string()
                    .contains("retried and the latest reset reason: "),
                "{error}"
            );
            assert_eq!(orders.sent(), 1, "{error}");
        }
        assert_eq!(upstream.executed() - before, 4);
        upstream.replies(Reply::DONE);
    }

    // The words are those of an order that reached nobody: only the number of attempts tells, which Envoy has to be asked for.
    loop {
        let orders = Orders::at(envoy.url("ejecting")).with_host("counted");
        upstream.next([Reply::Close, Reply::Close]);
        let before = upstream.executed();
        let error = orders.place().await.expect_err("lost");
        let executed = upstream.executed() - before;
        // Otherwise it came again before the server was ejected.
        if error.answer() == Some((503, "no healthy upstream")) {
            assert_eq!(executed, 1);
            return Ok(());
        }
        assert_eq!(executed, 2, "{error}");
    }
}
