async fn f(&mut self, owned: String, changed: Vec<u8>) -> Answer {
    let mut call = ::resilience_runtime::__private::Call::start(
        {
            static SITE: ::resilience_runtime::__private::Site = ::resilience_runtime::__private::Site::new();
            &SITE
        },
        const {
            &::resilience_runtime::__private::Function::new(
                "mcp",
                ::resilience_runtime::__private::ServiceKind::Mcp,
                ::core::concat!(::core::module_path!(), "::", "f"),
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
        let attempt = {
            let owned_for_attempt = ::resilience_runtime::__private::CloneForRetry::clone_for_retry(
                &owned,
            );
            let changed_for_attempt = ::resilience_runtime::__private::CloneForRetry::clone_for_retry(
                &changed,
            );
            ::resilience_runtime::__private::Call::run(
                    &mut call,
                    async {
                        let owned = owned_for_attempt;
                        let mut changed = changed_for_attempt;
                        if let ::core::option::Option::Some(never) = ::core::option::Option::None::<
                            Answer,
                        > {
                            return never;
                        }
                        { self.send(owned, changed).await }
                    },
                    ::resilience_runtime::__private::Outcome::from_ours,
                )
                .await
        };
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
