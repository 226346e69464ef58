//! HAProxy in front of a server that executes.

use anyhow::Result;
use resilience_peers::{HaProxy, Port, Reply, Upstream};
use resilience_runtime::Classify as _;

use crate::orders::Orders;

const NO_SERVER: &str = "<html><body><h1>503 Service Unavailable</h1>\nNo server is available to handle this request.\n</body></html>\n";

#[tokio::test]
async fn haproxy_answers_are_not_asked_for_again() -> Result<()> {
    let upstream = Upstream::start().await?;
    let (there, nobody) = (upstream.address(), Port::reserve()?);
    let nowhere = nobody.address();
    let haproxy = HaProxy::start(&[
        ("once", &format!("server a {there}")),
        (
            "impatient",
            &format!("timeout server 300ms\nserver a {there}"),
        ),
        (
            "repeating",
            &format!("retries 3\nretry-on all-retryable-errors\nserver a {there}"),
        ),
        ("down", &format!("retries 0\nserver a {nowhere}")),
    ])
    .await?;
    let at = |backend| Orders::at(haproxy.url(backend));

    for reply in [Reply::Close, Reply::Reset, Reply::Half] {
        upstream.next([reply]);
        at("once").is_lost(&upstream, 502).await;
    }
    upstream.next([Reply::Never]);
    at("impatient").is_lost(&upstream, 504).await;
    upstream.next([Reply::With(503, "Retry-After: 1\r\n", "busy")]);
    at("once").is_lost(&upstream, 503).await;

    // What it repeats by itself is not multiplied.
    upstream.next([Reply::Close, Reply::Close, Reply::Close, Reply::Close]);
    let (before, orders) = (upstream.executed(), at("repeating"));
    let error = orders.place().await.expect_err("lost");
    assert_eq!(error.answer().map(|(status, _)| status), Some(502));
    assert_eq!((orders.sent(), upstream.executed() - before), (1, 4));

    // The same bytes for an order that nobody got and for one that a server executed before it was gone: neither may be
    // sent again.
    let (before, orders) = (upstream.executed(), at("down"));
    let error = orders.place().await.expect_err("nobody");
    assert_eq!(error.answer(), Some((503, NO_SERVER)));
    assert_eq!((orders.sent(), upstream.executed() - before), (1, 0));
    assert!(error.classify().is_outcome_unknown());
    upstream.next([Reply::Never]);
    let (before, orders) = (upstream.executed(), at("repeating"));
    let ends = async {
        upstream.has_executed(before + 1).await;
        upstream.refuse().await;
    };
    let (placed, ()) = tokio::join!(orders.place(), ends);
    let error = placed.expect_err("lost");
    assert_eq!(error.answer(), Some((503, NO_SERVER)));
    assert_eq!((orders.sent(), upstream.executed() - before), (1, 1));
    Ok(())
}
