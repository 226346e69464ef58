/// Asks.
pub(crate) async fn ask(prompt: &str) -> Result<Answer, ApiError> {
    let mut call = ::resilience_runtime::__private::Call::start(
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
        },
        ::core::option::Option::None,
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
        let attempt = ::resilience_runtime::__private::Call::run(
                &mut call,
                async move {
                    if let ::core::option::Option::Some(never) = ::core::option::Option::None::<
                        Result<Answer, ApiError>,
                    > {
                        return never;
                    }
                    { send(prompt).await }
                },
                ::resilience_runtime::__private::Outcome::from_ours,
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
