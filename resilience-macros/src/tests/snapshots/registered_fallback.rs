async fn read(name: &str) -> anyhow::Result<String> {
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
                .fallback()
        },
        ::core::option::Option::None,
    );
    let mut call = ::resilience_runtime::__private::Call::start(&plan);
    'answer: {
        let out = loop {
            let mut attempt = ::resilience_runtime::__private::Attempt::new(&call);
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
                            anyhow::Result<String>,
                        > {
                            return never;
                        }
                        { vault(name).await }
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
                        KnownByContent as _, KnownByType as _, NotKnown as _,
                    };
                    let probe = ::resilience_runtime::__private::probe::Probe(error);
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
        let last = {
            let outcome = ::resilience_runtime::__private::Call::registered::<
                anyhow::Result<String>,
            >(&mut call)
                .await;
            match outcome {
                ::core::option::Option::Some(::core::result::Result::Ok(value)) => {
                    break 'answer ::resilience_runtime::__private::Call::answered::<
                        anyhow::Result<String>,
                    >(&mut call, "registered", value);
                }
                ::core::option::Option::Some(::core::result::Result::Err(failure)) => {
                    ::core::option::Option::Some(("registered", failure))
                }
                ::core::option::Option::None => ::core::option::Option::None,
            }
        };
        ::resilience_runtime::__private::Call::unanswered(&mut call, error, last)
    }
}
