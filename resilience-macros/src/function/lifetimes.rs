//! The lifetimes that `#[async_trait]` adds to a signature.

use syn::{Lifetime, Signature};

/// Whether the signature is one that `#[async_trait]` has expanded.
pub(super) fn is_of_async_trait(sig: &Signature) -> bool {
    let mut lifetimes = sig.generics.lifetimes();
    lifetimes.any(|parameter| parameter.lifetime.ident == "async_trait")
}

/// Whether it is `'life0` of such a signature.
pub(super) fn is_made_by_async_trait(lifetime: &Lifetime, sig: &Signature) -> bool {
    let name = lifetime.ident.to_string();
    let number = name.strip_prefix("life").unwrap_or_default();
    is_of_async_trait(sig) && !number.is_empty() && number.chars().all(|c| c.is_ascii_digit())
}
