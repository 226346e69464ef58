async fn complete(
    self: Arc<Self>,
    parts: Parts,
    at: Instant,
) -> Result<Answer, ApiError> {
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
                                ::resilience_runtime::__private::HedgeDelay::After(
                                    ::resilience_runtime::__private::Duration::from_millis(300),
                                ),
                            ),
                        ),
                    ]
                })
                .off(const { &[::resilience_runtime::__private::Pattern::Retry] })
                .hedges()
        },
        ::core::option::Option::None,
    );
    let mut call = ::resilience_runtime::__private::Call::start(&plan);
    let mut at = at;
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
        let outcome = ::resilience_runtime::__private::Attempt::run_hedged(
                &mut attempt,
                &mut call,
                ::core::option::Option::None,
                |_| {
                    let at_for_attempt = ::resilience_runtime::__private::Copied::new(
                        ::resilience_runtime::__private::CloneForHedge::clone_for_hedge(
                            &mut at,
                        ),
                    );
                    async {
                        let at = ::resilience_runtime::__private::Copied::take(
                            at_for_attempt,
                        );
                        if let ::core::option::Option::Some(never) = ::core::option::Option::None::<
                            Result<Answer, ApiError>,
                        > {
                            return never;
                        }
                        { self.send(&parts, at).await }
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
                |_| ::core::option::Option::None,
                |_| ::core::option::Option::None,
            )
            .await;
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
