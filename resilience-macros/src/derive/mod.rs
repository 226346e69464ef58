//! `#[derive(Classify)]`

mod variant_attrs;

use darling::{Error, Result};
use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{Attribute, Data, DeriveInput, Field, Fields, Ident, Member};

use crate::runtime::{Runtime, mixed_at};
use variant_attrs::{Container, Meaning, OfField};

/// Expands the derive, or says everything that is wrong.
pub(crate) fn classify(input: TokenStream) -> TokenStream {
    match syn::parse2(input) {
        Ok(input) => try_classify(&input).unwrap_or_else(Error::write_errors),
        Err(error) => error.into_compile_error(),
    }
}

fn try_classify(input: &DeriveInput) -> Result<TokenStream> {
    let mixed = Span::mixed_site();
    let mut problems = Error::accumulator();
    let container = problems
        .handle(Container::read(&input.attrs))
        .unwrap_or_default();
    let runtime = Runtime::new(container.runtime.as_ref());
    let root = runtime.root(mixed);
    let arms: Vec<TokenStream> = match &input.data {
        Data::Enum(data) => data
            .variants
            .iter()
            .filter_map(|variant| {
                let name = &variant.ident;
                let path = quote_spanned!(mixed=> Self::#name);
                let own = problems.handle(Meaning::read(&variant.attrs))?;
                let meaning = own.or_else(|| container.meaning.clone());
                problems.handle(arm(
                    &runtime,
                    &path,
                    &variant.attrs,
                    &variant.fields,
                    meaning,
                    own_wins(&variant.attrs),
                ))
            })
            .collect(),
        Data::Struct(data) => {
            let own = own_wins(&input.attrs) && container.meaning.is_some();
            let path = quote_spanned!(mixed=> Self);
            let meaning = container.meaning.clone();
            let arm = arm(&runtime, &path, &input.attrs, &data.fields, meaning, own);
            problems.handle(arm).into_iter().collect()
        }
        Data::Union(data) => {
            problems.push(
                Error::custom("`Classify` is for errors, which are structs or enums")
                    .with_span(&data.union_token),
            );
            Vec::new()
        }
    };
    problems.finish()?;

    let name = &input.ident;
    let (impl_generics, type_generics, where_clause) = input.generics.split_for_impl();
    let body = if arms.is_empty() {
        quote_spanned!(mixed=> match *self {})
    } else {
        quote_spanned!(mixed=> match self { #(#arms)* })
    };
    Ok(quote_spanned! {mixed=>
        #[automatically_derived]
        impl #impl_generics #root::Classify for #name #type_generics #where_clause {
            fn classify(&self) -> #root::Verdict {
                #body
            }
        }
    })
}

/// Whether a `#[classify(…)]` stands there: it goes before what the fields say.
fn own_wins(attrs: &[Attribute]) -> bool {
    attrs.iter().any(|attr| attr.path().is_ident("classify"))
}

/// `Self::Variant { field: source, .. } => verdict,`
fn arm(
    runtime: &Runtime,
    path: &TokenStream,
    attrs: &[Attribute],
    fields: &Fields,
    meaning: Option<Meaning>,
    own: bool,
) -> Result<TokenStream> {
    let mixed = Span::mixed_site();
    let root = runtime.root(mixed);
    let delegate = delegate(attrs, fields)?;
    let (member, verdict) = match (meaning, delegate) {
        (Some(meaning), Some((member, OfField::Named(place)))) if own => {
            return Err(Error::custom(format!(
                "the variant says `{}` already, so what this field `{}` means is never asked",
                meaning.class.name(),
                member_name(&member)
            ))
            .with_span(&place));
        }
        (Some(meaning), _) if own => meaning.verdict(runtime, fields)?,
        (_, Some((member, of_field))) => {
            let field = format_ident!("field", span = mixed);
            let verdict = match of_field {
                OfField::With(path) => {
                    let there = mixed_at(path.span());
                    quote_spanned!(there=> #path(#field))
                }
                OfField::Named(_) | OfField::Source => {
                    let private = runtime.private(mixed);
                    quote_spanned! {mixed=> {
                        use #private::probe::{
                            ByAsRef as _, ByClassify as _, ByError as _, ByKind as _,
                        };
                        (&&&&#private::probe::Probe(#field)).judge().verdict()
                    }}
                }
            };
            (Some((member, field)), verdict)
        }
        (Some(meaning), None) => meaning.verdict(runtime, fields)?,
        (None, None) => (None, quote_spanned!(mixed=> #root::Verdict::unclassified())),
    };
    let pattern = match member {
        Some((member, field)) => quote_spanned!(mixed=> #path { #member: #field, .. }),
        None => quote_spanned!(mixed=> #path { .. }),
    };
    Ok(quote_spanned!(mixed=> #pattern => #verdict,))
}

fn member_name(member: &Member) -> String {
    match member {
        Member::Named(name) => name.to_string(),
        Member::Unnamed(index) => index.index.to_string(),
    }
}

/// The field that says what the error means, if one does.
fn delegate(attrs: &[Attribute], fields: &Fields) -> Result<Option<(Member, OfField)>> {
    let mut problems = Error::accumulator();
    let mut named: Option<(Member, OfField)> = None;
    let mut source = None;
    for (field, member) in fields.iter().zip(fields.members()) {
        if let Some(own) = problems.handle(OfField::read(&field.attrs)).flatten() {
            if named.is_some() {
                problems.push(
                    Error::custom("only one field can say what the error means")
                        .with_span(&field.ty),
                );
            }
            named = Some((member, own));
        } else if is_source(field, fields) {
            source.get_or_insert((member, OfField::Source));
        }
    }
    if named.is_none() && source.is_none() && is_transparent(attrs) {
        source = match (fields.len(), fields.members().next()) {
            (1, Some(member)) => Some((member, OfField::Source)),
            _ => None,
        };
    }
    problems.finish_with(named.or(source))
}

/// As thiserror decides: `#[from]`, `#[source]`, or a field of that name.
fn is_source(field: &Field, fields: &Fields) -> bool {
    let marked = |field: &Field| {
        field
            .attrs
            .iter()
            .any(|attr| attr.path().is_ident("from") || attr.path().is_ident("source"))
    };
    marked(field)
        || (field.ident.as_ref().is_some_and(|name| name == "source") && !fields.iter().any(marked))
}

/// `#[error(transparent)]`
fn is_transparent(attrs: &[Attribute]) -> bool {
    attrs.iter().any(|attr| {
        attr.path().is_ident("error")
            && attr
                .parse_args::<Ident>()
                .is_ok_and(|word| word == "transparent")
    })
}
