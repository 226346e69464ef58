//! The attributes and the derive of [`resilience-runtime`], which re-exports them: depend on that crate alone.
//!
//! | attribute | for | default service | repeats calls of unknown outcome |
//! |---|---|---|---|
//! | [`macro@llm_resilient`] | language models | `llm` | yes |
//! | [`macro@database_resilient`] | databases | `database` | no |
//! | [`macro@mcp_resilient`] | Model Context Protocol servers | `mcp` | no |
//! | [`macro@secret_resilient`] | secret managers | `secret` | yes |
//! | [`macro@resilient`] | everything else | none, `service = "…"` is required | no |
//!
//! They take the same arguments, which [`macro@resilient`] documents, and differ in their presets.
//! [`macro@resilient_methods`] annotates every method of an `impl` block.
//! [`macro@Classify`] classifies the variants of an error type. The introduction, the guides and everything that
//! works without an attribute are in the documentation of [`resilience-runtime`].
//!
//! [`resilience-runtime`]: https://docs.rs/resilience-runtime

mod args;
mod attribute;
mod check;
mod declare;
mod derive;
mod expand;
mod function;
mod kind;
mod methods;
mod runtime;
#[cfg(test)]
mod tests;

use proc_macro::TokenStream;

use kind::Kind;

/// Protects a call of a language model. The arguments are those of [`macro@resilient`].
///
/// The preset suits slow answers and long delays. A call of unknown outcome is repeated, after a timeout once: it costs
/// tokens, but changes nothing. `fallback(on_context_too_large = path, on_throttled = path)` call another model or
/// another provider.
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
///     fallback(cache(key = (user, prompt), ttl = "5m"), call = smaller_model, value = "try later".to_string()),
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

/// Protects a call of a database. The arguments are those of [`macro@resilient`].
///
/// Only errors known to have had no effect are retried, unless the function is `idempotent`. A function inside a
/// transaction of its caller must write `retry = off`, since only the whole transaction can be repeated. Where a reply
/// can get lost, `verify` finds out whether the call took effect:
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

/// Protects a call of a Model Context Protocol server. The arguments are those of [`macro@resilient`].
///
/// A tool call of unknown outcome is not repeated, unless the function is `idempotent` or the annotations of the tool
/// allow it (`safety`). `reconnect` renews a lost session. `classify_ok` classifies a result that has its error inside
/// an `Ok`.
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

/// Protects a call of a secret manager. The arguments are those of [`macro@resilient`].
///
/// The preset makes many short attempts and gives up early, since secrets are needed at start-up. A cache serves the
/// last value while the manager is down:
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

#[doc = include_str!("../docs/function.md")]
#[doc = include_str!("../docs/service.md")]
#[doc = include_str!("../docs/shared.md")]
#[doc = include_str!("../docs/fallback.md")]
#[doc = include_str!("../docs/code.md")]
#[proc_macro_attribute]
pub fn resilient(args: TokenStream, item: TokenStream) -> TokenStream {
    attribute::resilient(Kind::Custom, args.into(), item.into()).into()
}

#[doc = include_str!("../docs/methods.md")]
#[proc_macro_attribute]
pub fn resilient_methods(args: TokenStream, item: TokenStream) -> TokenStream {
    methods::resilient_methods(args.into(), item.into()).into()
}

/// What `resilience_runtime::service!` expands with: `(path of the runtime) declarations`.
#[doc(hidden)]
#[proc_macro]
pub fn declare_services(input: TokenStream) -> TokenStream {
    declare::services(input.into()).into()
}

#[doc = include_str!("../docs/classify.md")]
#[proc_macro_derive(Classify, attributes(classify))]
pub fn derive_classify(input: TokenStream) -> TokenStream {
    derive::classify(input.into()).into()
}
