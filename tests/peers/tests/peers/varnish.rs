//! Varnish in front of a server that executes: all that went wrong behind it is a 503 that asks to come back.

use std::time::Duration;

use anyhow::Result;
use resilience_peers::{Port, Reply, Upstream, Varnish};
use resilience_runtime::Classify as _;

use crate::orders::Orders;

#[tokio::test]
async fn varnish_answers_are_not_asked_for_again() -> Result<()> {
    let upstream = Upstream::start().await?;
    let nobody = Port::reserve()?;
    let varnish = Varnish::start(&[
        ("once", upstream.address(), ""),
        (
            "impatient",
            upstream.address(),
            ".first_byte_timeout = 0.3s;",
        ),
        ("down", nobody.address(), ""),
    ])
    .await?;
    let at = |backend| Orders::at(varnish.url(backend));
    let asks_to_come_back = |error: &crate::orders::OrderError| {
        let verdict = error.classify();
        assert!(
            error
                .to_string()
                .contains("<h1>Error 503 Backend fetch failed</h1>")
        );
        assert!(verdict.is_outcome_unknown() && verdict.is_breaker_failure());
        assert_eq!(verdict.retry_after(), Some(Duration::from_secs(5)));
    };

    for (backend, reply) in [
        ("once", Reply::Close),
        ("once", Reply::Reset),
        ("once", Reply::Half),
        ("impatient", Reply::Never),
    ] {
        upstream.next([reply]);
        let error = at(backend).is_lost(&upstream, 503).await;
        asks_to_come_back(&error);
    }
    let (before, orders) = (upstream.executed(), at("down"));
    let error = orders.place().await.expect_err("nobody");
    asks_to_come_back(&error);
    assert_eq!((orders.sent(), upstream.executed() - before), (1, 0));

    // Of a body that was cut it gets to know before the client does.
    upstream.next([Reply::HalfBody]);
    let before = upstream.executed();
    let orders = at("once");
    let error = orders.place().await.expect_err("half");
    assert!(error.classify().is_outcome_unknown(), "{error}");
    assert_eq!((orders.sent(), upstream.executed() - before), (1, 1));
    Ok(())
}
