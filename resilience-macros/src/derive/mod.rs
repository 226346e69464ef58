//! `#[derive(Classify)]`

mod variant_attrs;

use darling::error::Accumulator;
use darling::{Error, Result};
use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{Attribute, Data, DeriveInput, Field, Fields, Ident, Member};

use crate::runtime::{Runtime, mixed_at};
use variant_attrs::{FieldAttr, TypeAttrs, VariantAttrs};

/// Expands the derive. Where anything is wrong, every error comes with an implementation that classifies
/// nothing, so that the places that need the trait report nothing more.
pub(crate) fn classify(input: TokenStream) -> TokenStream {
    match syn::parse2(input) {
        Ok(input) => expand(&input),
        Err(error) => error.into_compile_error(),
    }
}

fn expand(input: &DeriveInput) -> TokenStream {
    let mixed = Span::mixed_site();
    let mut problems = Error::accumulator();
    let attrs = TypeAttrs::parse(&input.attrs, &mut problems);
    let runtime = Runtime::new(attrs.runtime.as_ref());
    let arms = arms(input, &runtime, &attrs, &mut problems);
    match problems.finish() {
        Ok(()) if arms.is_empty() => {
            implementation(input, &runtime, &quote_spanned!(mixed=> match *self {}))
        }
        Ok(()) => {
            let body = quote_spanned!(mixed=> match self { #(#arms)* });
            implementation(input, &runtime, &body)
        }
        Err(error) => {
            let root = runtime.root(mixed);
            let body = quote_spanned!(mixed=> #root::Verdict::unclassified());
            let implementation = implementation(input, &runtime, &body);
            let errors = error.write_errors();
            quote_spanned!(mixed=> #implementation #errors)
        }
    }
}

/// Returns one arm of the `match` for each variant; a struct has one.
fn arms(
    input: &DeriveInput,
    runtime: &Runtime,
    attrs: &TypeAttrs,
    problems: &mut Accumulator,
) -> Vec<TokenStream> {
    let mixed = Span::mixed_site();
    match &input.data {
        Data::Enum(data) => data
            .variants
            .iter()
            .filter_map(|variant| {
                let name = &variant.ident;
                let own = problems.handle(VariantAttrs::parse(&variant.attrs))?;
                let arm = Arm {
                    path: quote_spanned!(mixed=> Self::#name),
                    attrs: &variant.attrs,
                    fields: &variant.fields,
                    has_own_class: has_classify(&variant.attrs),
                    class: own.or_else(|| attrs.default.clone()),
                };
                problems.handle(arm.expand(runtime))
            })
            .collect(),
        Data::Struct(data) => {
            let arm = Arm {
                path: quote_spanned!(mixed=> Self),
                attrs: &input.attrs,
                fields: &data.fields,
                has_own_class: has_classify(&input.attrs) && attrs.default.is_some(),
                class: attrs.default.clone(),
            };
            problems.handle(arm.expand(runtime)).into_iter().collect()
        }
        Data::Union(data) => {
            problems.push(
                Error::custom("`Classify` can be derived for structs and enums only")
                    .with_span(&data.union_token),
            );
            Vec::new()
        }
    }
}

fn implementation(input: &DeriveInput, runtime: &Runtime, body: &TokenStream) -> TokenStream {
    let mixed = Span::mixed_site();
    let root = runtime.root(mixed);
    let name = &input.ident;
    let (impl_generics, type_generics, where_clause) = input.generics.split_for_impl();
    // `automatically_derived`: lints about the author's code leave it alone.
    quote_spanned! {mixed=>
        #[automatically_derived]
        impl #impl_generics #root::Classify for #name #type_generics #where_clause {
            fn classify(&self) -> #root::Verdict {
                #body
            }
        }
    }
}

fn has_classify(attrs: &[Attribute]) -> bool {
    attrs.iter().any(|attr| attr.path().is_ident("classify"))
}

/// One variant, or the whole of a struct.
struct Arm<'a> {
    path: TokenStream,
    attrs: &'a [Attribute],
    fields: &'a Fields,
    class: Option<VariantAttrs>,
    /// Whether `class` is its own: then it precedes what the fields decide.
    has_own_class: bool,
}

impl Arm<'_> {
    /// `Self::Variant { field: source, .. } => verdict,`
    fn expand(self, runtime: &Runtime) -> Result<TokenStream> {
        let mixed = Span::mixed_site();
        let root = runtime.root(mixed);
        let Self { path, fields, .. } = self;
        let (member, verdict) = match (self.class, deciding_field(self.attrs, fields)?) {
            (Some(class), Some((member, FieldAttr::Delegate(place)))) if self.has_own_class => {
                return Err(Error::custom(format!(
                    "already classified as `{}`, so the field `{}` never decides; keep one",
                    class.class.name(),
                    member_name(&member)
                ))
                .with_span(&place));
            }
            (Some(class), _) if self.has_own_class => class.verdict(runtime, fields)?,
            (_, Some((member, attr))) => {
                let field = format_ident!("field", span = mixed);
                let verdict = field_verdict(runtime, &attr, &field);
                (Some((member, field)), verdict)
            }
            (Some(class), None) => class.verdict(runtime, fields)?,
            (None, None) => (None, quote_spanned!(mixed=> #root::Verdict::unclassified())),
        };
        // Braces fit variants of every shape, `Tuple { 0: field, .. }` included.
        let pattern = match member {
            Some((member, field)) => quote_spanned!(mixed=> #path { #member: #field, .. }),
            None => quote_spanned!(mixed=> #path { .. }),
        };
        Ok(quote_spanned!(mixed=> #pattern => #verdict,))
    }
}

fn field_verdict(runtime: &Runtime, attr: &FieldAttr, field: &Ident) -> TokenStream {
    let mixed = Span::mixed_site();
    match attr {
        FieldAttr::With(path) => {
            // At the path: a function of another type is reported there.
            let span = mixed_at(path.span());
            quote_spanned!(span=> #path(#field))
        }
        FieldAttr::Delegate(_) | FieldAttr::Source => {
            let private = runtime.private(mixed);
            // Method resolution takes the impl for the most references first: the field's own `Classify`,
            // then the error that it holds, then its sources, then the default of the service's kind.
            quote_spanned! {mixed=> {
                use #private::probe::{
                    ByAsRef as _, ByClassify as _, ByError as _, ByKind as _,
                };
                (&&&&#private::probe::Probe(#field)).judge().verdict()
            }}
        }
    }
}

fn member_name(member: &Member) -> String {
    match member {
        Member::Named(name) => name.to_string(),
        Member::Unnamed(index) => index.index.to_string(),
    }
}

/// Returns the field that decides, if one does: the marked one, else the error's source.
fn deciding_field(attrs: &[Attribute], fields: &Fields) -> Result<Option<(Member, FieldAttr)>> {
    let mut problems = Error::accumulator();
    let mut marked: Option<(Member, FieldAttr)> = None;
    let mut source = None;
    for (field, member) in fields.iter().zip(fields.members()) {
        if let Some(own) = problems.handle(FieldAttr::parse(&field.attrs)).flatten() {
            if marked.is_some() {
                problems.push(
                    Error::custom(
                        "another field has `#[classify(…)]` already; only one field can decide",
                    )
                    .with_span(&field.ty),
                );
            }
            marked = Some((member, own));
        } else if is_source(field, fields) {
            source.get_or_insert((member, FieldAttr::Source));
        }
    }
    if marked.is_none() && source.is_none() && is_transparent(attrs) {
        source = match (fields.len(), fields.members().next()) {
            (1, Some(member)) => Some((member, FieldAttr::Source)),
            _ => None,
        };
    }
    problems.finish_with(marked.or(source))
}

/// Follows thiserror: `#[from]`, `#[source]`, or a field of that name.
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
