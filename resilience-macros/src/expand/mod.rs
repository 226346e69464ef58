//! The function that the compiler gets.
//!
//! ```text
//! let mut call = Call::start({ static SITE: Site = Site::new(); &SITE }, const { &Function::new(…) }, None);
//! Call::key(&mut call, &(key));
//! 'answer: { let out = loop {
//!     let admitted = match Call::admit_at_once(&mut call) { Some(it) => it, None => Call::admit(&mut call).await };
//!     if !admitted { break Call::refuse(&mut call); }
//!     let attempt = { let x = clone(&x); Call::run(&mut call, async move { body }, Outcome::from_ours).await };
//!     let success = Call::success(&mut call, &attempt, ok);
//!     if let Success::Is = success { break 'answer attempt; }
//!     if let Break(out) = Call::settle(&mut call, attempt, success, judge, exhausted) { break out; }
//! }; fallbacks }
//! ```
//!
//! With `cache(…)` all of it but the first line is in the block of [`read_through`].
//!
//! Tokens of the macro carry `mixed_site` hygiene, located where an error about them should point.

mod attempt;
mod companion;
mod description;
mod fallback;
mod judge;
mod read_through;
mod step;
mod stream;

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens as _, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{Expr, FnArg};

use crate::args::{Args, Toggle};
use crate::function::{Function, Mentions, Shape, braces};
use crate::kind::Kind;
use crate::runtime::{Runtime, at};

/// All that the parts of an expansion are made from.
struct Expansion<'a> {
    kind: Kind,
    args: &'a Args,
    function: &'a Function,
    runtime: Runtime,
    /// The runtime's names for expansions, where no error points at them.
    private: TokenStream,
    /// What the body mentions.
    body: Mentions,
}

pub(crate) fn expand(kind: Kind, args: &Args, function: &Function) -> TokenStream {
    let runtime = Runtime::new(args.runtime.as_ref().map(|written| &written.value.0));
    let expansion = Expansion {
        kind,
        args,
        function,
        private: runtime.private(Span::mixed_site()),
        runtime,
        body: Mentions::of(function.body.stream()),
    };
    let statements = expansion.statements();
    let renewed = |ident: &Ident| expansion.renews(ident);
    match &function.shape {
        Shape::AsyncFn => {
            let mut sig = function.sig.clone();
            for input in &mut sig.inputs {
                if let FnArg::Typed(argument) = input {
                    crate::function::without_mut(&mut argument.pat, &renewed);
                }
            }
            function.with_block(&sig, statements)
        }
        Shape::AsyncTrait(boxed) => {
            let block = braces(statements, function.body.span());
            function.with_block(&function.sig, boxed.with_block(block, &renewed))
        }
    }
}

impl Expansion<'_> {
    fn statements(&self) -> TokenStream {
        let mixed = Span::mixed_site();
        let (start, evaluated) = self.start();
        let (saved, _) = self.saved();
        let attempts = if self.args.retries() {
            self.attempts()
        } else {
            self.single_attempt()
        };
        let attempts = stream::streaming(self, &attempts);
        let call = if self.has_fallback() {
            let rescue = fallback::rescue(self, &attempts);
            quote_spanned!(mixed=> #evaluated #saved #rescue)
        } else {
            quote_spanned!(mixed=> #evaluated #saved #attempts)
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
        let key = limit
            .and_then(|limit| limit.key.as_ref())
            .map(|key| self.hashed("key", &key.value.0));
        let cost = limit.and_then(|limit| limit.cost.as_ref()).map(|cost| {
            let cost = self.user_code(&cost.value.0);
            quote_spanned!(mixed=> #private::Call::cost(&mut call, #cost);)
        });
        let correlation_id = self.args.correlation_id.as_ref().map(|id| {
            let there = at(id.place);
            let id = self.user_code(&id.value.0);
            quote_spanned!(there=> #private::Call::correlation_id(&mut call, &(#id));)
        });
        let safety = companion::safety(self);
        let cache_key = description::last_good(self)
            .and_then(|cache| cache.key.as_ref())
            .map(|key| self.hashed("cache_key", &key.value.0));
        let start = quote_spanned! {mixed=>
            let mut call = #private::Call::start(
                { static SITE: #private::Site = #private::Site::new(); &SITE },
                #description,
                #registry,
            );
        };
        if self.read_through().is_some() {
            // Whatever the cache does is told under the id.
            (
                quote_spanned!(mixed=> #start #correlation_id),
                quote_spanned!(mixed=> #key #cost #safety #cache_key),
            )
        } else {
            let evaluated = quote_spanned!(mixed=> #key #cost #correlation_id #safety #cache_key);
            (start, evaluated)
        }
    }

    /// `Call::key(&mut call, &(user));`
    fn hashed(&self, verb: &str, expr: &Expr) -> TokenStream {
        let there = at(expr.span());
        let private = self.runtime.private(there);
        let verb = Ident::new(verb, there);
        let call = quote_spanned!(Span::mixed_site()=> call);
        let expr = self.user_code(&borrowing(expr.clone()));
        quote_spanned!(there=> #private::Call::#verb(&mut #call, &(#expr));)
    }

    fn attempts(&self) -> TokenStream {
        let mixed = Span::mixed_site();
        let admitted = self.admitted();
        let refuse = self.refuse();
        let attempt = attempt::attempt(self);
        let verified = companion::verified(self);
        let used = judge::used(self);
        let succeeded = self.succeeded(&self.hand_out(&quote_spanned!(mixed=> break)));
        let settle = self.settle("settle");
        quote_spanned! {mixed=>
            loop {
                #admitted
                if !admitted {
                    break #refuse;
                }
                let attempt = #attempt;
                #verified
                #used
                #succeeded
                if let ::core::ops::ControlFlow::Break(out) = #settle {
                    break out;
                }
            }
        }
    }

    /// `retry = off`: nothing is cloned, nothing is repeated.
    fn single_attempt(&self) -> TokenStream {
        let mixed = Span::mixed_site();
        let admitted = self.admitted();
        let refuse = self.refuse();
        let attempt = attempt::attempt(self);
        let verified = companion::verified(self);
        let used = judge::used(self);
        let succeeded = self.succeeded(&self.hand_out(&quote_spanned!(mixed=> break 'attempts)));
        let settle = self.settle("settle_last");
        quote_spanned! {mixed=>
            'attempts: {
                #admitted
                if admitted {
                    let attempt = #attempt;
                    #verified
                    #used
                    #succeeded
                    #settle
                } else {
                    #refuse
                }
            }
        }
    }

    /// Whether the attempt may begin; it is only waited for where that cannot be said at once.
    fn admitted(&self) -> TokenStream {
        let private = &self.private;
        quote_spanned! {Span::mixed_site()=>
            let admitted = match #private::Call::admit_at_once(&mut call) {
                ::core::option::Option::Some(admitted) => admitted,
                ::core::option::Option::None => #private::Call::admit(&mut call).await,
            };
        }
    }

    fn refuse(&self) -> TokenStream {
        self.of_output(|private| quote_spanned!(self.there()=> #private::Call::refuse(&mut call)))
    }

    /// The way of a success: past the fallbacks, where there are any and it is not to be remembered.
    fn hand_out(&self, leave: &TokenStream) -> TokenStream {
        if self.has_fallback() && description::last_good(self).is_none() {
            quote_spanned!(Span::mixed_site()=> break 'answer attempt;)
        } else {
            quote_spanned!(Span::mixed_site()=> #leave attempt;)
        }
    }

    /// Hands a success out at once, as it lies there. A stream is put into another one and comes later.
    fn succeeded(&self, hand_out: &TokenStream) -> Option<TokenStream> {
        if self.stream().is_some() {
            return None;
        }
        let there = self.there();
        let ok = judge::ok(self);
        Some(self.of_output(|private| {
            let mixed = Span::mixed_site();
            let success = quote_spanned!(there=> #private::Call::success(&mut call, &attempt, #ok));
            quote_spanned! {mixed=>
                let success = #success;
                if let #private::Success::Is = success {
                    #hand_out
                }
            }
        }))
    }

    fn settle(&self, verb: &str) -> TokenStream {
        let there = self.there();
        let (verb, judges) = match self.stream() {
            None => (verb.to_owned(), judge::judges(self)),
            Some(stream) => (format!("{verb}_stream"), stream::judges(self, stream)),
        };
        let verb = Ident::new(&verb, there);
        self.of_output(
            |private| quote_spanned!(there=> #private::Call::#verb(&mut call, attempt, #judges)),
        )
    }

    /// The return type's place: what asks it to be a `Result` stands there, all of it, or the compiler
    /// would say so twice.
    fn there(&self) -> Span {
        at(self.function.output.span())
    }

    fn of_output(&self, expression: impl FnOnce(&TokenStream) -> TokenStream) -> TokenStream {
        expression(&self.runtime.private(self.there()))
    }

    /// An expression of the user's, with `self` as the body calls it.
    fn user_code(&self, expr: &Expr) -> TokenStream {
        let tokens = expr.to_token_stream();
        match &self.function.receiver {
            Some(receiver) if receiver.can_be_shadowed => with_receiver(tokens, &receiver.ident),
            _ => tokens,
        }
    }
}

/// `self` replaced by the name that `#[async_trait]` gave it.
fn with_receiver(tokens: TokenStream, receiver: &Ident) -> TokenStream {
    tokens
        .into_iter()
        .map(|token| match token {
            TokenTree::Ident(ident) if ident == "self" => {
                TokenTree::Ident(Ident::new(&receiver.to_string(), ident.span()))
            }
            TokenTree::Group(group) => {
                let mut replaced = proc_macro2::Group::new(
                    group.delimiter(),
                    with_receiver(group.stream(), receiver),
                );
                replaced.set_span(group.span());
                TokenTree::Group(replaced)
            }
            token => token,
        })
        .collect()
}

/// A key of several parts borrows them: `(tenant, user)` must not use the arguments up.
fn borrowing(expr: Expr) -> Expr {
    match expr {
        Expr::Tuple(mut tuple) => {
            for element in &mut tuple.elems {
                let inner = borrowing(element.clone());
                *element = match inner {
                    Expr::Path(_) | Expr::Field(_) | Expr::Index(_) => {
                        let there = at(inner.span());
                        Expr::Verbatim(quote_spanned!(there=> &#inner))
                    }
                    inner => inner,
                };
            }
            Expr::Tuple(tuple)
        }
        expr => expr,
    }
}
