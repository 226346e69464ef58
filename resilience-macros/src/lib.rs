//! The attributes of [`resilience-runtime`], which re-exports them: depend on that crate alone.
//!
//! | attribute | for | service by default | may an unknown outcome be repeated? |
//! |---|---|---|---|
//! | [`macro@llm_resilient`] | language models | `llm` | yes |
//! | [`macro@database_resilient`] | databases | `database` | no |
//! | [`macro@mcp_resilient`] | Model Context Protocol servers | `mcp` | no |
//! | [`macro@secret_resilient`] | secret managers | `secret` | yes |
//! | [`macro@resilient`] | everything else | none: `service = "…"` is needed | no |
//!
//! They take the same arguments, which [`macro@resilient`] lists, and differ in the preset that they start
//! from. [`macro@Classify`] says what the variants of an error type mean.
//!
//! [`resilience-runtime`]: https://docs.rs/resilience-runtime

mod args;
mod attribute;
mod check;
mod derive;
mod expand;
mod function;
mod kind;
mod runtime;
#[cfg(test)]
mod tests;

use proc_macro::TokenStream;

use kind::Kind;

/// Guards a call of a language model. The arguments are those of [`macro@resilient`].
///
/// Its preset allows for slow answers and long pauses. A call whose outcome is unknown is repeated: it costs
/// tokens, but changes nothing; after a timeout, once. `fallback(on_context_too_large = path, on_throttled = path)`
/// answer failures that another model or another provider may take.
///
/// ```
/// use std::io;
/// use resilience_runtime::llm_resilient;
///
/// #[llm_resilient(
///     service = "openai",
///     retry(max_attempts = 5, base_delay = "500ms", max_delay = "30s"),
///     rate_limit(requests_per_minute = 60, key = user, max_wait = "2s"),
///     timeout = "30s",
///     deadline = "2m",
///     fallback(cache(key = prompt, ttl = "5m"), call = smaller_model, value = "try later".to_string()),
/// )]
/// async fn complete(user: &str, prompt: &str) -> io::Result<String> {
///     # let send = |user: &str, prompt: &str| std::future::ready(Ok(format!("{user}{prompt}")));
///     send(user, prompt).await
/// }
///
/// async fn smaller_model(user: &str, prompt: &str) -> io::Result<String> {
///     # let _ = user;
///     Ok(format!("a shorter answer to {prompt}"))
/// }
/// ```
#[proc_macro_attribute]
pub fn llm_resilient(args: TokenStream, item: TokenStream) -> TokenStream {
    attribute::resilient(Kind::Llm, args.into(), item.into()).into()
}

/// Guards a call of a database. The arguments are those of [`macro@resilient`].
///
/// Only what surely was not executed is repeated, unless the function is `idempotent`. A function that runs in a
/// transaction that its caller began must say `retry = off`: what has to be repeated after a failure is the
/// whole transaction. Where a reply can get lost, `verify` finds out what became of it:
///
/// ```
/// use std::io;
/// use resilience_runtime::database_resilient;
/// # struct Pool;
/// # struct Transaction<'a>(&'a ());
///
/// #[database_resilient(service = "orders", idempotent)]
/// async fn load(pool: &Pool, id: u64) -> io::Result<u64> {
///     # let _ = pool;
///     Ok(id)
/// }
///
/// async fn placed(pool: &Pool, id: &u64) -> io::Result<Option<u64>> {
///     # let _ = pool;
///     Ok(Some(*id))
/// }
///
/// #[database_resilient(service = "orders", verify = placed)]
/// async fn place(pool: &Pool, id: u64) -> io::Result<u64> {
///     # let _ = pool;
///     Ok(id)
/// }
///
/// #[database_resilient(service = "orders", retry = off)]
/// async fn insert(transaction: &mut Transaction<'_>, id: u64) -> io::Result<u64> {
///     # let _ = transaction.0;
///     Ok(id)
/// }
/// ```
#[proc_macro_attribute]
pub fn database_resilient(args: TokenStream, item: TokenStream) -> TokenStream {
    attribute::resilient(Kind::Database, args.into(), item.into()).into()
}

/// Guards a call of a Model Context Protocol server. The arguments are those of [`macro@resilient`].
///
/// A tool call whose outcome is unknown is not repeated, unless the function is `idempotent` or the tool's
/// annotations allow it (`safety`). A lost session is renewed by `reconnect`. A result that carries its error
/// inside of an `Ok` is judged by `classify_ok`.
///
/// ```
/// use std::io;
/// use resilience_runtime::{Verdict, mcp_resilient};
///
/// #[derive(Clone)]
/// struct ToolResult { is_error: bool }
///
/// fn judge(result: &ToolResult) -> Option<Verdict> {
///     result.is_error.then(Verdict::permanent)
/// }
///
/// #[mcp_resilient(service = "files", classify_ok = judge)]
/// async fn call_tool(name: &str) -> io::Result<ToolResult> {
///     # let _ = name;
///     Ok(ToolResult { is_error: false })
/// }
/// ```
#[proc_macro_attribute]
pub fn mcp_resilient(args: TokenStream, item: TokenStream) -> TokenStream {
    attribute::resilient(Kind::Mcp, args.into(), item.into()).into()
}

/// Guards a call of a secret manager. The arguments are those of [`macro@resilient`].
///
/// Its preset tries often and briefly, and gives up early: whoever waits for a secret is starting up.
///
/// ```
/// use std::io;
/// use resilience_runtime::secret_resilient;
///
/// #[secret_resilient(service = "vault", cache(key = name, ttl = "5m", stale_if_error = "1h"))]
/// async fn read(name: &str) -> io::Result<String> {
///     Ok(name.to_owned())
/// }
/// ```
#[proc_macro_attribute]
pub fn secret_resilient(args: TokenStream, item: TokenStream) -> TokenStream {
    attribute::resilient(Kind::Secret, args.into(), item.into()).into()
}

/// Guards a call of any service: retries, circuit breaker, rate limit, bulkhead, timeouts and fallbacks.
///
/// ```
/// use std::io;
/// use resilience_runtime::resilient;
///
/// struct Billing;
///
/// impl Billing {
///     #[resilient(service = "billing", retry(max_attempts = 4, base_delay = "200ms"), timeout = "2s")]
///     async fn charge(&self, customer: &str, cents: u64) -> io::Result<u64> {
///         # let _ = customer;
///         Ok(cents)
///     }
/// }
/// ```
///
/// # The function
///
/// It is an `async fn` (a function, a method with any receiver, a method in a trait or its implementation, under
/// `#[async_trait]` too) that returns a `Result<T, E>` or an alias of one, where `E: From<ResilienceError>`. Its
/// signature stays as it is. The body runs once per attempt:
///
/// - references are handed to it as they are, `&mut` ones reborrowed;
/// - owned arguments that it mentions are cloned for each attempt, those in `borrow(…)` and all others are not;
///   with `retry = off` nothing is cloned;
/// - `mut` arguments start fresh in each attempt, while what is behind a `&mut` keeps its changes;
/// - `?`, `return` and panics end the attempt, not the call.
///
/// Of several attributes the topmost runs first. Above this one, `#[tracing::instrument]` makes one span per attempt;
/// below, one for the whole call. On a method that takes `self` or `&mut self` and retries it must stand below: above, its
/// own block takes the receiver, which a second attempt then lacks. `#[tokio::test]` belongs below.
///
/// # Arguments
///
/// | argument | meaning |
/// |---|---|
/// | `service = "…"` | the name of the service; functions with the same one protect it together |
/// | `retry(…)`, `retry = off` | `max_attempts` (the first one counts), `base_delay`, `max_delay`, `multiplier`, `jitter` (`"full"`, `"equal"`, `"decorrelated"`, `"none"`), `max_elapsed`, `max_retry_after`, `retry_if` (a path or closure of `&E`, decides alone), `exhausted` (`"last"`, `"wrap"`) |
/// | `retry_budget(…)`, `retry_budget = off` | `capacity`, `refill`: a retry costs 1, a success pays `refill` back |
/// | `circuit_breaker(…)`, `circuit_breaker = off` | `failure_threshold`, or `failure_rate` over `window` (`100` calls or `"30s"`) after `minimum_calls`; `slow_call_duration`, `slow_call_rate`, `recovery_timeout`, `recovery_multiplier`, `max_recovery_timeout`, `success_threshold`, `half_open_max_calls`, `abandoned` (`"ignored"`, `"failure"`) |
/// | `rate_limit(…)`, `rate_limit = off` | `requests_per_second`, `_minute` or `_hour`; `burst`, `strategy` (`"token_bucket"`, `"sliding_window"`, `"fixed_window"`), `key` and `cost` (expressions over the arguments), `max_wait`, `max_keys`, `max_cooldown`; `tokens_per_minute` (`cost` is an estimate of tokens then, taken together with one request), `settle` (a path or closure from `&T` to the `u32` that was really used); `batch` (how many tokens a thread may take at once, for services that are called very often) |
/// | `bulkhead(…)`, `bulkhead = off` | `max_concurrent`, `max_wait` |
/// | `timeout`, `timeout = off` | for each attempt |
/// | `deadline`, `deadline = off` | for the whole call, pauses included |
/// | `fallback = path` | a function with the same arguments (the receiver first), perhaps one more of type `&E`, sync or async |
/// | `fallback(…)`, `fallback = off` | steps, tried in the order written: `cache(key, ttl, max_entries)` (the last good answer), `call = path`, `on_context_too_large = path` (the prompt was too large for the model), `on_throttled = path` (the provider or the limit here refused, or the account is used up), `registered` (what `Registry::register_fallback` holds for this service and type), `value = expression`; `on`: `"any"`, `"transient"`, `"rejection"` |
/// | `cache(…)` | a read-through cache, outermost: `key` (an expression over the arguments; the receiver counts as one), `ttl` (5 minutes), `refresh_ahead` (`0.8` of the `ttl`, or how long before its end, or `off`), `stale_if_error` (1 hour, or `off`), `negative_ttl` (10 seconds, or `off`), `max_entries` (1,000) |
/// | `classify` | a path or closure from `&E` to a `Verdict`, asked before every other rule |
/// | `classify_ok` | a path or closure from `&T` to an `Option<Verdict>`: some answers are failures |
/// | `verify = path` | asks whether an attempt of unknown outcome took effect: a path or closure from a reference to each argument (the receiver first) to `Result<Option<T>, E>`, plain or async. `Some`: that is the answer. `None`: it may be sent again |
/// | `reconnect = path` | renews a session that is lost, once, before the call is sent again; from a reference to each argument to `Result<(), E>`. The functions of one service share one session |
/// | `safety = path` | whether a call of unknown outcome may be sent again, asked before the first attempt; from a reference to each argument to anything that becomes a `ToolSafety`, such as the annotations of an MCP tool |
/// | `stream(retry_until, idle_timeout, complete)` | for a function that returns `Result<impl Stream<Item = Result<_, E>>, E>` or a boxed stream: `retry_until = "first_item"` (default) or `"opened"`, the longest silence between items (60 s, or `off`), and a path or closure `Fn(&Item) -> bool` for the last item, without which the stream has broken off. `stream = "first_item"` for short |
/// | `idempotent`, `idempotent = false` | may a call whose outcome is unknown be sent again? |
/// | `correlation_id = expression` | anything that implements `Display` |
/// | `borrow(a, b)` | owned arguments that all attempts use by reference |
/// | `registry = expression` | a `&Registry` instead of the global one |
/// | `crate = path` | where `resilience_runtime` is, for crates that hand it on |
///
/// Durations are `"250ms"`, `"1.5s"`, `"2m"`, `"1h"`, a bare number of seconds, or the path of a `const` of type
/// `Duration`. `… = off` is final: no preset and no environment variable adds the pattern to this function.
///
/// With `cache(…)`, a fresh answer is given at once and is no call. Callers who miss the same key at the same time share
/// one call, its failure included (`ResilienceError::SharedFailure`); if the one who makes it goes away, another
/// does. A fresh answer that is due for a refresh is asked for again by one caller, while all others get it. An expired one
/// stands in for a call that failed for a cause that may pass, and while that lasts the next call is made after 1 s, then
/// 2 s, at most 60 s. It never stands in for a permanent error; where the caller may not, or nothing is there, it is
/// forgotten. What a fallback answered is not kept. The answer must be `Clone + Send + Sync + 'static`.
///
/// # What it expands to
///
/// ```text
/// async fn charge(&self, customer: &str, cents: u64) -> io::Result<u64> {
///     let mut call = Call::start(
///         { static SITE: Site = Site::new(); &SITE },
///         const { &Function::new("billing", ServiceKind::Custom, …).settings(…) },
///         None,
///     );
///     loop {
///         // Pauses before a retry, asks breaker, limiter and bulkhead.
///         let admitted = match Call::admit_at_once(&mut call) {
///             Some(admitted) => admitted,
///             None => Call::admit(&mut call).await,
///         };
///         if !admitted {
///             break Call::refuse(&mut call);
///         }
///         let attempt = Call::run(&mut call, async move { /* the body, as written */ }, Outcome::from_ours).await;
///         let success = Call::success(&mut call, &attempt, ok_is_ok);
///         if let Success::Is = success {
///             break attempt;
///         }
///         if let ControlFlow::Break(out) = Call::settle(&mut call, attempt, success, /* what the error means */) {
///             break out;
///         }
///     }
/// }
/// ```
#[proc_macro_attribute]
pub fn resilient(args: TokenStream, item: TokenStream) -> TokenStream {
    attribute::resilient(Kind::Custom, args.into(), item.into()).into()
}

/// Says what the errors of a type mean: may the call be repeated, does it count against the breaker.
///
/// ```
/// use std::time::Duration;
/// use resilience_runtime::{Classify, ResilienceError};
///
/// #[derive(Debug, thiserror::Error, Classify)]
/// enum ApiError {
///     #[error("too many requests")]
///     #[classify(throttled(retry_after = wait))]
///     Busy { wait: Option<Duration> },
///
///     #[error("no such model")]
///     #[classify(not_found)]
///     NotFound,
///
///     // What it means is for the I/O error to say.
///     #[error("connection")]
///     Io(#[from] std::io::Error),
///
///     #[error(transparent)]
///     Guard(#[from] ResilienceError),
/// }
///
/// assert!(ApiError::NotFound.classify().is_permanent());
/// ```
///
/// | on a variant, or on the type for all that say nothing | meaning |
/// |---|---|
/// | `transient` | surely not executed, may be repeated |
/// | `outcome_unknown` | may have been executed, repeated only where the function is idempotent |
/// | `throttled`, `throttled(retry_after = field)` | the server asks for fewer calls; the field is a `Duration` or an `Option` of one, named or numbered |
/// | `permanent` | another attempt would fail as well |
/// | `not_found`, `denied`, `quota_exhausted`, `context_too_large` | permanent, for a reason that fallbacks and caches act upon |
/// | `session_lost` | surely not executed, to be sent again over a new session |
/// | `unclassified` | the service's kind decides |
/// | `ignored_by_breaker`, `counts_as_failure` | beside one of those: what the circuit breaker makes of it |
/// | `needs_reconnect` | beside one of those: the connection is of no more use |
///
/// A variant that says nothing asks its source, as thiserror knows it: the field with `#[from]` or `#[source]`, one
/// named `source`, or the only one under `#[error(transparent)]`. On a field, `#[classify(delegate)]` asks
/// that one, and `#[classify(with = path)]` a function of its reference. `#[classify(crate = path)]` on the
/// type says where `resilience_runtime` is.
#[proc_macro_derive(Classify, attributes(classify))]
pub fn derive_classify(input: TokenStream) -> TokenStream {
    derive::classify(input.into()).into()
}
