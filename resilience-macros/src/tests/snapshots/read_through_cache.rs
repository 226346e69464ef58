async fn read(&self, name: &str) -> Result<Secret, VaultError> {
    let plan = ::resilience_runtime::__private::Call::plan(
        {
            static SITE: ::resilience_runtime::__private::Site = ::resilience_runtime::__private::Site::new();
            &SITE
        },
        const {
            &::resilience_runtime::__private::Function::new(
                    "secret",
                    ::resilience_runtime::__private::ServiceKind::Secret,
                    ::core::concat!(::core::module_path!(), "::", "read"),
                    ::core::concat!(::core::file!(), ":", ::core::line!()),
                )
                .path(|| ::resilience_runtime::__private::type_name_of_val(&|| ()))
                .settings(const {
                    &[
                        (
                            ::resilience_runtime::__private::Key::RateLimitRate,
                            ::resilience_runtime::__private::Value::Rate {
                                limit: 9,
                                period: ::resilience_runtime::__private::Duration::from_secs(
                                    1,
                                ),
                            },
                        ),
                    ]
                })
                .fallback()
                .read_through(
                    ::resilience_runtime::__private::CacheConfig::from_parts(
                        ::resilience_runtime::__private::Duration::from_secs(300),
                        ::core::option::Option::Some(
                            ::resilience_runtime::__private::RefreshAhead::Fraction(0.5),
                        ),
                        ::resilience_runtime::__private::CacheConfig::DEFAULT
                            .stale_if_error,
                        ::core::option::Option::None,
                        ::resilience_runtime::__private::CacheConfig::DEFAULT.max_entries,
                    ),
                )
        },
        ::core::option::Option::None,
    );
    let mut call = ::resilience_runtime::__private::Call::start(&plan);
    ::resilience_runtime::__private::Call::correlation_id(&mut call, &(name));
    'cached: {
        let hash = ::resilience_runtime::__private::Call::read_key(&mut call, &(name));
        let value_ops = ::resilience_runtime::__private::Call::value_ops();
        let looked_up = ::resilience_runtime::__private::Call::look_up(
            &mut call,
            hash,
            value_ops,
            ::resilience_runtime::__private::type_name_of_val(&|| ()),
        );
        if let ::core::ops::ControlFlow::Break(out) = looked_up.await {
            break 'cached out;
        }
        let out = {
            ::resilience_runtime::__private::Call::key(&mut call, &(name));
            'answer: {
                let out = loop {
                    let mut attempt = ::resilience_runtime::__private::Attempt::new(
                        &call,
                    );
                    let admission = match ::resilience_runtime::__private::Attempt::admit_now(
                        &mut attempt,
                        &mut call,
                    ) {
                        ::core::option::Option::Some(decided) => decided,
                        ::core::option::Option::None => {
                            ::resilience_runtime::__private::Attempt::admit(
                                    &mut attempt,
                                    &mut call,
                                )
                                .await
                        }
                    };
                    if let ::core::result::Result::Err(rejection) = admission {
                        break ::resilience_runtime::__private::Call::reject(
                            &mut call,
                            rejection,
                        );
                    }
                    let outcome = ::resilience_runtime::__private::Attempt::run(
                            &mut attempt,
                            &mut call,
                            async move {
                                if let ::core::option::Option::Some(never) = ::core::option::Option::None::<
                                    Result<Secret, VaultError>,
                                > {
                                    return never;
                                }
                                { self.send(name).await }
                            },
                        )
                        .await;
                    if ::resilience_runtime::__private::Call::succeeded(
                        &mut call,
                        &mut attempt,
                        &outcome,
                    ) {
                        break 'answer ::resilience_runtime::__private::finished(outcome);
                    }
                    if let ::core::ops::ControlFlow::Break(out) = ::resilience_runtime::__private::Call::conclude(
                        &mut call,
                        &mut attempt,
                        outcome,
                        ::core::option::Option::None,
                        |error| {
                            use ::resilience_runtime::__private::probe::{
                                ByAsRef as _, ByClassify as _, ByError as _, ByKind as _,
                            };
                            (&&&&::resilience_runtime::__private::probe::Probe(error))
                                .judge()
                        },
                        ::resilience_runtime::__private::unchanged,
                    ) {
                        break out;
                    }
                };
                if let ::core::ops::ControlFlow::Break(out) = ::resilience_runtime::__private::Call::failure_to_answer(
                    &mut call,
                    out,
                    ::resilience_runtime::__private::FallbackOn::Any,
                ) {
                    break 'answer out;
                }
                ::resilience_runtime::__private::Call::answered::<
                    Result<Secret, VaultError>,
                >(&mut call, "value", Secret::default())
            }
        };
        ::resilience_runtime::__private::Call::store(&mut call, value_ops, out)
    }
}
