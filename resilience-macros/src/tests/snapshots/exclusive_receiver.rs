async fn f(&mut self, owned: String, changed: Vec<u8>) -> Answer {
    let plan = ::resilience_runtime::__private::Call::plan(
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
                .path(|| ::resilience_runtime::__private::type_name_of_val(&|| ()))
        },
        ::core::option::Option::None,
    );
    let mut call = ::resilience_runtime::__private::Call::start(&plan);
    let mut owned_slot = ::core::option::Option::Some(owned);
    let mut changed_slot = ::core::option::Option::Some(changed);
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
        let outcome = {
            let owned_for_attempt = ::resilience_runtime::__private::CloneForRetry::for_attempt(
                &mut owned_slot,
                &call,
            );
            let changed_for_attempt = ::resilience_runtime::__private::CloneForRetry::for_attempt(
                &mut changed_slot,
                &call,
            );
            ::resilience_runtime::__private::Attempt::run(
                    &mut attempt,
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
