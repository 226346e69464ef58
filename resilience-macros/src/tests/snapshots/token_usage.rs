async fn ask(prompt: &str) -> Result<Answer, ApiError> {
    let plan = ::resilience_runtime::__private::Call::plan(
        {
            static SITE: ::resilience_runtime::__private::Site = ::resilience_runtime::__private::Site::new();
            &SITE
        },
        const {
            &::resilience_runtime::__private::Function::new(
                    "llm",
                    ::resilience_runtime::__private::ServiceKind::Llm,
                    ::core::concat!(::core::module_path!(), "::", "ask"),
                    ::core::concat!(::core::file!(), ":", ::core::line!()),
                )
                .path(|| ::resilience_runtime::__private::type_name_of_val(&|| ()))
                .settings(const {
                    &[
                        (
                            ::resilience_runtime::__private::Key::RateLimitTokensPerMinute,
                            ::resilience_runtime::__private::Value::Count(90000),
                        ),
                    ]
                })
                .off(const { &[::resilience_runtime::__private::Pattern::Retry] })
        },
        ::core::option::Option::None,
    );
    let mut call = ::resilience_runtime::__private::Call::start(&plan);
    ::resilience_runtime::__private::Call::cost(&mut call, estimate(prompt));
    'attempts: {
        let mut attempt = ::resilience_runtime::__private::Attempt::new(&call);
        let admission = match ::resilience_runtime::__private::Attempt::admit_now(
            &mut attempt,
            &mut call,
        ) {
            ::core::option::Option::Some(decided) => decided,
            ::core::option::Option::None => {
                ::resilience_runtime::__private::Attempt::admit(&mut attempt, &mut call)
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
                        Result<Answer, ApiError>,
                    > {
                        return never;
                    }
                    { send(prompt).await }
                },
            )
            .await;
        ::resilience_runtime::__private::Attempt::charge_usage(
            &mut attempt,
            &call,
            &outcome,
            |answer| ::resilience_runtime::__private::usage_of(
                answer,
                |answer| answer.usage.total,
            ),
        );
        if ::resilience_runtime::__private::Call::succeeded(
            &mut call,
            &mut attempt,
            &outcome,
        ) {
            break 'attempts ::resilience_runtime::__private::finished(outcome);
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
                    let probe = ::resilience_runtime::__private::probe::Probe(error);
                    (&&&&probe).judge().known_by((&&&probe).identity())
                },
                ::resilience_runtime::__private::unchanged,
            ),
        )
    }
}
