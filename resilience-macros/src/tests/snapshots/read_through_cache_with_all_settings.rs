async fn all() -> Answer {
    let plan = ::resilience_runtime::__private::Call::plan(
        {
            static SITE: ::resilience_runtime::__private::Site = ::resilience_runtime::__private::Site::new();
            &SITE
        },
        const {
            &::resilience_runtime::__private::Function::new(
                    "s",
                    ::resilience_runtime::__private::ServiceKind::Custom,
                    ::core::concat!(::core::module_path!(), "::", "all"),
                    ::core::concat!(::core::file!(), ":", ::core::line!()),
                )
                .path(|| ::resilience_runtime::__private::type_name_of_val(&|| ()))
                .off(const { &[::resilience_runtime::__private::Pattern::Retry] })
                .read_through(
                    ::resilience_runtime::__private::CacheConfig::from_parts(
                        TTL,
                        ::core::option::Option::Some(
                            ::resilience_runtime::__private::RefreshAhead::Before(
                                ::resilience_runtime::__private::Duration::from_secs(30),
                            ),
                        ),
                        ::core::option::Option::None,
                        ::core::option::Option::Some(
                            ::resilience_runtime::__private::Duration::from_millis(1500),
                        ),
                        9,
                        ::resilience_runtime::__private::CacheConfig::DEFAULT.private,
                    ),
                )
        },
        ::core::option::Option::None,
    );
    let mut call = ::resilience_runtime::__private::Call::start(&plan);
    'cached: {
        let hash = ::resilience_runtime::__private::Call::read_key(&mut call, &());
        let value_ops = ::resilience_runtime::__private::Call::value_ops();
        let looked_up = ::resilience_runtime::__private::Call::look_up(
            &mut call,
            hash,
            value_ops,
            ::resilience_runtime::__private::Instance::of_closure(&|| ()),
        );
        if let ::core::ops::ControlFlow::Break(out) = looked_up.await {
            break 'cached out;
        }
        let watch = ::resilience_runtime::__private::Call::watch(&call);
        let loaded = {
            let mut call = &mut call;
            ::resilience_runtime::__private::Call::load(
                    watch,
                    async move {
                        let out = {
                            'attempts: {
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
                                    break 'attempts ::resilience_runtime::__private::Call::reject(
                                        &mut call,
                                        rejection,
                                    );
                                }
                                let outcome = ::resilience_runtime::__private::Attempt::run(
                                        &mut attempt,
                                        &mut call,
                                        async move {
                                            if let ::core::option::Option::Some(never) = ::core::option::Option::None::<
                                                Answer,
                                            > {
                                                return never;
                                            }
                                            { send().await }
                                        },
                                    )
                                    .await;
                                if ::resilience_runtime::__private::Call::succeeded(
                                    &mut call,
                                    &mut attempt,
                                    &outcome,
                                ) {
                                    break 'attempts ::resilience_runtime::__private::finished(
                                        outcome,
                                    );
                                }
                                ::resilience_runtime::__private::last(
                                    ::resilience_runtime::__private::Call::conclude(
                                        &mut call,
                                        &mut attempt,
                                        outcome,
                                        ::core::option::Option::None,
                                        |error| {
                                            use ::resilience_runtime::__private::probe::{
                                                ByAsRef as _, ByClassify as _, ByError as _, ByKind as _,
                                                KnownByContent as _, KnownByType as _, NotKnown as _,
                                            };
                                            let probe = ::resilience_runtime::__private::probe::Probe(
                                                error,
                                            );
                                            (&&&&probe).judge().known_by((&&&probe).identity())
                                        },
                                        ::resilience_runtime::__private::unchanged,
                                    ),
                                )
                            }
                        };
                        out
                    },
                )
                .await
        };
        let bystander = match ::resilience_runtime::__private::Call::store(
            &mut call,
            value_ops,
            loaded,
        ) {
            ::core::ops::ControlFlow::Break(out) => break 'cached out,
            ::core::ops::ControlFlow::Continue(bystander) => bystander,
        };
        ::resilience_runtime::__private::Call::stand_by(&mut call, value_ops, bystander)
            .await
    }
}
