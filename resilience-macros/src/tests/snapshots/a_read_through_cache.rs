async fn read(&self, name: &str) -> Result<Secret, VaultError> {
    let mut call = ::resilience_runtime::__private::Call::start(
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
    ::resilience_runtime::__private::Call::correlation_id(&mut call, &(name));
    'cached: {
        let hash = ::resilience_runtime::__private::Call::read_key(&mut call, &(name));
        let copying = ::resilience_runtime::__private::Call::copying();
        let looked_up = ::resilience_runtime::__private::Call::look_up(
            &mut call,
            hash,
            copying,
            ::resilience_runtime::__private::type_name_of_val(&|| ()),
        );
        if let ::core::ops::ControlFlow::Break(out) = looked_up.await {
            break 'cached out;
        }
        let out = {
            ::resilience_runtime::__private::Call::key(&mut call, &(name));
            'answer: {
                let out = loop {
                    let admitted = match ::resilience_runtime::__private::Call::admit_at_once(
                        &mut call,
                    ) {
                        ::core::option::Option::Some(admitted) => admitted,
                        ::core::option::Option::None => {
                            ::resilience_runtime::__private::Call::admit(&mut call).await
                        }
                    };
                    if !admitted {
                        break ::resilience_runtime::__private::Call::refuse(&mut call);
                    }
                    let attempt = ::resilience_runtime::__private::Call::run(
                            &mut call,
                            async move {
                                if let ::core::option::Option::Some(never) = ::core::option::Option::None::<
                                    Result<Secret, VaultError>,
                                > {
                                    return never;
                                }
                                { self.send(name).await }
                            },
                            ::resilience_runtime::__private::Outcome::from_ours,
                        )
                        .await;
                    let success = ::resilience_runtime::__private::Call::success(
                        &mut call,
                        &attempt,
                        ::resilience_runtime::__private::ok_is_ok,
                    );
                    if let ::resilience_runtime::__private::Success::Is = success {
                        break 'answer attempt;
                    }
                    if let ::core::ops::ControlFlow::Break(out) = ::resilience_runtime::__private::Call::settle(
                        &mut call,
                        attempt,
                        success,
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
                if let ::core::ops::ControlFlow::Break(out) = ::resilience_runtime::__private::Call::rescue(
                    &mut call,
                    out,
                    ::resilience_runtime::__private::On::Any,
                ) {
                    break 'answer out;
                }
                ::resilience_runtime::__private::Call::rescued::<
                    Result<Secret, VaultError>,
                >(&mut call, "value", Secret::default())
            }
        };
        ::resilience_runtime::__private::Call::keep(&mut call, copying, out)
    }
}
