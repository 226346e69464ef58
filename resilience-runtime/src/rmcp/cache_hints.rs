//! How long an answer may be kept, as its server says.

use std::sync::Arc;
use std::time::Duration;

use ::rmcp::model::{
    CacheScope, DiscoverResult, GetSkillResult, ListPromptsResult, ListResourceTemplatesResult,
    ListResourcesResult, ListSkillsResult, ListToolsResult, ReadResourceResponse,
    ReadResourceResult, ServerResult,
};
use ::rmcp::service::MergedList;

use crate::cache::CacheLifetime;

/// Returns how long an answer of a server may be kept, by its `ttlMs` and `cacheScope`. For `cache(ttl = …)`.
///
/// Without a `ttlMs` it is not kept: earlier protocol versions have none. It is private, and kept only under `cache(…, private)`, unless
/// the server says that its scope is public.
///
/// ```
/// use resilience_runtime::rmcp::cache_lifetime;
/// use resilience_runtime::{BoxError, mcp_resilient};
/// use rmcp::model::ListToolsResult;
/// use rmcp::{Peer, RoleClient};
///
/// struct Files { server: Peer<RoleClient>, user: String }
///
/// impl Files {
///     /// The key holds for whom the connection speaks.
///     #[mcp_resilient(
///         service = "files",
///         idempotent,
///         cache(key = self.user.clone(), ttl = |tools| cache_lifetime(tools), private)
///     )]
///     async fn tools(&self) -> Result<ListToolsResult, BoxError> {
///         Ok(self.server.list_tools(None).await?)
///     }
/// }
/// ```
pub fn cache_lifetime<A: CacheHints + ?Sized>(answer: &A) -> CacheLifetime {
    let ttl = answer.ttl_ms().map(Duration::from_millis);
    let lifetime = CacheLifetime::from(ttl);
    match answer.cache_scope() {
        Some(CacheScope::Public) => lifetime,
        _ => lifetime.private(),
    }
}

/// An answer that may say how long it is fresh, and for whom.
pub trait CacheHints {
    /// Returns how many milliseconds the answer is fresh.
    fn ttl_ms(&self) -> Option<u64>;

    /// Returns for whom the answer is.
    fn cache_scope(&self) -> Option<CacheScope>;
}

macro_rules! hints {
    ($($answer:ty),* $(,)?) => {$(
        impl CacheHints for $answer {
            fn ttl_ms(&self) -> Option<u64> {
                self.ttl_ms
            }

            fn cache_scope(&self) -> Option<CacheScope> {
                self.cache_scope
            }
        }
    )*};
}

hints!(
    ListToolsResult,
    ListPromptsResult,
    ListResourcesResult,
    ListResourceTemplatesResult,
    ListSkillsResult,
    GetSkillResult,
    ReadResourceResult,
);

impl<T> CacheHints for MergedList<T> {
    fn ttl_ms(&self) -> Option<u64> {
        self.ttl_ms
    }

    fn cache_scope(&self) -> Option<CacheScope> {
        self.cache_scope
    }
}

impl CacheHints for DiscoverResult {
    fn ttl_ms(&self) -> Option<u64> {
        Some(self.ttl_ms)
    }

    fn cache_scope(&self) -> Option<CacheScope> {
        Some(self.cache_scope)
    }
}

/// A question for input has no hints, so it is not kept.
impl CacheHints for ReadResourceResponse {
    fn ttl_ms(&self) -> Option<u64> {
        match self {
            Self::Complete(answer) => answer.ttl_ms,
            _ => None,
        }
    }

    fn cache_scope(&self) -> Option<CacheScope> {
        match self {
            Self::Complete(answer) => answer.cache_scope,
            _ => None,
        }
    }
}

impl CacheHints for ServerResult {
    fn ttl_ms(&self) -> Option<u64> {
        hinted(self)?.ttl_ms()
    }

    fn cache_scope(&self) -> Option<CacheScope> {
        hinted(self)?.cache_scope()
    }
}

fn hinted(answer: &ServerResult) -> Option<&dyn CacheHints> {
    Some(match answer {
        ServerResult::DiscoverResult(answer) => answer,
        ServerResult::ListToolsResult(answer) => answer,
        ServerResult::ListPromptsResult(answer) => answer,
        ServerResult::ListResourcesResult(answer) => answer,
        ServerResult::ListResourceTemplatesResult(answer) => answer,
        ServerResult::ListSkillsResult(answer) => answer,
        ServerResult::GetSkillResult(answer) => answer,
        ServerResult::ReadResourceResult(answer) => answer,
        _ => return None,
    })
}

impl<A: CacheHints + ?Sized> CacheHints for Arc<A> {
    fn ttl_ms(&self) -> Option<u64> {
        (**self).ttl_ms()
    }

    fn cache_scope(&self) -> Option<CacheScope> {
        (**self).cache_scope()
    }
}

#[cfg(test)]
mod tests {
    use ::rmcp::model::{EmptyResult, InputRequiredResult};

    use super::*;

    fn tools(ttl_ms: Option<u64>, cache_scope: Option<CacheScope>) -> ListToolsResult {
        ListToolsResult {
            ttl_ms,
            cache_scope,
            ..ListToolsResult::default()
        }
    }

    #[test]
    fn cache_lifetime_is_what_the_server_says() {
        use CacheScope::{Private, Public};

        let minute = CacheLifetime::new(Duration::from_secs(60));
        let nothing = CacheLifetime::not_kept();
        for (ttl_ms, scope, expected) in [
            (Some(60_000), Some(Public), minute),
            (Some(60_000), Some(Private), minute.private()),
            (Some(60_000), None, minute.private()),
            (Some(0), Some(Public), nothing),
            (None, Some(Public), nothing),
            (None, None, nothing.private()),
        ] {
            let answer = tools(ttl_ms, scope);
            assert_eq!(cache_lifetime(&answer), expected, "{ttl_ms:?} {scope:?}");
            assert_eq!(cache_lifetime(&Arc::new(answer.clone())), expected);
            let answer = ServerResult::ListToolsResult(answer);
            assert_eq!(cache_lifetime(&answer), expected, "{ttl_ms:?} {scope:?}");
        }
    }

    #[test]
    fn cache_lifetime_of_no_result_is_none() {
        let asks = || InputRequiredResult::new(None, Some("state".to_owned()));
        let nothing = CacheLifetime::not_kept().private();
        let answer = ReadResourceResponse::InputRequired(asks());
        assert_eq!(cache_lifetime(&answer), nothing);
        for answer in [
            ServerResult::InputRequiredResult(asks()),
            ServerResult::EmptyResult(EmptyResult {}),
        ] {
            assert_eq!(cache_lifetime(&answer), nothing);
        }
        let read = ReadResourceResult::new(vec![]).with_ttl_ms(1);
        let read = read.with_cache_scope(CacheScope::Public);
        let expected = CacheLifetime::new(Duration::from_millis(1));
        assert_eq!(cache_lifetime(&read), expected);
        let read = ReadResourceResponse::Complete(read);
        assert_eq!(cache_lifetime(&read), expected);
    }
}
