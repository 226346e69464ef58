//! Lets the compiler choose the rule that classifies an error type (autoref specialization).
//!
//! `(&&&&Probe(error)).judge()` resolves to the first of four methods whose bounds hold: the number of
//! references is the order of the rules. It is resolved at the call site of the macro, so it works for types that
//! implement no trait of this crate and needs no unstable specialization.

use std::error::Error;

use super::clients::source_chain;
use super::{Classify, Verdict};

/// Wraps the error to classify.
pub struct Probe<'a, E: ?Sized>(pub &'a E);

/// Rule 1: the type implements `Classify`.
pub trait ByClassify {
    /// Returns the classification by this rule.
    fn judge(&self) -> Classified;
}

impl<E: Classify + ?Sized> ByClassify for &&&Probe<'_, E> {
    fn judge(&self) -> Classified {
        Classified::of(self.0.classify())
    }
}

/// Rule 2: the type holds an error of any type, as `anyhow::Error` and `eyre::Report` do.
pub trait ByAsRef {
    /// Returns the classification by this rule.
    fn judge(&self) -> Classified;
}

impl<E: AsRef<dyn Error + Send + Sync + 'static> + ?Sized> ByAsRef for &&Probe<'_, E> {
    fn judge(&self) -> Classified {
        let error: &(dyn Error + Send + Sync + 'static) = self.0.as_ref();
        Classified::of(source_chain::find(error).unwrap_or(Verdict::unclassified()))
    }
}

/// Rule 3: the type is an error, and one of its sources may be known.
pub trait ByError {
    /// Returns the classification by this rule.
    fn judge(&self) -> Classified;
}

impl<E: Error> ByError for &Probe<'_, E> {
    fn judge(&self) -> Classified {
        Classified::of(source_chain::find_in_sources(self.0).unwrap_or(Verdict::unclassified()))
    }
}

/// Rule 4: the type is unknown; the service's kind decides.
pub trait ByKind {
    /// Returns the classification by this rule.
    fn judge(&self) -> Classified;
}

impl<E: ?Sized> ByKind for Probe<'_, E> {
    fn judge(&self) -> Classified {
        Classified::of(Verdict::unclassified())
    }
}

/// Holds a verdict and the retry decision of `retry_if`, which overrides it.
#[derive(Clone, Copy, Debug)]
pub struct Classified {
    pub(crate) verdict: Verdict,
    pub(crate) retry_override: Option<bool>,
}

impl Classified {
    /// Returns a classification without an override of the retry.
    #[must_use]
    pub const fn of(verdict: Verdict) -> Self {
        Self {
            verdict,
            retry_override: None,
        }
    }

    /// Returns the verdict, for `#[derive(Classify)]`, which delegates to a field.
    pub const fn verdict(self) -> Verdict {
        self.verdict
    }
}
