async fn order(&self, id: u64, tool: String) -> Result<Answer, ApiError> {
    let plan = ::resilience_runtime::__private::Call::plan(
        {
            static SITE: ::resilience_runtime::__private::Site = ::resilience_runtime::__private::Site::new();
            &SITE
        },
        const {
            &::resilience_runtime::__private::Function::new(
                    "mcp",
                    ::resilience_runtime::__private::ServiceKind::Mcp,
                    ::core::concat!(::core::module_path!(), "::", "order"),
                    ::core::concat!(::core::file!(), ":", ::core::line!()),
                )
                .path(|| ::resilience_runtime::__private::type_name_of_val(&|| ()))
                .reconnects()
        },
        ::core::option::Option::None,
    );
    let mut call = ::resilience_runtime::__private::Call::start(&plan);
    ::resilience_runtime::__private::Call::safety(
        &mut call,
        (|client, _, _| client.safe())(self, &id, &tool),
    );
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
        let outcome = 'attempt: {
            if ::resilience_runtime::__private::Attempt::session_is_lost(&mut attempt) {
                let renewal = ::resilience_runtime::__private::hook::<
                    _,
                    ::resilience_runtime::__private::Reconnected<
                        Result<Answer, ApiError>,
                    >,
                    _,
                    _,
                >((self, &id, &tool), connect);
                let renewed = ::resilience_runtime::__private::Attempt::reconnect::<
                    Result<Answer, ApiError>,
                    _,
                >(
                    &mut attempt,
                    &mut call,
                    renewal,
                    |error| {
                        use ::resilience_runtime::__private::probe::{
                            ByAsRef as _, ByClassify as _, ByError as _, ByKind as _,
                            KnownByContent as _, KnownByType as _, NotKnown as _,
                        };
                        let probe = ::resilience_runtime::__private::probe::Probe(error);
                        (&&&&probe).judge().known_by((&&&probe).identity())
                    },
                );
                if let ::core::option::Option::Some(outcome) = renewed.await {
                    break 'attempt outcome;
                }
            }
            {
                let tool = ::resilience_runtime::__private::CloneForRetry::clone_for_retry(
                    &tool,
                );
                ::resilience_runtime::__private::Attempt::run(
                        &mut attempt,
                        &mut call,
                        async move {
                            if let ::core::option::Option::Some(never) = ::core::option::Option::None::<
                                Result<Answer, ApiError>,
                            > {
                                return never;
                            }
                            { self.send(id, tool).await }
                        },
                    )
                    .await
            }
        };
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
            >((self, &id, &tool), Self::found),
        );
        let outcome = verified.await;
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
