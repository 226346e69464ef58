//! Whatever headers an answer has, the harm that they can do is bounded: the service serves again after `max_cooldown` and
//! the time that its limiter takes to fill.

use std::time::Duration;

use resilience_runtime::{
    Registry, ResilienceError, ServiceKind, ServiceSettings, Settings, config::RateLimitSettings,
    hint,
};

use crate::bytes::Bytes;
use crate::header_list::{headers, value};

const MAX_COOLDOWN: Duration = Duration::from_secs(20);
const FULL_AGAIN: Duration = Duration::from_secs(60);

/// The input chooses headers, and whether the service has a limit.
pub fn hints(input: &[u8]) {
    let mut bytes = Bytes::new(input);
    let limited = bytes.below(2) == 0;
    let headers = headers(&mut bytes);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime");
    runtime.block_on(told(limited, &headers));
}

async fn told(limited: bool, headers: &[(String, String)]) {
    let mut rate_limit = RateLimitSettings::new().max_cooldown(MAX_COOLDOWN);
    rate_limit.requests_per_minute = limited.then_some(60);
    let settings = ServiceSettings::default().rate_limit(rate_limit);
    let registry = Registry::new();
    registry
        .configure(Settings::without_env().service("told", settings))
        .expect("valid");
    let service = registry.service("told", ServiceKind::Llm).expect("valid");
    let call = || service.call(|| async { Ok::<_, ResilienceError>(1) });

    let answered = service.call(|| async {
        hint::headers(headers);
        Ok::<_, ResilienceError>(1)
    });
    assert_eq!(answered.await.expect("it is good"), 1);
    // Outside of a body they reach nobody.
    hint::headers(headers);

    let says_something = ["retry-after", "retry-after-ms"]
        .iter()
        .any(|name| value(headers, name).is_some())
        || headers
            .iter()
            .any(|(name, _)| name.to_ascii_lowercase().contains("ratelimit"));
    match call().await {
        Ok(one) => assert_eq!(one, 1),
        Err(ResilienceError::RateLimitExceeded { retry_after, .. }) => {
            assert!(says_something, "turned away for nothing: {headers:?}");
            let wait = retry_after.expect("it comes back");
            assert!(
                !wait.is_zero() && wait <= MAX_COOLDOWN + FULL_AGAIN,
                "{wait:?} for {headers:?}"
            );
            if !limited {
                assert!(wait <= MAX_COOLDOWN * 2, "{wait:?} for {headers:?}");
            }
        }
        Err(other) => panic!("{other}"),
    }
    tokio::time::advance(MAX_COOLDOWN + FULL_AGAIN).await;
    assert_eq!(call().await.expect("it serves again"), 1, "{headers:?}");
}
