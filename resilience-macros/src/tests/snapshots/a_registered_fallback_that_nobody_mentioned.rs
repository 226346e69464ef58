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
        let answer = match ::resilience_runtime::__private::registered::ask(
            &mut call,
            out,
            |error| {
                use ::resilience_runtime::__private::registered::{
                    ByInto as _, ByNothing as _,
                };
                (&::resilience_runtime::__private::registered::Probe(error)).asker()
            },
        ) {
            ::core::ops::ControlFlow::Break(out) => break 'answer out,
            ::core::ops::ControlFlow::Continue(answer) => answer,
        };
        ::resilience_runtime::__private::registered::concluded::<
            anyhow::Result<String>,
        >(answer.await)
    }
}
