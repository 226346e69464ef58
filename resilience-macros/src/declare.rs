//! `service! { pub static OPENAI: Llm = "openai" { … } }`: services declared once, in statics.

use darling::Error;
use darling::ast::NestedMeta;
use darling::error::Accumulator;
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;
use syn::ext::IdentExt as _;
use syn::parse::{Parse, ParseStream, Parser as _};
use syn::{Attribute, LitStr, Path, Token, Visibility, token};

use crate::args::arg_list::Options as _;
use crate::args::{Args, CallLimit, Partial, items, names, path_text};
use crate::check;
use crate::expand::{with_patterns, with_values};
use crate::kind::Kind;
use crate::runtime::Runtime;

/// `pub static OPENAI: Llm = "openai" { … }`, or with `;` in place of the braces.
struct Declaration {
    attrs: Vec<Attribute>,
    vis: Visibility,
    keyword: Token![static],
    ident: Ident,
    kind: Ident,
    name: LitStr,
    args: TokenStream,
}

impl Parse for Declaration {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attrs = input.call(Attribute::parse_outer)?;
        let vis = input.parse()?;
        let keyword = input.parse()?;
        let ident = input.parse()?;
        input.parse::<Token![:]>()?;
        let kind = input.parse()?;
        input.parse::<Token![=]>()?;
        let name = input.parse()?;
        let ahead = input.lookahead1();
        let args = if ahead.peek(token::Brace) {
            let args;
            syn::braced!(args in input);
            input.parse::<Option<Token![;]>>()?;
            args.parse()?
        } else if ahead.peek(Token![;]) {
            input.parse::<Token![;]>()?;
            TokenStream::new()
        } else {
            return Err(ahead.error());
        };
        Ok(Self {
            attrs,
            vis,
            keyword,
            ident,
            kind,
            name,
            args,
        })
    }
}

/// What `macro_rules!` passes on: `(path of the runtime) declarations`.
pub(crate) fn services(input: TokenStream) -> TokenStream {
    let parser = |input: ParseStream<'_>| {
        let path;
        syn::parenthesized!(path in input);
        let runtime = Runtime::new(Some(&path.call(Path::parse_mod_style)?));
        Ok(declarations(input, &runtime))
    };
    parser
        .parse2(input)
        .unwrap_or_else(syn::Error::into_compile_error)
}

fn declarations(input: ParseStream<'_>, runtime: &Runtime) -> TokenStream {
    let mut expanded = TokenStream::new();
    let mut problems = Error::accumulator();
    let mut seen: Vec<(String, Ident)> = Vec::new();
    while !input.is_empty() {
        match input.parse::<Declaration>() {
            Ok(declaration) => {
                declared_once(&declaration, &mut seen, &mut problems);
                expanded.extend(declaration.expand(runtime, &mut problems));
            }
            Err(error) => {
                problems.push(with_example(&error));
                // What follows cannot be told apart.
                let _ = input.parse::<TokenStream>();
            }
        }
    }
    if let Err(error) = problems.finish() {
        expanded.extend(error.write_errors());
    }
    expanded
}

fn with_example(error: &syn::Error) -> Error {
    Error::custom(format!(
        "{error}; a declaration is `pub static OPENAI: Llm = \"openai\" {{ retry(max_attempts = 4), … }}`"
    ))
    .with_span(&error.span())
}

fn declared_once(
    declaration: &Declaration,
    seen: &mut Vec<(String, Ident)>,
    problems: &mut Accumulator,
) {
    // Of those that depend on a `cfg`, only the compiler knows which there are.
    if (declaration.attrs.iter()).any(|attr| attr.path().is_ident("cfg")) {
        return;
    }
    let name = declaration.name.value();
    match seen.iter().find(|(other, _)| *other == name) {
        None => seen.push((name, declaration.ident.clone())),
        Some((_, first)) => problems.push(
            Error::custom(format!(
                "service `{name}` is declared twice, as `{first}` and as `{}`; keep one",
                declaration.ident
            ))
            .with_span(&declaration.name),
        ),
    }
}

impl Declaration {
    /// The static. Where anything is wrong it has no values, so that the functions that name it report nothing more.
    fn expand(&self, runtime: &Runtime, problems: &mut Accumulator) -> TokenStream {
        let kind = self.kind(problems);
        if self.name.value().trim().is_empty() {
            problems.push(Error::custom("must not be empty").with_span(&self.name));
        }
        let built = match self.read(kind) {
            Ok(args) => self.built(&args, runtime),
            Err(error) => {
                problems.push(error);
                self.built(&Args::default(), runtime)
            }
        };
        let Self {
            attrs,
            vis,
            keyword,
            ident,
            ..
        } = self;
        let mixed = Span::mixed_site();
        let private = runtime.private(mixed);
        let kind = kind.variant();
        quote_spanned! {mixed=>
            #(#attrs)* #vis #keyword #ident: #private::Declared<#private::kind::#kind> = #built;
        }
    }

    fn kind(&self, problems: &mut Accumulator) -> Kind {
        let written = self.kind.to_string();
        if let Some(kind) = Kind::ALL.into_iter().find(|kind| kind.name() == written) {
            return kind;
        }
        let known = Kind::ALL.map(Kind::name);
        let in_lower = written.to_lowercase();
        let mut same = Kind::ALL.into_iter();
        let near = same
            .find(|kind| kind.name().to_lowercase() == in_lower)
            .map(Kind::name)
            .or_else(|| names::nearest(&written, &known));
        let hint = near.map_or_else(
            || format!("; expected {}", names::list(&known)),
            |near| format!("; did you mean `{near}`?"),
        );
        problems
            .push(Error::custom(format!("unknown kind `{written}`{hint}")).with_span(&self.kind));
        let mut all = Kind::ALL.into_iter();
        all.find(|kind| Some(kind.name()) == near)
            .unwrap_or(Kind::Custom)
    }

    /// Reads the values. They are those of the attribute's patterns, without what is code.
    fn read(&self, kind: Kind) -> darling::Result<Args> {
        let mut problems = Error::accumulator();
        let Partial { value: args, error } = Args::read(self.args.clone());
        error.into_iter().for_each(|error| problems.push(error));
        // Whatever cannot be taken apart was reported.
        let mut reported = Error::accumulator();
        let written = items::split(self.args.clone(), &mut reported);
        drop(reported.finish());
        let attribute = kind.attribute();
        let ident = &self.ident;
        for item in &written {
            let NestedMeta::Meta(meta) = item else {
                continue;
            };
            let name = path_text(meta.path());
            let name = name.as_str();
            if Args::NAMES.contains(&name) && !Args::DECLARED.contains(&name) {
                problems.push(
                    Error::custom(format!(
                        "`{name}` belongs at each function: `#[{attribute}(service = {ident}, {name} …)]`; a declaration holds \
                         what all functions share, and defaults for their retries and times"
                    ))
                    .with_span(meta.path()),
                );
            }
        }
        for (group, name, place) in args.code_of_patterns() {
            let at_function = format!("#[{attribute}(service = {ident}, {group}({name} = …))]");
            let message = match name {
                "keyed" => continue,
                "key" => format!(
                    "`key` belongs at each function: `{at_function}`; here write `{group}(keyed)`, which requires it there"
                ),
                _ => format!(
                    "`{name}` belongs at each function: `{at_function}`; a declaration holds no code"
                ),
            };
            problems.push(Error::custom(message).with_span(&place));
        }
        for (group, within, name, place) in args.nested_code() {
            problems.push(
                Error::custom(format!(
                    "`{name}` belongs at each function: `#[{attribute}(service = {ident}, {group}({within}({name} = …)))]`; here \
                     write the limits alone"
                ))
                .with_span(&place),
            );
        }
        for (name, limit) in [("timeout", &args.timeout), ("deadline", &args.deadline)] {
            if let Some(code) = CallLimit::computed(limit.as_ref()) {
                problems.push(
                    Error::custom(format!(
                        "`{name}` as code belongs at each function: `#[{attribute}(service = {ident}, {name} = …)]`; here it is a \
                         literal, such as `\"30s\"`, or the path of a `const` of type `Duration`"
                    ))
                    .with_span(code),
                );
            }
        }
        problems.handle(check::values(&args));
        problems.handle(check::declared_keys(&args));
        problems.finish_with(args)
    }

    /// `Declared::new("openai", …).settings(…).off(…)`
    fn built(&self, args: &Args, runtime: &Runtime) -> TokenStream {
        let mixed = Span::mixed_site();
        let private = runtime.private(mixed);
        let service = &self.name;
        let ident = self.ident.unraw().to_string();
        let built = quote_spanned! {mixed=>
            #private::Declared::new(
                #service,
                ::core::concat!(::core::module_path!(), "::", #ident),
                ::core::concat!(::core::file!(), ":", ::core::line!()),
            )
        };
        let built = with_values(built, args, runtime);
        with_patterns(built, "keyed", &args.patterns_keyed(), runtime)
    }
}
