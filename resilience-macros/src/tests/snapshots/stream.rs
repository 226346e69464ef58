async fn chat(
    prompt: &str,
) -> Result<impl Stream<Item = Result<Chunk, ApiError>>, ApiError> {
    let plan = ::resilience_runtime::__private::Call::plan(
        {
            static SITE: ::resilience_runtime::__private::Site = ::resilience_runtime::__private::Site::new();
            &SITE
        },
        const {
            &::resilience_runtime::__private::Function::new(
                    "llm",
                    ::resilience_runtime::__private::ServiceKind::Llm,
                    ::core::concat!(::core::module_path!(), "::", "chat"),
                    ::core::concat!(::core::file!(), ":", ::core::line!()),
                )
                .path(|| ::resilience_runtime::__private::type_name_of_val(&|| ()))
                .fallback()
        },
        ::core::option::Option::None,
    );
    let mut call = ::resilience_runtime::__private::Call::start(&plan);
    'answer: {
        let out = {
            let opened = loop {
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
                        ::resilience_runtime::__private::stream::open(
                            async move {
                                if let ::core::option::Option::Some(never) = ::core::option::Option::None::<
                                    Result<_, ApiError>,
                                > {
                                    return never;
                                }
                                { send(prompt).await }
                            },
                            ::resilience_runtime::__private::stream::boxed,
                            true,
                        ),
                    )
                    .await;
                if let ::core::ops::ControlFlow::Break(out) = ::resilience_runtime::__private::Call::conclude_stream(
                    &mut call,
                    &mut attempt,
                    outcome,
                    |error| {
                        use ::resilience_runtime::__private::probe::{
                            ByAsRef as _, ByClassify as _, ByError as _, ByKind as _,
                            KnownByContent as _, KnownByType as _, NotKnown as _,
                        };
                        let probe = ::resilience_runtime::__private::probe::Probe(error);
                        (&&&&probe).judge().known_by((&&&probe).identity())
                    },
                    true,
                    ::resilience_runtime::__private::unchanged,
                ) {
                    break out;
                }
            };
            ::resilience_runtime::__private::Call::streaming(
                opened,
                ::resilience_runtime::__private::stream::Watch {
                    idle_timeout: ::core::option::Option::Some(
                        ::resilience_runtime::__private::Duration::from_secs(5),
                    ),
                    complete: ::core::option::Option::Some(Chunk::is_last),
                    usage: ::core::option::Option::None,
                    judge: |error| {
                        use ::resilience_runtime::__private::probe::{
                            ByAsRef as _, ByClassify as _, ByError as _, ByKind as _,
                            KnownByContent as _, KnownByType as _, NotKnown as _,
                        };
                        let probe = ::resilience_runtime::__private::probe::Probe(error);
                        (&&&&probe).judge().known_by((&&&probe).identity())
                    },
                },
                ::resilience_runtime::__private::stream::as_it_is,
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
        let last = if ::resilience_runtime::__private::Call::answers(
            &call,
            ::resilience_runtime::__private::Condition::Throttled,
        ) {
            let outcome = ::resilience_runtime::__private::Outcome::into_result(
                ::resilience_runtime::__private::Call::attempt_fallback(
                        &mut call,
                        ::resilience_runtime::__private::fallback::<
                            _,
                            _,
                            Result<_, ApiError>,
                            _,
                            _,
                        >((prompt,), &error, other),
                    )
                    .await,
            );
            match outcome {
                ::core::result::Result::Ok(value) => {
                    break 'answer ::resilience_runtime::__private::Call::answered::<
                        Result<_, ApiError>,
                    >(&mut call, "other", value);
                }
                ::core::result::Result::Err(failure) => {
                    ::core::option::Option::Some((
                        "other",
                        ::core::convert::Into::into(failure),
                    ))
                }
            }
        } else {
            ::core::option::Option::None
        };
        let last = if ::resilience_runtime::__private::Call::answers(
            &call,
            ::resilience_runtime::__private::Condition::On(
                ::resilience_runtime::__private::FallbackOn::Transient,
            ),
        ) {
            let outcome = ::resilience_runtime::__private::Outcome::into_result(
                ::resilience_runtime::__private::Call::attempt_fallback(
                        &mut call,
                        ::resilience_runtime::__private::fallback::<
                            _,
                            _,
                            Result<_, ApiError>,
                            _,
                            _,
                        >((prompt,), &error, last),
                    )
                    .await,
            );
            match outcome {
                ::core::result::Result::Ok(value) => {
                    break 'answer ::resilience_runtime::__private::Call::answered::<
                        Result<_, ApiError>,
                    >(&mut call, "last", value);
                }
                ::core::result::Result::Err(failure) => {
                    ::core::option::Option::Some((
                        "last",
                        ::core::convert::Into::into(failure),
                    ))
                }
            }
        } else {
            last
        };
        ::resilience_runtime::__private::Call::unanswered(&mut call, error, last)
    }
}
