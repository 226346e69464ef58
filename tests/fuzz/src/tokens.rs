//! Streams of tokens out of bytes, and what is left of a function in another stream.

use std::fmt::Write as _;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use crate::bytes::Bytes;

pub(crate) const NAMES: [&str; 77] = [
    "service",
    "retry",
    "retry_budget",
    "circuit",
    "rate_limit",
    "bulkhead",
    "timeout",
    "deadline",
    "fallback",
    "cache",
    "call",
    "value",
    "registered",
    "on",
    "classify",
    "classify_ok",
    "idempotent",
    "client_retries",
    "private",
    "correlation_id",
    "borrow",
    "registry",
    "crate",
    "max_attempts",
    "base_delay",
    "max_delay",
    "multiplier",
    "jitter",
    "max_elapsed",
    "max_retry_after",
    "retry_if",
    "exhausted",
    "capacity",
    "refill",
    "failure_threshold",
    "recovery_timeout",
    "success_threshold",
    "half_open_max_calls",
    "failure_rate",
    "window",
    "minimum_calls",
    "slow_call_duration",
    "slow_call_rate",
    "recovery_multiplier",
    "max_recovery_timeout",
    "abandoned",
    "requests_per_second",
    "requests_per_minute",
    "requests_per_hour",
    "burst",
    "strategy",
    "key",
    "cost",
    "max_wait",
    "max_keys",
    "max_cooldown",
    "tokens_per_minute",
    "settle",
    "max_concurrent",
    "ttl",
    "max_entries",
    "on_context_too_large",
    "on_throttled",
    "verify",
    "reconnect",
    "safety",
    "stream",
    "retry_until",
    "idle_timeout",
    "complete",
    "refresh_ahead",
    "stale_if_error",
    "negative_ttl",
    "nonsense",
    "permanent",
    "a::b",
    "r#type",
];

const VALUES: [&str; 52] = [
    "off",
    "3",
    "0",
    "-1",
    "0.5",
    "1.5s",
    "500ms",
    "\"5s\"",
    "\"5 parsecs\"",
    "\"\"",
    "\"full\"",
    "\"wrap\"",
    "true",
    "path::to",
    "|e| e",
    "self",
    "{ }",
    "[1, 2]",
    "f(x)",
    "'c'",
    "b\"x\"",
    "1e400",
    "::x",
    "<T as U>::f",
    "\"99999999999999999999999h\"",
    "340282366920938463463374607431768211456",
    "x.y",
    "async {}",
    "r#\"raw\"#",
    "\"µ\"",
    "\"1µs\"",
    "u8",
    "\"token_bucket\"",
    "\"failure\"",
    "\"transient\"",
    "\"s\"",
    "60",
    "10",
    "LIMIT",
    "Self::f",
    "(x, y)",
    "&x",
    "x",
    "y",
    "a",
    "false",
    "\"1h\"",
    "0x10",
    "1_000",
    "3u8",
    "2.0f32",
    "c\"x\"",
];

const NOISE: [&str; 16] = [
    "=",
    ",",
    ",,",
    "==",
    "=>",
    "#",
    "!",
    "?",
    "::",
    "+",
    "'a",
    "async",
    "$",
    "..",
    "r#type",
    "/// doc\n",
];

/// The arguments of an attribute, mostly well-made; or what the bytes are as text.
pub(crate) fn arguments(bytes: &mut Bytes<'_>) -> Option<TokenStream> {
    let text = match bytes.below(4) {
        0 => String::from_utf8_lossy(bytes.rest()).into_owned(),
        _ => list(bytes, 0),
    };
    text.parse().ok()
}

fn list(bytes: &mut Bytes<'_>, depth: usize) -> String {
    let mut text = String::new();
    for _ in 0..bytes.below(6) {
        match bytes.below(14) {
            0 => text.push_str(bytes.one_of(&NOISE)),
            1 => text.push_str(bytes.one_of(&VALUES)),
            2 => text.push_str(bytes.one_of(&NAMES)),
            3 => text.push_str(&bytes.text()),
            4..8 if depth < 3 => {
                let name = bytes.one_of(&NAMES);
                let (open, close) =
                    [("(", ")"), ("(", ")"), ("(", ")"), ("[", "]"), ("{", "}")][bytes.below(5)];
                let inner = list(bytes, depth + 1);
                let _ = write!(text, "{name} {open}{inner}{close}");
            }
            _ => {
                let _ = write!(text, "{} = {}", bytes.one_of(&NAMES), bytes.one_of(&VALUES));
            }
        }
        text.push_str(if bytes.below(16) == 15 { " " } else { ", " });
    }
    text
}

/// All single tokens, groups taken apart, without what is written round groups that cannot be seen.
pub(crate) fn flat(tokens: TokenStream) -> Vec<String> {
    let mut all = Vec::new();
    flatten(tokens, &mut all);
    all
}

fn flatten(tokens: TokenStream, all: &mut Vec<String>) {
    for token in tokens {
        let TokenTree::Group(group) = token else {
            all.push(token.to_string());
            continue;
        };
        let (open, close) = match group.delimiter() {
            Delimiter::Parenthesis => ("(", ")"),
            Delimiter::Brace => ("{", "}"),
            Delimiter::Bracket => ("[", "]"),
            Delimiter::None => ("", ""),
        };
        let mut edge = |edge: &str| {
            if !edge.is_empty() {
                all.push(edge.to_owned());
            }
        };
        edge(open);
        flatten(group.stream(), all);
        if !close.is_empty() {
            all.push(close.to_owned());
        }
    }
}

/// Whether the one stands in the other, unbroken.
pub(crate) fn contains(all: &[String], part: &[String]) -> bool {
    part.is_empty() || all.windows(part.len()).any(|window| window == part)
}
