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
            let mut call = ::resilience_runtime::__private::Call::start(
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
                        .fallback()
                },
                ::core::option::Option::None,
            );
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
                    let attempt = {
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
                        ::resilience_runtime::__private::Call::run(
                                &mut call,
                                async move {
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
                                ::resilience_runtime::__private::Outcome::from_ours,
                            )
                            .await
                    };
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
                let error = match ::resilience_runtime::__private::Call::rescue(
                    &mut call,
                    out,
                    ::resilience_runtime::__private::On::Any,
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
                    break 'answer ::resilience_runtime::__private::Call::rescued::<
                        Answer,
                    >(&mut call, "Self::backup", value);
                }
                ::resilience_runtime::__private::Call::rescued::<
                    Answer,
                >(&mut call, "value", __self.default())
            }
        };
        #[allow(unreachable_code)] __ret
    })
}
