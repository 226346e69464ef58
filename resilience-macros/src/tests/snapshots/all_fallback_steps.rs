async fn ask(&self, prompt: String, out: &mut Vec<u8>) -> Result<Answer, ApiError> {
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
                .cache(
                    ::resilience_runtime::__private::Duration::from_secs(300),
                    ::core::option::Option::Some(9),
                )
        },
        ::core::option::Option::None,
    );
    let mut call = ::resilience_runtime::__private::Call::start(&plan);
    ::resilience_runtime::__private::Call::cache_key(&mut call, &(prompt));
    'answer: {
        let out = {
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
                let outcome = {
                    let prompt = ::resilience_runtime::__private::CloneForRetry::clone_for_retry(
                        &prompt,
                    );
                    let out = &mut *out;
                    ::resilience_runtime::__private::Attempt::run(
                            &mut attempt,
                            &mut call,
                            async move {
                                if let ::core::option::Option::Some(never) = ::core::option::Option::None::<
                                    Result<Answer, ApiError>,
                                > {
                                    return never;
                                }
                                { self.send(prompt, out).await }
                            },
                        )
                        .await
                };
                if ::resilience_runtime::__private::Call::succeeded(
                    &mut call,
                    &mut attempt,
                    &outcome,
                ) {
                    break ::resilience_runtime::__private::finished(outcome);
                }
                if let ::core::ops::ControlFlow::Break(out) = ::resilience_runtime::__private::Call::conclude(
                    &mut call,
                    &mut attempt,
                    outcome,
                    ::core::option::Option::None,
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
            ::resilience_runtime::__private::Call::last_good_put(&mut call, &out);
            out
        };
        let error = match ::resilience_runtime::__private::Call::failure_to_answer(
            &mut call,
            out,
            ::resilience_runtime::__private::FallbackOn::Transient,
        ) {
            ::core::ops::ControlFlow::Break(out) => break 'answer out,
            ::core::ops::ControlFlow::Continue(error) => error,
        };
        if let ::core::option::Option::Some(out) = ::resilience_runtime::__private::Call::last_good_get(
            &mut call,
        ) {
            break 'answer out;
        }
        let outcome = ::resilience_runtime::__private::Outcome::into_result(
            ::resilience_runtime::__private::Call::attempt_fallback(
                    &mut call,
                    ::resilience_runtime::__private::fallback::<
                        _,
                        _,
                        Result<Answer, ApiError>,
                        _,
                        _,
                    >(
                        (
                            self,
                            ::resilience_runtime::__private::CloneForRetry::clone_for_retry(
                                &prompt,
                            ),
                            &mut *out,
                        ),
                        &error,
                        Self::smaller,
                    ),
                )
                .await,
        );
        if let ::core::result::Result::Ok(value) = outcome {
            break 'answer ::resilience_runtime::__private::Call::answered::<
                Result<Answer, ApiError>,
            >(&mut call, "Self::smaller", value);
        }
        let outcome = ::resilience_runtime::__private::Call::registered::<
            Result<Answer, ApiError>,
        >(&mut call)
            .await;
        if let ::core::option::Option::Some(::core::result::Result::Ok(value)) = outcome {
            break 'answer ::resilience_runtime::__private::Call::answered::<
                Result<Answer, ApiError>,
            >(&mut call, "registered", value);
        }
        let outcome = ::resilience_runtime::__private::Outcome::into_result(
            ::resilience_runtime::__private::Call::attempt_fallback(
                    &mut call,
                    ::resilience_runtime::__private::fallback::<
                        _,
                        _,
                        Result<Answer, ApiError>,
                        _,
                        _,
                    >(
                        (
                            self,
                            ::resilience_runtime::__private::CloneForRetry::clone_for_retry(
                                &prompt,
                            ),
                            &mut *out,
                        ),
                        &error,
                        canned,
                    ),
                )
                .await,
        );
        if let ::core::result::Result::Ok(value) = outcome {
            break 'answer ::resilience_runtime::__private::Call::answered::<
                Result<Answer, ApiError>,
            >(&mut call, "canned", value);
        }
        ::resilience_runtime::__private::Call::answered::<
            Result<Answer, ApiError>,
        >(&mut call, "value", prompt.clone())
    }
}
