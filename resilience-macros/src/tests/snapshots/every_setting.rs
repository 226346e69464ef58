async fn load(&self, tenant: Tenant, id: u64) -> Result<Row> {
    let mut call = ::vendor::runtime::__private::Call::start(
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
                                ::vendor::runtime::__private::Duration::from_secs(0),
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
                            ::vendor::runtime::__private::Value::Abandoned(
                                ::vendor::runtime::__private::Abandoned::Failure,
                            ),
                        ),
                        (
                            ::vendor::runtime::__private::Key::RateLimitRate,
                            ::vendor::runtime::__private::Value::Rate {
                                limit: 60,
                                period: ::vendor::runtime::__private::Duration::from_secs(
                                    60,
                                ),
                            },
                        ),
                        (
                            ::vendor::runtime::__private::Key::RateLimitBurst,
                            ::vendor::runtime::__private::Value::Count(10),
                        ),
                        (
                            ::vendor::runtime::__private::Key::RateLimitStrategy,
                            ::vendor::runtime::__private::Value::Strategy(
                                ::vendor::runtime::__private::Strategy::SlidingWindow,
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
                            ::vendor::runtime::__private::Key::RateLimitMaxPark,
                            ::vendor::runtime::__private::Value::Time(
                                ::vendor::runtime::__private::Duration::new(0, 10000),
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
                .idempotent(false)
                .retry_if()
        },
        ::core::option::Option::Some(&self.registry),
    );
    ::vendor::runtime::__private::Call::key(&mut call, &((&tenant, &id)));
    ::vendor::runtime::__private::Call::cost(&mut call, weight(id));
    ::vendor::runtime::__private::Call::correlation_id(&mut call, &(id));
    loop {
        if !::vendor::runtime::__private::Call::admit(&mut call).await {
            break ::vendor::runtime::__private::Call::refuse(&mut call);
        }
        let attempt = {
            let tenant = ::vendor::runtime::__private::CloneForRetry::clone_for_retry(
                &tenant,
            );
            ::vendor::runtime::__private::Call::run(
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
        if let ::core::ops::ControlFlow::Break(out) = ::vendor::runtime::__private::Call::settle(
            &mut call,
            attempt,
            |error| ::vendor::runtime::__private::retry_if(
                ::vendor::runtime::__private::judge_by(error, errors::classify),
                error,
                |e| e.is_busy(),
            ),
            |value| ::vendor::runtime::__private::judge_ok(value, |row| row.verdict()),
            ::vendor::runtime::__private::wrapped,
        ) {
            break out;
        }
    }
}
