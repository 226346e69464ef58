//! Limits per key by settings and by variable, in declarations, and what is reported of them.

use resilience_runtime::rate_limit::{Cost, LimitName};
use resilience_runtime::{RateLimitConfig, Registry, ResilienceError, resilient, service};

use crate::by_key::changes;
use crate::limit_sets::at_once;
use crate::remote::Answer;

#[resilient(
    service = "api",
    retry = off,
    rate_limit(
        requests_per_minute = 1_000,
        per_key(key = tenant, requests_per_minute = 40, tokens_per_minute = 10_000),
        cost = Cost::new(6, 4),
    )
)]
async fn limited(tenant: &str) -> Answer {
    Ok(0)
}

macro_rules! limits {
    ($($field:ident, $name:ident, $variable:literal: $limit:literal => $passed:literal;)*) => {
        #[tokio::test(start_paused = true)]
        async fn each_limit_per_key_holds_beside_the_others() {
            $(
                changes(
                    |api| api.rate_limit.$field = Some($limit),
                    (concat!("RATE_LIMIT_API_PER_KEY_", $variable), stringify!($limit)),
                    (
                        (40, Some(LimitName::REQUESTS_PER_MINUTE.per_key())),
                        ($passed, Some(LimitName::$name.per_key())),
                    ),
                    async |_: &Registry| at_once(async || limited("a").await).await,
                )
                .await;
            )*
        }
    };
}

limits! {
    per_key_requests_per_second, REQUESTS_PER_SECOND, "REQUESTS_PER_SECOND": 7 => 7;
    per_key_requests_per_minute, REQUESTS_PER_MINUTE, "REQUESTS_PER_MINUTE": 8 => 8;
    per_key_requests_per_hour, REQUESTS_PER_HOUR, "REQUESTS_PER_HOUR": 9 => 9;
    per_key_requests_per_day, REQUESTS_PER_DAY, "REQUESTS_PER_DAY": 11 => 11;
    per_key_tokens_per_second, TOKENS_PER_SECOND, "TOKENS_PER_SECOND": 70 => 7;
    per_key_tokens_per_minute, TOKENS_PER_MINUTE, "TOKENS_PER_MINUTE": 80 => 8;
    per_key_tokens_per_hour, TOKENS_PER_HOUR, "TOKENS_PER_HOUR": 90 => 9;
    per_key_tokens_per_day, TOKENS_PER_DAY, "TOKENS_PER_DAY": 110 => 11;
    per_key_input_tokens_per_second, INPUT_TOKENS_PER_SECOND, "INPUT_TOKENS_PER_SECOND": 42 => 7;
    per_key_input_tokens_per_minute, INPUT_TOKENS_PER_MINUTE, "INPUT_TOKENS_PER_MINUTE": 48 => 8;
    per_key_input_tokens_per_hour, INPUT_TOKENS_PER_HOUR, "INPUT_TOKENS_PER_HOUR": 54 => 9;
    per_key_input_tokens_per_day, INPUT_TOKENS_PER_DAY, "INPUT_TOKENS_PER_DAY": 66 => 11;
    per_key_output_tokens_per_second, OUTPUT_TOKENS_PER_SECOND, "OUTPUT_TOKENS_PER_SECOND": 28 => 7;
    per_key_output_tokens_per_minute, OUTPUT_TOKENS_PER_MINUTE, "OUTPUT_TOKENS_PER_MINUTE": 32 => 8;
    per_key_output_tokens_per_hour, OUTPUT_TOKENS_PER_HOUR, "OUTPUT_TOKENS_PER_HOUR": 36 => 9;
    per_key_output_tokens_per_day, OUTPUT_TOKENS_PER_DAY, "OUTPUT_TOKENS_PER_DAY": 44 => 11;
    per_key_burst, REQUESTS_PER_MINUTE, "BURST": 3 => 3;
}

#[test]
fn problems_name_the_setting_per_key() {
    let zero = RateLimitConfig::per_minute(5).per_key(RateLimitConfig::per_minute(0).burst(0));
    let problems = zero.validate().unwrap_err().to_string();
    for key in ["rate_limit.limit", "rate_limit.per_key_burst"] {
        assert!(problems.contains(key), "{problems}");
    }
    let one = || RateLimitConfig::per_minute(1);
    let nested = one().per_key(one().per_key(one()));
    let problems = nested.validate().unwrap_err().to_string();
    assert!(
        problems.contains("must not have limits per key of its own"),
        "{problems}"
    );
}

service! {
    /// Limits each tenant beside the account.
    static DECLARED: Custom = "declared" {
        rate_limit(requests_per_minute = 9, per_key(requests_per_minute = 2)),
        retry = off,
    }
}

#[resilient(service = DECLARED, rate_limit(per_key(key = tenant)))]
async fn with_key(tenant: &str) -> Answer {
    Ok(0)
}

#[resilient(service = DECLARED)]
async fn forgetful() -> Answer {
    Ok(0)
}

#[resilient(service = DECLARED, rate_limit(key = tenant))]
async fn with_another_key(tenant: &str) -> Answer {
    Ok(0)
}

service! {
    static KEYED: Custom = "keyed" { rate_limit(requests_per_minute = 2, keyed), retry = off }
}

#[resilient(service = KEYED, rate_limit(per_key(key = tenant)))]
async fn of_all(tenant: &str) -> Answer {
    Ok(0)
}

#[tokio::test(start_paused = true)]
async fn key_per_key_is_none_of_all_limits() {
    Registry::new()
        .scope(async {
            let error = of_all("a").await.unwrap_err();
            let text = error.to_string();
            assert!(text.contains("rate_limit.key"), "{text}");
            assert!(
                matches!(error.local(), ResilienceError::InvalidConfig(_)),
                "{text}"
            );
        })
        .await;
}

#[resilient(service = DECLARED, rate_limit = off)]
async fn unlimited() -> Answer {
    Ok(0)
}

#[tokio::test(start_paused = true)]
async fn declared_limits_per_key_need_a_key_at_each_function() {
    let registry = Registry::new();
    registry
        .scope(async {
            assert!(with_key("a").await.is_ok() && with_key("a").await.is_ok());
            let limited = with_key("a").await.unwrap_err();
            let ResilienceError::RateLimitExceeded { limit, .. } = limited.local() else {
                panic!("{limited}");
            };
            assert_eq!(*limit, Some(LimitName::REQUESTS_PER_MINUTE.per_key()));
            assert!(with_key("b").await.is_ok() && unlimited().await.is_ok());
            for forgotten in [forgetful().await, with_another_key("a").await] {
                let error = forgotten.unwrap_err();
                let text = error.to_string();
                assert!(
                    matches!(error.local(), ResilienceError::InvalidConfig(_)),
                    "{text}"
                );
                assert!(text.contains("rate_limit(per_key(key = …))"), "{text}");
            }
        })
        .await;
    let problems = registry.check().unwrap_err().to_string();
    assert!(
        problems.contains("in place of its `rate_limit(key = …)`"),
        "{problems}"
    );
    assert!(problems.contains("limits_per_key.rs"), "{problems}");
}
