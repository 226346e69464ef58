//! The one declaration of all patterns: their settings, and which of them reject calls. The runtime and the macros both
//! compile this file (the macros by a symbolic link), so that an argument, a variable and a key of a file cannot differ.

/// Passes every setting to the macro `$callback`.
///
/// A group is one pattern: its name in attributes and files, its `Pattern`, the macros' struct of its
/// arguments, the runtime's struct of its settings, and the first word of its variables. A row is one setting:
///
/// ```text
/// name: type of the value, type of the argument, shared by the service or own of each function
///     => key at the place where the resolved value is kept;
/// ```
///
/// The variable is the first word, the service and the name in upper case. `renamed` are old names of keys in
/// files, each with its place in the runtime's table of them. `code` are arguments that are code and no settings.
/// `limits` are settings without a group.
///
/// `nested` are settings that an attribute takes in parentheses of their own, `adaptive(min = 1)`; each row begins with the
/// name there, and `code` are arguments there that are code. `settings!(nested $callback)` passes them as they are,
/// `settings!($callback)` among the other settings.
macro_rules! settings {
    ($callback:ident) => {
        settings! { @table flat $callback }
    };
    (nested $callback:ident) => {
        settings! { @table as_written $callback }
    };
    (@as_written $callback:ident $($table:tt)*) => {
        $callback! { $($table)* }
    };
    (
        @flat $callback:ident
        groups { $(
            $(#[$group_doc:meta])*
            $group:ident($($names:tt)*) {
                settings { $($rows:tt)* }
                $(nested $nest:ident($nest_args:ident) $(code($($nest_code:tt)*))? { $(
                    $(#[$doc:meta])*
                    $short:literal $field:ident: $value:ident, $arg:ident, $sharing:ident => $key:ident at $($place:ident).+;
                )* })?
                $(renamed { $($renamed:tt)* })?
                $(code { $($code:tt)* })?
            }
        )* }
        limits { $($limits:tt)* }
    ) => {
        $callback! {
            groups { $(
                $(#[$group_doc])*
                $group($($names)*) {
                    settings {
                        $($rows)*
                        $($(
                            $(#[$doc])*
                            $field: $value, $arg, $sharing => $key at $($place).+;
                        )*)?
                    }
                    $(renamed { $($renamed)* })?
                    $(code { $($code)* })?
                }
            )* }
            limits { $($limits)* }
        }
    };
    (@table $form:ident $callback:ident) => {
        settings! { @$form $callback
            groups {
                /// Holds the part of [`ServiceSettings`] about retries; see [`RetryConfig`](crate::RetryConfig).
                retry(Retry, Retry, RetrySettings, "RETRY") {
                    settings {
                        /// Limits the attempts of one call, the first one included.
                        max_attempts: Count, Attempts, own => RetryMaxAttempts at retry.max_attempts;
                        /// Sets the pause before the first retry.
                        base_delay: Time, Time, own => RetryBaseDelay at retry.base_delay;
                        /// Limits every pause, jitter included.
                        max_delay: Time, Time, own => RetryMaxDelay at retry.max_delay;
                        /// Lengthens each pause by this factor.
                        multiplier: Number, Factor, own => RetryMultiplier at retry.multiplier;
                        /// Chooses how pauses are spread.
                        jitter: Jitter, Jitter, own => RetryJitter at retry.jitter;
                        /// Limits how long after the beginning of the call an attempt may start.
                        max_elapsed: Time, Time, own => RetryMaxElapsed at retry.max_elapsed;
                        /// Ends the call where a server's Retry-After is above this.
                        max_retry_after: Time, Time, own => RetryMaxRetryAfter at max_retry_after;
                    }
                    code {
                        retry_if: Callable,
                        exhausted: Exhausted,
                    }
                }
                /// Holds the part of [`ServiceSettings`] about the retry budget; see
                /// [`RetryBudgetConfig`](crate::RetryBudgetConfig).
                retry_budget(RetryBudget, RetryBudget, RetryBudgetSettings, "RETRY_BUDGET") {
                    settings {
                        /// Limits what the budget holds.
                        capacity: Number, Capacity, shared => BudgetCapacity at retry_budget.capacity;
                        /// Sets what one success pays back.
                        refill: Number, Refill, shared => BudgetRefill at retry_budget.refill;
                    }
                }
                /// Holds the part of [`ServiceSettings`] about the circuit breaker; see
                /// [`CircuitBreakerConfig`](crate::CircuitBreakerConfig).
                circuit_breaker(Circuit, CircuitBreaker, CircuitBreakerSettings, "CIRCUIT") {
                    settings {
                        /// Counts the failures in a row that open it.
                        failure_threshold: Count, Count, shared => CircuitFailureThreshold at circuit.failure_threshold;
                        /// Sets the share of failures that opens it.
                        failure_rate: Number, Share, shared => CircuitFailureRate at circuit.failure_rate;
                        /// Chooses the calls that the rates are computed over.
                        window: Window, Window, shared => CircuitWindow at circuit.window;
                        /// Sets how many calls must be in the window before the rates count.
                        minimum_calls: Count, Count, shared => CircuitMinimumCalls at circuit.minimum_calls;
                        /// Sets how long a call takes that is slow.
                        slow_call_duration: Time, Time, shared => CircuitSlowCallDuration at circuit.slow_call_duration;
                        /// Sets the share of slow calls that opens it.
                        slow_call_rate: Number, Share, shared => CircuitSlowCallRate at circuit.slow_call_rate;
                        /// Sets how long it stays open.
                        recovery_timeout: Time, Time, shared => CircuitRecoveryTimeout at circuit.recovery_timeout;
                        /// Lengthens the pause by this factor with each reopening.
                        recovery_multiplier: Number, Factor, shared => CircuitRecoveryMultiplier at circuit.recovery_multiplier;
                        /// Limits how long the circuit stays open.
                        max_recovery_timeout: Time, Time, shared => CircuitMaxRecoveryTimeout at circuit.max_recovery_timeout;
                        /// Counts the successful probes that close it.
                        success_threshold: Count, Count, shared => CircuitSuccessThreshold at circuit.success_threshold;
                        /// Limits the probes that run at the same time.
                        half_open_max_calls: Count, Count, shared => CircuitHalfOpenMaxCalls at circuit.half_open_max_calls;
                        /// Chooses what a dropped call counts as.
                        abandoned: OnAbandoned, OnAbandoned, shared => CircuitAbandoned at circuit.abandoned;
                        /// Limits how many keys have a breaker of their own.
                        max_keys: Count, Count, shared => CircuitMaxKeys at circuit.max_keys;
                        /// Chooses whether it rejects calls, or only counts what it would reject.
                        mode: Mode, PatternMode, shared => CircuitMode at circuit.mode;
                    }
                    code {
                        key: Code,
                        keyed: Flag,
                    }
                }
                /// Holds the part of [`ServiceSettings`] about the rate limiter; see
                /// [`RateLimitConfig`](crate::RateLimitConfig). Any number of limits hold together.
                rate_limit(RateLimit, RateLimit, RateLimitSettings, "RATE_LIMIT") {
                    settings {
                        /// Limits the requests in each second.
                        requests_per_second: Count, Count, shared => RateLimitRequestsPerSecond at limits.rates.requests_per_second;
                        /// Limits the requests in each minute.
                        requests_per_minute: Count, Count, shared => RateLimitRequestsPerMinute at limits.rates.requests_per_minute;
                        /// Limits the requests in each hour.
                        requests_per_hour: Count, Count, shared => RateLimitRequestsPerHour at limits.rates.requests_per_hour;
                        /// Limits the requests in each day.
                        requests_per_day: Count, Count, shared => RateLimitRequestsPerDay at limits.rates.requests_per_day;
                        /// Limits the tokens, input and output together, in each second.
                        tokens_per_second: Count, Count, shared => RateLimitTokensPerSecond at limits.rates.tokens_per_second;
                        /// Limits the tokens, input and output together, in each minute.
                        tokens_per_minute: Count, Count, shared => RateLimitTokensPerMinute at limits.rates.tokens_per_minute;
                        /// Limits the tokens, input and output together, in each hour.
                        tokens_per_hour: Count, Count, shared => RateLimitTokensPerHour at limits.rates.tokens_per_hour;
                        /// Limits the tokens, input and output together, in each day.
                        tokens_per_day: Count, Count, shared => RateLimitTokensPerDay at limits.rates.tokens_per_day;
                        /// Limits the input tokens in each second.
                        input_tokens_per_second: Count, Count, shared => RateLimitInputTokensPerSecond at limits.rates.input_tokens_per_second;
                        /// Limits the input tokens in each minute.
                        input_tokens_per_minute: Count, Count, shared => RateLimitInputTokensPerMinute at limits.rates.input_tokens_per_minute;
                        /// Limits the input tokens in each hour.
                        input_tokens_per_hour: Count, Count, shared => RateLimitInputTokensPerHour at limits.rates.input_tokens_per_hour;
                        /// Limits the input tokens in each day.
                        input_tokens_per_day: Count, Count, shared => RateLimitInputTokensPerDay at limits.rates.input_tokens_per_day;
                        /// Limits the output tokens in each second.
                        output_tokens_per_second: Count, Count, shared => RateLimitOutputTokensPerSecond at limits.rates.output_tokens_per_second;
                        /// Limits the output tokens in each minute.
                        output_tokens_per_minute: Count, Count, shared => RateLimitOutputTokensPerMinute at limits.rates.output_tokens_per_minute;
                        /// Limits the output tokens in each hour.
                        output_tokens_per_hour: Count, Count, shared => RateLimitOutputTokensPerHour at limits.rates.output_tokens_per_hour;
                        /// Limits the output tokens in each day.
                        output_tokens_per_day: Count, Count, shared => RateLimitOutputTokensPerDay at limits.rates.output_tokens_per_day;
                        /// Sets the size of the token bucket of the shortest limit of requests.
                        burst: Count, Count, shared => RateLimitBurst at limits.burst;
                        /// Chooses how all limits are counted.
                        strategy: RateLimitStrategy, RateLimitStrategy, shared => RateLimitStrategy at limits.strategy;
                        /// Limits how long a call waits for a token.
                        max_wait: Time, Wait, own => RateLimitMaxWait at rate_limit_wait;
                        /// Limits how many keys have a state of their own.
                        max_keys: Count, Count, shared => RateLimitMaxKeys at max_keys;
                        /// Limits how long all callers obey a server's Retry-After.
                        max_cooldown: Time, Time, shared => RateLimitMaxCooldown at max_cooldown;
                        /// Chooses whether it holds calls back, or only counts what it would hold back.
                        mode: Mode, PatternMode, shared => RateLimitMode at rate_limit_mode;
                        /// Shares the limits with all processes of the fleet.
                        shared: Flag, Flag, shared => RateLimitShared at limits.shared;
                        /// Chooses what holds while the store of the fleet cannot be reached.
                        on_store_loss: OnStoreLoss, OnStoreLoss, shared => RateLimitOnStoreLoss at limits.on_store_loss;
                    }
                    nested per_key(PerKey) code(key: Code) {
                        /// Limits the requests of each key in each second, beside the limits of the service.
                        "requests_per_second" per_key_requests_per_second: Count, Count, shared => RateLimitPerKeyRequestsPerSecond at limits.per_key.requests_per_second;
                        /// Limits the requests of each key in each minute, beside the limits of the service.
                        "requests_per_minute" per_key_requests_per_minute: Count, Count, shared => RateLimitPerKeyRequestsPerMinute at limits.per_key.requests_per_minute;
                        /// Limits the requests of each key in each hour, beside the limits of the service.
                        "requests_per_hour" per_key_requests_per_hour: Count, Count, shared => RateLimitPerKeyRequestsPerHour at limits.per_key.requests_per_hour;
                        /// Limits the requests of each key in each day, beside the limits of the service.
                        "requests_per_day" per_key_requests_per_day: Count, Count, shared => RateLimitPerKeyRequestsPerDay at limits.per_key.requests_per_day;
                        /// Limits the tokens, input and output together, of each key in each second, beside the limits of the service.
                        "tokens_per_second" per_key_tokens_per_second: Count, Count, shared => RateLimitPerKeyTokensPerSecond at limits.per_key.tokens_per_second;
                        /// Limits the tokens, input and output together, of each key in each minute, beside the limits of the service.
                        "tokens_per_minute" per_key_tokens_per_minute: Count, Count, shared => RateLimitPerKeyTokensPerMinute at limits.per_key.tokens_per_minute;
                        /// Limits the tokens, input and output together, of each key in each hour, beside the limits of the service.
                        "tokens_per_hour" per_key_tokens_per_hour: Count, Count, shared => RateLimitPerKeyTokensPerHour at limits.per_key.tokens_per_hour;
                        /// Limits the tokens, input and output together, of each key in each day, beside the limits of the service.
                        "tokens_per_day" per_key_tokens_per_day: Count, Count, shared => RateLimitPerKeyTokensPerDay at limits.per_key.tokens_per_day;
                        /// Limits the input tokens of each key in each second, beside the limits of the service.
                        "input_tokens_per_second" per_key_input_tokens_per_second: Count, Count, shared => RateLimitPerKeyInputTokensPerSecond at limits.per_key.input_tokens_per_second;
                        /// Limits the input tokens of each key in each minute, beside the limits of the service.
                        "input_tokens_per_minute" per_key_input_tokens_per_minute: Count, Count, shared => RateLimitPerKeyInputTokensPerMinute at limits.per_key.input_tokens_per_minute;
                        /// Limits the input tokens of each key in each hour, beside the limits of the service.
                        "input_tokens_per_hour" per_key_input_tokens_per_hour: Count, Count, shared => RateLimitPerKeyInputTokensPerHour at limits.per_key.input_tokens_per_hour;
                        /// Limits the input tokens of each key in each day, beside the limits of the service.
                        "input_tokens_per_day" per_key_input_tokens_per_day: Count, Count, shared => RateLimitPerKeyInputTokensPerDay at limits.per_key.input_tokens_per_day;
                        /// Limits the output tokens of each key in each second, beside the limits of the service.
                        "output_tokens_per_second" per_key_output_tokens_per_second: Count, Count, shared => RateLimitPerKeyOutputTokensPerSecond at limits.per_key.output_tokens_per_second;
                        /// Limits the output tokens of each key in each minute, beside the limits of the service.
                        "output_tokens_per_minute" per_key_output_tokens_per_minute: Count, Count, shared => RateLimitPerKeyOutputTokensPerMinute at limits.per_key.output_tokens_per_minute;
                        /// Limits the output tokens of each key in each hour, beside the limits of the service.
                        "output_tokens_per_hour" per_key_output_tokens_per_hour: Count, Count, shared => RateLimitPerKeyOutputTokensPerHour at limits.per_key.output_tokens_per_hour;
                        /// Limits the output tokens of each key in each day, beside the limits of the service.
                        "output_tokens_per_day" per_key_output_tokens_per_day: Count, Count, shared => RateLimitPerKeyOutputTokensPerDay at limits.per_key.output_tokens_per_day;
                        /// Sets the size of the token bucket of the shortest limit of requests of each key.
                        "burst" per_key_burst: Count, Count, shared => RateLimitPerKeyBurst at limits.per_key_burst;
                        /// Chooses how the limits of each key are counted; as those of the service, unless it is set.
                        "strategy" per_key_strategy: RateLimitStrategy, RateLimitStrategy, shared => RateLimitPerKeyStrategy at limits.per_key_strategy;
                    }
                    renamed {
                        max_park: 1,
                    }
                    code {
                        key: Code,
                        keyed: Flag,
                        cost: Code,
                        priority: Prioritized,
                        usage: Callable,
                    }
                }
                /// Holds the part of [`ServiceSettings`] about the bulkhead; see
                /// [`BulkheadConfig`](crate::BulkheadConfig).
                bulkhead(Bulkhead, Bulkhead, BulkheadSettings, "BULKHEAD") {
                    settings {
                        /// Limits the calls that run at the same time.
                        max_concurrent: Count, Count, shared => BulkheadMaxConcurrent at limits.max_concurrent;
                        /// Limits how long a call waits for a permit.
                        max_wait: Time, Wait, own => BulkheadMaxWait at bulkhead_wait;
                        /// Limits how many keys have a bulkhead of their own.
                        max_keys: Count, Count, shared => BulkheadMaxKeys at bulkhead_max_keys;
                        /// Chooses whether it holds calls back, or only counts what it would hold back.
                        mode: Mode, PatternMode, shared => BulkheadMode at bulkhead_mode;
                    }
                    nested adaptive(Adaptive) {
                        /// Holds the lowest limit that adapts itself. Any `adaptive_…` takes the place of `max_concurrent`.
                        "min" adaptive_min: Count, Count, shared => BulkheadAdaptiveMin at limits.adaptive.min;
                        /// Holds the highest limit that adapts itself.
                        "max" adaptive_max: Count, Count, shared => BulkheadAdaptiveMax at limits.adaptive.max;
                        /// Holds the limit to begin with.
                        "initial" adaptive_initial: Count, Count, shared => BulkheadAdaptiveInitial at limits.adaptive.initial;
                        /// Multiplies the limit at each congestion.
                        "factor" adaptive_factor: Number, Decrease, shared => BulkheadAdaptiveFactor at limits.adaptive.factor;
                    }
                    code {
                        key: Code,
                        keyed: Flag,
                    }
                }
                /// Holds the part of [`ServiceSettings`] about hedging; see [`HedgeConfig`](crate::hedge::HedgeConfig). It holds for
                /// functions whose attribute says `hedge(…)`.
                hedge(Hedge, Hedge, HedgeSettings, "HEDGE") {
                    settings {
                        /// Sets how long an attempt goes without an answer before another one starts beside it: a `Duration`,
                        /// `HedgeDelay::Percentile(99.0)`, or a text that is read, `"p99".parse()?`.
                        delay: HedgeDelay, HedgeDelay, own => HedgeDelay at hedge.delay;
                        /// Limits the attempts that start beside the first one; zero: none does.
                        max_hedges: Count, Hedges, own => HedgeMaxHedges at hedge.max_hedges;
                    }
                }
                /// Holds the part of [`ServiceSettings`] about a service that is one of the targets of another one.
                target(Target, TargetArgs, TargetSettings, "TARGET") {
                    settings {
                        /// Sets its share of the calls in relation to the other targets, in place of the pool's.
                        weight: Number, Weight, shared => TargetWeight at target_weight;
                    }
                }
            }
            limits {
                /// Limits the time of each attempt.
                timeout(Timeout, "TIMEOUT") at timeout;
                /// Limits the whole call, sleeps included.
                deadline(Deadline, "DEADLINE") at deadline;
            }
        }
    };
}

pub(crate) use settings;

/// Passes every pattern that rejects calls to the macro `$callback`: the field of the statistics, which is the label of
/// the metrics too, the counter, and that of what it let pass in shadow.
#[allow(unused_macros)] // By the macros.
macro_rules! rejections {
    ($callback:ident) => {
        $callback! {
            /// Counts those by an open circuit breaker.
            circuit_breaker: RejectedByCircuit, ShadowRejectedByCircuit;
            /// Counts those by the rate limit or by a cooldown.
            rate_limit: RejectedByRateLimit, ShadowRejectedByRateLimit;
            /// Counts those by a full bulkhead.
            bulkhead: RejectedByBulkhead, ShadowRejectedByBulkhead;
            /// Counts those of a function whose pool holds no target.
            targets: RejectedByTargets, ShadowRejectedByTargets;
        }
    };
}

#[allow(unused_imports)] // By the macros.
pub(crate) use rejections;
