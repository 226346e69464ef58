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
            let a_for_attempt = ::resilience_runtime::__private::CloneForRetry::clone_for_retry(
                &a,
            );
            let b_for_attempt = ::resilience_runtime::__private::CloneForRetry::clone_for_retry(
                &b,
            );
            ::resilience_runtime::__private::Call::run(
                    &mut call,
                    async {
                        let mut m = m;
                        let owned = owned_for_attempt;
                        let mut changed = changed_for_attempt;
                        let lent = &mut *lent;
                        let a = a_for_attempt;
                        let mut b = b_for_attempt;
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
