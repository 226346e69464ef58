//! What a fuzzer is to try. Each target takes any bytes and panics where a promise is broken.

// The macros as they are shipped: a procedural macro exports nothing else, and `crate::…` has to mean the same.
#[path = "../../../resilience-macros/src/args/mod.rs"]
mod args;
#[path = "../../../resilience-macros/src/attribute.rs"]
mod attribute;
#[path = "../../../resilience-macros/src/check/mod.rs"]
mod check;
#[path = "../../../resilience-macros/src/declare.rs"]
mod declare;
#[path = "../../../resilience-macros/src/derive/mod.rs"]
mod derive;
#[path = "../../../resilience-macros/src/expand/mod.rs"]
mod expand;
#[path = "../../../resilience-macros/src/function/mod.rs"]
mod function;
#[path = "../../../resilience-macros/src/kind.rs"]
mod kind;
#[path = "../../../resilience-macros/src/methods/mod.rs"]
mod methods;
#[path = "../../../resilience-macros/src/runtime.rs"]
mod runtime;

mod attribute_arguments;
mod bytes;
mod decimal;
mod declarations;
mod derive_arguments;
mod durations;
mod header_list;
mod hints;
mod http_verdicts;
mod impl_blocks;
mod llm_bodies;
mod quota_headers;
mod settings;
mod tokens;

pub use attribute_arguments::attribute_arguments;
pub use declarations::declarations;
pub use derive_arguments::derive_arguments;
pub use durations::durations;
pub use hints::hints;
pub use http_verdicts::http_verdicts;
pub use impl_blocks::impl_blocks;
pub use llm_bodies::llm_bodies;
pub use quota_headers::quota_headers;
pub use settings::settings;

/// A target.
pub type Target = fn(&[u8]);

/// Every target by its name, which is also that of its corpus.
pub const TARGETS: &[(&str, Target)] = &[
    ("attribute_arguments", attribute_arguments),
    ("declarations", declarations),
    ("derive_arguments", derive_arguments),
    ("durations", durations),
    ("hints", hints),
    ("http_verdicts", http_verdicts),
    ("impl_blocks", impl_blocks),
    ("llm_bodies", llm_bodies),
    ("quota_headers", quota_headers),
    ("settings", settings),
];
