//! Servers that fail, in each way.

use std::error::Error as _;

use super::*;

fn is_unreachable(answer: &Result<Grant, StoreError>) -> bool {
    matches!(answer, Err(StoreError::Unreachable(_)))
}

/// What a mistake says; empty if it is none.
fn mistake_of(answer: Result<Grant, StoreError>) -> String {
    match answer {
        Err(error @ StoreError::Mistake(_)) => {
            error.source().map(ToString::to_string).unwrap_or_default()
        }
        _ => String::new(),
    }
}

fn hourly(id: u128) -> GrantRequest {
    request(id, &[limit(TokenBucket, 10, 3_600, 10)])
}

/// Why a request failed.
fn words_of(answer: &Result<Grant, StoreError>) -> String {
    let error = answer.as_ref().expect_err("it fails");
    error.source().expect("a source").to_string()
}

/// Asks until there is a connection again.
async fn eventually(store: &RedisStore, request: &GrantRequest) -> Grant {
    for _ in 0..500 {
        if let Ok(grant) = store.grant(request.clone()).await {
            return grant;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("no connection any more")
}

#[tokio::test]
async fn restarted_server_begins_empty() {
    let mut server = Server::start();
    let store = server.store().await;
    let before = store.grant(hourly(1)).await.expect("an answer");
    assert_eq!(before.granted, [1]);
    server.restart();
    assert!(
        is_unreachable(&store.grant(hourly(1)).await),
        "lost with its connection"
    );
    let after = eventually(&store, &hourly(1)).await;
    assert_eq!(after.granted, [0]);
    assert_ne!(after.epoch, before.epoch);
    let fresh = store.grant(hourly(2)).await.expect("an answer");
    assert_eq!(fresh.granted, [0], "who knows what it was");
    // Who never saw the old server knows of no loss; what is there already is as it is.
    let other = server.store().await;
    assert_eq!(
        other.grant(hourly(1)).await.expect("an answer").granted,
        [0]
    );
    assert_eq!(
        other.grant(hourly(3)).await.expect("an answer").granted,
        [1]
    );
}

#[tokio::test]
async fn hash_of_another_server_is_not_believed() {
    let server = Server::start();
    let store = server.store().await;
    let before = store.grant(hourly(1)).await.expect("an answer");
    server.command(&format!("HSET resilience:{{{}}} r 0123abc", hourly(1).id));
    let after = store.grant(hourly(1)).await.expect("an answer");
    assert_eq!(after.granted, [0]);
    assert_ne!(after.epoch, before.epoch);
    let next = store.grant(hourly(1)).await.expect("an answer");
    assert_eq!(next.epoch, after.epoch, "once");
}

#[tokio::test]
async fn flushed_script_is_sent_again() {
    let server = Server::start();
    let store = server.store().await;
    for _ in 0..3 {
        assert_eq!(
            store.grant(hourly(1)).await.expect("an answer").granted,
            [1]
        );
        server.command("SCRIPT FLUSH");
    }
    let stats = server.command("INFO commandstats");
    assert!(stats.contains("cmdstat_eval:calls=3"), "{stats}");
}

#[tokio::test]
async fn mistakes_are_loud_and_name_nobody() {
    let server = Server::start();
    let store = server.store().await;
    let key = |id| format!("resilience:{{{}}}", hourly(id).id);
    server.command(&format!("SET {} text", key(1)));
    assert!(mistake_of(store.grant(hourly(1)).await).contains("WRONGTYPE"));
    server.command(&format!("HSET {} v 99", key(2)));
    assert!(mistake_of(store.grant(hourly(2)).await).contains("FORMAT"));
    assert_eq!(
        server.command(&format!("HLEN {}", key(2))),
        ":1",
        "nothing is written"
    );

    server.command("ACL SETUSER ada on >secret ~* +@all -evalsha -eval");
    let builder = RedisStore::builder(&server.url()).timeout(Duration::from_secs(5));
    let denied = builder
        .credentials(Some("ada"), "secret")
        .connect()
        .await
        .expect("a connection");
    let said = mistake_of(denied.grant(hourly(3)).await);
    assert!(said.contains("NOPERM") && !said.contains("ada"), "{said}");

    let builder = RedisStore::builder(&server.url()).credentials(Some("ada"), "wrong");
    let shown = format!("{builder:?}");
    assert!(
        !shown.contains("wrong") && !shown.contains("127.0.0.1"),
        "{shown}"
    );
    let error = builder.connect().await.expect_err("no such password");
    assert!(matches!(error, StoreError::Mistake(_)), "{error:?}");
    let shown = format!("{error:?} {store:?}");
    assert!(
        !shown.contains("ada") && !shown.contains("127.0.0.1"),
        "{shown}"
    );
    assert!(RedisStore::builder("no URL").connect_lazily().is_err());
}

#[tokio::test]
async fn user_without_info_goes_on_without_it() {
    let server = Server::start();
    server.command("ACL SETUSER ada on >secret ~resilience:* +evalsha +eval +time +hmget +hget +hgetall +hset +hincrby +hdel +del +pexpire");
    let builder = RedisStore::builder(&server.url()).timeout(Duration::from_secs(5));
    let store = builder
        .credentials(Some("ada"), "secret")
        .connect()
        .await
        .expect("a connection");
    let limits = [
        limit(TokenBucket, 10, 60, 10),
        limit(SlidingWindow, 10, 60, 10),
    ];
    for _ in 0..10 {
        let answer = store.grant(request(1, &limits)).await.expect("an answer");
        assert_eq!(answer.granted, [1, 1]);
    }
}

#[tokio::test]
async fn outages_are_told_in_time() {
    let server = Server::start();
    let store = server.store().await;
    store.grant(hourly(1)).await.expect("an answer");
    server.command("REPLICAOF 127.0.0.1 1");
    assert!(is_unreachable(&store.grant(hourly(1)).await), "read only");
    server.command("REPLICAOF NO ONE");
    eventually(&store, &hourly(1)).await;
    server.command("CONFIG SET maxmemory 1");
    assert!(
        is_unreachable(&store.grant(hourly(1)).await),
        "out of memory"
    );
    server.command("CONFIG SET maxmemory 0");

    let builder = RedisStore::builder(&server.url()).timeout(Duration::from_millis(100));
    let hasty = builder.connect().await.expect("a connection");
    let command = "CLIENT PAUSE 1500 ALL";
    server.command(command);
    // It does not wait for the answer, which comes later.
    let words = words_of(&hasty.grant(hourly(1)).await);
    assert_eq!(words, "Redis did not answer in time");
    eventually(&hasty, &hourly(1)).await;
}

#[tokio::test]
async fn stopped_server_costs_the_timeout_and_soon_nothing() {
    let server = Server::start();
    let builder = RedisStore::builder(&server.url()).timeout(Duration::from_millis(100));
    let store = builder.connect().await.expect("a connection");
    server.signal("STOP");
    // Each is given up after its timeout, and after some of them the connection is.
    let mut silent = 0;
    loop {
        match &*words_of(&store.grant(hourly(1)).await) {
            "there is no connection to Redis" => break,
            words => assert_eq!(words, "Redis did not answer in time"),
        }
        silent += 1;
        assert!(silent < 100);
    }
    assert!(silent >= 1);
    server.signal("CONT");
    eventually(&store, &hourly(1)).await;
}

#[tokio::test]
async fn store_without_a_server_fails_at_once_and_connects_later() {
    let mut server = Server::start();
    let url = server.url();
    let builder = RedisStore::builder(&url).timeout(Duration::from_secs(5));
    let store = builder.connect_lazily().expect("a URL");
    assert_eq!(
        store.grant(hourly(1)).await.expect("an answer").granted,
        [1]
    );
    server.stop();
    assert!(is_unreachable(&store.grant(hourly(1)).await));
    while words_of(&store.grant(hourly(1)).await) != "there is no connection to Redis" {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let refused = RedisStore::connect(&url)
        .await
        .expect_err("nobody is there");
    assert!(matches!(refused, StoreError::Unreachable(_)));
    server.restart();
    eventually(&store, &hourly(1)).await;
}

#[tokio::test]
async fn hash_lives_until_it_is_at_rest() {
    let server = Server::start();
    let store = server.store().await;
    let expiry = |id| {
        let answer = server.command(&format!("PTTL resilience:{{{}}}", hourly(id).id));
        answer
            .trim_start_matches(':')
            .parse::<u64>()
            .expect("a number")
    };
    store.grant(hourly(1)).await.expect("an answer");
    assert!(
        (359_000..=360_002).contains(&expiry(1)),
        "a token takes six minutes"
    );
    let quick = request(2, &[limit(TokenBucket, 10, 1, 10)]);
    store.grant(quick).await.expect("an answer");
    assert!((119_000..=120_002).contains(&expiry(2)), "holders take two");
    let window = request(3, &[limit(SlidingWindow, 10, 600, 0)]);
    store.grant(window).await.expect("an answer");
    // And up to one slot.
    assert!((599_000..=605_000).contains(&expiry(3)), "a window");
}

#[tokio::test]
async fn cluster_grants_and_knows_other_servers() {
    let server = Server::cluster();
    let builder = RedisStore::cluster([server.url().as_str()]).timeout(Duration::from_secs(5));
    let store = builder.connect().await.expect("a connection");
    let before = store.grant(hourly(1)).await.expect("an answer");
    assert_eq!(before.granted, [1]);
    assert_eq!(
        store.grant(hourly(2)).await.expect("an answer").granted,
        [1]
    );
    let known = server.command(&format!("HGET resilience:{{{}}} r", hourly(1).id));
    assert_eq!(known.len(), 40, "the script has looked for it: {known}");
    server.command(&format!("HSET resilience:{{{}}} r 0123abc", hourly(1).id));
    let after = store.grant(hourly(1)).await.expect("an answer");
    assert_eq!(after.granted, [0]);
    assert_ne!(after.epoch, before.epoch);
    server.command("SET resilience:{00000000000000000000000000000003} text");
    assert!(mistake_of(store.grant(hourly(3)).await).contains("WRONGTYPE"));
}

#[tokio::test]
async fn sentinels_know_the_server() {
    let server = Server::start();
    let sentinel = server.sentinel();
    let url = sentinel.url();
    let builder = RedisStore::sentinel([url.as_str()], "main").timeout(Duration::from_secs(5));
    let store = builder.connect().await.expect("a connection");
    assert_eq!(
        store.grant(hourly(1)).await.expect("an answer").granted,
        [1]
    );
    let other = RedisStore::sentinel([url.as_str()], "other");
    let failed = other.connect().await.expect_err("no such master");
    assert!(matches!(failed, StoreError::Unreachable(_)), "{failed:?}");
}
