fn call<'life0, 'async_trait>(
    &'life0 mut self,
    x: String,
    __arg2: (u8, u8),
) -> ::core::pin::Pin<
    Box<
        dyn ::core::future::Future<Output = Answer> + ::core::marker::Send + 'async_trait,
    >,
>
where
    'life0: 'async_trait,
    Self: 'async_trait,
{
    Box::pin(async move {
        if let ::core::option::Option::Some(__ret) = ::core::option::Option::None::<
            Answer,
        > {
            #[allow(unreachable_code)] return __ret;
        }
        let mut __self = self;
        let x = x;
        let (a, b) = {
            let __arg2 = __arg2;
            __arg2
        };
        let __ret: Answer = {
            let plan = ::resilience_runtime::__private::Call::plan(
                {
                    static SITE: ::resilience_runtime::__private::Site = ::resilience_runtime::__private::Site::new();
                    &SITE
                },
                const {
                    &::resilience_runtime::__private::Function::new(
                            "mcp",
                            ::resilience_runtime::__private::ServiceKind::Mcp,
                            ::core::concat!(::core::module_path!(), "::", "call"),
                            ::core::concat!(::core::file!(), ":", ::core::line!()),
                        )
                        .path(|| ::resilience_runtime::__private::type_name_of_val(
                            &|| (),
                        ))
                        .fallback()
                },
                ::core::option::Option::None,
            );
            let mut call = ::resilience_runtime::__private::Call::start(&plan);
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
                    let outcome = {
                        let __self = &mut *__self;
                        let mut x = ::resilience_runtime::__private::CloneForRetry::clone_for_retry(
                            &x,
                        );
                        let a = ::resilience_runtime::__private::CloneForRetry::clone_for_retry(
                            &a,
                        );
                        let b = ::resilience_runtime::__private::CloneForRetry::clone_for_retry(
                            &b,
                        );
                        ::resilience_runtime::__private::Attempt::run(
                                &mut attempt,
                                &mut call,
                                async move {
                                    let _ = (&b, &a, &x);
                                    if let ::core::option::Option::Some(never) = ::core::option::Option::None::<
                                        Answer,
                                    > {
                                        return never;
                                    }
                                    {
                                        x.push('!');
                                        __self.send(x, a, b).await
                                    }
                                },
                            )
                            .await
                    };
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
                                KnownByContent as _, KnownByType as _, NotKnown as _,
                            };
                            let probe = ::resilience_runtime::__private::probe::Probe(
                                error,
                            );
                            (&&&&probe).judge().known_by((&&&probe).identity())
                        },
                        ::resilience_runtime::__private::unchanged,
                    ) {
                        break out;
                    }
                };
                let error = match ::resilience_runtime::__private::Call::failure_to_answer(
                    &mut call,
                    out,
                    ::resilience_runtime::__private::FallbackOn::Any,
                ) {
                    ::core::ops::ControlFlow::Break(out) => break 'answer out,
                    ::core::ops::ControlFlow::Continue(error) => error,
                };
                let outcome = ::resilience_runtime::__private::Outcome::into_result(
                    ::resilience_runtime::__private::Call::attempt_fallback(
                            &mut call,
                            ::resilience_runtime::__private::fallback::<
                                _,
                                _,
                                Answer,
                                _,
                                _,
                            >((&mut *__self, x, (a, b)), &error, Self::backup),
                        )
                        .await,
                );
                if let ::core::result::Result::Ok(value) = outcome {
                    break 'answer ::resilience_runtime::__private::Call::answered::<
                        Answer,
                    >(&mut call, "Self::backup", value);
                }
                ::resilience_runtime::__private::Call::answered::<
                    Answer,
                >(&mut call, "value", __self.default())
            }
        };
        #[allow(unreachable_code)] __ret
    })
}
