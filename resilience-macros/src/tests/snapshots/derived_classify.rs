#[automatically_derived]
impl<T> ::resilience_runtime::Classify for ApiError<T> {
    fn classify(&self) -> ::resilience_runtime::Verdict {
        match self {
            Self::Busy { wait: wait, .. } => {
                ::resilience_runtime::Verdict::throttled(
                    ::core::convert::Into::into(*wait),
                )
            }
            Self::Tuple { 0: wait, .. } => {
                ::resilience_runtime::Verdict::throttled(
                        ::core::convert::Into::into(*wait),
                    )
                    .counts_as_failure()
            }
            Self::NotFound { .. } => {
                ::resilience_runtime::Verdict::permanent().ignored_by_breaker()
            }
            Self::Http { 0: field, .. } => {
                use ::resilience_runtime::__private::probe::{
                    ByAsRef as _, ByClassify as _, ByError as _, ByKind as _,
                };
                (&&&&::resilience_runtime::__private::probe::Probe(field))
                    .judge()
                    .verdict()
            }
            Self::Io { 0: field, .. } => {
                use ::resilience_runtime::__private::probe::{
                    ByAsRef as _, ByClassify as _, ByError as _, ByKind as _,
                };
                (&&&&::resilience_runtime::__private::probe::Probe(field))
                    .judge()
                    .verdict()
            }
            Self::Wrapped { source: field, .. } => {
                use ::resilience_runtime::__private::probe::{
                    ByAsRef as _, ByClassify as _, ByError as _, ByKind as _,
                };
                (&&&&::resilience_runtime::__private::probe::Probe(field))
                    .judge()
                    .verdict()
            }
            Self::Own { 0: field, .. } => of_own(field),
            Self::Inner { 1: field, .. } => {
                use ::resilience_runtime::__private::probe::{
                    ByAsRef as _, ByClassify as _, ByError as _, ByKind as _,
                };
                (&&&&::resilience_runtime::__private::probe::Probe(field))
                    .judge()
                    .verdict()
            }
            Self::Other { .. } => ::resilience_runtime::Verdict::outcome_unknown(),
        }
    }
}
