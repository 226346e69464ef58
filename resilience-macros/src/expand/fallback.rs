//! What is tried after a failure, in the order in which it was written.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens as _, format_ident, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{Expr, ExprPath};

use super::description::last_good;
use super::expansion::Expansion;
use super::step::{Filter, StepFailure};
use crate::args::{Fallback, Step, When, source};
use crate::function::{Passing, UsedIdents, without_impl_trait};
use crate::runtime::mixed_at;

impl<'a> Expansion<'a> {
    pub(super) fn steps(&self) -> &'a [Step] {
        Fallback::steps(self.args.fallback.as_ref())
    }

    /// Whether a fallback uses the argument of that name.
    pub(super) fn fallback_uses(&self, ident: &Ident) -> bool {
        self.steps().iter().any(|step| match step {
            Step::Call { .. } => true,
            Step::Value(value) => self.value_mentions(value, ident),
            Step::Cache { .. } | Step::Registered => false,
        })
    }

    fn value_mentions(&self, value: &Expr, ident: &Ident) -> bool {
        UsedIdents::of(self.user_code(value)).contains(ident)
    }

    /// Whether anything stands after the attempts.
    pub(super) fn has_fallback(&self) -> bool {
        !self.steps().is_empty()
    }

    /// With `retry = off` the attempt uses its arguments up: what a fallback needs is cloned before.
    pub(super) fn saved(&self) -> (TokenStream, TokenStream) {
        let mixed = Span::mixed_site();
        let mut before = TokenStream::new();
        let mut after = TokenStream::new();
        if self.args.keeps_arguments() {
            return (before, after);
        }
        let arguments = self.function.arguments.iter();
        let bindings = arguments.flat_map(|argument| &argument.bindings);
        let owned = bindings
            .filter(|binding| binding.passing == Passing::Owned && !self.borrowed(&binding.ident))
            .map(|binding| (&binding.ident, true))
            .chain(self.owned_receiver());
        for (ident, can_be_shadowed) in owned {
            if !self.body.contains(ident) || !self.fallback_uses(ident) {
                continue;
            }
            let saved = saved_as(ident);
            let clone = self.cloned(ident);
            before.extend(quote_spanned!(mixed=> let #saved = #clone;));
            if can_be_shadowed {
                after.extend(quote_spanned!(mixed=> let #ident = #saved;));
            }
        }
        (before, after)
    }

    fn owned_receiver(&self) -> Option<(&Ident, bool)> {
        let receiver = self.function.receiver.as_ref()?;
        (receiver.passing == Passing::Owned).then_some((&receiver.ident, receiver.can_be_shadowed))
    }
}

fn saved_as(ident: &Ident) -> Ident {
    format_ident!("{}_for_fallback", ident, span = Span::mixed_site())
}

/// The block that makes the function's result of the attempts' one. A success that is not stored leaves it from among
/// them: see [`Expansion::outcome`].
pub(super) fn fallbacks(expansion: &Expansion<'_>, attempts: &TokenStream) -> TokenStream {
    let mixed = Span::mixed_site();
    let there = mixed_at(expansion.function.output.span());
    let private = expansion.runtime.private(there);
    let filter = Filter::of(expansion);
    let on = filter.admits();
    let steps = expansion.steps();
    let general = || filter.condition(expansion, When::On);
    let answered = matches!(steps.last(), Some(Step::Value(_))) && general().is_none();
    let calls = steps.iter().any(|step| matches!(step, Step::Call { .. }));

    let attempts = match last_good(expansion) {
        None => quote_spanned!(mixed=> let out = #attempts;),
        // In a scope of its own, because what was borrowed is held until the scope ends.
        Some(_) => {
            let lifetime = expansion
                .read_through()
                .and_then(|cache| expansion.lifetime(cache));
            let remember = match lifetime {
                None => quote_spanned!(there=> #private::Call::last_good_put(&mut call, &out);),
                Some(lifetime) => quote_spanned! {there=>
                    #[allow(clippy::redundant_closure)]
                    #private::Call::last_good_put_for(&mut call, &out, #lifetime);
                },
            };
            quote_spanned!(mixed=> let out = { let out = #attempts; #remember out };)
        }
    };
    let rescue = quote_spanned!(there=> #private::Call::failure_to_answer(&mut call, out, #private::FallbackOn::#on));
    let error = if calls || !answered {
        quote_spanned! {mixed=>
            let error = match #rescue {
                ::core::ops::ControlFlow::Break(out) => break 'answer out,
                ::core::ops::ControlFlow::Continue(error) => error,
            };
        }
    } else {
        quote_spanned! {mixed=>
            if let ::core::ops::ControlFlow::Break(out) = #rescue {
                break 'answer out;
            }
        }
    };

    let (_, restored) = expansion.saved();
    let mut tried = TokenStream::new();
    let mut failure_told = false;
    for (index, step) in steps.iter().enumerate() {
        let later = &steps[index + 1..];
        // Only the last failure is told, and only where nothing answers in the end.
        let told = !answered
            && !later.iter().any(
                |step| matches!(step, Step::Call { when, .. } if filter.condition(expansion, *when).is_none()),
            );
        let mut step_of = |when| {
            let step = StepFailure {
                told,
                earlier: failure_told,
                condition: filter.condition(expansion, when),
            };
            failure_told |= told;
            step
        };
        tried.extend(match step {
            Step::Cache { .. } => {
                let recall = quote_spanned! {there=>
                    if let ::core::option::Option::Some(out) = #private::Call::last_good_get(&mut call) {
                        break 'answer out;
                    }
                };
                match general() {
                    None => recall,
                    Some(condition) => quote_spanned!(mixed=> if #condition { #recall }),
                }
            }
            Step::Call { path, when } => call(expansion, path, later, &step_of(*when)),
            Step::Value(value) => {
                let output = without_impl_trait(&expansion.function.output);
                let value = expansion.user_code(value);
                let rescued = quote_spanned!(there=> #private::Call::answered::<#output>(&mut call, "value", #value));
                match general() {
                    None => rescued,
                    Some(condition) => {
                        quote_spanned!(mixed=> if #condition { break 'answer #rescued; })
                    }
                }
            }
            Step::Registered => ask_registered(expansion, &step_of(When::On)),
        });
    }
    if !answered {
        tried.extend(if failure_told {
            // That both errors go into a box is asked by the step that can fail.
            let last_call = steps.iter().rev().find_map(|step| match step {
                Step::Call { path, .. } => Some(mixed_at(path.span())),
                _ => None,
            });
            let there = last_call.unwrap_or(there);
            let private = expansion.runtime.private(there);
            quote_spanned!(there=> #private::Call::unanswered(&mut call, error, last))
        } else {
            quote_spanned!(there=> #private::Call::unchanged_error(&mut call, error))
        });
    }
    quote_spanned! {mixed=>
        'answer: {
            #attempts
            #error
            #restored
            #tried
        }
    }
}

/// Calls a fallback function with the function's arguments.
fn call(
    expansion: &Expansion<'_>,
    path: &ExprPath,
    later: &[Step],
    step: &StepFailure,
) -> TokenStream {
    let mixed = Span::mixed_site();
    let there = mixed_at(path.span());
    let private = expansion.runtime.private(there);
    let name = source(&Expr::Path(path.clone()));
    let arguments = arguments(expansion, later);
    let path = expansion.user_code(&Expr::Path(path.clone()));
    let output = without_impl_trait(&expansion.function.output);
    let future = quote_spanned! {there=>
        #private::fallback::<_, _, #output, _, _>((#(#arguments,)*), &error, #path)
    };
    let rescued = {
        let there = mixed_at(output.span());
        let private = expansion.runtime.private(there);
        quote_spanned!(there=> #private::Call::answered::<#output>(&mut call, #name, value))
    };
    let outcome = quote_spanned! {there=>
        #private::Outcome::into_result(#private::Call::attempt_fallback(&mut call, #future).await)
    };
    let allow = passes_an_underscore(expansion)
        .then(|| quote_spanned!(mixed=> #[allow(clippy::used_underscore_binding)]));
    if step.told {
        let told = quote_spanned!(there=> ::core::convert::Into::into(failure));
        step.statements(&quote_spanned! {mixed=>
            #allow
            let outcome = #outcome;
            match outcome {
                ::core::result::Result::Ok(value) => break 'answer #rescued,
                ::core::result::Result::Err(failure) => ::core::option::Option::Some((#name, #told)),
            }
        })
    } else {
        step.statements(&quote_spanned! {mixed=>
            #allow
            let outcome = #outcome;
            if let ::core::result::Result::Ok(value) = outcome {
                break 'answer #rescued;
            }
        })
    }
}

/// Whether an argument is passed on that its name calls unused, which a lint would be told of.
fn passes_an_underscore(expansion: &Expansion<'_>) -> bool {
    let arguments = expansion.function.arguments.iter();
    arguments
        .flat_map(|argument| &argument.bindings)
        .any(|binding| binding.ident.to_string().starts_with('_'))
}

/// The receiver and the arguments, as they came in. What a later step needs again is cloned.
fn arguments(expansion: &Expansion<'_>, later: &[Step]) -> Vec<TokenStream> {
    let needed_again = |ident: &Ident| {
        later.iter().any(|step| match step {
            Step::Call { .. } => true,
            Step::Value(value) => expansion.value_mentions(value, ident),
            Step::Cache { .. } | Step::Registered => false,
        })
    };
    let pass = |ident: &Ident, passing: Passing, saved: bool| -> TokenStream {
        let there = mixed_at(ident.span());
        let own = if saved {
            saved_as(ident)
        } else {
            ident.clone()
        };
        match passing {
            Passing::Copied => own.to_token_stream(),
            Passing::Lent => quote_spanned!(there=> &mut *#own),
            Passing::Owned if needed_again(ident) => expansion.cloned(&own),
            Passing::Owned => own.to_token_stream(),
        }
    };
    let receiver = expansion.function.receiver.as_ref().map(|receiver| {
        let saved = !expansion.args.keeps_arguments()
            && receiver.passing == Passing::Owned
            && !receiver.can_be_shadowed
            && expansion.body.contains(&receiver.ident);
        pass(&receiver.ident, receiver.passing, saved)
    });
    let arguments = expansion.function.arguments.iter().filter_map(|argument| {
        argument
            .rebuilt(&mut |binding| Expr::Verbatim(pass(&binding.ident, binding.passing, false)))
            .map(|expr| expr.into_token_stream())
    });
    receiver.into_iter().chain(arguments).collect()
}

/// A fallback that was registered at run time. Where none is registered, an earlier failure is told.
fn ask_registered(expansion: &Expansion<'_>, step: &StepFailure) -> TokenStream {
    let mixed = Span::mixed_site();
    let output = without_impl_trait(&expansion.function.output);
    let there = mixed_at(output.span());
    let private = expansion.runtime.private(there);
    let asked = quote_spanned!(there=> #private::Call::registered::<#output>(&mut call).await);
    let rescued =
        quote_spanned!(there=> #private::Call::answered::<#output>(&mut call, "registered", value));
    if !step.told {
        return step.statements(&quote_spanned! {mixed=>
            let outcome = #asked;
            if let ::core::option::Option::Some(::core::result::Result::Ok(value)) = outcome {
                break 'answer #rescued;
            }
        });
    }
    let earlier = step.earlier();
    step.statements(&quote_spanned! {mixed=>
        let outcome = #asked;
        match outcome {
            ::core::option::Option::Some(::core::result::Result::Ok(value)) => break 'answer #rescued,
            ::core::option::Option::Some(::core::result::Result::Err(failure)) => {
                ::core::option::Option::Some(("registered", failure))
            }
            ::core::option::Option::None => #earlier,
        }
    })
}
