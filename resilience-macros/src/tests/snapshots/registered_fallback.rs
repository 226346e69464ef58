async fn read(name: &str) -> anyhow::Result<String> {
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
            let attempt = ::resilience_runtime::__private::Call::run(
                    &mut call,
                    async move {
                        if let ::core::option::Option::Some(never) = ::core::option::Option::None::<
                            anyhow::Result<String>,
                        > {
                            return never;
                        }
                        { vault(name).await }
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
                    (&&&&::resilience_runtime::__private::probe::Probe(error)).judge()
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
        let last = {
            let outcome = ::resilience_runtime::__private::Call::registered::<
                anyhow::Result<String>,
            >(&mut call)
                .await;
            match outcome {
                ::core::option::Option::Some(::core::result::Result::Ok(value)) => {
                    break 'answer ::resilience_runtime::__private::Call::rescued::<
                        anyhow::Result<String>,
                    >(&mut call, "registered", value);
                }
                ::core::option::Option::Some(::core::result::Result::Err(failure)) => {
                    ::core::option::Option::Some(("registered", failure))
                }
                ::core::option::Option::None => ::core::option::Option::None,
            }
        };
        ::resilience_runtime::__private::Call::unrescued(&mut call, error, last)
    }
}
