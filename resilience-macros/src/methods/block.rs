//! An `impl` block, taken apart into its methods and the rest. Bodies stay tokens, even where syn cannot parse them.

use darling::{Error, Result};
use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use quote::{ToTokens as _, TokenStreamExt as _, quote};
use syn::parse::discouraged::Speculative as _;
use syn::parse::{ParseStream, Parser as _};
use syn::spanned::Spanned as _;
use syn::{Attribute, ImplItem, Meta};

use super::merge;
use crate::attribute;
use crate::function::Raw;
use crate::kind::Kind;

/// An `impl` block.
pub(super) struct Block {
    /// Everything before the braces.
    header: TokenStream,
    brace: Group,
    pub(super) items: Vec<Item>,
}

/// What stands in the block.
pub(super) enum Item {
    Method(Box<Method>),
    Other(TokenStream),
}

/// A method.
pub(super) struct Method {
    function: Raw,
    /// The attributes on it that are ours, by their place.
    own: Vec<usize>,
}

impl Block {
    /// Takes the block apart; `None` where it is not complete.
    pub(super) fn parse(item: &TokenStream) -> Result<Option<Self>> {
        let mut header: Vec<TokenTree> = item.clone().into_iter().collect();
        let body = match header.pop() {
            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => group,
            _ => return unfinished_or_another(item),
        };
        let is_impl =
            |token: &TokenTree| matches!(token, TokenTree::Ident(ident) if ident == "impl");
        let is_other = |token: &TokenTree| {
            let others = ["fn", "trait", "mod", "struct", "enum", "union"];
            matches!(token, TokenTree::Ident(ident) if others.iter().any(|other| ident == other))
        };
        let first = header
            .iter()
            .find(|token| is_impl(token) || is_other(token));
        if !first.is_some_and(is_impl) {
            return unfinished_or_another(item);
        }
        let Ok(items) = items.parse2(body.stream()) else {
            return Ok(None);
        };
        Ok(Some(Self {
            header: header.into_iter().collect(),
            brace: body,
            items,
        }))
    }

    /// The block with these items.
    pub(super) fn map(&self, item: impl FnMut(&Item) -> TokenStream) -> TokenStream {
        let mut tokens = self.header.clone();
        let mut body = Group::new(Delimiter::Brace, self.items.iter().map(item).collect());
        body.set_span(self.brace.span());
        tokens.append(body);
        tokens
    }
}

fn unfinished_or_another(item: &TokenStream) -> Result<Option<Block>> {
    let Ok(item) = syn::parse2::<syn::Item>(item.clone()) else {
        return Ok(None);
    };
    let message = match item {
        syn::Item::Fn(_) => {
            "expected an `impl` block; annotate a function with `#[resilient(…)]` or the attribute of its kind"
        }
        syn::Item::Trait(_) => "expected an `impl` block; annotate the implementations of a trait",
        syn::Item::Verbatim(_) => return Ok(None),
        _ => "expected an `impl` block",
    };
    Err(Error::custom(message).with_span(&item.span()))
}

fn items(input: ParseStream<'_>) -> syn::Result<Vec<Item>> {
    let mut items = Vec::new();
    // Inner attributes of the block.
    let inner = Attribute::parse_inner(input)?;
    if !inner.is_empty() {
        let mut tokens = TokenStream::new();
        tokens.append_all(inner);
        items.push(Item::Other(tokens));
    }
    while !input.is_empty() {
        let ahead = input.fork();
        items.push(if let Ok(function) = ahead.parse::<Raw>() {
            input.advance_to(&ahead);
            Item::Method(Box::new(Method::of(function)))
        } else {
            Item::Other(input.parse::<ImplItem>()?.into_token_stream())
        });
    }
    Ok(items)
}

impl Item {
    pub(super) fn is_annotated(&self) -> bool {
        matches!(self, Self::Method(method) if method.is_annotated())
    }

    pub(super) fn is_skipped(&self) -> bool {
        matches!(self, Self::Method(method) if method.is_skipped())
    }

    /// The item under the arguments of the block, and its own.
    pub(super) fn annotated(&self, args: &TokenStream) -> TokenStream {
        match self {
            Self::Method(method) if method.is_annotated() => method.annotated(args),
            _ => self.plain(),
        }
    }

    /// The item as it is, whatever it is annotated with.
    pub(super) fn plain(&self) -> TokenStream {
        match self {
            Self::Method(method) => method.plain(),
            Self::Other(item) => item.clone(),
        }
    }
}

impl Method {
    fn of(function: Raw) -> Self {
        let attrs = function.attrs.iter().enumerate();
        let own = attrs.filter(|(_, attr)| is_own(attr));
        Self {
            own: own.map(|(place, _)| place).collect(),
            function,
        }
    }

    fn own(&self) -> impl Iterator<Item = &Attribute> {
        self.own.iter().map(|place| &self.function.attrs[*place])
    }

    fn is_skipped(&self) -> bool {
        self.own()
            .any(|attr| matches!(&attr.meta, Meta::List(list) if list.tokens.to_string() == "skip"))
    }

    fn is_annotated(&self) -> bool {
        !self.is_skipped() && (!self.own.is_empty() || self.function.is_async())
    }

    /// The method under the merged arguments. An attribute of its own stays, and takes them: its name may be imported
    /// for it alone.
    fn annotated(&self, args: &TokenStream) -> TokenStream {
        if let Some(second) = self.own().nth(1) {
            let item = self.plain();
            let error = Error::custom(
                "a method takes one of these attributes; put all its arguments into the first one",
            );
            let error = error.with_span(&second.path()).write_errors();
            return quote!(#item #error);
        }
        if let Some(hidden) = self.function.attrs.iter().find(|attr| hides_own(attr)) {
            let item = self.plain();
            let error = Error::custom(
                "`#[resilient_methods]` cannot tell whether this attribute will be there, and both would protect the method; write \
                 the method twice, under `#[cfg(…)]` and `#[cfg(not(…))]`, each with its own",
            );
            let error = error.with_span(&hidden.path()).write_errors();
            return quote!(#item #error);
        }
        let Some(place) = self.own.first() else {
            let item = self.function.to_token_stream();
            return attribute::resilient(Kind::Custom, args.clone(), item);
        };
        let own = &self.function.attrs[*place];
        let merged = match &own.meta {
            Meta::List(list) => merge::merge(args, &list.tokens),
            _ => args.clone(),
        };
        self.with_own(&merged)
    }

    /// The method as it is.
    fn plain(&self) -> TokenStream {
        self.with_own(&attribute::skipped())
    }

    /// The method, with other arguments of its own attribute; any further one is left out.
    fn with_own(&self, args: &TokenStream) -> TokenStream {
        let mut function = self.function.clone();
        for (number, place) in self.own.iter().enumerate().rev() {
            if number == 0 {
                let attr = &mut function.attrs[*place];
                let path = attr.path().clone();
                attr.meta = syn::parse_quote!(#path(#args));
            } else {
                function.attrs.remove(*place);
            }
        }
        function.into_token_stream()
    }
}

/// Whether the attribute is one of ours.
fn is_own(attr: &Attribute) -> bool {
    let last = attr.path().segments.last();
    last.is_some_and(|last| is_own_name(&last.ident))
}

fn is_own_name(ident: &Ident) -> bool {
    let mut kinds = Kind::ALL.into_iter();
    kinds.any(|kind| ident == kind.attribute())
}

/// Whether it is a `cfg_attr` of one of ours.
fn hides_own(attr: &Attribute) -> bool {
    let Meta::List(list) = &attr.meta else {
        return false;
    };
    let is_comma = |token: &TokenTree| matches!(token, TokenTree::Punct(it) if it.as_char() == ',');
    let is_own = |token: &TokenTree| matches!(token, TokenTree::Ident(it) if is_own_name(it));
    // The condition comes first.
    let mut tokens = list
        .tokens
        .clone()
        .into_iter()
        .skip_while(|it| !is_comma(it));
    list.path.is_ident("cfg_attr") && tokens.any(|token| is_own(&token))
}
