//! nginx in front of a server that executes.

use anyhow::Result;
use resilience_peers::{Nginx, Port, Reply, Upstream};
use resilience_runtime::Classify as _;

use crate::orders::Orders;

#[tokio::test]
async fn nginx_answers_are_not_asked_for_again() -> Result<()> {
    let upstream = Upstream::start().await?;
    let nobody = Port::reserve()?;
    let there = upstream.address();
    let http = format!(
        "limit_req_zone all zone=quiet:1m rate=1r/m;
         limit_req_zone all zone=said:1m rate=1r/m;
         upstream twins {{ server {there} max_fails=0; server localhost:{} max_fails=0; }}",
        there.port()
    );
    let server = format!(
        "location /once/ {{ proxy_pass http://{there}/; }}
         location /impatient/ {{ proxy_read_timeout 300ms; proxy_pass http://{there}/; }}
         location /twins/ {{ proxy_pass http://twins/; }}
         location /repeating/ {{ proxy_next_upstream error timeout non_idempotent; proxy_pass http://twins/; }}
         location /down/ {{ proxy_pass http://{}/; }}
         location /limited/ {{ limit_req zone=quiet; proxy_pass http://{there}/; }}
         location /limited429/ {{ limit_req zone=said; limit_req_status 429; proxy_pass http://{there}/; }}",
        nobody.address()
    );
    let nginx = Nginx::start(&http, &server).await?;
    let at = |location| Orders::at(nginx.url(location));

    let mut bodies = Vec::new();
    for reply in [Reply::Close, Reply::Reset, Reply::Half] {
        upstream.next([reply]);
        let error = at("once").is_lost(&upstream, 502).await;
        bodies.push(error.to_string());
    }
    upstream.next([Reply::Close]);
    at("twins").is_lost(&upstream, 502).await;
    upstream.next([Reply::Never]);
    at("impatient").is_lost(&upstream, 504).await;

    // The same bytes where nobody was there.
    let (before, orders) = (upstream.executed(), at("down"));
    let error = orders.place().await.expect_err("nobody");
    bodies.push(error.to_string());
    bodies.dedup();
    assert_eq!(bodies.len(), 1, "{bodies:?}");
    assert_eq!((orders.sent(), upstream.executed() - before), (1, 0));

    // What it repeats by itself is not multiplied.
    upstream.next([Reply::Close, Reply::Close]);
    let (before, orders) = (upstream.executed(), at("repeating"));
    orders.place().await.expect_err("lost");
    assert_eq!((orders.sent(), upstream.executed() - before), (1, 2));

    // A limit that says so is waited for, one that does not is not told from a server that is gone.
    for (location, status, is_said) in [("limited", 503, false), ("limited429", 429, true)] {
        at(location).place().await?;
        let (before, orders) = (upstream.executed(), at(location));
        let error = orders.send().await.expect_err("too many");
        assert_eq!(error.answer().map(|(status, _)| status), Some(status));
        assert_eq!(upstream.executed(), before);
        let verdict = error.classify();
        assert_eq!(
            (verdict.is_throttled(), verdict.is_outcome_unknown()),
            (is_said, !is_said)
        );
        assert_eq!(verdict.retry_after(), None);
    }
    Ok(())
}
