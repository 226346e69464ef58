//! What the errors of `rig-agent`'s agents mean.
//!
//! Supported: rig-agent 0.44 to 0.46, which needs Rust 1.95 (0.45 and later 1.97).
//!
//! | error | verdict |
//! |---|---|
//! | `PromptError::{Provider, Report}` | by the rules of `rig-core`, but see below |
//! | `PromptError::Memory` | by its source, else unclassified |
//! | `MaxTurns`, `UnknownToolCall`; `StructuredOutputError::{Deserialization, EmptyResponse}` | permanent |
//! | `Cancelled` | permanent, ignored by the breaker |
//! | `StructuredOutputError::Prompt`, `StreamToStdoutError::Run` | by the `PromptError` |
//! | `StreamToStdoutError::Incomplete` | outcome unknown |
//!
//! A run is many requests, and calls of tools between them. Its error is that of the last one, so even a refused
//! connection does not prove that nothing was executed: transient errors are outcome unknown, and a throttled run is
//! retried only where the function is idempotent. Put the attribute on the function that sends one request, or say
//! `idempotent = true` if the whole run, its tools included, may be repeated.
//!
//! The errors are transparent, so without this feature they are unclassified. The agent repeats a turn whose tool call
//! or structured output is wrong, and an extractor as often as its `retries` say, 0 by default: neither is a repetition
//! after an error.

use ::rig_agent::agent::StreamToStdoutError;
use ::rig_agent::completion::{PromptError, StructuredOutputError};

use super::source_chain;
use crate::verdict::{Classify, Verdict};

impl Classify for PromptError {
    fn classify(&self) -> Verdict {
        match self {
            Self::Provider(error) => error.classify().after_proxy_retries(),
            Self::Report(report) => report.classify().after_proxy_retries(),
            // Its fields have names from 0.45 or 0.46 on.
            Self::Memory { .. } => source_chain::find_in_sources(self)
                .unwrap_or(Verdict::unclassified())
                .after_proxy_retries(),
            Self::MaxTurns { .. } | Self::UnknownToolCall { .. } => Verdict::permanent(),
            Self::Cancelled { .. } => Verdict::permanent().ignored_by_breaker(),
            _ => Verdict::unclassified(),
        }
    }
}

impl Classify for StructuredOutputError {
    fn classify(&self) -> Verdict {
        match self {
            Self::Prompt(error) => error.classify(),
            Self::Deserialization { .. } | Self::EmptyResponse => Verdict::permanent(),
        }
    }
}

impl Classify for StreamToStdoutError {
    fn classify(&self) -> Verdict {
        match self {
            Self::Run(error) => error.classify(),
            // Standard output is not the service.
            Self::Io(_) => Verdict::permanent().ignored_by_breaker(),
            Self::Incomplete => Verdict::outcome_unknown(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use ::rig_core::error::{ErrorKind, ErrorReport, ProviderError};
    use ::rig_core::http_client::Error as HttpError;
    use ::rig_core::memory::MemoryError;
    use http::StatusCode;

    use super::*;
    use crate::verdict::Reason;
    use crate::verdict::chain_test_util::found;

    fn refused() -> io::Error {
        io::ErrorKind::ConnectionRefused.into()
    }

    #[test]
    fn error_of_a_run_does_not_prove_that_nothing_ran() {
        let lost = HttpError::instance(refused());
        let verdict = found(PromptError::Provider(lost.into()));
        assert!(verdict.is_outcome_unknown(), "{verdict:?}");

        let busy = ProviderError::from_http_response(StatusCode::TOO_MANY_REQUESTS, "{}");
        let verdict = found(PromptError::Provider(busy));
        assert!(verdict.is_throttled());
        assert!(!verdict.may_retry(false));
        assert!(verdict.may_retry(true));

        let memory = MemoryError::backend(refused());
        assert!(found(PromptError::Memory(memory)).is_outcome_unknown());
    }

    #[test]
    fn fault_of_the_caller_is_permanent() {
        let denied = || ProviderError::from_http_response(StatusCode::UNAUTHORIZED, "{}");
        for error in [
            PromptError::Provider(denied()),
            PromptError::Report(denied().report()),
        ] {
            let verdict = found(error);
            assert_eq!(verdict, Verdict::permanent());
            assert_eq!(verdict.reason(), Some(Reason::Denied));
        }
        let nested = StructuredOutputError::Prompt(PromptError::Provider(denied()));
        assert_eq!(found(nested).reason(), Some(Reason::Denied));
        let streamed = StreamToStdoutError::Run(PromptError::Provider(denied()));
        assert_eq!(found(streamed).reason(), Some(Reason::Denied));
        assert_eq!(
            found(StructuredOutputError::EmptyResponse),
            Verdict::permanent()
        );
    }

    #[test]
    fn end_of_a_run_is_classified_by_its_cause() {
        let cancelled = Verdict::permanent().ignored_by_breaker();
        let verdict = found(PromptError::cancelled([], "hunter2"));
        assert_eq!(verdict, cancelled);
        let report = ErrorReport::new(ErrorKind::Cancelled, "hunter2");
        assert_eq!(found(PromptError::Report(report)), cancelled);
        assert_eq!(
            found(StreamToStdoutError::Incomplete),
            Verdict::outcome_unknown()
        );
        let full = StreamToStdoutError::Io(io::ErrorKind::BrokenPipe.into());
        assert_eq!(found(full), cancelled);
    }
}
