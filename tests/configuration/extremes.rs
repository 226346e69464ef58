//! Zero, the smallest and the greatest value of every setting: rejected by name, or it runs and releases everything.

use std::future::pending;
use std::time::Duration;

use resilience_runtime::{
    Registry, ServiceKind, ServiceSettings, Settings, circuit_breaker::OnAbandoned,
    circuit_breaker::Window, rate_limit::RateLimitStrategy, resilient,
};
use tokio::time::advance;

use crate::errors::ApiError;
use crate::poll::poll;
use crate::remote::{Answer, Remote};

const DAY: Duration = Duration::from_secs(86_400);

#[resilient(service = "api", idempotent, rate_limit(key = key))]
async fn ask(key: u32, remote: &Remote) -> Answer {
    let _ = key;
    tokio::task::yield_now().await;
    remote.answer()
}

#[resilient(service = "api", idempotent)]
async fn hang() -> Answer {
    pending().await
}

/// Lets days pass until it ends, or drops it in the end.
async fn for_months(call: impl Future<Output = Answer>) -> Option<Answer> {
    let mut call = Box::pin(call);
    for day in 0..90 {
        if let std::task::Poll::Ready(out) = poll(&mut call) {
            return Some(out);
        }
        advance(if day < 5 {
            Duration::from_nanos(1)
        } else {
            DAY
        })
        .await;
    }
    None
}

/// Whether it is allowed; if so, it is lived with.
async fn lives_with(settings: ServiceSettings) -> Result<(), String> {
    let registry = Registry::new();
    let what = format!("{settings:?}");
    if let Err(error) = registry.configure(Settings::without_env().service("api", settings)) {
        return Err(error.problems()[0].key().to_owned());
    }
    let calls = async {
        let asked = || Err(ApiError::Throttled(Some(Duration::MAX)));
        let mut made = 0;
        for remote in [
            Remote::healthy(),
            Remote::failing(),
            Remote::scripted([Err(ApiError::Throttled(None)), Err(ApiError::Unknown)]),
            Remote::always(|| Err(ApiError::Unknown)),
            Remote::scripted([asked(), asked()]),
            Remote::healthy(),
        ] {
            for_months(ask(made, &remote)).await;
            for_months(ask(0, &remote)).await;
            for_months(hang()).await;
            made += 3;
        }
        let api = registry.get("api").unwrap();
        let stats = api.stats();
        assert_eq!((stats.calls, stats.in_flight), (made.into(), 0), "{what}");
        assert!(stats.retry_budget >= 0.0, "{what}");
        let breaker = api.circuit_breaker();
        breaker.reset();
        assert!(breaker.try_acquire().is_ok(), "{what}");
    };
    registry.scope(calls).await;
    Ok(())
}

type Set<T> = fn(&mut ServiceSettings, T);

const TIMES: [(&str, bool, Set<Duration>); 15] = [
    ("retry.base_delay", false, |api, t| {
        api.retry.base_delay = Some(t)
    }),
    ("retry.max_delay", false, |api, t| {
        api.retry.max_delay = Some(t)
    }),
    ("retry.max_elapsed", false, |api, t| {
        api.retry.max_elapsed = Some(t)
    }),
    ("retry.max_retry_after", false, |api, t| {
        api.retry.max_retry_after = Some(t)
    }),
    ("circuit_breaker.window", false, |api, t| {
        api.circuit_breaker.window = Some(Window::Time(t));
        api.circuit_breaker.failure_rate = Some(0.5);
    }),
    ("circuit_breaker.slow_call_duration", false, |api, t| {
        api.circuit_breaker.slow_call_duration = Some(t);
        api.circuit_breaker.slow_call_rate = Some(0.5);
    }),
    ("circuit_breaker.recovery_timeout", false, |api, t| {
        api.circuit_breaker.recovery_timeout = Some(t)
    }),
    ("circuit_breaker.max_recovery_timeout", false, |api, t| {
        api.circuit_breaker.max_recovery_timeout = Some(t);
        api.circuit_breaker.recovery_multiplier = Some(f64::MAX);
    }),
    ("rate_limit.max_wait", true, |api, t| {
        api.rate_limit.max_wait = Some(t);
        api.rate_limit.requests_per_hour = Some(1);
    }),
    ("rate_limit.max_wait", true, |api, t| {
        api.rate_limit.max_wait = Some(t);
        api.rate_limit.requests_per_hour = Some(1);
        api.rate_limit.strategy = Some(RateLimitStrategy::SlidingWindow);
    }),
    ("rate_limit.max_cooldown", false, |api, t| {
        api.rate_limit.max_cooldown = Some(t)
    }),
    ("rate_limit.max_cooldown", false, |api, t| {
        api.rate_limit.max_cooldown = Some(t);
        api.rate_limit.max_wait = Some(t);
    }),
    ("bulkhead.max_wait", true, |api, t| {
        api.bulkhead.max_wait = Some(t);
        api.bulkhead.max_concurrent = Some(1);
    }),
    ("timeout", false, |api, t| api.timeout = Some(t)),
    ("deadline", false, |api, t| api.deadline = Some(t)),
];

#[tokio::test(start_paused = true)]
async fn every_time() {
    let smallest = Duration::from_nanos(1);
    let longest = [
        Duration::MAX,
        Duration::from_nanos(u64::MAX),
        Duration::from_secs(u64::MAX),
    ];
    for (key, may_be_zero, set) in TIMES {
        let with = |time| {
            let mut settings = ServiceSettings::default();
            set(&mut settings, time);
            settings
        };
        let zero = lives_with(with(Duration::ZERO)).await;
        assert_eq!(zero.is_ok(), may_be_zero, "{key}");
        if let Err(named) = zero {
            assert_eq!(named, key);
        }
        for time in longest.into_iter().chain([smallest]) {
            assert_eq!(lives_with(with(time)).await, Ok(()), "{key} = {time:?}");
        }
    }
}

const COUNTS: [(&str, u32, Set<u32>); 12] = [
    ("retry.max_attempts", u32::MAX, |api, n| {
        api.retry.max_attempts = Some(n)
    }),
    ("circuit_breaker.failure_threshold", u32::MAX, |api, n| {
        api.circuit_breaker.failure_threshold = Some(n)
    }),
    (
        "circuit_breaker.minimum_calls",
        Window::MAX_CALLS,
        |api, n| {
            api.circuit_breaker.minimum_calls = Some(n);
            api.circuit_breaker.failure_rate = Some(0.5);
        },
    ),
    ("circuit_breaker.window", Window::MAX_CALLS, |api, n| {
        api.circuit_breaker.window = Some(Window::Calls(n));
        api.circuit_breaker.failure_rate = Some(0.5);
    }),
    ("circuit_breaker.success_threshold", u32::MAX, |api, n| {
        api.circuit_breaker.success_threshold = Some(n)
    }),
    ("circuit_breaker.half_open_max_calls", u32::MAX, |api, n| {
        api.circuit_breaker.half_open_max_calls = Some(n)
    }),
    ("rate_limit.requests_per_minute", u32::MAX, |api, n| {
        api.rate_limit.requests_per_minute = Some(n);
    }),
    ("rate_limit.burst", u32::MAX, |api, n| {
        api.rate_limit.burst = Some(n);
        api.rate_limit.requests_per_second = Some(1);
    }),
    ("rate_limit.max_keys", u32::MAX, |api, n| {
        api.rate_limit.max_keys = Some(n);
        api.rate_limit.requests_per_second = Some(1);
    }),
    ("rate_limit.requests_per_hour", u32::MAX, |api, n| {
        api.rate_limit.requests_per_hour = Some(n);
        api.rate_limit.strategy = Some(RateLimitStrategy::SlidingWindow);
    }),
    ("rate_limit.tokens_per_minute", u32::MAX, |api, n| {
        api.rate_limit.tokens_per_minute = Some(n);
    }),
    ("bulkhead.max_concurrent", u32::MAX, |api, n| {
        api.bulkhead.max_concurrent = Some(n)
    }),
];

#[tokio::test(start_paused = true)]
async fn every_count() {
    for (key, greatest, set) in COUNTS {
        let with = |count| {
            let mut settings = ServiceSettings::default();
            set(&mut settings, count);
            settings
        };
        assert_eq!(lives_with(with(0)).await, Err(key.to_owned()));
        for count in [1, greatest] {
            assert_eq!(lives_with(with(count)).await, Ok(()), "{key} = {count}");
        }
        if let Some(more) = greatest.checked_add(1) {
            assert_eq!(lives_with(with(more)).await, Err(key.to_owned()), "{more}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn every_setting_runs_at_its_greatest_and_smallest() {
    for (time, count) in [(Duration::MAX, u32::MAX), (Duration::from_nanos(1), 1)] {
        for abandoned in [OnAbandoned::Ignored, OnAbandoned::Failure] {
            let mut settings = ServiceSettings::default();
            for (_, _, set) in TIMES {
                set(&mut settings, time);
            }
            for (_, greatest, set) in COUNTS {
                set(&mut settings, count.min(greatest));
            }
            settings.rate_limit.requests_per_second = None;
            settings.rate_limit.requests_per_hour = None;
            settings.circuit_breaker.abandoned = Some(abandoned);
            assert_eq!(lives_with(settings).await, Ok(()), "{time:?}");
        }
    }
    let registry = Registry::new();
    let api = registry.service("api", ServiceKind::Custom).unwrap();
    assert_eq!(api.stats().calls, 0);
}
