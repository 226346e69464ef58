//! Every limit of requests and tokens, by settings and by variable, beside those of the code.

use std::time::Duration;

use resilience_runtime::rate_limit::{Cost, LimitName};
use resilience_runtime::{
    RateLimitConfig, Registry, ResilienceError, ServiceKind, ServiceSettings, Settings, resilient,
};
use tokio::time::advance;

use crate::by_key::changes;
use crate::remote::Answer;

#[resilient(
    service = "api",
    retry = off,
    rate_limit(requests_per_minute = 40, tokens_per_minute = 10_000, cost = Cost::new(6, 4))
)]
async fn limited() -> Answer {
    Ok(0)
}

/// How many calls pass at once after a rest, and which limit ends it.
pub async fn at_once(call: impl AsyncFn() -> Answer) -> (u32, Option<LimitName>) {
    advance(Duration::from_secs(3 * 86_400)).await;
    let mut passed = 0;
    loop {
        match call().await {
            Ok(_) => passed += 1,
            Err(error) => match error.local() {
                ResilienceError::RateLimitExceeded { limit, .. } => return (passed, *limit),
                other => panic!("{other}"),
            },
        }
    }
}

macro_rules! limits {
    ($($field:ident, $name:ident, $variable:literal: $limit:literal => $passed:literal;)*) => {
        #[tokio::test(start_paused = true)]
        async fn each_limit_holds_beside_the_others() {
            $(
                changes(
                    |api| api.rate_limit.$field = Some($limit),
                    (concat!("RATE_LIMIT_API_", $variable), stringify!($limit)),
                    (
                        (40, Some(LimitName::REQUESTS_PER_MINUTE)),
                        ($passed, Some(LimitName::$name)),
                    ),
                    async |_: &Registry| at_once(limited).await,
                )
                .await;
            )*
        }
    };
}

limits! {
    requests_per_second, REQUESTS_PER_SECOND, "REQUESTS_PER_SECOND": 7 => 7;
    requests_per_minute, REQUESTS_PER_MINUTE, "REQUESTS_PER_MINUTE": 8 => 8;
    requests_per_hour, REQUESTS_PER_HOUR, "REQUESTS_PER_HOUR": 9 => 9;
    requests_per_day, REQUESTS_PER_DAY, "REQUESTS_PER_DAY": 10 => 10;
    tokens_per_second, TOKENS_PER_SECOND, "TOKENS_PER_SECOND": 119 => 11;
    tokens_per_minute, TOKENS_PER_MINUTE, "TOKENS_PER_MINUTE": 129 => 12;
    tokens_per_hour, TOKENS_PER_HOUR, "TOKENS_PER_HOUR": 139 => 13;
    tokens_per_day, TOKENS_PER_DAY, "TOKENS_PER_DAY": 149 => 14;
    input_tokens_per_second, INPUT_TOKENS_PER_SECOND, "INPUT_TOKENS_PER_SECOND": 30 => 5;
    input_tokens_per_minute, INPUT_TOKENS_PER_MINUTE, "INPUT_TOKENS_PER_MINUTE": 36 => 6;
    input_tokens_per_hour, INPUT_TOKENS_PER_HOUR, "INPUT_TOKENS_PER_HOUR": 42 => 7;
    input_tokens_per_day, INPUT_TOKENS_PER_DAY, "INPUT_TOKENS_PER_DAY": 48 => 8;
    output_tokens_per_second, OUTPUT_TOKENS_PER_SECOND, "OUTPUT_TOKENS_PER_SECOND": 12 => 3;
    output_tokens_per_minute, OUTPUT_TOKENS_PER_MINUTE, "OUTPUT_TOKENS_PER_MINUTE": 16 => 4;
    output_tokens_per_hour, OUTPUT_TOKENS_PER_HOUR, "OUTPUT_TOKENS_PER_HOUR": 20 => 5;
    output_tokens_per_day, OUTPUT_TOKENS_PER_DAY, "OUTPUT_TOKENS_PER_DAY": 24 => 6;
}

#[test]
fn shortest_limit_of_requests_is_the_limit_of_the_config() {
    let mut settings = ServiceSettings::default();
    settings.rate_limit.requests_per_hour = Some(900);
    settings.rate_limit.requests_per_minute = Some(60);
    settings.rate_limit.requests_per_day = Some(5_000);
    let registry = Registry::new();
    registry
        .configure(Settings::new().service("api", settings))
        .unwrap();
    let api = registry.service("api", ServiceKind::Llm).unwrap();
    let expected = RateLimitConfig::per_minute(60)
        .requests_per_hour(900)
        .requests_per_day(5_000);
    assert_eq!(api.config().rate_limit, Some(expected));
}
