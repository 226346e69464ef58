async fn complete(model: &str, prompt: String) -> Result<Answer, ApiError> {
    let plan = ::resilience_runtime::__private::Call::plan(
        {
            static SITE: ::resilience_runtime::__private::Site = ::resilience_runtime::__private::Site::new();
            &SITE
        },
        const {
            &::resilience_runtime::__private::Function::new(
                    "llm",
                    ::resilience_runtime::__private::ServiceKind::Llm,
                    ::core::concat!(::core::module_path!(), "::", "complete"),
                    ::core::concat!(::core::file!(), ":", ::core::line!()),
                )
                .path(|| ::resilience_runtime::__private::type_name_of_val(&|| ()))
                .settings(const {
                    &[
                        (
                            ::resilience_runtime::__private::Key::HedgeDelay,
                            ::resilience_runtime::__private::Value::HedgeDelay(
                                ::resilience_runtime::__private::HedgeDelay::Percentile(
                                    95.0,
                                ),
                            ),
                        ),
                        (
                            ::resilience_runtime::__private::Key::HedgeMaxHedges,
                            ::resilience_runtime::__private::Value::Count(2),
                        ),
                    ]
                })
                .hedges()
        },
        ::core::option::Option::None,
    );
    let mut call = ::resilience_runtime::__private::Call::start(&plan);
    let mut prompt = prompt;
    loop {
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
            break ::resilience_runtime::__private::Call::reject(&mut call, rejection);
        }
        let outcome = ::resilience_runtime::__private::Attempt::run_hedged(
                &mut attempt,
                &mut call,
                ::core::option::Option::None,
                |_| {
                    let mut prompt = ::resilience_runtime::__private::CloneForHedge::clone_for_hedge(
                        &mut prompt,
                    );
                    async move {
                        if let ::core::option::Option::Some(never) = ::core::option::Option::None::<
                            Result<Answer, ApiError>,
                        > {
                            return never;
                        }
                        { send(model, prompt).await }
                    }
                },
                |error| {
                    use ::resilience_runtime::__private::probe::{
                        ByAsRef as _, ByClassify as _, ByError as _, ByKind as _,
                        KnownByContent as _, KnownByType as _, NotKnown as _,
                    };
                    let probe = ::resilience_runtime::__private::probe::Probe(error);
                    (&&&&probe).judge().known_by((&&&probe).identity())
                },
                |value| ::resilience_runtime::__private::classify_ok_by(
                    value,
                    Answer::verdict,
                ),
                |_| ::core::option::Option::None,
            )
            .await;
        let checked = ::resilience_runtime::__private::Call::check(
            &mut call,
            &mut attempt,
            &outcome,
            |value| ::resilience_runtime::__private::classify_ok_by(
                value,
                Answer::verdict,
            ),
        );
        let ::resilience_runtime::__private::Checked::Failure(ok_verdict) = checked else {
            break ::resilience_runtime::__private::finished(outcome);
        };
        if let ::core::ops::ControlFlow::Break(out) = ::resilience_runtime::__private::Call::conclude(
            &mut call,
            &mut attempt,
            outcome,
            ok_verdict,
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
    }
}
