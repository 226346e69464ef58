//! Whatever stands in the parentheses, the macro does not panic and the function comes back.

use std::fmt::Write as _;

use super::expand;
use crate::kind::Kind;

/// A sequence that is the same in every run (xorshift64*).
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let drawn = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
        usize::try_from(drawn).unwrap_or(0) % end
    }

    fn of<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.below(words.len())]
    }
}

const NAMES: [&str; 40] = [
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
    "correlation_id",
    "borrow",
    "registry",
    "crate",
    "max_attempts",
    "base_delay",
    "max_delay",
    "jitter",
    "retry_if",
    "exhausted",
    "window",
    "minimum_calls",
    "failure_rate",
    "key",
    "cost",
    "ttl",
    "max_wait",
    "requests_per_minute",
    "r#type",
    "a::b",
    "nonsense",
    "recovery_timeout",
    "permanent",
];

const VALUES: [&str; 32] = [
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
];

const NOISE: [&str; 14] = [
    "=", ",", ",,", "==", "=>", "#", "!", "?", "::", "+", "'a", "async", "$", "..",
];

const ITEMS: [&str; 9] = [
    "async fn f(x: String, y: &mut u8) -> Result<u8, E> { g(x, y).await }",
    "async fn f<E>(mut x: String, (a, b): (u8, u8)) -> Result<String, E> { x }",
    "pub async fn f(&mut self, x: &Transaction<'_>) -> io::Result<u8> { self.x }",
    "async fn f(self, _: u8) -> Answer { self }",
    "fn f() {}",
    "const fn f() -> u8 { 1 }",
    "async fn f();",
    "struct S;",
    "impl S { fn f() {} }",
];

fn arguments(random: &mut Random, depth: usize) -> String {
    let mut text = String::new();
    for _ in 0..random.below(6) {
        match random.below(12) {
            0 => text.push_str(random.of(&NOISE)),
            1 => text.push_str(random.of(&VALUES)),
            2 => text.push_str(random.of(&NAMES)),
            3..6 if depth < 3 => {
                let inner = arguments(random, depth + 1);
                let (open, close) =
                    [("(", ")"), ("(", ")"), ("[", "]"), ("{", "}")][random.below(4)];
                let _ = write!(text, "{} {open}{inner}{close}", random.of(&NAMES));
            }
            _ => {
                let _ = write!(text, "{} = {}", random.of(&NAMES), random.of(&VALUES));
            }
        }
        text.push_str(if random.below(8) == 0 { " " } else { ", " });
    }
    text
}

#[test]
fn random_arguments_never_panic_and_never_lose_the_item() {
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let kinds = [
        Kind::Llm,
        Kind::Database,
        Kind::Mcp,
        Kind::Secret,
        Kind::Custom,
    ];
    for _ in 0..4_000 {
        let args = arguments(&mut random, 0);
        let item = random.of(&ITEMS);
        if args.parse::<proc_macro2::TokenStream>().is_err() {
            continue;
        }
        let expanded = expand(kinds[random.below(kinds.len())], &args, item).to_string();
        let kept = ["fn f", "struct S", "impl S"];
        assert!(
            kept.iter()
                .any(|kept| item.contains(kept) && expanded.contains(kept)),
            "`{args}` on `{item}` lost the item: {expanded}"
        );
    }
}

#[test]
fn random_derive_arguments_never_panic() {
    const WORDS: [&str; 12] = [
        "transient",
        "permanent",
        "throttled",
        "throttled(retry_after = wait)",
        "throttled(retry_after = 0)",
        "counts_as_failure",
        "crate = ::x",
        "delegate",
        "with = f",
        "unknown(3)",
        "5",
        "x = ,",
    ];
    let mut random = Random(0xD1B5_4A32_D192_ED03);
    for _ in 0..2_000 {
        let mut said = || {
            let words: Vec<&str> = (0..random.below(4)).map(|_| random.of(&WORDS)).collect();
            match random.below(4) {
                0 => String::new(),
                1 => "#[classify]".to_owned(),
                _ => format!("#[classify({})]", words.join(", ")),
            }
        };
        let item = format!(
            "{} enum E {{ {} A {{ wait: u8 }}, {} B({} u8, {} u16), C }}",
            said(),
            said(),
            said(),
            said(),
            said()
        );
        let Ok(item) = item.parse::<proc_macro2::TokenStream>() else {
            continue;
        };
        assert!(!crate::derive::classify(item).is_empty());
    }
}
