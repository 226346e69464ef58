//! Lets the compiler choose the rule that classifies an error type (autoref specialization).
//!
//! `(&&&&Probe(error)).judge()` resolves to the first of four methods whose bounds hold: the number of
//! references is the order of the rules. It is resolved at the call site of the macro, so it works for types that
//! implement no trait of this crate and needs no unstable specialization.

use std::error::Error;
use std::fmt;

use super::clients::source_chain;
use super::{Classify, Verdict};
use crate::error_type::{IsHeld, is_held};

/// Wraps the error to classify.
pub struct Probe<'a, E: ?Sized>(pub &'a E);

/// Rule 1: the type implements `Classify`.
pub trait ByClassify {
    /// Returns the classification by this rule.
    fn judge(&self) -> Classified<'static>;
}

impl<E: Classify + ?Sized> ByClassify for &&&Probe<'_, E> {
    fn judge(&self) -> Classified<'static> {
        Classified::of(self.0.classify())
    }
}

/// Rule 2: the type holds an error of any type, as `anyhow::Error` and `eyre::Report` do.
pub trait ByAsRef {
    /// Returns the classification by this rule.
    fn judge(&self) -> Classified<'static>;
}

impl<E: AsRef<dyn Error + Send + Sync + 'static> + ?Sized> ByAsRef for &&Probe<'_, E> {
    fn judge(&self) -> Classified<'static> {
        let error: &(dyn Error + Send + Sync + 'static) = self.0.as_ref();
        Classified::of(source_chain::find(error).unwrap_or(Verdict::unclassified()))
    }
}

/// Rule 3: the type is an error, and one of its sources may be known.
pub trait ByError {
    /// Returns the classification by this rule.
    fn judge(&self) -> Classified<'static>;
}

impl<E: Error> ByError for &Probe<'_, E> {
    fn judge(&self) -> Classified<'static> {
        Classified::of(source_chain::find_in_sources(self.0).unwrap_or(Verdict::unclassified()))
    }
}

/// Rule 4: the type is unknown; the service's kind decides.
pub trait ByKind {
    /// Returns the classification by this rule.
    fn judge(&self) -> Classified<'static>;
}

impl<E: ?Sized> ByKind for Probe<'_, E> {
    fn judge(&self) -> Classified<'static> {
        Classified::of(Verdict::unclassified())
    }
}

/// Rule 1 of what identifies an error: its type.
pub trait KnownByType<'a> {
    /// Returns what identifies the error.
    fn identity(&self) -> Identity<'a>;
}

impl<'a, E: Error + 'static> KnownByType<'a> for &&Probe<'a, E> {
    fn identity(&self) -> Identity<'a> {
        Identity {
            is_held: Some(is_held::<E>),
            sources: self.0.source(),
        }
    }
}

/// Rule 2: what it holds.
pub trait KnownByContent<'a> {
    /// Returns what identifies the error.
    fn identity(&self) -> Identity<'a>;
}

impl<'a, E: AsRef<dyn Error + Send + Sync + 'static> + ?Sized> KnownByContent<'a>
    for &Probe<'a, E>
{
    fn identity(&self) -> Identity<'a> {
        Identity {
            is_held: None,
            sources: Some(self.0.as_ref()),
        }
    }
}

/// Rule 3: nothing.
pub trait NotKnown {
    /// Returns what identifies the error.
    fn identity(&self) -> Identity<'static>;
}

impl<E: ?Sized> NotKnown for Probe<'_, E> {
    fn identity(&self) -> Identity<'static> {
        Identity::default()
    }
}

/// Holds what identifies an error, beside its verdict, within the error of an outer call.
#[derive(Clone, Copy, Default)]
pub struct Identity<'a> {
    pub(crate) is_held: Option<IsHeld>,
    /// The first source of a known type.
    pub(crate) sources: Option<&'a (dyn Error + 'static)>,
}

impl fmt::Debug for Identity<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity")
    }
}

/// Holds a verdict and the retry decision of `retry_if`, which overrides it.
#[derive(Clone, Copy, Debug)]
pub struct Classified<'a> {
    pub(crate) verdict: Verdict,
    pub(crate) retry_override: Option<bool>,
    /// The verdict without the attribute's `classify`, where there is one.
    pub(crate) by_itself: Option<Verdict>,
    pub(crate) identity: Identity<'a>,
}

impl<'a> Classified<'a> {
    /// Returns a classification without an override of the retry.
    #[must_use]
    pub const fn of(verdict: Verdict) -> Self {
        Self {
            verdict,
            retry_override: None,
            by_itself: None,
            identity: Identity {
                is_held: None,
                sources: None,
            },
        }
    }

    /// Adds what identifies the error.
    #[inline]
    #[must_use]
    pub const fn known_by(mut self, identity: Identity<'a>) -> Self {
        self.identity = identity;
        self
    }

    /// Replaces the verdict by that of the attribute's `classify`.
    #[inline]
    #[must_use]
    pub const fn overridden_by(mut self, verdict: Verdict) -> Self {
        self.by_itself = Some(self.verdict);
        self.verdict = verdict;
        self
    }

    /// Returns the verdict without the attribute's `classify`.
    pub(crate) fn by_itself(&self) -> Verdict {
        self.by_itself.unwrap_or(self.verdict)
    }

    /// Returns the verdict, for `#[derive(Classify)]`, which delegates to a field.
    pub const fn verdict(self) -> Verdict {
        self.verdict
    }
}
