//! Refresh with `UPDATE_EXPECT=1 cargo test -p resilience-macros`.

use expect_test::{ExpectFile, expect_file};

use super::{expand, tokens};
use crate::kind::Kind;

#[track_caller]
fn check(kind: Kind, args: &str, item: &str, expected: ExpectFile) {
    let expanded = expand(kind, args, item);
    check_file(&expanded.to_string(), &expanded, &expected);
}

#[track_caller]
fn check_file(text: &str, expanded: &proc_macro2::TokenStream, expected: &ExpectFile) {
    let file: syn::File =
        syn::parse2(expanded.clone()).unwrap_or_else(|error| panic!("{error}: {text}"));
    expected.assert_eq(&prettyplease::unparse(&file));
}

#[test]
fn without_arguments() {
    check(
        Kind::Llm,
        "",
        "/// Asks.\npub(crate) async fn ask(prompt: &str) -> Result<Answer, ApiError> { send(prompt).await }",
        expect_file!["snapshots/without_arguments.rs"],
    );
}

#[test]
fn all_settings() {
    check(
        Kind::Database,
        r#"
            service = "orders",
            retry(max_attempts = 5, base_delay = "500ms", max_delay = 30, multiplier = 2, jitter = "equal",
                max_elapsed = LIMIT, max_retry_after = 20, retry_if = |e| e.is_busy(), exhausted = "wrap"),
            retry_budget(capacity = 10, refill = 0.5),
            circuit_breaker(failure_threshold = 5, failure_rate = 0.5, window = "30s", minimum_calls = 20,
                slow_call_duration = "1.5s", slow_call_rate = 1, recovery_timeout = "1m", recovery_multiplier = 1.5,
                max_recovery_timeout = "1h", success_threshold = 3, half_open_max_calls = 5, abandoned = "failure",
                key = id, max_keys = 500, mode = "shadow"),
            rate_limit(requests_per_minute = 60, burst = 10, strategy = "sliding_window", key = (tenant, id),
                cost = weight(id), max_wait = "2s", max_keys = 1_000, max_cooldown = "10us", mode = "enforce",
                shared, on_store_loss = "closed"),
            bulkhead(max_concurrent = 32, max_wait = "1s", key = &tenant, max_keys = 500, mode = "shadow"),
            timeout = "30s",
            deadline = Self::DEADLINE,
            classify = errors::classify,
            classify_ok = |row| row.verdict(),
            idempotent = false,
            correlation_id = id,
            registry = &self.registry,
            crate = ::vendor::runtime,
        "#,
        "async fn load(&self, tenant: Tenant, id: u64) -> Result<Row> { self.query(tenant, id).await }",
        expect_file!["snapshots/all_settings.rs"],
    );
}

#[test]
fn hooks() {
    check(
        Kind::Mcp,
        "verify = Self::found, reconnect = connect, safety = |client, _, _| client.safe()",
        "async fn order(&self, id: u64, tool: String) -> Result<Answer, ApiError> { self.send(id, tool).await }",
        expect_file!["snapshots/hooks.rs"],
    );
}

#[test]
fn hedged() {
    check(
        Kind::Llm,
        r#"hedge(delay = "p95", max_hedges = 2), classify_ok = Answer::verdict"#,
        "async fn complete(model: &str, mut prompt: String) -> Result<Answer, ApiError> { send(model, prompt).await }",
        expect_file!["snapshots/hedged.rs"],
    );
}

#[test]
fn hedged_with_a_receiver_that_stays() {
    check(
        Kind::Llm,
        r#"retry = off, hedge(delay = "300ms"), borrow(parts)"#,
        "async fn complete(self: Arc<Self>, parts: Parts, at: Instant) -> Result<Answer, ApiError> { self.send(&parts, at).await }",
        expect_file!["snapshots/hedged_with_a_receiver_that_stays.rs"],
    );
}

#[test]
fn targets() {
    check(
        Kind::Custom,
        r#"service = "chat", targets = POOL, pick = "ordered", affinity = user, hedge(delay = "1s"), idempotent, verify = found"#,
        "async fn ask(user: &str, #[target] to: &Place, words: Words) -> Result<Answer, ApiError> { to.send(user, words).await }",
        expect_file!["snapshots/targets.rs"],
    );
    check(
        Kind::Custom,
        r#"service = "chat", targets = self.pool, retry = off"#,
        "async fn ask(&self, word: &str, #[target] mut to: Arc<Place>) -> Result<Answer, ApiError> { to.send(word).await }",
        expect_file!["snapshots/targets_by_arc.rs"],
    );
}

#[test]
fn stream() {
    check(
        Kind::Llm,
        r#"stream(idle_timeout = "5s", complete = Chunk::is_last), fallback(on_throttled = other, on = "transient", call = last)"#,
        "async fn chat(prompt: &str) -> Result<impl Stream<Item = Result<Chunk, ApiError>>, ApiError> { send(prompt).await }",
        expect_file!["snapshots/stream.rs"],
    );
}

#[test]
fn token_usage() {
    check(
        Kind::Llm,
        "rate_limit(tokens_per_minute = 90_000, cost = estimate(prompt), usage = |answer| answer.usage.total), retry = off",
        "async fn ask(prompt: &str) -> Result<Answer, ApiError> { send(prompt).await }",
        expect_file!["snapshots/token_usage.rs"],
    );
}

#[test]
fn all_patterns_off() {
    check(
        Kind::Custom,
        "service = \"s\", retry = off, retry_budget = off, circuit_breaker = off, rate_limit = off, bulkhead = off, \
         timeout = off, deadline = off, fallback = off, idempotent",
        "async fn f(mut text: String) -> io::Result<String> { text.push('!'); Ok(text) }",
        expect_file!["snapshots/all_patterns_off.rs"],
    );
}

#[test]
fn all_fallback_steps() {
    check(
        Kind::Llm,
        r#"fallback(cache(key = prompt, ttl = "5m", max_entries = 9), call = Self::smaller, registered, call = canned, value = prompt.clone(), on = "transient")"#,
        "async fn ask(&self, prompt: String, out: &mut Vec<u8>) -> Result<Answer, ApiError> { self.send(prompt, out).await }",
        expect_file!["snapshots/all_fallback_steps.rs"],
    );
}

#[test]
fn fallback_steps_that_can_fail() {
    check(
        Kind::Llm,
        "retry = off, fallback(call = smaller, registered)",
        "async fn ask((a, b): (String, u8), _c: u8) -> Result<Answer, ApiError> { send(a, b).await }",
        expect_file!["snapshots/fallback_steps_that_can_fail.rs"],
    );
}

#[test]
fn registered_fallback() {
    check(
        Kind::Secret,
        "fallback(registered)",
        "async fn read(name: &str) -> anyhow::Result<String> { vault(name).await }",
        expect_file!["snapshots/registered_fallback.rs"],
    );
}

#[test]
fn arguments_of_all_kinds() {
    check(
        Kind::Mcp,
        "borrow(kept)",
        "async fn f<'a, T: Tool>(r: &'a T, n: u8, mut m: u8, owned: String, mut changed: Vec<u8>, lent: &mut Vec<u8>, \
         (a, mut b): (String, u8), &(c, d): &(u8, u8), kept: Client, _guard: Guard, unused: String) -> Answer<'a> \
         { use_all(r, n, m, owned, changed, lent, a, b, c, d, &kept).await }",
        expect_file!["snapshots/arguments_of_all_kinds.rs"],
    );
}

#[test]
fn exclusive_receiver() {
    check(
        Kind::Mcp,
        "",
        "async fn f(&mut self, owned: String, mut changed: Vec<u8>) -> Answer { self.send(owned, changed).await }",
        expect_file!["snapshots/exclusive_receiver.rs"],
    );
}

#[test]
fn async_trait_method() {
    check(
        Kind::Mcp,
        "fallback(call = Self::backup, value = self.default())",
        "fn call<'life0, 'async_trait>(&'life0 mut self, x: String, __arg2: (u8, u8)) \
         -> ::core::pin::Pin<Box<dyn ::core::future::Future<Output = Answer> + ::core::marker::Send + 'async_trait>> \
         where 'life0: 'async_trait, Self: 'async_trait { \
            Box::pin(async move { \
                if let ::core::option::Option::Some(__ret) = ::core::option::Option::None::<Answer> { \
                    #[allow(unreachable_code)] return __ret; } \
                let mut __self = self; \
                let mut x = x; \
                let (a, b) = { let __arg2 = __arg2; __arg2 }; \
                let __ret: Answer = { x.push('!'); __self.send(x, a, b).await }; \
                #[allow(unreachable_code)] __ret \
            }) }",
        expect_file!["snapshots/async_trait_method.rs"],
    );
}

#[test]
fn derived_classify() {
    let expanded = crate::derive::classify(tokens(
        r#"
        #[classify(outcome_unknown)]
        enum ApiError<T> {
            #[classify(throttled(retry_after = wait))] Busy { wait: Duration, text: T },
            #[classify(throttled(retry_after = 0), counts_as_failure)] Tuple(Option<Duration>),
            #[classify(permanent, ignored_by_breaker)] NotFound,
            #[error(transparent)] Http(reqwest::Error),
            Io(#[from] io::Error),
            Wrapped { source: BoxError, place: u8 },
            Own(#[classify(with = of_own)] Own),
            Inner(u8, #[classify(delegate)] Inner),
            Other,
        }
        "#,
    ));
    check_file(
        "",
        &expanded,
        &expect_file!["snapshots/derived_classify.rs"],
    );
}

#[test]
fn item_is_emitted_with_every_error() {
    check(
        Kind::Llm,
        "retires = 3, retry(max_attempts = 0, base_delay = \"2s\", max_delay = \"1s\"), timeout = 500ms",
        "#[inline] async fn f() -> Answer { go().await }",
        expect_file!["snapshots/item_is_emitted_with_every_error.rs"],
    );
}

#[test]
fn incomplete_item_is_emitted_unchanged() {
    for item in [
        "async fn f(",
        "async fn f() -> Result<u8, E> { let x = ; }",
        "async fn f() -> Result<u8, E>",
        "async fn f(&self, x: ) -> Result<u8, E> {}",
    ] {
        let Ok(item) = item.parse::<proc_macro2::TokenStream>() else {
            continue;
        };
        let expanded = crate::attribute::resilient(Kind::Llm, Default::default(), item.clone());
        assert!(!expanded.to_string().contains("compile_error"), "{item}");
    }
}

#[test]
fn read_through_cache() {
    check(
        Kind::Secret,
        r#"cache(key = name, ttl = "5m", refresh_ahead = 0.5, negative_ttl = off), rate_limit(requests_per_second = 9, key = name),
            correlation_id = name, fallback(value = Secret::default())"#,
        "async fn read(&self, name: &str) -> Result<Secret, VaultError> { self.send(name).await }",
        expect_file!["snapshots/read_through_cache.rs"],
    );
}

#[test]
fn read_through_cache_with_all_settings() {
    check(
        Kind::Custom,
        r#"service = "s", retry = off,
            cache(ttl = TTL, refresh_ahead = "30s", stale_if_error = off, negative_ttl = 1.5, max_entries = 9)"#,
        "async fn all() -> Answer { send().await }",
        expect_file!["snapshots/read_through_cache_with_all_settings.rs"],
    );
}
