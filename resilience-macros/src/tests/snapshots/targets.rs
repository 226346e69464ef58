async fn ask(user: &str, words: Words) -> Result<Answer, ApiError> {
    static SITE: ::resilience_runtime::__private::Site = ::resilience_runtime::__private::Site::new();
    let function = const {
        &::resilience_runtime::__private::Function::new(
                "chat",
                ::resilience_runtime::__private::ServiceKind::Custom,
                ::core::concat!(::core::module_path!(), "::", "ask"),
                ::core::concat!(::core::file!(), ":", ::core::line!()),
            )
            .path(|| ::resilience_runtime::__private::type_name_of_val(&|| ()))
            .settings(const {
                &[
                    (
                        ::resilience_runtime::__private::Key::HedgeDelay,
                        ::resilience_runtime::__private::Value::HedgeDelay(
                            ::resilience_runtime::__private::HedgeDelay::After(
                                ::resilience_runtime::__private::Duration::from_secs(1),
                            ),
                        ),
                    ),
                ]
            })
            .idempotent(true)
            .hedges()
            .targets(::resilience_runtime::__private::Pick::Ordered)
    };
    let registry: ::core::option::Option<&::resilience_runtime::__private::Registry> = ::core::option::Option::None;
    let plan = ::resilience_runtime::__private::Call::plan(&SITE, function, registry);
    let mut targets = ::resilience_runtime::__private::Targets::new(
        &plan,
        &POOL,
        &SITE,
        function,
        registry,
    );
    ::resilience_runtime::__private::Targets::affinity(&mut targets, &(user));
    let targets = &targets;
    let mut call = ::resilience_runtime::__private::Call::start(&plan);
    let mut words = words;
    loop {
        let mut attempt = ::resilience_runtime::__private::Attempt::new(&call);
        let admission = match ::resilience_runtime::__private::Attempt::admit_to_now(
            &mut attempt,
            &mut call,
            ::resilience_runtime::__private::Targets::places(targets),
        ) {
            ::core::option::Option::Some(decided) => decided,
            ::core::option::Option::None => {
                ::resilience_runtime::__private::Attempt::admit_to(
                        &mut attempt,
                        &mut call,
                        ::resilience_runtime::__private::Targets::places(targets),
                    )
                    .await
            }
        };
        if let ::core::result::Result::Err(rejection) = admission {
            break ::resilience_runtime::__private::Call::reject(&mut call, rejection);
        }
        let outcome = ::resilience_runtime::__private::Attempt::run_hedged(
                &mut attempt,
                &mut call,
                ::core::option::Option::Some(
                    ::resilience_runtime::__private::Targets::places(targets),
                ),
                |attempt| {
                    let words = ::resilience_runtime::__private::CloneForHedge::clone_for_hedge(
                        &mut words,
                    );
                    let to: &Place = {
                        let target = ::resilience_runtime::__private::Targets::borrowed(
                            targets,
                            attempt,
                        );
                        target
                    };
                    async move {
                        if let ::core::option::Option::Some(never) = ::core::option::Option::None::<
                            Result<Answer, ApiError>,
                        > {
                            return never;
                        }
                        { to.send(user, words).await }
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
        let target = ::resilience_runtime::__private::Targets::borrowed(
            targets,
            &attempt,
        );
        let verified = ::resilience_runtime::__private::Attempt::verify(
            &mut attempt,
            &mut call,
            outcome,
            |error| {
                use ::resilience_runtime::__private::probe::{
                    ByAsRef as _, ByClassify as _, ByError as _, ByKind as _,
                    KnownByContent as _, KnownByType as _, NotKnown as _,
                };
                let probe = ::resilience_runtime::__private::probe::Probe(error);
                (&&&&probe).judge().known_by((&&&probe).identity())
            },
            || ::resilience_runtime::__private::hook::<
                _,
                ::resilience_runtime::__private::Verified<Result<Answer, ApiError>>,
                _,
                _,
            >((user, target, &words), found),
        );
        let outcome = verified.await;
        if ::resilience_runtime::__private::Call::succeeded(
            &mut call,
            &mut attempt,
            &outcome,
        ) {
            break ::resilience_runtime::__private::finished(outcome);
        }
        ::resilience_runtime::__private::Targets::keep(targets, &mut call);
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
    }
}
