//! What each attempt gets of the function's arguments.

use proc_macro2::Ident;
use syn::Expr;

use super::expansion::Expansion;
use crate::args::Toggle;
use crate::function::{Binding, Passing, UsedIdents};

/// How the attempt's block comes to what it uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Capture {
    /// `async move`: it takes what it mentions.
    Move,
    /// `async`: it takes what it uses up and borrows the rest, for a receiver that no `let` can replace
    /// and for `borrow(…)`.
    ByUse,
}

/// What one binding needs for one attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rebind {
    /// A copy.
    Clone,
    /// A copy for an attempt that may run beside others, of an original that stays.
    CloneBeside,
    /// A copy, or at last the original.
    Own,
    /// At last the original, which the body does not use.
    Keep,
    Reborrow,
    Move,
}

impl Expansion<'_> {
    pub(super) fn capture(&self) -> Capture {
        let borrows = self.args.borrow.is_some();
        let receiver_is_stuck = self.function.receiver.as_ref().is_some_and(|receiver| {
            !receiver.can_be_shadowed
                && match receiver.passing {
                    Passing::Copied => false,
                    Passing::Lent => {
                        self.args.keeps_arguments() || self.fallback_uses(&receiver.ident)
                    }
                    Passing::Owned => self.args.keeps_arguments(),
                }
        });
        if borrows || receiver_is_stuck {
            Capture::ByUse
        } else {
            Capture::Move
        }
    }

    /// Whether each attempt gets a binding of its own, so that `mut` belongs there and not on the argument.
    pub(super) fn rebinds(&self, ident: &Ident) -> bool {
        self.function
            .arguments
            .iter()
            .flat_map(|argument| &argument.bindings)
            .any(|binding| binding.ident == *ident && self.rebind(binding).is_some())
    }

    pub(super) fn rebind(&self, binding: &Binding) -> Option<Rebind> {
        if self.borrowed(&binding.ident) {
            return None;
        }
        let kept = self.args.keeps_arguments();
        if !self.body.contains(&binding.ident) {
            return match self.drops_with_body(binding) {
                true if kept => Some(Rebind::Keep),
                true if self.capture() == Capture::ByUse => Some(Rebind::Move),
                _ => None,
            };
        }
        match binding.passing {
            Passing::Owned if self.args.hedges() => Some(Rebind::CloneBeside),
            Passing::Owned if self.gives_original(binding) => Some(Rebind::Own),
            Passing::Owned if kept => Some(Rebind::Clone),
            Passing::Owned if self.capture() == Capture::ByUse => Some(Rebind::Move),
            Passing::Owned => None,
            Passing::Lent if kept || self.fallback_uses(&binding.ident) => Some(Rebind::Reborrow),
            Passing::Lent => None,
            // A fresh copy, where the body may change it.
            Passing::Copied if kept && binding.mutability.is_some() => Some(Rebind::Move),
            Passing::Copied => None,
        }
    }

    pub(super) fn borrowed(&self, ident: &Ident) -> bool {
        let mut names = self.args.borrow.iter().flat_map(|written| &written.value.0);
        names.any(|name| name == ident)
    }

    /// The names that an attempt can bind again, in the order of the function: also the receiver, where a `let` can
    /// replace it.
    pub(super) fn bindings(&self) -> Vec<Binding> {
        let receiver = self.function.receiver.iter();
        let receiver = receiver
            .filter(|receiver| receiver.can_be_shadowed)
            .map(|receiver| Binding {
                ident: receiver.ident.clone(),
                mutability: None,
                passing: receiver.passing,
            });
        let arguments = self.function.arguments.iter();
        let bindings = arguments.flat_map(|argument| argument.bindings.iter().cloned());
        receiver.chain(bindings).collect()
    }

    /// Whether the last attempt gets the original.
    pub(super) fn gives_original(&self, binding: &Binding) -> bool {
        self.args.keeps_arguments() && !self.args.hedges() && self.is_used_up(binding)
    }

    /// Whether the body may use the binding up, and nothing needs it afterwards.
    fn is_used_up(&self, binding: &Binding) -> bool {
        self.may_be_used_up(binding) && self.body.contains(&binding.ident)
    }

    /// Whether the binding is not used at all, but drops among those that are used up. Without a `_` before its name
    /// the compiler warns that it is unused, and still has to.
    pub(super) fn drops_with_body(&self, binding: &Binding) -> bool {
        self.function.arguments.len() > 1
            && !self.args.hedges()
            && binding.ident.to_string().starts_with('_')
            && !self.body.contains(&binding.ident)
            && self.may_be_used_up(binding)
            && !self.fallback_uses(&binding.ident)
            && self.bindings().iter().any(|other| self.is_used_up(other))
    }

    /// Whether the attempt's block has a value of its own.
    pub(super) fn is_moved(&self, binding: &Binding) -> bool {
        let rebind = self.rebind(binding);
        self.is_used_up(binding) || matches!(rebind, Some(Rebind::Clone | Rebind::CloneBeside))
    }

    fn may_be_used_up(&self, binding: &Binding) -> bool {
        let ident = &binding.ident;
        binding.passing == Passing::Owned && !self.borrowed(ident) && !self.needed_later(ident)
    }

    /// Whether something that runs beside or after the attempts needs the argument.
    fn needed_later(&self, ident: &Ident) -> bool {
        let args = self.args;
        if args.verify.is_some() || args.reconnect.is_some() || args.safety.is_some() {
            return true;
        }
        // Without retries a fallback has a copy of its own.
        let fallback = args.keeps_arguments() && self.fallback_uses(ident);
        fallback
            || self
                .later_code()
                .any(|code| UsedIdents::of(self.user_code(code)).contains(ident))
    }

    /// The user's code that judges an answer.
    fn later_code(&self) -> impl Iterator<Item = &Expr> {
        let args = self.args;
        let usage = Toggle::on(args.rate_limit.as_ref()).and_then(|limit| limit.usage.as_ref());
        let complete = self.stream().and_then(|stream| stream.complete.as_ref());
        let written = [
            args.classify.as_ref(),
            args.classify_ok.as_ref(),
            args.retry_if(),
        ];
        let written = written.into_iter().chain([usage, complete]);
        written.flatten().map(|written| &written.value.0)
    }
}
