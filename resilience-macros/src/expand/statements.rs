//! The statements of the new body: the call, the loop of its attempts, and how each ends.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;
use syn::FnArg;
use syn::spanned::Spanned as _;

use super::expansion::Expansion;
use super::{attempt, classify, description, fallback, hedge, hooks, stream, targets};
use crate::args::{Args, CallLimit, Prioritized, Spanned, Toggle, variant};
use crate::function::{Function, Shape, UsedIdents, braces};
use crate::kind::Kind;
use crate::runtime::{Runtime, mixed_at};

pub(crate) fn expand(kind: Kind, args: &Args, function: &Function) -> TokenStream {
    let runtime = Runtime::new(args.runtime.as_ref().map(|written| &written.value.0));
    let expansion = Expansion {
        kind,
        args,
        function,
        private: runtime.private(Span::mixed_site()),
        runtime,
        body: UsedIdents::of(function.body.stream()),
    };
    let statements = expansion.statements();
    let rebound = |ident: &Ident| expansion.rebinds(ident);
    match &function.shape {
        Shape::AsyncFn => {
            let mut sig = function.sig.clone();
            for input in &mut sig.inputs {
                if let FnArg::Typed(argument) = input {
                    crate::function::without_mut(&mut argument.pat, &rebound);
                }
            }
            function.with_block(&sig, statements)
        }
        Shape::AsyncTrait(boxed) => {
            let block = braces(statements, function.body.span());
            function.with_block(&function.sig, boxed.with_block(block, &rebound))
        }
    }
}

impl Expansion<'_> {
    fn statements(&self) -> TokenStream {
        let mixed = Span::mixed_site();
        let (start, evaluated) = self.start();
        let (saved, _) = self.saved();
        let mut slots = self.slots();
        slots.extend(hedge::originals(self));
        let attempts = if self.args.retries() {
            self.attempts()
        } else {
            self.single_attempt()
        };
        let attempts = stream::streaming(self, &attempts);
        let call = if self.has_fallback() {
            let rescue = fallback::fallbacks(self, &attempts);
            quote_spanned!(mixed=> #evaluated #saved #slots #rescue)
        } else {
            quote_spanned!(mixed=> #evaluated #saved #slots #attempts)
        };
        let call = match self.read_through() {
            Some(cache) => self.cached(cache, &call),
            None => call,
        };
        quote_spanned!(mixed=> #start #call)
    }

    /// The call, and what is evaluated once: of no use where a cache has the answer.
    fn start(&self) -> (TokenStream, TokenStream) {
        let mixed = Span::mixed_site();
        let private = &self.private;
        let description = description::description(self);
        let registry = match &self.args.registry {
            None => quote_spanned!(mixed=> ::core::option::Option::None),
            Some(registry) => {
                let registry = self.user_code(&registry.value.0);
                quote_spanned!(mixed=> ::core::option::Option::Some(#registry))
            }
        };
        let limit = Toggle::on(self.args.rate_limit.as_ref());
        let keys = self.args.keys().filter_map(|keys| {
            let verb = match keys.group {
                "circuit_breaker" => "breaker_key",
                "bulkhead" => "bulkhead_key",
                _ => "key",
            };
            Some(self.hashed(verb, &keys.key?.value.0))
        });
        let per_key = self.args.per_key();
        let per_key = per_key.map(|key| self.hashed("per_key", &key.value.0));
        let key: TokenStream = keys.chain(per_key).collect();
        let cost = limit.and_then(|limit| limit.cost.as_ref()).map(|cost| {
            let cost = self.user_code(&cost.value.0);
            quote_spanned!(mixed=> #private::Call::cost(&mut call, #cost);)
        });
        let priority = limit
            .and_then(|limit| limit.priority.as_ref())
            .map(|priority| self.priority(&priority.value));
        let timeout = self.computed_limit("timeout", self.args.timeout.as_ref());
        let deadline = self.computed_limit("deadline", self.args.deadline.as_ref());
        let correlation_id = self.args.correlation_id.as_ref().map(|id| {
            let there = mixed_at(id.place);
            let id = self.user_code(&id.value.0);
            quote_spanned!(there=> #private::Call::correlation_id(&mut call, &(#id));)
        });
        // With targets, each attempt asks for its own.
        let safety = match &self.function.target {
            None => hooks::safety(self),
            Some(_) => None,
        };
        let cache_key = description::last_good(self).map(|cache| self.last_good_key(cache));
        let plan = match &self.function.target {
            Some(_) => targets::plan(self, &description, &registry),
            None => quote_spanned! {mixed=>
                let plan = #private::Call::plan(
                    { static SITE: #private::Site = #private::Site::new(); &SITE },
                    #description,
                    #registry,
                );
            },
        };
        let start = quote_spanned! {mixed=>
            #plan
            let mut call = #private::Call::start(&plan);
        };
        if self.read_through().is_some() {
            // Whatever the cache does is told under the id, and who waits for another's answer has a deadline.
            (
                quote_spanned!(mixed=> #start #correlation_id #deadline),
                quote_spanned!(mixed=> #key #cost #priority #timeout #safety #cache_key),
            )
        } else {
            let evaluated = quote_spanned!(mixed=> #key #cost #priority #timeout #deadline #correlation_id #safety #cache_key);
            (start, evaluated)
        }
    }

    /// `Call::priority(&mut call, …);`
    fn priority(&self, priority: &Prioritized) -> TokenStream {
        let mixed = Span::mixed_site();
        let private = &self.private;
        let value = match priority {
            Prioritized::Fixed(word) => {
                let variant = variant(word);
                quote_spanned!(mixed=> #private::Priority::#variant)
            }
            Prioritized::Computed(code) => {
                let code = self.user_code(code);
                quote_spanned!(mixed=> #code)
            }
        };
        quote_spanned!(mixed=> #private::Call::priority(&mut call, #value);)
    }

    /// `Call::timeout(&mut call, code);` or the same of the deadline, where it is code.
    fn computed_limit(
        &self,
        name: &str,
        limit: Option<&Spanned<CallLimit>>,
    ) -> Option<TokenStream> {
        let code = CallLimit::computed(limit)?;
        let there = mixed_at(code.span());
        let call = quote_spanned!(Span::mixed_site()=> call);
        let private = self.runtime.private(there);
        let name = Ident::new(name, there);
        let code = self.user_code(code);
        Some(quote_spanned!(there=> #private::Call::#name(&mut #call, #code);))
    }

    fn attempts(&self) -> TokenStream {
        let mixed = Span::mixed_site();
        let leave = quote_spanned!(mixed=> break);
        let admitted = self.admitted(&leave);
        let outcome = self.outcome(&leave);
        let conclude = self.conclude();
        let keep = targets::keep(self);
        quote_spanned! {mixed=>
            loop {
                #admitted
                #outcome
                #keep
                if let ::core::ops::ControlFlow::Break(out) = #conclude {
                    break out;
                }
            }
        }
    }

    /// `retry = off`: nothing is cloned, nothing is repeated.
    fn single_attempt(&self) -> TokenStream {
        let mixed = Span::mixed_site();
        let leave = quote_spanned!(mixed=> break 'attempts);
        let admitted = self.admitted(&leave);
        let outcome = self.outcome(&leave);
        let conclude = self.conclude();
        let private = &self.private;
        let keep = targets::keep(self);
        quote_spanned! {mixed=>
            'attempts: {
                #admitted
                #outcome
                #keep
                #private::last(#conclude)
            }
        }
    }

    /// The attempt with its permits. It is only waited for where its admission cannot be decided at once.
    fn admitted(&self, leave: &TokenStream) -> TokenStream {
        let private = &self.private;
        let reject = self.of_output(|private| {
            quote_spanned!(self.return_span()=> #private::Call::reject(&mut call, rejection))
        });
        let (now, later, places) = match &self.function.target {
            None => ("admit_now", "admit", None),
            Some(_) => ("admit_to_now", "admit_to", Some(targets::places(self))),
        };
        let mixed = Span::mixed_site();
        let (now, later) = (Ident::new(now, mixed), Ident::new(later, mixed));
        let safety = self
            .function
            .target
            .as_ref()
            .and_then(|_| hooks::safety(self));
        quote_spanned! {mixed=>
            let mut attempt = #private::Attempt::new(&call);
            let admission = match #private::Attempt::#now(&mut attempt, &mut call, #places) {
                ::core::option::Option::Some(decided) => decided,
                ::core::option::Option::None => {
                    #private::Attempt::#later(&mut attempt, &mut call, #places).await
                }
            };
            if let ::core::result::Result::Err(rejection) = admission {
                #leave #reject;
            }
            #safety
        }
    }

    /// Runs the attempt, and returns its success at once, as it lies there: past the fallbacks, where there are any and
    /// it is not stored as the last good answer.
    fn outcome(&self, leave: &TokenStream) -> TokenStream {
        let mixed = Span::mixed_site();
        let run = attempt::attempt(self);
        let verified = hooks::verified(self);
        let leave = if self.has_fallback() && description::last_good(self).is_none() {
            quote_spanned!(mixed=> break 'answer)
        } else {
            leave.clone()
        };
        let checked = self.checked(&leave);
        quote_spanned! {mixed=>
            let outcome = #run;
            #verified
            #checked
        }
    }

    /// Returns a success. A stream is put into another one and comes later.
    fn checked(&self, leave: &TokenStream) -> Option<TokenStream> {
        if self.stream().is_some() {
            return None;
        }
        let there = self.return_span();
        let usage = classify::usage(self);
        let classify_ok = classify::classify_ok(self);
        Some(self.of_output(|private| {
            let mixed = Span::mixed_site();
            let Some(classify_ok) = classify_ok else {
                let succeeded = quote_spanned! {there=>
                    #private::Call::succeeded(&mut call, &mut attempt, &outcome)
                };
                return quote_spanned! {mixed=>
                    #usage
                    if #succeeded {
                        #leave #private::finished(outcome);
                    }
                };
            };
            let check = quote_spanned! {there=>
                #private::Call::check(&mut call, &mut attempt, &outcome, #classify_ok)
            };
            quote_spanned! {mixed=>
                #usage
                let checked = #check;
                let #private::Checked::Failure(ok_verdict) = checked else {
                    #leave #private::finished(outcome);
                };
            }
        }))
    }

    fn conclude(&self) -> TokenStream {
        let there = self.return_span();
        let (verb, arguments) = match self.stream() {
            None => ("conclude", classify::arguments(self)),
            Some(stream) => ("conclude_stream", stream::arguments(self, stream)),
        };
        let verb = Ident::new(verb, there);
        self.of_output(|private| {
            quote_spanned! {there=>
                #private::Call::#verb(&mut call, &mut attempt, outcome, #arguments)
            }
        })
    }
}
