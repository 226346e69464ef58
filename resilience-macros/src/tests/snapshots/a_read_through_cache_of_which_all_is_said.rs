async fn all() -> Answer {
    let mut call = ::resilience_runtime::__private::Call::start(
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
                    ),
                )
        },
        ::core::option::Option::None,
    );
    'cached: {
        let hash = ::resilience_runtime::__private::Call::read_key(&mut call, &());
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
            'answer: {
                let out = 'attempts: {
                    let admitted = match ::resilience_runtime::__private::Call::admit_at_once(
                        &mut call,
                    ) {
                        ::core::option::Option::Some(admitted) => admitted,
                        ::core::option::Option::None => {
                            ::resilience_runtime::__private::Call::admit(&mut call).await
                        }
                    };
                    if admitted {
                        let attempt = ::resilience_runtime::__private::Call::run(
                                &mut call,
                                async move {
                                    if let ::core::option::Option::Some(never) = ::core::option::Option::None::<
                                        Answer,
                                    > {
                                        return never;
                                    }
                                    { send().await }
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
                        ::resilience_runtime::__private::Call::settle_last(
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
                        )
                    } else {
                        ::resilience_runtime::__private::Call::refuse(&mut call)
                    }
                };
                let answer = match ::resilience_runtime::__private::registered::ask(
                    &mut call,
                    out,
                    |error| {
                        use ::resilience_runtime::__private::registered::{
                            ByInto as _, ByNothing as _,
                        };
                        (&::resilience_runtime::__private::registered::Probe(error))
                            .asker()
                    },
                ) {
                    ::core::ops::ControlFlow::Break(out) => break 'answer out,
                    ::core::ops::ControlFlow::Continue(answer) => answer,
                };
                ::resilience_runtime::__private::registered::concluded::<
                    Answer,
                >(answer.await)
            }
        };
        ::resilience_runtime::__private::Call::keep(&mut call, copying, out)
    }
}
