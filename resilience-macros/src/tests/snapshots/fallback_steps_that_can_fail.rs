async fn ask((a, b): (String, u8), _c: u8) -> Result<Answer, ApiError> {
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
                .off(const { &[::resilience_runtime::__private::Pattern::Retry] })
                .fallback()
        },
        ::core::option::Option::None,
    );
    let mut call = ::resilience_runtime::__private::Call::start(&plan);
    let a_for_fallback = ::resilience_runtime::__private::CloneForRetry::clone_for_retry(
        &a,
    );
    let b_for_fallback = ::resilience_runtime::__private::CloneForRetry::clone_for_retry(
        &b,
    );
    'answer: {
        let out = 'attempts: {
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
                break 'attempts ::resilience_runtime::__private::Call::reject(
                    &mut call,
                    rejection,
                );
            }
            let outcome = ::resilience_runtime::__private::Attempt::run(
                    &mut attempt,
                    &mut call,
                    async move {
                        let _ = (&b, &a);
                        if let ::core::option::Option::Some(never) = ::core::option::Option::None::<
                            Result<Answer, ApiError>,
                        > {
                            return never;
                        }
                        { send(a, b).await }
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
        };
        let error = match ::resilience_runtime::__private::Call::failure_to_answer(
            &mut call,
            out,
            ::resilience_runtime::__private::FallbackOn::Any,
        ) {
            ::core::ops::ControlFlow::Break(out) => break 'answer out,
            ::core::ops::ControlFlow::Continue(error) => error,
        };
        let a = a_for_fallback;
        let b = b_for_fallback;
        let last = {
            #[allow(clippy::used_underscore_binding)]
            let outcome = ::resilience_runtime::__private::Outcome::into_result(
                ::resilience_runtime::__private::Call::attempt_fallback(
                        &mut call,
                        ::resilience_runtime::__private::fallback::<
                            _,
                            _,
                            Result<Answer, ApiError>,
                            _,
                            _,
                        >(((a, b), _c), &error, smaller),
                    )
                    .await,
            );
            match outcome {
                ::core::result::Result::Ok(value) => {
                    break 'answer ::resilience_runtime::__private::Call::answered::<
                        Result<Answer, ApiError>,
                    >(&mut call, "smaller", value);
                }
                ::core::result::Result::Err(failure) => {
                    ::core::option::Option::Some((
                        "smaller",
                        ::core::convert::Into::into(failure),
                    ))
                }
            }
        };
        let last = {
            let outcome = ::resilience_runtime::__private::Call::registered::<
                Result<Answer, ApiError>,
            >(&mut call)
                .await;
            match outcome {
                ::core::option::Option::Some(::core::result::Result::Ok(value)) => {
                    break 'answer ::resilience_runtime::__private::Call::answered::<
                        Result<Answer, ApiError>,
                    >(&mut call, "registered", value);
                }
                ::core::option::Option::Some(::core::result::Result::Err(failure)) => {
                    ::core::option::Option::Some(("registered", failure))
                }
                ::core::option::Option::None => last,
            }
        };
        ::resilience_runtime::__private::Call::unanswered(&mut call, error, last)
    }
}
