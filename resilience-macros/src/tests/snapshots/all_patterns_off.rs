async fn f(mut text: String) -> io::Result<String> {
    let mut call = ::resilience_runtime::__private::Call::start(
        {
            static SITE: ::resilience_runtime::__private::Site = ::resilience_runtime::__private::Site::new();
            &SITE
        },
        const {
            &::resilience_runtime::__private::Function::new(
                    "s",
                    ::resilience_runtime::__private::ServiceKind::Custom,
                    ::core::concat!(::core::module_path!(), "::", "f"),
                    ::core::concat!(::core::file!(), ":", ::core::line!()),
                )
                .off(const {
                    &[
                        ::resilience_runtime::__private::Pattern::Retry,
                        ::resilience_runtime::__private::Pattern::RetryBudget,
                        ::resilience_runtime::__private::Pattern::Circuit,
                        ::resilience_runtime::__private::Pattern::RateLimit,
                        ::resilience_runtime::__private::Pattern::Bulkhead,
                        ::resilience_runtime::__private::Pattern::Timeout,
                        ::resilience_runtime::__private::Pattern::Deadline,
                        ::resilience_runtime::__private::Pattern::Fallback,
                    ]
                })
                .idempotent(true)
        },
        ::core::option::Option::None,
    );
    'attempts: {
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
                            io::Result<String>,
                        > {
                            return never;
                        }
                        {
                            text.push('!');
                            Ok(text)
                        }
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
                break 'attempts attempt;
            }
            ::resilience_runtime::__private::Call::settle_last(
                &mut call,
                attempt,
                success,
                |error| {
                    use ::resilience_runtime::__private::probe::{
                        ByAsRef as _, ByClassify as _, ByError as _, ByKind as _,
                    };
                    (&&&&::resilience_runtime::__private::probe::Probe(error)).judge()
                },
                ::resilience_runtime::__private::unchanged,
            )
        } else {
            ::resilience_runtime::__private::Call::refuse(&mut call)
        }
    }
}
