//! Whatever stands in `#[classify(…)]`, on whatever type: no panic, and what comes of it is items.

use std::fmt::Write as _;

use proc_macro2::TokenStream;

use crate::bytes::Bytes;

const WORDS: [&str; 23] = [
    "transient",
    "outcome_unknown",
    "permanent",
    "throttled",
    "throttled(retry_after = wait)",
    "throttled(retry_after = 0)",
    "throttled(retry_after = 1)",
    "not_found",
    "denied",
    "quota_exhausted",
    "context_too_large",
    "session_lost",
    "unclassified",
    "counts_as_failure",
    "ignored_by_breaker",
    "needs_reconnect",
    "crate = ::x",
    "crate = Self::x",
    "unknown(3)",
    "5",
    "delegate",
    "with = f",
    "x = ,",
];

/// The input chooses a type and the attributes in it.
pub fn derive_arguments(input: &[u8]) {
    let mut bytes = Bytes::new(input);
    let item = match bytes.below(5) {
        0 => String::from_utf8_lossy(bytes.rest()).into_owned(),
        1 => structure(&mut bytes),
        _ => enumeration(&mut bytes),
    };
    let Ok(item) = item.parse::<TokenStream>() else {
        return;
    };
    let expanded = crate::derive::classify(item.clone());
    let file = syn::parse2::<syn::File>(expanded.clone())
        .unwrap_or_else(|error| panic!("`{item}` makes what is not items, {error}: {expanded}"));
    assert!(
        !file.items.is_empty(),
        "`{item}` is neither taken nor refused"
    );
    let Ok(input) = syn::parse2::<syn::DeriveInput>(item.clone()) else {
        return;
    };
    let mut implemented = 0;
    for item in &file.items {
        match item {
            syn::Item::Impl(found) => {
                let (of, _) = found.trait_.as_ref().expect("of a trait");
                assert_eq!(
                    of.segments.last().map(|it| it.ident.to_string()).as_deref(),
                    Some("Classify")
                );
                let syn::Type::Path(of) = &*found.self_ty else {
                    panic!("for a type with a name: {expanded}");
                };
                assert_eq!(
                    of.path.segments.last().map(|it| &it.ident),
                    Some(&input.ident)
                );
                implemented += 1;
            }
            // An error.
            syn::Item::Macro(_) => {}
            _ => panic!("`{item:?}` is nobody's: {expanded}"),
        }
    }
    assert!(implemented <= 1, "{expanded}");
    let errors = expanded.to_string().matches("compile_error").count();
    assert!(implemented + errors > 0, "{expanded}");
}

fn said(bytes: &mut Bytes<'_>) -> String {
    let mut text = String::new();
    for _ in 0..[0, 1, 1, 2][bytes.below(4)] {
        match bytes.below(12) {
            0 => text.push_str("#[classify]"),
            1 => {
                let _ = write!(text, "#[classify({})]", bytes.text());
            }
            2 => text.push_str("#[error(transparent)]"),
            3 => text.push_str("#[from]"),
            4 => text.push_str("#[source]"),
            _ => {
                let words: Vec<&str> = (0..bytes.below(4)).map(|_| bytes.one_of(&WORDS)).collect();
                let _ = write!(text, "#[classify({})]", words.join(", "));
            }
        }
    }
    text
}

fn fields(bytes: &mut Bytes<'_>) -> String {
    match bytes.below(5) {
        0 => String::new(),
        1 => format!("({} io::Error)", said(bytes)),
        2 => format!("({} u8, {} Inner<T>)", said(bytes), said(bytes)),
        3 => format!(
            "{{ {} wait: Duration, {} source: BoxError }}",
            said(bytes),
            said(bytes)
        ),
        _ => format!("{{ {} inner: Arc<Inner>, }}", said(bytes)),
    }
}

fn enumeration(bytes: &mut Bytes<'_>) -> String {
    let mut text = format!("{} enum E<T: Clone> where T: Send {{", said(bytes));
    for variant in 0..bytes.below(5) {
        let _ = write!(text, "{} V{variant} {},", said(bytes), fields(bytes));
    }
    text + "}"
}

fn structure(bytes: &mut Bytes<'_>) -> String {
    let head = said(bytes);
    let word = ["struct", "union"][usize::from(bytes.below(8) == 7)];
    let fields = fields(bytes);
    let end = if fields.ends_with('}') { "" } else { ";" };
    format!("{head} {word} S{fields}{end}")
}
