//! The errors of an AWS service's model in a chain of sources, where their type is not known.
//!
//! Each service has a crate of its own, and its errors are types of that crate. What they have in common is their `Display`: the
//! name of the error, a colon and the service's message (`smithy-rs`, `ErrorImplGenerator`). Only the name is read.

use std::error::Error;

use crate::verdict::Verdict;
use crate::verdict::display_prefix::display_prefix;

/// Longer names of errors there are none.
const LONGEST_NAME: usize = 96;

/// Returns the verdict on an error that a service's model names, found in a chain of sources: `SdkError`, or what
/// `into_service_error` returns. Their types belong to the crate of the service, so only the names are left.
pub(super) fn classify_modelled(error: &(dyn Error + 'static)) -> Option<Verdict> {
    const WRAPPER: &str = "service error";
    // One more byte, so that a longer text is not it.
    let wrapped = display_prefix(error, WRAPPER.len() + 1) == WRAPPER;
    let verdict = match error.source() {
        Some(modelled) if wrapped => Verdict::from_modelled_aws_code(name_of(&shown(modelled))?),
        _ => {
            let shown = shown(error);
            let name = name_of(&shown)?;
            if !(name.ends_with("Exception") || name.starts_with("NoSuch")) {
                return None;
            }
            Verdict::from_aws_code(name)
        }
    };
    (!verdict.is_unknown()).then(|| verdict.after_client_retries())
}

fn shown(error: &(dyn Error + 'static)) -> String {
    display_prefix(error, LONGEST_NAME)
}

/// The name that an error begins with: `Name`, or `Name: what happened`.
fn name_of(shown: &str) -> Option<&str> {
    let (name, _) = shown.split_once(": ").unwrap_or((shown, ""));
    let is_name = name.starts_with(|c: char| c.is_ascii_uppercase())
        && name.len() < LONGEST_NAME
        && name.bytes().all(|b| b.is_ascii_alphanumeric());
    is_name.then_some(name)
}

#[cfg(test)]
mod tests {
    use std::fmt;

    use super::*;
    use crate::verdict::{Classify, Reason};

    /// Shows a text, and has a source.
    #[derive(Debug)]
    struct Shown(&'static str, Option<Box<Shown>>);

    impl fmt::Display for Shown {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }
    }

    impl Error for Shown {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            self.1.as_ref().map(|source| &**source as &dyn Error)
        }
    }

    fn alone(text: &'static str) -> Verdict {
        let error: &(dyn Error + Send + Sync) = &Shown(text, None);
        error.classify()
    }

    fn wrapped(text: &'static str) -> Verdict {
        let error = Shown("service error", Some(Box::new(Shown(text, None))));
        let error: &(dyn Error + Send + Sync) = &error;
        error.classify()
    }

    #[test]
    fn modelled_error_is_classified_by_its_name() {
        for (text, expected, reason) in [
            (
                "ResourceNotFoundException: hunter2",
                Verdict::permanent(),
                Some(Reason::NotFound),
            ),
            ("NoSuchKey", Verdict::permanent(), Some(Reason::NotFound)),
            (
                "AccessDeniedException: no",
                Verdict::permanent(),
                Some(Reason::Denied),
            ),
            (
                "ConditionalCheckFailedException: x",
                Verdict::permanent(),
                None,
            ),
            (
                "TransactionCanceledException: x",
                Verdict::permanent(),
                None,
            ),
            (
                "ServiceUnavailableException",
                Verdict::outcome_unknown(),
                None,
            ),
            (
                "ThrottlingException: Rate exceeded",
                Verdict::throttled(None),
                None,
            ),
        ] {
            for verdict in [alone(text), wrapped(text)] {
                assert_eq!(verdict, expected, "{text}");
                assert_eq!(verdict.reason(), reason, "{text}");
                assert!(!verdict.may_retry(false), "{text}");
            }
        }
    }

    #[test]
    fn unlisted_name_concerns_the_request_unless_it_says_otherwise() {
        for (text, expected) in [
            ("BackupInUse: x", Verdict::permanent()),
            ("ReceiptHandleIsInvalid: x", Verdict::permanent()),
            ("SomethingNewException", Verdict::permanent()),
            ("XyzInternalException: x", Verdict::outcome_unknown()),
            ("ServiceFailureException: x", Verdict::outcome_unknown()),
            ("XyzThrottlingException", Verdict::throttled(None)),
        ] {
            assert_eq!(wrapped(text), expected, "{text}");
        }
    }

    #[test]
    fn other_texts_are_not_classified() {
        for text in [
            "",
            "unhandled error (NoSuchKey)",
            "unhandled error",
            "the answer was NoSuchKey",
            "no: ResourceNotFoundException",
        ] {
            assert_eq!(alone(text), Verdict::unclassified(), "{text}");
            assert_eq!(wrapped(text), Verdict::unclassified(), "{text}");
        }
        for text in [
            "SomethingNewException: x",
            "TimeoutException: of another library",
            "Timeout",
            "service errors",
        ] {
            assert_eq!(alone(text), Verdict::unclassified(), "{text}");
        }
    }

    #[test]
    fn known_source_is_found_first() {
        let refused = std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
        let error = anyhow::Error::new(refused)
            .context("NoSuchKey: x")
            .context("service error");
        let error: &(dyn Error + Send + Sync) = error.as_ref();
        assert_eq!(error.classify(), Verdict::transient());
    }
}
