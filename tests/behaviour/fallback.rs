//! Which failures a fallback answers, in which order, and what the caller gets if none does.

use std::cell::Cell;
use std::error::Error;
use std::time::Duration;

use resilience_runtime::{
    Registry, ResilienceError, ServiceKind, Settings, Verdict, resilient, telemetry::EventKind,
};
use tokio::time::{Instant, advance, sleep};

use crate::errors::ApiError;
use crate::remote::{Answer, Remote};

#[resilient(
    service = "api",
    retry = off,
    circuit_breaker = off,
    fallback(cache(key = user, ttl = "10s"), call = second, call = third, value = 4)
)]
async fn chain(user: &str, remote: &Remote, second_too: &Remote, third_too: &Remote) -> Answer {
    let _ = (user, second_too, third_too);
    remote.answer()
}

async fn second(_: &str, _: &Remote, remote: &Remote, _: &Remote) -> Answer {
    remote.answer()
}

fn third(_: &str, _: &Remote, _: &Remote, remote: &Remote) -> Answer {
    remote.answer()
}

#[tokio::test(start_paused = true)]
async fn steps_are_tried_in_the_order_written() {
    let down = Remote::failing;
    let up = |answer| Remote::scripted([Ok(answer)]);
    let registry = Registry::new();
    let calls = async {
        // (function, second, third) → answer
        assert_eq!(chain("a", &up(1), &down(), &down()).await.unwrap(), 1);
        assert_eq!(
            chain("a", &down(), &up(2), &up(3)).await.unwrap(),
            1,
            "cache"
        );
        assert_eq!(chain("b", &down(), &up(2), &up(3)).await.unwrap(), 2);
        assert_eq!(chain("b", &down(), &down(), &up(3)).await.unwrap(), 3);
        assert_eq!(chain("b", &down(), &down(), &down()).await.unwrap(), 4);
        let api = registry.service("api", ServiceKind::Custom).unwrap();
        let fallbacks = api.stats().fallbacks;
        assert_eq!(
            (fallbacks.cache, fallbacks.call, fallbacks.value),
            (1, 2, 1)
        );
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn last_good_answer_is_read_after_failure_within_its_ttl() {
    let registry = Registry::new();
    let down = Remote::failing();
    let calls = async {
        let remote = Remote::scripted([Ok(1), Ok(2)]);
        assert_eq!(chain("a", &remote, &down, &down).await.unwrap(), 1);
        assert_eq!(chain("a", &remote, &down, &down).await.unwrap(), 2);
        advance(Duration::from_secs(10)).await;
        assert_eq!(chain("a", &down, &down, &down).await.unwrap(), 2);
        advance(Duration::from_nanos(1)).await;
        assert_eq!(chain("a", &down, &down, &down).await.unwrap(), 4);
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn the_last_good_answer_is_for_temporary_causes_alone() {
    #[resilient(
        service = "api",
        retry = off,
        circuit_breaker(failure_threshold = 100),
        timeout = "1s",
        fallback(cache(key = (), ttl = "1h"))
    )]
    async fn ask(remote: &Remote, time: Duration) -> Answer {
        sleep(time).await;
        remote.answer()
    }
    let registry = Registry::new();
    let calls = async {
        let now = Duration::ZERO;
        ask(&Remote::scripted([Ok(9)]), now).await.unwrap();
        for temporary in [
            ApiError::Transient,
            ApiError::Unknown,
            ApiError::Throttled(None),
        ] {
            let remote = Remote::scripted([Err(temporary)]);
            assert_eq!(ask(&remote, now).await.unwrap(), 9);
        }
        let remote = Remote::healthy();
        let hanging = ask(&remote, Duration::from_secs(9));
        assert_eq!(hanging.await.unwrap(), 9, "a timeout");
        let permanent = Remote::scripted([Err(ApiError::Permanent)]);
        assert!(matches!(
            ask(&permanent, now).await,
            Err(ApiError::Permanent)
        ));
        let api = registry.service("api", ServiceKind::Custom).unwrap();
        api.circuit_breaker().force_open();
        assert_eq!(
            ask(&Remote::healthy(), now).await.unwrap(),
            9,
            "a rejection"
        );
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn ok_classified_as_failure_is_not_a_last_good_answer() {
    #[resilient(
        service = "api",
        retry = off,
        circuit_breaker = off,
        classify_ok = |answer: &u32| (*answer == 13).then(Verdict::transient),
        fallback(cache(key = (), ttl = "1h"))
    )]
    async fn ask(remote: &Remote) -> Answer {
        remote.answer()
    }
    let calls = async {
        let remote = Remote::scripted([Ok(1), Ok(13), Err(ApiError::Transient)]);
        assert_eq!(ask(&remote).await.unwrap(), 1);
        assert_eq!(ask(&remote).await.unwrap(), 13);
        assert_eq!(ask(&remote).await.unwrap(), 1, "the last good one");
    };
    Registry::new().scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn the_cache_keeps_as_many_answers_as_it_may() {
    #[resilient(
        service = "api",
        retry = off,
        circuit_breaker = off,
        fallback(cache(key = user, ttl = "1h", max_entries = 2))
    )]
    async fn ask(user: u32, remote: &Remote) -> Answer {
        remote.answer().map(|_| user)
    }
    let registry = Registry::new();
    let calls = async {
        let (healthy, down) = (Remote::healthy(), Remote::failing());
        for user in 1..=3 {
            ask(user, &healthy).await.unwrap();
        }
        assert!(ask(1, &down).await.is_err(), "the oldest went");
        assert_eq!(ask(2, &down).await.unwrap(), 2);
        assert_eq!(ask(3, &down).await.unwrap(), 3);
    };
    registry.scope(calls).await;
}

macro_rules! on {
    ($($name:ident: $on:literal;)*) => { $(
        #[resilient(
            service = "api",
            retry = off,
            timeout = "1s",
            fallback(value = 7, on = $on)
        )]
        async fn $name(remote: &Remote) -> Answer {
            if remote.asked() == 1 {
                std::future::pending::<()>().await;
            }
            remote.answer()
        }
    )* };
}

on! {
    on_any: "any";
    on_transient: "transient";
    on_rejection: "rejection";
}

#[tokio::test(start_paused = true)]
async fn on_selects_the_failures_that_are_answered() {
    macro_rules! answered {
        ($call:ident) => {{
            let registry = Registry::new();
            let permanent = Remote::scripted([Err(ApiError::Permanent)]);
            let permanent = registry.scope($call(&permanent)).await.is_ok();
            let transient = registry.scope($call(&Remote::failing())).await.is_ok();
            let hanging = Remote::healthy();
            let _ = hanging.answer();
            let timeout = registry.scope($call(&hanging)).await.is_ok();
            let api = registry.service("api", ServiceKind::Custom).unwrap();
            api.circuit_breaker().force_open();
            let rejection = registry.scope($call(&Remote::healthy())).await.is_ok();
            [permanent, transient, timeout, rejection]
        }};
    }
    assert_eq!(answered!(on_any), [true, true, true, true]);
    assert_eq!(answered!(on_transient), [false, true, true, true]);
    assert_eq!(answered!(on_rejection), [false, false, false, true]);
}

#[tokio::test(start_paused = true)]
async fn a_value_is_made_only_when_it_is_reached() {
    fn make(made: &Cell<u32>) -> u32 {
        made.set(made.get() + 1);
        7
    }
    #[resilient(
        service = "api",
        circuit_breaker = off,
        retry(max_attempts = 3, base_delay = "1ms"),
        fallback(call = backup, value = make(made))
    )]
    async fn ask(remote: &Remote, other: &Remote, made: &Cell<u32>) -> Answer {
        let _ = (other, made);
        remote.answer()
    }
    fn backup(_: &Remote, other: &Remote, _: &Cell<u32>) -> Answer {
        other.answer()
    }
    let registry = Registry::new();
    let made = Cell::new(0);
    let (healthy, down) = (Remote::healthy(), Remote::failing());
    let first = Remote::scripted([Err(ApiError::Transient)]);
    registry.scope(ask(&first, &down, &made)).await.unwrap();
    registry.scope(ask(&down, &healthy, &made)).await.unwrap();
    assert_eq!(made.get(), 0);
    registry.scope(ask(&down, &down, &made)).await.unwrap();
    assert_eq!(made.get(), 1);
}

#[resilient(
    service = "api",
    retry = off,
    circuit_breaker = off,
    fallback(cache(key = (), ttl = "1s"), call = failing_backup)
)]
async fn hopeless(remote: &Remote) -> Answer {
    remote.answer()
}

async fn failing_backup(_: &Remote) -> Answer {
    Err(ApiError::Permanent)
}

#[tokio::test(start_paused = true)]
async fn failed_fallback_error_holds_both_errors() {
    let error = Registry::new().scope(hopeless(&Remote::failing())).await;
    match error.unwrap_err() {
        ApiError::Resilience(
            ref it @ ResilienceError::FallbackFailed {
                ref service,
                strategy,
                ref error,
                ref source,
                ..
            },
        ) => {
            assert_eq!(service, "api");
            assert_eq!(strategy, "failing_backup");
            assert!(matches!(
                error.downcast_ref::<ApiError>(),
                Some(ApiError::Permanent)
            ));
            assert!(matches!(
                source.downcast_ref::<ApiError>(),
                Some(ApiError::Transient)
            ));
            assert!(it.source().unwrap().is::<ApiError>());
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn skipped_steps_leave_the_original_error() {
    #[resilient(
        service = "api",
        retry = off,
        circuit_breaker = off,
        fallback(cache(key = (), ttl = "1s"), registered)
    )]
    async fn unlucky(remote: &Remote) -> Answer {
        remote.answer()
    }
    let out = Registry::new().scope(unlucky(&Remote::failing())).await;
    assert!(matches!(out, Err(ApiError::Transient)));
}

#[tokio::test(start_paused = true)]
async fn fallback_runs_once_after_and_outside_the_deadline() {
    #[resilient(
        service = "api",
        circuit_breaker = off,
        deadline = "5s",
        retry(max_attempts = 3, base_delay = "1s", multiplier = 1.0, jitter = "none"),
        fallback = slow_backup
    )]
    async fn ask(remote: &Remote, backups: &Cell<u32>) -> Answer {
        let _ = backups;
        remote.answer()
    }
    async fn slow_backup(remote: &Remote, backups: &Cell<u32>) -> Answer {
        assert_eq!(remote.asked(), 3);
        backups.set(backups.get() + 1);
        sleep(Duration::from_secs(60)).await;
        Ok(7)
    }
    let began = Instant::now();
    let backups = Cell::new(0);
    let remote = Remote::failing();
    let call = ask(&remote, &backups);
    assert_eq!(Registry::new().scope(call).await.unwrap(), 7);
    assert_eq!(began.elapsed(), Duration::from_secs(62));
    assert_eq!(backups.get(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_invalid_configuration_never_reaches_a_fallback() {
    #[resilient(service = "api", fallback(value = 7))]
    async fn ask(remote: &Remote) -> Answer {
        remote.answer()
    }
    let remote = Remote::healthy();
    let registry = Registry::new();
    // A variable that means two services.
    let variable = Settings::from_vars([("TIMEOUT_API", "7")]).unwrap();
    registry.configure(variable).unwrap();
    registry.service("API", ServiceKind::Custom).unwrap();
    assert!(registry.service("api", ServiceKind::Custom).is_err());
    let mut events = registry.subscribe();
    let out = registry.scope(ask(&remote)).await;
    assert!(matches!(
        out,
        Err(ApiError::Resilience(ResilienceError::InvalidConfig(_)))
    ));
    assert_eq!(remote.asked(), 0);
    let told = events.try_recv().unwrap().unwrap().kind;
    assert!(matches!(told, EventKind::InvalidConfig { problems: 1, .. }));
}
