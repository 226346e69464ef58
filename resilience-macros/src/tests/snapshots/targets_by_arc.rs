async fn ask(&self, word: &str) -> Result<Answer, ApiError> {
    static SITE: ::resilience_runtime::__private::Site = ::resilience_runtime::__private::Site::new();
    let function = const {
        &::resilience_runtime::__private::Function::new(
                "chat",
                ::resilience_runtime::__private::ServiceKind::Custom,
                ::core::concat!(::core::module_path!(), "::", "ask"),
                ::core::concat!(::core::file!(), ":", ::core::line!()),
            )
            .path(|| ::resilience_runtime::__private::type_name_of_val(&|| ()))
            .off(const { &[::resilience_runtime::__private::Pattern::Retry] })
            .targets(::resilience_runtime::__private::Pick::Balanced)
    };
    let registry: ::core::option::Option<&::resilience_runtime::__private::Registry> = ::core::option::Option::None;
    let plan = ::resilience_runtime::__private::Call::plan(&SITE, function, registry);
    let targets = ::resilience_runtime::__private::Targets::new(
        &plan,
        &self.pool,
        &SITE,
        function,
        registry,
    );
    let targets = &targets;
    let mut call = ::resilience_runtime::__private::Call::start(&plan);
    'attempts: {
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
            break 'attempts ::resilience_runtime::__private::Call::reject(
                &mut call,
                rejection,
            );
        }
        let outcome = {
            let mut to: Arc<Place> = {
                let target = ::resilience_runtime::__private::Targets::shared(
                    targets,
                    &attempt,
                );
                target
            };
            ::resilience_runtime::__private::Attempt::run(
                    &mut attempt,
                    &mut call,
                    async move {
                        if let ::core::option::Option::Some(never) = ::core::option::Option::None::<
                            Result<Answer, ApiError>,
                        > {
                            return never;
                        }
                        { to.send(word).await }
                    },
                )
                .await
        };
        if ::resilience_runtime::__private::Call::succeeded(
            &mut call,
            &mut attempt,
            &outcome,
        ) {
            break 'attempts ::resilience_runtime::__private::finished(outcome);
        }
        ::resilience_runtime::__private::Targets::keep(targets, &mut call);
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
