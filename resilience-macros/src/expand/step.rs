//! What stands round one step of a fallback: its condition, and what is told of its failure.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;

use super::expansion::Expansion;
use crate::args::{Fallback, On, Step, When, variant};

/// Which failures the steps answer, and what is written round a step that does not answer all that reach it.
#[derive(Clone, Copy)]
pub(super) struct Filter {
    on: On,
    /// Some steps answer failures of their own, so that every failure reaches the steps.
    by_cause: bool,
}

impl Filter {
    pub(super) fn of(expansion: &Expansion<'_>) -> Self {
        let written = &expansion.args.fallback;
        let on = match written.as_ref().map(|written| &written.value) {
            Some(Fallback::Steps { on, .. }) => *on,
            _ => On::Any,
        };
        let by_cause = expansion
            .steps()
            .iter()
            .any(|step| matches!(step, Step::Call { when, .. } if *when != When::On));
        Self { on, by_cause }
    }

    /// What reaches the steps.
    pub(super) fn admits(self) -> Ident {
        variant(if self.by_cause { On::Any } else { self.on })
    }

    /// The condition of one step, where it has one.
    pub(super) fn condition(self, expansion: &Expansion<'_>, when: When) -> Option<TokenStream> {
        let mixed = Span::mixed_site();
        let private = &expansion.private;
        let when = match when {
            When::On if !self.by_cause || self.on == On::Any => return None,
            When::On => {
                let on = variant(self.on);
                quote_spanned!(mixed=> #private::Condition::On(#private::FallbackOn::#on))
            }
            specific => {
                let specific = variant(specific);
                quote_spanned!(mixed=> #private::Condition::#specific)
            }
        };
        Some(quote_spanned!(mixed=> #private::Call::answers(&call, #when)))
    }
}

/// One step and what is told of its failure in the end.
pub(super) struct StepFailure {
    /// Its failure is told, unless a later one fails as well.
    pub(super) told: bool,
    /// The failure of an earlier step is there.
    pub(super) earlier: bool,
    pub(super) condition: Option<TokenStream>,
}

impl StepFailure {
    /// `let last = …;` from the expression of a failure that is told, or the statements alone.
    pub(super) fn statements(&self, tried: &TokenStream) -> TokenStream {
        let mixed = Span::mixed_site();
        match (&self.condition, self.told) {
            (None, false) => tried.clone(),
            (Some(condition), false) => quote_spanned!(mixed=> if #condition { #tried }),
            (None, true) => quote_spanned!(mixed=> let last = { #tried };),
            (Some(condition), true) => {
                let earlier = self.earlier();
                quote_spanned!(mixed=> let last = if #condition { #tried } else { #earlier };)
            }
        }
    }

    pub(super) fn earlier(&self) -> TokenStream {
        let mixed = Span::mixed_site();
        if self.earlier {
            quote_spanned!(mixed=> last)
        } else {
            quote_spanned!(mixed=> ::core::option::Option::None)
        }
    }
}
