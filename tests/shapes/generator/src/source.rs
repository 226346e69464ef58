//! A shape as source.

use std::fmt::Write as _;

use crate::choices::{BESIDE, CHOICES, INPUT, KIND, OUTPUT, PLACE, Row, SETTING};

/// What a function takes.
struct Input {
    generics: &'static str,
    bounds: &'static str,
    parameters: &'static str,
    /// As a trait declares them.
    declared: &'static str,
    /// What it is called with.
    given: &'static str,
    /// Seven, of what was given.
    seven: &'static str,
    key: &'static str,
}

fn input(name: &str) -> Input {
    let plain = |parameters, given, seven, key| Input {
        generics: "",
        bounds: "",
        parameters,
        declared: parameters,
        given,
        seven,
        key,
    };
    match name {
        "nothing" => plain("", "", "7", "7_u8"),
        "copy" => plain("n: u8", "7", "u32::from(n)", "n"),
        "owned" => plain(
            "text: String",
            "\"seven77\".to_owned()",
            "length(text.len())",
            "text",
        ),
        "str" => plain("text: &str", "\"seven77\"", "length(text.len())", "text"),
        "named lifetime" => Input {
            generics: "'a",
            ..plain("text: &'a str", "\"seven77\"", "length(text.len())", "text")
        },
        "two lifetimes" => Input {
            generics: "'a, 'b",
            ..plain(
                "one: &'a str, more: &'b str",
                "\"sev\", \"en77\"",
                "length(one.len() + more.len())",
                "(one, more)",
            )
        },
        "exclusive" => plain(
            "out: &mut Vec<u8>",
            "&mut vec![0; 6]",
            "{ out.push(1); length(out.len()) }",
            "out.len()",
        ),
        "mut owned" => Input {
            declared: "parts: Vec<u8>",
            ..plain(
                "mut parts: Vec<u8>",
                "vec![0; 6]",
                "{ parts.push(1); length(parts.len()) }",
                "parts",
            )
        },
        "tuple" => Input {
            declared: "pair: (u32, u32)",
            ..plain("(a, mut b): (u32, u32)", "(3, 3)", "{ b += 1; a + b }", "a")
        },
        "struct" => Input {
            declared: "point: Point",
            ..plain(
                "Point { x, y }: Point",
                "Point { x: 3, y: 4 }",
                "x + y",
                "(x, y)",
            )
        },
        "slice" => plain("parts: &[u8]", "&[0; 7]", "length(parts.len())", "parts"),
        "option" => plain(
            "text: Option<&str>",
            "Some(\"seven77\")",
            "text.map_or(0, |text| length(text.len()))",
            "text",
        ),
        "impl trait" => plain(
            "value: impl Into<u32> + Clone + Send + Sync",
            "7_u8",
            "value.clone().into()",
            "7_u8",
        ),
        "generic" => Input {
            generics: "T: Into<u32> + Clone + Send + Sync",
            ..plain("value: T", "7_u8", "value.clone().into()", "7_u8")
        },
        "where" => Input {
            generics: "T",
            bounds: "where T: Into<u32> + Clone + Send + Sync,",
            ..plain("value: &T", "&7_u8", "value.clone().into()", "7_u8")
        },
        "const generic" => Input {
            generics: "const N: usize",
            ..plain("parts: [u8; N]", "[0; 7]", "length(parts.len())", "parts")
        },
        "unnamed" => Input {
            declared: "first: String, n: u8",
            ..plain("_: String, n: u8", "String::new(), 7", "u32::from(n)", "n")
        },
        "dyn" => plain(
            "text: &(dyn AsRef<str> + Sync)",
            "&\"seven77\"",
            "length(text.as_ref().len())",
            "text.as_ref()",
        ),
        other => panic!("{other}"),
    }
}

/// Its type, how an answer is made from a number, and how it is read again.
fn output(name: &str) -> (&'static str, &'static str, &'static str) {
    match name {
        "alias" => ("Answer<u32>", "$", ""),
        "result" => ("Result<u32, AppError>", "$", ""),
        "io" => ("io::Result<u32>", "$", ""),
        "anyhow" => ("anyhow::Result<u32>", "$", ""),
        "boxed" => (
            "Result<u32, Box<dyn std::error::Error + Send + Sync>>",
            "$",
            "",
        ),
        "impl trait" => (
            "Result<impl std::fmt::Display, AppError>",
            "$",
            ".to_string()",
        ),
        "unit" => ("Answer<()>", "()", ""),
        "string" => ("Result<String, AppError>", "u32::to_string(&($))", ""),
        "list" => ("io::Result<Vec<u32>>", "vec![$]", ""),
        other => panic!("{other}"),
    }
}

fn setting(name: &str, input: &Input, number: &str, on_self: bool) -> String {
    let key = input.key;
    let across = if on_self { ", across_instances" } else { "" };
    let other = if on_self { "Self::other" } else { "other" };
    match name {
        "none" => String::new(),
        "retry off" => "retry = off".to_owned(),
        "retry" => "retry(max_attempts = 4, base_delay = \"10ms\", max_delay = 1, multiplier = 1.5, jitter = \"none\")".to_owned(),
        "wrap" => "retry(exhausted = \"wrap\", max_elapsed = \"1m\")".to_owned(),
        "retry_if" => "retry(retry_if = |_| true)".to_owned(),
        "times" => "timeout = \"2s\", deadline = 20".to_owned(),
        "circuit" => "circuit_breaker(failure_threshold = 9, recovery_timeout = \"1s\"), retry_budget(capacity = 9, refill = 0.5)".to_owned(),
        "window" => "circuit_breaker(failure_rate = 0.9, window = \"30s\", slow_call_duration = \"5s\", slow_call_rate = 1.0)".to_owned(),
        "key" => format!("rate_limit(requests_per_second = 1_000, key = {key})"),
        "cost" => "rate_limit(requests_per_minute = 600, burst = 100, cost = 3, max_wait = \"1s\")".to_owned(),
        "tokens" => "rate_limit(tokens_per_minute = 9_000, cost = 30, usage = |_| 20)".to_owned(),
        "bulkhead" => "bulkhead(max_concurrent = 2, max_wait = \"1s\")".to_owned(),
        "value" => format!("fallback(value = {number})"),
        "call" => format!("fallback(call = {other}, on = \"any\")"),
        "path" => format!("fallback = {other}"),
        "last good" => format!("fallback(cache(key = {key}, ttl = \"5m\"{across}))"),
        "cache" => format!("cache(key = {key}, ttl = \"5m\", max_entries = 9{across})"),
        "correlation" => "correlation_id = 7".to_owned(),
        "borrow" => format!("borrow({key})"),
        "idempotent" => "idempotent = false, client_retries = off, classify_ok = |_| None".to_owned(),
        "classify" => "classify = |_| resilience_runtime::Verdict::transient()".to_owned(),
        "all off" => "retry = off, retry_budget = off, circuit_breaker = off, rate_limit = off, bulkhead = off, timeout = off, deadline = off, fallback = off".to_owned(),
        "hedge" => "idempotent, hedge(delay = \"p99\", max_hedges = 2)".to_owned(),
        other => panic!("{other}"),
    }
}

pub(crate) fn file(rows: &[Row]) -> String {
    let mut text = "\
//! Written by resilience-shapes-generator; not to be edited.
#![allow(
    async_fn_in_trait,
    unused_variables,
    unused_mut,
    clippy::wildcard_imports,
    clippy::missing_errors_doc,
    clippy::missing_panics_doc,
    clippy::must_use_candidate,
    clippy::needless_lifetimes,
    clippy::elidable_lifetime_names,
    clippy::needless_pass_by_value,
    clippy::unused_self,
    clippy::unnecessary_wraps,
    clippy::ignored_unit_patterns,
    clippy::ref_option,
    clippy::ptr_arg,
    clippy::boxed_local,
    clippy::too_many_lines,
    clippy::module_name_repetitions
)]

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::{Answer, AppError, Attempts, Call, Point, attempt};

fn length(length: usize) -> u32 {
    u32::try_from(length).unwrap_or_default()
}

fn nothing(_: u32) -> Answer<()> {
    Ok(())
}
"
    .to_owned();
    let mut names = String::new();
    for (number, row) in rows.iter().enumerate() {
        text += &shape(number, row);
        let said: Vec<&str> = row
            .iter()
            .enumerate()
            .map(|(list, choice)| CHOICES[list][*choice])
            .collect();
        let _ = writeln!(
            names,
            "        (\"{number:03}: {}\", Box::pin(shape_{number:03}::call())),",
            said.join(", ")
        );
    }
    let _ = write!(
        text,
        "\n/// Every shape, with a call of it.\npub fn all() -> Vec<(&'static str, Call)> {{\n    vec![\n{names}    ]\n}}\n"
    );
    text
}

fn shape(number: usize, row: &Row) -> String {
    let choice = |list: usize| CHOICES[list][row[list]];
    let (place, said) = (choice(PLACE), choice(SETTING));
    let input = input(choice(INPUT));
    let (output, made, read) = output(choice(OUTPUT));
    let answer = |number: &str| made.replace('$', number);
    let ended = |number: &str| match choice(OUTPUT) {
        "unit" => format!("nothing({number})"),
        _ => format!("Ok({})", answer(number)),
    };
    let receiver = match place {
        "free" | "associated" | "macro_rules" => "",
        "trait" => "&self",
        other => other.trim_start_matches("async_trait "),
    };
    let is_method = !receiver.is_empty();
    let is_trait = place.ends_with("trait") || place.starts_with("async_trait");
    let (attempts, tries, result) = match said {
        "retry off" | "all off" => ("Succeed", 1, "7"),
        "value" | "call" | "path" => ("Fail", 1, "11"),
        "classify" => ("FailOnce", 2, "7"),
        _ => ("FailOnce", 2, "7"),
    };
    let attribute = {
        let kind = choice(KIND);
        let name = if kind == "custom" {
            "resilient".to_owned()
        } else {
            format!("{kind}_resilient")
        };
        let service = format!("service = \"shape-{number:03}\"");
        let setting = setting(
            said,
            &input,
            &answer("11"),
            is_method || place == "associated",
        );
        let bare = kind != "custom" && said == "none";
        let arguments = match (bare, setting.is_empty()) {
            (true, _) => String::new(),
            (false, true) => format!("({service})"),
            (false, false) => format!("({service}, {setting})"),
        };
        format!("resilience_runtime::{name}{arguments}")
    };
    let generics = |text: &str| {
        if text.is_empty() {
            String::new()
        } else {
            format!("<{text}>")
        }
    };
    let list = |parameters: &str| {
        [receiver, parameters]
            .into_iter()
            .filter(|it| !it.is_empty())
            .collect::<Vec<_>>()
            .join(", ")
    };
    let head = |name: &str, parameters: &str| {
        format!(
            "async fn {name}{}({}) -> {output} {}",
            generics(input.generics),
            list(parameters),
            input.bounds
        )
    };
    let counted = if receiver.contains("mut") {
        "self.calls += 1; "
    } else {
        ""
    };
    let base = match receiver {
        "" => "",
        _ if counted.is_empty() => " + self.base",
        _ => " + self.base + self.calls - 1",
    };
    let seven = if base.is_empty() {
        input.seven.to_owned()
    } else {
        format!("({}){base}", input.seven)
    };
    let typed = if input.seven.contains("into()") && base.is_empty() {
        ended(&format!("u32::clone(&{seven})"))
    } else if input.seven.contains("into()") {
        ended(&format!("Into::<u32>::into(value.clone()){base}"))
    } else {
        ended(&seven)
    };
    let body = format!("{{ attempt(&TRIES, Attempts::{attempts}).await?; {counted}{typed} }}");
    let visibility = match (is_trait, choice(BESIDE)) {
        (true, _) => "",
        (false, "pub(crate)") => "pub(crate) ",
        (false, _) => "pub ",
    };
    let above = match choice(BESIDE) {
        "doc" => format!("/// What it does: `\"quoted\"`, {{braces}}.\n#[{attribute}]"),
        "lint" => format!(
            "#[inline]\n#[allow(clippy::let_and_return)]\n#[{attribute}]\n#[allow(dead_code)]"
        ),
        "cfg" => format!("#[cfg(not(target_os = \"none\"))]\n#[{attribute}]"),
        "cfg_attr" => format!(
            "#[cfg_attr(not(target_os = \"none\"), {attribute})]\n#[cfg_attr(target_os = \"none\", there_is_no_such_attribute)]"
        ),
        "span above" => format!("#[tracing::instrument(skip_all)]\n#[{attribute}]"),
        "span below" => format!("#[{attribute}]\n#[tracing::instrument(skip_all)]"),
        "must_use" => format!("#[{attribute}]\n#[must_use = \"it is\"]"),
        _ => format!("#[{attribute}]"),
    };
    let function = format!(
        "{above}\n{visibility}{}{body}",
        head("shaped", input.parameters)
    );
    let other = format!(
        "#[allow(dead_code, clippy::unused_async)]\nasync fn other{}({}) -> {output} {} {{ {} }}",
        generics(input.generics),
        list(input.parameters),
        input.bounds,
        ended("11")
    );
    let needs_other = matches!(said, "call" | "path");
    let other = if needs_other { other } else { String::new() };
    let (items, call) = match place {
        "free" => (format!("{other}\n{function}"), "shaped".to_owned()),
        "macro_rules" => (
            format!(
                "{other}\nmacro_rules! whole {{ ($($item:tt)*) => {{ $($item)* }}; }}\nwhole! {{ {function} }}"
            ),
            "shaped".to_owned(),
        ),
        "associated" => (
            format!("pub struct Own;\nimpl Own {{ {other}\n{function} }}"),
            "Own::shaped".to_owned(),
        ),
        _ => {
            let own = "#[derive(Clone, Debug, Default)]\npub struct Own { pub base: u32, pub calls: u32 }";
            let trait_attribute = if place.starts_with("async_trait") {
                "#[async_trait::async_trait]"
            } else {
                ""
            };
            let items = if is_trait {
                format!(
                    "{own}\nimpl Own {{ {other} }}\n{trait_attribute}\npub trait Shaped {{ {}; }}\n{trait_attribute}\nimpl Shaped for Own {{ {function} }}",
                    head("shaped", input.declared)
                )
            } else {
                format!("{own}\nimpl Own {{ {other}\n{function} }}")
            };
            let value = match receiver {
                "self: Arc<Self>" | "self: &Arc<Self>" => "Arc::new(Own::default())",
                "self: Box<Self>" => "Box::new(Own::default())",
                _ => "Own::default()",
            };
            (items, format!("{value}.shaped"))
        }
    };
    let expected = match read {
        "" => answer(result),
        _ => format!("\"{result}\""),
    };
    let given = input.given;
    let got = format!("{call}({given}).await.expect(\"an answer\"){read}");
    let check = if choice(OUTPUT) == "unit" {
        format!("{got};")
    } else {
        format!("assert_eq!({got}, {expected});")
    };
    format!(
        "
pub mod shape_{number:03} {{
use super::*;
static TRIES: AtomicU32 = AtomicU32::new(0);
{items}
pub async fn call() {{ {check} assert_eq!(TRIES.load(Ordering::Relaxed), {tries}); }}
}}
"
    )
}
