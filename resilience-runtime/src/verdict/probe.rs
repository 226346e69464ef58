//! Which rule judges an error type, found by the compiler.
//!
//! `(&&&&Probe(error)).judge()` takes the first of four methods whose bounds hold: the number of
//! references is the order of the rules. It is resolved where the macro wrote it, from what is known of
//! the type there, so it works for types that implement nothing of ours and needs no specialization.

use std::error::Error;

use super::{Classify, Verdict, known};

/// An error to be judged.
pub struct Probe<'a, E: ?Sized>(pub &'a E);

/// First: the type says it itself.
pub trait ByClassify {
    /// The verdict.
    fn judge(&self) -> Judgement;
}

impl<E: Classify + ?Sized> ByClassify for &&&Probe<'_, E> {
    fn judge(&self) -> Judgement {
        Judgement::of(self.0.classify())
    }
}

/// Second: it holds an error of any type, as `anyhow::Error` and `eyre::Report` do.
pub trait ByAsRef {
    /// The verdict.
    fn judge(&self) -> Judgement;
}

impl<E: AsRef<dyn Error + Send + Sync + 'static> + ?Sized> ByAsRef for &&Probe<'_, E> {
    fn judge(&self) -> Judgement {
        let error: &(dyn Error + Send + Sync + 'static) = self.0.as_ref();
        Judgement::of(known::find(error).unwrap_or(Verdict::unclassified()))
    }
}

/// Third: it is an error, and its sources may be known.
pub trait ByError {
    /// The verdict.
    fn judge(&self) -> Judgement;
}

impl<E: Error> ByError for &Probe<'_, E> {
    fn judge(&self) -> Judgement {
        Judgement::of(known::find_in_sources(self.0).unwrap_or(Verdict::unclassified()))
    }
}

/// Last: nothing is known of it, the kind decides.
pub trait ByKind {
    /// The verdict.
    fn judge(&self) -> Judgement;
}

impl<E: ?Sized> ByKind for Probe<'_, E> {
    fn judge(&self) -> Judgement {
        Judgement::of(Verdict::unclassified())
    }
}

/// A verdict, and what `retry_if` says of the retry.
#[derive(Clone, Copy, Debug)]
pub struct Judgement {
    pub(crate) verdict: Verdict,
    pub(crate) retry: Option<bool>,
}

impl Judgement {
    /// The rules decide on the retry as well.
    #[must_use]
    pub const fn of(verdict: Verdict) -> Self {
        Self {
            verdict,
            retry: None,
        }
    }

    /// For `#[derive(Classify)]`, which delegates to a field.
    pub const fn verdict(self) -> Verdict {
        self.verdict
    }
}
