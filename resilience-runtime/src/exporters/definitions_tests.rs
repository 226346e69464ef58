//! Tests that the table contains each counter in all its series, and in none twice.

use std::collections::BTreeSet;

use crate::config::rejections;
use crate::telemetry::metrics::definitions::{HEALTH_CHECK, METRICS, Metric, Source};
use crate::telemetry::{Counter, Counters};
use crate::{Registry, ServiceKind};

/// Declares the series of each counter.
macro_rules! series {
    ($($(#[$doc:meta])* $pattern:ident: $rejected:ident, $shadow:ident;)*) => {
        /// The series, as metric and value of the label, that an increment of the counter must show up in.
        fn series_of(counter: Counter) -> &'static [(&'static str, &'static str)] {
            match counter {
                Counter::Succeeded => &[
                    ("resilience_calls_total", "success"),
                    ("resilience_attempts_total", "success"),
                ],
                Counter::Failed => &[("resilience_calls_total", "failure")],
                Counter::Deadlines => &[("resilience_calls_total", "deadline")],
                $(Counter::$rejected => &[
                    ("resilience_calls_total", "rejected"),
                    ("resilience_rejections_total", stringify!($pattern)),
                ],
                Counter::$shadow => &[("resilience_shadow_rejected_total", stringify!($pattern))],)*
                Counter::InvalidConfig => &[("resilience_calls_total", "invalid_config")],
                Counter::Abandoned => &[("resilience_calls_total", "abandoned")],
                Counter::Transient => &[("resilience_attempts_total", "transient")],
                Counter::OutcomeUnknown => &[("resilience_attempts_total", "outcome_unknown")],
                Counter::Throttled => &[("resilience_attempts_total", "throttled")],
                Counter::Permanent => &[("resilience_attempts_total", "permanent")],
                Counter::AttemptAbandoned => &[("resilience_attempts_total", "abandoned")],
                Counter::AttemptNotTimed => &[("resilience_attempts_total", "not_timed")],
                Counter::HedgeCancelled => &[("resilience_attempts_total", "hedge_cancelled")],
                Counter::Hedges => &[("resilience_hedges_total", "")],
                Counter::HedgeWins => &[("resilience_hedge_wins_total", "")],
                Counter::Timeouts => &[("resilience_timeouts_total", "")],
                Counter::Retries => &[("resilience_retries_total", "")],
                Counter::Cooldowns => &[("resilience_cooldowns_total", "")],
                Counter::FallbackCache => &[("resilience_fallbacks_total", "cache")],
                Counter::FallbackCall => &[("resilience_fallbacks_total", "call")],
                Counter::FallbackValue => &[("resilience_fallbacks_total", "value")],
                Counter::FallbackRegistered => &[("resilience_fallbacks_total", "registered")],
                Counter::FallbackFailed => &[("resilience_fallback_failures_total", "")],
                Counter::BrokenStreams => &[("resilience_broken_streams_total", "")],
                Counter::CacheHits => &[("resilience_cache_requests_total", "hit")],
                Counter::CacheMisses => &[("resilience_cache_requests_total", "miss")],
                Counter::CacheShared => &[("resilience_cache_requests_total", "shared")],
                Counter::CacheStale => &[("resilience_cache_requests_total", "stale")],
                Counter::CacheNegative => &[("resilience_cache_requests_total", "negative")],
                Counter::CacheRefreshes => &[("resilience_cache_requests_total", "refresh")],
            }
        }
    };
}
rejections!(series);

#[test]
fn counter_is_in_exactly_its_series() {
    for counter in Counter::ALL {
        let mut found = Vec::new();
        for metric in &METRICS {
            let Source::Counters(series) = &metric.source else {
                continue;
            };
            for (value, counters) in *series {
                let times = counters.iter().filter(|it| **it == counter).count();
                found.extend(std::iter::repeat_n((metric.name, *value), times));
            }
        }
        assert_eq!(found, series_of(counter), "{counter:?}");
    }
}

#[test]
fn calls_total_label_is_the_call_result() {
    for counter in Counter::ALL {
        if let Some((_, result)) = series_of(counter)
            .iter()
            .find(|(metric, _)| *metric == "resilience_calls_total")
        {
            assert_eq!(counter.call_result().name(), *result, "{counter:?}");
        }
    }
}

#[test]
fn metric_names_follow_the_conventions_of_each_exporter() {
    let all = || METRICS.iter().chain([&HEALTH_CHECK]);
    let distinct = |name: fn(&Metric) -> &'static str| all().map(name).collect::<BTreeSet<_>>();
    assert_eq!(distinct(|metric| metric.name).len(), METRICS.len() + 1);
    assert_eq!(distinct(|metric| metric.otel).len(), METRICS.len() + 1);
    for metric in all() {
        let counts = matches!(metric.source, Source::Counters(_) | Source::Transitions);
        assert_eq!(metric.name.ends_with("_total"), counts, "{}", metric.name);
        let lasts = matches!(metric.source, Source::Durations(_));
        assert_eq!(metric.name.ends_with("_seconds"), lasts, "{}", metric.name);
        assert_eq!(metric.unit == "s", lasts, "{}", metric.name);
        let allowed = |c: char| c.is_ascii_lowercase() || c == '_';
        assert!(
            metric
                .name
                .strip_prefix("resilience_")
                .is_some_and(|it| it.chars().all(allowed))
        );
        let dotted = metric.otel.strip_prefix("resilience.");
        assert!(
            dotted.is_some_and(|it| it.chars().all(|c| allowed(c) || c == '.')),
            "{}",
            metric.otel
        );
        assert!(metric.help.ends_with('.'), "{}", metric.name);
    }
}

/// Increments each counter a different number of times, and compares with the sums that users see.
#[test]
fn series_sums_equal_the_statistics() {
    let registry = Registry::new();
    let service = registry
        .service("any", ServiceKind::Custom)
        .expect("the default runs");
    let counters: &Counters = &service.core.counters;
    for (at, counter) in Counter::ALL.into_iter().enumerate() {
        for _ in 0..=at {
            counters.add(counter);
        }
    }
    let sum = |name: &str| {
        let metric = METRICS.iter().find(|metric| metric.name == name);
        let Source::Counters(series) = &metric.expect("it exists").source else {
            panic!("{name} is not made of counters");
        };
        let counters_of = series.iter().flat_map(|(_, counters)| counters.iter());
        counters_of.map(|it| counters.get(*it)).sum::<u64>()
    };
    let stats = service.stats();
    let cache = stats.cache;
    for (name, expected) in [
        ("resilience_calls_total", stats.calls),
        ("resilience_attempts_total", stats.attempts),
        ("resilience_retries_total", stats.retries),
        ("resilience_rejections_total", stats.rejections.total()),
        ("resilience_timeouts_total", stats.timeouts),
        ("resilience_fallbacks_total", stats.fallbacks.total()),
        ("resilience_fallback_failures_total", stats.fallbacks.failed),
        ("resilience_broken_streams_total", stats.broken_streams),
        ("resilience_cooldowns_total", stats.cooldowns),
        (
            "resilience_cache_requests_total",
            cache.hits
                + cache.misses
                + cache.shared
                + cache.stale
                + cache.negative
                + cache.refreshes,
        ),
    ] {
        assert_eq!(sum(name), expected, "{name}");
    }
}
