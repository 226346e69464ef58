//! The annotated function. Its body stays a token stream: it is emitted unchanged, even where syn cannot parse it.

mod async_trait;
mod bindings;
mod braces;
mod lifetimes;
mod mentions;
mod output;
mod raw;
mod target;
mod used_idents;
mod without_target;

use darling::error::Accumulator;
use darling::{Error, Result};
use proc_macro2::{Group, TokenStream};
use quote::{ToTokens, TokenStreamExt as _};
use syn::parse::ParseStream;
use syn::spanned::Spanned as _;
use syn::{Attribute, ReturnType, Signature, Token, Type, Visibility, token};

pub(crate) use async_trait::without_mut;
pub(crate) use bindings::{Argument, Binding, Passing, Receiver};
pub(crate) use braces::braces;
pub(crate) use mentions::mention;
pub(crate) use output::{bare_error_parameter, has_impl_trait, without_impl_trait};
pub(crate) use raw::Raw;
pub(crate) use target::Target;
pub(crate) use used_idents::UsedIdents;
pub(crate) use without_target::without_target;

/// The annotated function, taken apart.
pub(crate) struct Function {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) defaultness: Option<Token![default]>,
    pub(crate) sig: Signature,
    /// The braces of the function; the body itself is in `body`.
    pub(crate) brace: token::Brace,
    /// `#![…]` at the start of the body.
    pub(crate) inner_attrs: Vec<Attribute>,
    /// The statements to run in each attempt.
    pub(crate) body: Group,
    pub(crate) shape: Shape,
    pub(crate) output: Type,
    pub(crate) receiver: Option<Receiver>,
    pub(crate) arguments: Vec<Argument>,
    /// The parameter that is no longer in the signature.
    pub(crate) target: Option<Target>,
}

/// How the function is asynchronous.
pub(crate) enum Shape {
    /// `async fn`
    AsyncFn,
    /// What `#[async_trait]` leaves: `Box::pin(async move { before; let __ret: R = { body }; after })`.
    AsyncTrait(Box<async_trait::Boxed>),
}

/// The result of parsing an item.
pub(crate) enum Parsed {
    Function(Box<Function>),
    /// Not a complete function, as while typing: it is emitted unchanged, and rustc reports what is wrong.
    Unfinished,
}

impl Function {
    /// Parses the annotated item. The error holds every reason why it cannot be annotated.
    pub(crate) fn parse(item: TokenStream) -> Result<Parsed> {
        let mut raw: Raw = match syn::parse2(item.clone()) {
            Ok(raw) => raw,
            Err(_) => return not_a_function(item),
        };
        let Some((brace, body)) = raw.body.take() else {
            return Err(Error::custom(
                "a trait method without a body cannot be annotated; annotate its implementations, or add a default body",
            )
            .with_span(&raw.sig.ident));
        };
        let mut problems = Error::accumulator();
        if let Some(constness) = raw.sig.constness {
            problems.push(
                Error::custom("expected an `async fn`; a `const fn` cannot wait between attempts")
                    .with_span(&constness),
            );
        }
        let (inner_attrs, body) = inner_attributes(body);
        let target = target::take(&mut raw.sig, &mut problems);
        let parts = Parts::of(
            &raw.attrs,
            &raw.sig,
            braces(body, brace.span.join()),
            target.as_ref(),
            &mut problems,
        );
        problems.finish()?;
        let Some(Parts {
            shape,
            output: Some(output),
            body,
            receiver,
            arguments,
        }) = parts
        else {
            return Ok(Parsed::Unfinished);
        };
        Ok(Parsed::Function(Box::new(Self {
            attrs: raw.attrs,
            vis: raw.vis,
            defaultness: raw.defaultness,
            sig: raw.sig,
            brace,
            inner_attrs,
            body,
            shape,
            output,
            receiver,
            arguments,
            target,
        })))
    }
}

/// What the shape of the function decides.
struct Parts {
    shape: Shape,
    output: Option<Type>,
    body: Group,
    receiver: Option<Receiver>,
    arguments: Vec<Argument>,
}

impl Parts {
    /// Takes the function apart; `None` where its body cannot be parsed, but would have to be.
    fn of(
        attrs: &[Attribute],
        sig: &Signature,
        body: Group,
        target: Option<&Target>,
        problems: &mut Accumulator,
    ) -> Option<Self> {
        let (arguments, receiver) = bindings::of(sig);
        let recognized = if sig.asyncness.is_none() {
            async_trait::recognize(sig, &body, (&arguments, target), receiver.as_ref())
        } else {
            async_trait::Recognized::No
        };
        let output = match recognized {
            async_trait::Recognized::Yes(found) => {
                return Some(Self {
                    shape: Shape::AsyncTrait(Box::new(found.boxed)),
                    output: Some(found.output),
                    body: found.body,
                    receiver: found.receiver,
                    arguments: found.arguments,
                });
            }
            async_trait::Recognized::Unfinished => return None,
            async_trait::Recognized::ReturnsNothing => {
                problems.push(nothing_returned(sig));
                None
            }
            async_trait::Recognized::No if sig.asyncness.is_some() => returned(sig, problems),
            async_trait::Recognized::No => {
                // A `const fn` was reported already.
                if sig.constness.is_none() {
                    problems.push(not_async(attrs, sig));
                }
                None
            }
        };
        Some(Self {
            shape: Shape::AsyncFn,
            output,
            body,
            receiver,
            arguments,
        })
    }
}

fn returned(sig: &Signature, problems: &mut Accumulator) -> Option<Type> {
    match &sig.output {
        ReturnType::Type(_, output) => Some((**output).clone()),
        ReturnType::Default => {
            problems.push(nothing_returned(sig));
            None
        }
    }
}

fn nothing_returned(sig: &Signature) -> Error {
    Error::custom(
        "a resilient function must return a `Result`, whose error decides whether to retry; this one returns nothing",
    )
    .with_span(&sig.ident)
}

fn not_async(attrs: &[Attribute], sig: &Signature) -> Error {
    let is_test = |attr: &Attribute| {
        let last = attr.path().segments.last();
        last.is_some_and(|segment| segment.ident == "test")
    };
    let returns_future =
        matches!(&sig.output, ReturnType::Type(_, output) if output::is_future(output));
    Error::custom(if attrs.iter().any(is_test) {
        "expected an `async fn`; write this attribute above the test attribute, since the topmost runs first"
    } else if returns_future {
        "expected an `async fn`: each attempt needs a new future; write it as an `async fn`, or call \
         `Registry::service(name, kind)?.call(|| …)` by hand"
    } else {
        "expected an `async fn`: retries wait between attempts; write it as an `async fn` that runs blocking code in \
         `tokio::task::spawn_blocking`"
    })
    .with_span(&sig.fn_token)
}

fn not_a_function(item: TokenStream) -> Result<Parsed> {
    match syn::parse2::<syn::Item>(item) {
        // A function whose signature syn does not understand, or an item that is not complete.
        Ok(syn::Item::Fn(_) | syn::Item::Verbatim(_)) | Err(_) => Ok(Parsed::Unfinished),
        Ok(item) => Err(Error::custom(
            "expected an `async fn`; annotate each function or method by itself",
        )
        .with_span(&item.span())),
    }
}

/// Splits `#![…]` off the start of a body.
fn inner_attributes(body: TokenStream) -> (Vec<Attribute>, TokenStream) {
    let parser = |input: ParseStream<'_>| {
        let attrs = Attribute::parse_inner(input)?;
        Ok((attrs, input.parse::<TokenStream>()?))
    };
    syn::parse::Parser::parse2(parser, body.clone()).unwrap_or((Vec::new(), body))
}

impl Function {
    /// Whether it is the name of an argument, or of the target.
    pub(crate) fn binds(&self, ident: &syn::Ident) -> bool {
        if (self.target.as_ref()).is_some_and(|target| target.ident == *ident) {
            return true;
        }
        let mut bindings = self.arguments.iter().flat_map(|it| &it.bindings);
        bindings.any(|binding| binding.ident == *ident)
    }

    /// Returns the function with the statements of `block` instead of its body.
    pub(crate) fn with_block(&self, sig: &Signature, block: impl ToTokens) -> TokenStream {
        let mut tokens = TokenStream::new();
        tokens.append_all(&self.attrs);
        self.vis.to_tokens(&mut tokens);
        self.defaultness.to_tokens(&mut tokens);
        sig.to_tokens(&mut tokens);
        self.brace.surround(&mut tokens, |inside| {
            inside.append_all(&self.inner_attrs);
            block.to_tokens(inside);
        });
        tokens
    }
}
