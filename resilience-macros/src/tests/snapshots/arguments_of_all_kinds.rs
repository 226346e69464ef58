async fn f<'a, T: Tool>(
    r: &'a T,
    n: u8,
    m: u8,
    owned: String,
    changed: Vec<u8>,
    lent: &mut Vec<u8>,
    (a, b): (String, u8),
    &(c, d): &(u8, u8),
    kept: Client,
    _guard: Guard,
    unused: String,
) -> Answer<'a> {
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
    let mut a_slot = ::core::option::Option::Some(a);
    let mut b_slot = ::core::option::Option::Some(b);
    #[allow(clippy::used_underscore_binding)]
    let mut _guard_slot = ::core::option::Option::Some(_guard);
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
            let a_for_attempt = ::resilience_runtime::__private::CloneForRetry::for_attempt(
                &mut a_slot,
                &call,
            );
            let b_for_attempt = ::resilience_runtime::__private::CloneForRetry::for_attempt(
                &mut b_slot,
                &call,
            );
            let _guard_for_attempt = ::resilience_runtime::__private::original(
                &mut _guard_slot,
                &call,
            );
            ::resilience_runtime::__private::Attempt::run(
                    &mut attempt,
                    &mut call,
                    async {
                        let mut m = m;
                        let owned = owned_for_attempt;
                        let mut changed = changed_for_attempt;
                        let lent = &mut *lent;
                        let a = a_for_attempt;
                        let mut b = b_for_attempt;
                        let _guard = _guard_for_attempt;
                        if let ::core::option::Option::Some(never) = ::core::option::Option::None::<
                            Answer<'a>,
                        > {
                            return never;
                        }
                        {
                            use_all(r, n, m, owned, changed, lent, a, b, c, d, &kept)
                                .await
                        }
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
