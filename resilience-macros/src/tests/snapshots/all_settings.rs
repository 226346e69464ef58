async fn load(&self, tenant: Tenant, id: u64) -> Result<Row> {
    let plan = ::vendor::runtime::__private::Call::plan(
        {
            static SITE: ::vendor::runtime::__private::Site = ::vendor::runtime::__private::Site::new();
            &SITE
        },
        const {
            &::vendor::runtime::__private::Function::new(
                    "orders",
                    ::vendor::runtime::__private::ServiceKind::Database,
                    ::core::concat!(::core::module_path!(), "::", "load"),
                    ::core::concat!(::core::file!(), ":", ::core::line!()),
                )
                .path(|| ::vendor::runtime::__private::type_name_of_val(&|| ()))
                .settings(const {
                    &[
                        (
                            ::vendor::runtime::__private::Key::RetryMaxAttempts,
                            ::vendor::runtime::__private::Value::Count(5),
                        ),
                        (
                            ::vendor::runtime::__private::Key::RetryBaseDelay,
                            ::vendor::runtime::__private::Value::Time(
                                ::vendor::runtime::__private::Duration::from_millis(500),
                            ),
                        ),
                        (
                            ::vendor::runtime::__private::Key::RetryMaxDelay,
                            ::vendor::runtime::__private::Value::Time(
                                ::vendor::runtime::__private::Duration::from_secs(30),
                            ),
                        ),
                        (
                            ::vendor::runtime::__private::Key::RetryMultiplier,
                            ::vendor::runtime::__private::Value::Number(2.0),
                        ),
                        (
                            ::vendor::runtime::__private::Key::RetryJitter,
                            ::vendor::runtime::__private::Value::Jitter(
                                ::vendor::runtime::__private::Jitter::Equal,
                            ),
                        ),
                        (
                            ::vendor::runtime::__private::Key::RetryMaxElapsed,
                            ::vendor::runtime::__private::Value::Time(LIMIT),
                        ),
                        (
                            ::vendor::runtime::__private::Key::RetryMaxRetryAfter,
                            ::vendor::runtime::__private::Value::Time(
                                ::vendor::runtime::__private::Duration::from_secs(20),
                            ),
                        ),
                        (
                            ::vendor::runtime::__private::Key::BudgetCapacity,
                            ::vendor::runtime::__private::Value::Number(10.0),
                        ),
                        (
                            ::vendor::runtime::__private::Key::BudgetRefill,
                            ::vendor::runtime::__private::Value::Number(0.5),
                        ),
                        (
                            ::vendor::runtime::__private::Key::CircuitFailureThreshold,
                            ::vendor::runtime::__private::Value::Count(5),
                        ),
                        (
                            ::vendor::runtime::__private::Key::CircuitFailureRate,
                            ::vendor::runtime::__private::Value::Number(0.5),
                        ),
                        (
                            ::vendor::runtime::__private::Key::CircuitWindow,
                            ::vendor::runtime::__private::Value::Window(
                                ::vendor::runtime::__private::Window::Time(
                                    ::vendor::runtime::__private::Duration::from_secs(30),
                                ),
                            ),
                        ),
                        (
                            ::vendor::runtime::__private::Key::CircuitMinimumCalls,
                            ::vendor::runtime::__private::Value::Count(20),
                        ),
                        (
                            ::vendor::runtime::__private::Key::CircuitSlowCallDuration,
                            ::vendor::runtime::__private::Value::Time(
                                ::vendor::runtime::__private::Duration::from_millis(1500),
                            ),
                        ),
                        (
                            ::vendor::runtime::__private::Key::CircuitSlowCallRate,
                            ::vendor::runtime::__private::Value::Number(1.0),
                        ),
                        (
                            ::vendor::runtime::__private::Key::CircuitRecoveryTimeout,
                            ::vendor::runtime::__private::Value::Time(
                                ::vendor::runtime::__private::Duration::from_secs(60),
                            ),
                        ),
                        (
                            ::vendor::runtime::__private::Key::CircuitRecoveryMultiplier,
                            ::vendor::runtime::__private::Value::Number(1.5),
                        ),
                        (
                            ::vendor::runtime::__private::Key::CircuitMaxRecoveryTimeout,
                            ::vendor::runtime::__private::Value::Time(
                                ::vendor::runtime::__private::Duration::from_secs(3600),
                            ),
                        ),
                        (
                            ::vendor::runtime::__private::Key::CircuitSuccessThreshold,
                            ::vendor::runtime::__private::Value::Count(3),
                        ),
                        (
                            ::vendor::runtime::__private::Key::CircuitHalfOpenMaxCalls,
                            ::vendor::runtime::__private::Value::Count(5),
                        ),
                        (
                            ::vendor::runtime::__private::Key::CircuitAbandoned,
                            ::vendor::runtime::__private::Value::OnAbandoned(
                                ::vendor::runtime::__private::OnAbandoned::Failure,
                            ),
                        ),
                        (
                            ::vendor::runtime::__private::Key::CircuitMaxKeys,
                            ::vendor::runtime::__private::Value::Count(500),
                        ),
                        (
                            ::vendor::runtime::__private::Key::CircuitMode,
                            ::vendor::runtime::__private::Value::Mode(
                                ::vendor::runtime::__private::PatternMode::Shadow,
                            ),
                        ),
                        (
                            ::vendor::runtime::__private::Key::RateLimitRequestsPerMinute,
                            ::vendor::runtime::__private::Value::Count(60),
                        ),
                        (
                            ::vendor::runtime::__private::Key::RateLimitBurst,
                            ::vendor::runtime::__private::Value::Count(10),
                        ),
                        (
                            ::vendor::runtime::__private::Key::RateLimitStrategy,
                            ::vendor::runtime::__private::Value::RateLimitStrategy(
                                ::vendor::runtime::__private::RateLimitStrategy::SlidingWindow,
                            ),
                        ),
                        (
                            ::vendor::runtime::__private::Key::RateLimitMaxWait,
                            ::vendor::runtime::__private::Value::Time(
                                ::vendor::runtime::__private::Duration::from_secs(2),
                            ),
                        ),
                        (
                            ::vendor::runtime::__private::Key::RateLimitMaxKeys,
                            ::vendor::runtime::__private::Value::Count(1000),
                        ),
                        (
                            ::vendor::runtime::__private::Key::RateLimitMaxCooldown,
                            ::vendor::runtime::__private::Value::Time(
                                ::vendor::runtime::__private::Duration::new(0, 10000),
                            ),
                        ),
                        (
                            ::vendor::runtime::__private::Key::RateLimitMode,
                            ::vendor::runtime::__private::Value::Mode(
                                ::vendor::runtime::__private::PatternMode::Enforce,
                            ),
                        ),
                        (
                            ::vendor::runtime::__private::Key::RateLimitShared,
                            ::vendor::runtime::__private::Value::Flag(true),
                        ),
                        (
                            ::vendor::runtime::__private::Key::RateLimitOnStoreLoss,
                            ::vendor::runtime::__private::Value::OnStoreLoss(
                                ::vendor::runtime::__private::OnStoreLoss::Closed,
                            ),
                        ),
                        (
                            ::vendor::runtime::__private::Key::BulkheadMaxConcurrent,
                            ::vendor::runtime::__private::Value::Count(32),
                        ),
                        (
                            ::vendor::runtime::__private::Key::BulkheadMaxWait,
                            ::vendor::runtime::__private::Value::Time(
                                ::vendor::runtime::__private::Duration::from_secs(1),
                            ),
                        ),
                        (
                            ::vendor::runtime::__private::Key::BulkheadMaxKeys,
                            ::vendor::runtime::__private::Value::Count(500),
                        ),
                        (
                            ::vendor::runtime::__private::Key::BulkheadMode,
                            ::vendor::runtime::__private::Value::Mode(
                                ::vendor::runtime::__private::PatternMode::Shadow,
                            ),
                        ),
                        (
                            ::vendor::runtime::__private::Key::Timeout,
                            ::vendor::runtime::__private::Value::Time(
                                ::vendor::runtime::__private::Duration::from_secs(30),
                            ),
                        ),
                        (
                            ::vendor::runtime::__private::Key::Deadline,
                            ::vendor::runtime::__private::Value::Time(Self::DEADLINE),
                        ),
                    ]
                })
                .keys(const {
                    &[
                        ::vendor::runtime::__private::Pattern::Circuit,
                        ::vendor::runtime::__private::Pattern::RateLimit,
                        ::vendor::runtime::__private::Pattern::Bulkhead,
                    ]
                })
                .idempotent(false)
                .retry_if()
        },
        ::core::option::Option::Some(&self.registry),
    );
    let mut call = ::vendor::runtime::__private::Call::start(&plan);
    ::vendor::runtime::__private::Call::breaker_key(&mut call, &(id));
    ::vendor::runtime::__private::Call::key(&mut call, &((&tenant, &id)));
    ::vendor::runtime::__private::Call::bulkhead_key(&mut call, &(&tenant));
    ::vendor::runtime::__private::Call::cost(&mut call, weight(id));
    ::vendor::runtime::__private::Call::correlation_id(&mut call, &(id));
    let mut tenant_slot = ::core::option::Option::Some(tenant);
    loop {
        let mut attempt = ::vendor::runtime::__private::Attempt::new(&call);
        let admission = match ::vendor::runtime::__private::Attempt::admit_now(
            &mut attempt,
            &mut call,
        ) {
            ::core::option::Option::Some(decided) => decided,
            ::core::option::Option::None => {
                ::vendor::runtime::__private::Attempt::admit(&mut attempt, &mut call)
                    .await
            }
        };
        if let ::core::result::Result::Err(rejection) = admission {
            break ::vendor::runtime::__private::Call::reject(&mut call, rejection);
        }
        let outcome = {
            let tenant = ::vendor::runtime::__private::CloneForRetry::for_attempt(
                &mut tenant_slot,
                &call,
            );
            ::vendor::runtime::__private::Attempt::run(
                    &mut attempt,
                    &mut call,
                    async move {
                        if let ::core::option::Option::Some(never) = ::core::option::Option::None::<
                            Result<Row>,
                        > {
                            return never;
                        }
                        { self.query(tenant, id).await }
                    },
                )
                .await
        };
        let checked = ::vendor::runtime::__private::Call::check(
            &mut call,
            &mut attempt,
            &outcome,
            |value| ::vendor::runtime::__private::classify_ok_by(
                value,
                |row| row.verdict(),
            ),
        );
        let ::vendor::runtime::__private::Checked::Failure(ok_verdict) = checked else {
            break ::vendor::runtime::__private::finished(outcome);
        };
        if let ::core::ops::ControlFlow::Break(out) = ::vendor::runtime::__private::Call::conclude(
            &mut call,
            &mut attempt,
            outcome,
            ok_verdict,
            |error| ::vendor::runtime::__private::retry_if(
                ::vendor::runtime::__private::classify_by(
                    {
                        use ::vendor::runtime::__private::probe::{
                            ByAsRef as _, ByClassify as _, ByError as _, ByKind as _,
                            KnownByContent as _, KnownByType as _, NotKnown as _,
                        };
                        let probe = ::vendor::runtime::__private::probe::Probe(error);
                        (&&&&probe).judge().known_by((&&&probe).identity())
                    },
                    error,
                    errors::classify,
                ),
                error,
                |e| e.is_busy(),
            ),
            ::vendor::runtime::__private::wrapped,
        ) {
            break out;
        }
    }
}
