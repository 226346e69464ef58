//! Reads the registry's own statistics. They have sums where exporters have series, so exporters are compared with
//! them by sums.

use std::collections::BTreeMap;

use resilience_runtime::Service;

use crate::numbers::Numbers;

/// What the sums of `numbers` must be.
pub(crate) fn sums(service: &Service) -> BTreeMap<&'static str, u64> {
    let stats = service.stats();
    let (failures, rejections, shadow, fallbacks, cache) = (
        stats.failures,
        stats.rejections,
        stats.shadow_rejected,
        stats.fallbacks,
        stats.cache,
    );
    BTreeMap::from([
        ("resilience_calls_total", stats.calls),
        ("resilience_calls_total{result=success}", stats.successes),
        ("resilience_calls_total{result=failure}", stats.failed),
        (
            "resilience_calls_total{result=rejected}",
            rejections.total(),
        ),
        ("resilience_calls_total{result=deadline}", stats.deadlines),
        (
            "resilience_calls_total{result=invalid_config}",
            stats.invalid_config,
        ),
        ("resilience_calls_total{result=abandoned}", stats.abandoned),
        ("resilience_attempts_total", stats.attempts),
        ("resilience_attempts_total{result=success}", stats.successes),
        (
            "resilience_attempts_total{result=transient}",
            failures.transient,
        ),
        (
            "resilience_attempts_total{result=outcome_unknown}",
            failures.outcome_unknown,
        ),
        (
            "resilience_attempts_total{result=throttled}",
            failures.throttled,
        ),
        (
            "resilience_attempts_total{result=permanent}",
            failures.permanent,
        ),
        (
            "resilience_attempts_total{result=hedge_cancelled}",
            stats.hedge_cancelled,
        ),
        ("resilience_retries_total", stats.retries),
        ("resilience_hedges_total", stats.hedges),
        ("resilience_hedge_wins_total", stats.hedge_wins),
        ("resilience_rejections_total", rejections.total()),
        (
            "resilience_rejections_total{cause=circuit_breaker}",
            rejections.circuit_breaker,
        ),
        (
            "resilience_rejections_total{cause=rate_limit}",
            rejections.rate_limit,
        ),
        (
            "resilience_rejections_total{cause=bulkhead}",
            rejections.bulkhead,
        ),
        (
            "resilience_rejections_total{cause=targets}",
            rejections.targets,
        ),
        ("resilience_shadow_rejected_total", shadow.total()),
        (
            "resilience_shadow_rejected_total{cause=circuit_breaker}",
            shadow.circuit_breaker,
        ),
        (
            "resilience_shadow_rejected_total{cause=rate_limit}",
            shadow.rate_limit,
        ),
        (
            "resilience_shadow_rejected_total{cause=bulkhead}",
            shadow.bulkhead,
        ),
        (
            "resilience_shadow_rejected_total{cause=targets}",
            shadow.targets,
        ),
        ("resilience_timeouts_total", stats.timeouts),
        ("resilience_fallbacks_total", fallbacks.total()),
        (
            "resilience_fallbacks_total{strategy=cache}",
            fallbacks.cache,
        ),
        ("resilience_fallbacks_total{strategy=call}", fallbacks.call),
        (
            "resilience_fallbacks_total{strategy=value}",
            fallbacks.value,
        ),
        (
            "resilience_fallbacks_total{strategy=registered}",
            fallbacks.registered,
        ),
        ("resilience_fallback_failures_total", fallbacks.failed),
        ("resilience_broken_streams_total", stats.broken_streams),
        ("resilience_cooldowns_total", stats.cooldowns),
        ("resilience_cache_requests_total{result=hit}", cache.hits),
        ("resilience_cache_requests_total{result=miss}", cache.misses),
        (
            "resilience_cache_requests_total{result=shared}",
            cache.shared,
        ),
        ("resilience_cache_requests_total{result=stale}", cache.stale),
        (
            "resilience_cache_requests_total{result=negative}",
            cache.negative,
        ),
        (
            "resilience_cache_requests_total{result=refresh}",
            cache.refreshes,
        ),
    ])
}

/// What `numbers` says of a metric, all its series together, or of one series.
pub(crate) fn sum(numbers: &Numbers, name: &str) -> u64 {
    let is_part = |series: &str| series == name || series.starts_with(&format!("{name}{{"));
    let parts = numbers.counts.iter().filter(|(series, _)| is_part(series));
    parts.map(|(_, count)| count).sum()
}
