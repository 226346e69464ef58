//! Lets the compiler choose the rule that classifies an error type (autoref specialization).
//!
//! `(&&&&Probe(error)).judge()` resolves to the first of four methods whose bounds hold: the number of
//! references is the order of the rules. It is resolved at the call site of the macro, so it works for types that
//! implement no trait of this crate and needs no unstable specialization.

use std::error::Error;
use std::fmt;

use super::clients::source_chain;
use super::{Classify, Verdict};
use crate::error::BoxError;
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
pub trait KnownByType<'a, E> {
    /// Returns what identifies the error.
    fn identity(&self) -> Identity<'a, E>;
}

impl<'a, E: Error + Send + Sync + 'static> KnownByType<'a, E> for &&Probe<'a, E> {
    fn identity(&self) -> Identity<'a, E> {
        Identity {
            is_held: Some(is_held::<E>),
            sources: self.0.source(),
            boxed: Some(|error| Box::new(error)),
        }
    }
}

/// Rule 2: what it holds.
pub trait KnownByContent<'a, E> {
    /// Returns what identifies the error.
    fn identity(&self) -> Identity<'a, E>;
}

impl<'a, E> KnownByContent<'a, E> for &Probe<'a, E>
where
    E: AsRef<dyn Error + Send + Sync + 'static> + Into<BoxError>,
{
    fn identity(&self) -> Identity<'a, E> {
        Identity {
            is_held: None,
            sources: Some(self.0.as_ref()),
            boxed: Some(Into::into),
        }
    }
}

/// Rule 3: nothing.
pub trait NotKnown<E> {
    /// Returns what identifies the error.
    fn identity(&self) -> Identity<'static, E>;
}

impl<E> NotKnown<E> for Probe<'_, E> {
    fn identity(&self) -> Identity<'static, E> {
        Identity::NONE
    }
}

/// Holds what identifies an error, beside its verdict, and how it becomes the source of another one.
pub struct Identity<'a, E> {
    pub(crate) is_held: Option<IsHeld>,
    /// The first source of a known type.
    pub(crate) sources: Option<&'a (dyn Error + 'static)>,
    pub(crate) boxed: Option<fn(E) -> BoxError>,
}

impl<E> Identity<'_, E> {
    pub(crate) const NONE: Self = Self {
        is_held: None,
        sources: None,
        boxed: None,
    };
}

impl<E> Clone for Identity<'_, E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E> Copy for Identity<'_, E> {}

impl<E> fmt::Debug for Identity<'_, E> {
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
    pub(crate) is_held: Option<IsHeld>,
    pub(crate) sources: Option<&'a (dyn Error + 'static)>,
}

impl<'a> Classified<'a> {
    /// Returns a classification without an override of the retry.
    #[must_use]
    pub const fn of(verdict: Verdict) -> Self {
        Self {
            verdict,
            retry_override: None,
            by_itself: None,
            is_held: None,
            sources: None,
        }
    }

    /// Adds what identifies the error.
    #[inline]
    #[must_use]
    pub const fn known_by<E>(mut self, identity: Identity<'a, E>) -> Known<'a, E> {
        self.is_held = identity.is_held;
        self.sources = identity.sources;
        Known {
            classified: self,
            boxed: identity.boxed,
        }
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

/// Holds a classified error, and how it becomes the source of another one.
#[derive(Debug)]
pub struct Known<'a, E> {
    pub(crate) classified: Classified<'a>,
    pub(crate) boxed: Option<fn(E) -> BoxError>,
}

impl<E> Known<'_, E> {
    /// Returns an error of which nothing but the verdict is known.
    pub(crate) const fn by_verdict(verdict: Verdict) -> Self {
        Self {
            classified: Classified::of(verdict),
            boxed: None,
        }
    }

    /// Replaces the verdict by that of the attribute's `classify`.
    #[inline]
    #[must_use]
    pub const fn overridden_by(mut self, verdict: Verdict) -> Self {
        self.classified.by_itself = Some(self.classified.verdict);
        self.classified.verdict = verdict;
        self
    }

    /// Decides the retry, whatever the verdict.
    #[inline]
    #[must_use]
    pub const fn retried_if(mut self, retry: bool) -> Self {
        self.classified.retry_override = Some(retry);
        self
    }
}
