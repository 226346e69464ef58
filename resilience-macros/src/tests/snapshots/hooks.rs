async fn order(&self, id: u64, tool: String) -> Result<Answer, ApiError> {
    let mut call = ::resilience_runtime::__private::Call::start(
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
                .reconnects()
        },
        ::core::option::Option::None,
    );
    ::resilience_runtime::__private::Call::safety(
        &mut call,
        (|client, _, _| client.safe())(self, &id, &tool),
    );
    loop {
        let admitted = match ::resilience_runtime::__private::Call::admit_at_once(
            &mut call,
        ) {
            ::core::option::Option::Some(admitted) => admitted,
            ::core::option::Option::None => {
                ::resilience_runtime::__private::Call::admit(&mut call).await
            }
        };
        if !admitted {
            break ::resilience_runtime::__private::Call::refuse(&mut call);
        }
        let attempt = 'attempt: {
            if ::resilience_runtime::__private::Call::session_is_lost(&mut call) {
                let renewal = ::resilience_runtime::__private::companion::<
                    _,
                    ::resilience_runtime::__private::Reconnected<
                        Result<Answer, ApiError>,
                    >,
                    _,
                    _,
                >((self, &id, &tool), connect);
                if let ::core::ops::ControlFlow::Break(attempt) = ::resilience_runtime::__private::Call::reconnect::<
                    Result<Answer, ApiError>,
                    _,
                >(&mut call, renewal)
                    .await
                {
                    break 'attempt attempt;
                }
            }
            {
                let tool = ::resilience_runtime::__private::CloneForRetry::clone_for_retry(
                    &tool,
                );
                ::resilience_runtime::__private::Call::run(
                        &mut call,
                        async move {
                            if let ::core::option::Option::Some(never) = ::core::option::Option::None::<
                                Result<Answer, ApiError>,
                            > {
                                return never;
                            }
                            { self.send(id, tool).await }
                        },
                        ::resilience_runtime::__private::Outcome::from_ours,
                    )
                    .await
            }
        };
        let attempt = ::resilience_runtime::__private::Call::verify(
                &mut call,
                attempt,
                |error| {
                    use ::resilience_runtime::__private::probe::{
                        ByAsRef as _, ByClassify as _, ByError as _, ByKind as _,
                    };
                    (&&&&::resilience_runtime::__private::probe::Probe(error)).judge()
                },
                || ::resilience_runtime::__private::companion::<
                    _,
                    ::resilience_runtime::__private::Verified<Result<Answer, ApiError>>,
                    _,
                    _,
                >((self, &id, &tool), Self::found),
            )
            .await;
        let success = ::resilience_runtime::__private::Call::success(
            &mut call,
            &attempt,
            ::resilience_runtime::__private::ok_is_ok,
        );
        if let ::resilience_runtime::__private::Success::Is = success {
            break attempt;
        }
        if let ::core::ops::ControlFlow::Break(out) = ::resilience_runtime::__private::Call::settle(
            &mut call,
            attempt,
            success,
            |error| {
                use ::resilience_runtime::__private::probe::{
                    ByAsRef as _, ByClassify as _, ByError as _, ByKind as _,
                };
                (&&&&::resilience_runtime::__private::probe::Probe(error)).judge()
            },
            ::resilience_runtime::__private::unchanged,
        ) {
            break out;
        }
    }
}
