//! Texts as durations: what is read is what stands there, or the text is refused by name.

use std::time::Duration;

use resilience_runtime::{Registry, ServiceKind, Settings, config::ConfigError};

use crate::decimal::{Amount, decimal};

const VARIABLE: &str = "TIMEOUT_LLM";

/// The input is the value of a variable that is a duration.
pub fn durations(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let expected = nanoseconds(text.trim());
    match read(&text) {
        Ok(span) => {
            let expected = expected.unwrap_or_else(|| panic!("{text:?} was taken for {span:?}"));
            assert!(!span.is_zero(), "{text:?}");
            assert!(
                expected.is(span.as_nanos()),
                "{text:?}: {span:?}, {expected:?}"
            );
            come_back(span);
        }
        Err(error) => {
            assert!(
                !expected.is_some_and(can_be_taken),
                "{text:?} was refused: {error}"
            );
            let [problem] = error.problems() else {
                panic!("one value, one problem: {error}");
            };
            assert_eq!(problem.key(), VARIABLE);
            let is_zero = expected.is_some_and(|amount| amount.is(0));
            assert!(
                problem.value() == Some(&text) || is_zero && problem.value() == Some("0ns"),
                "{error}"
            );
            assert!(error.to_string().contains(VARIABLE) && !problem.allowed().is_empty());
        }
    }
}

fn read(text: &str) -> Result<Duration, ConfigError> {
    let registry = Registry::new();
    registry.configure(Settings::from_vars([(VARIABLE, text)])?)?;
    let service = registry.service("fuzzed", ServiceKind::Llm)?;
    Ok(service.config().timeout.expect("it is on"))
}

/// What was read can be written in every unit, and as messages show it, and is then read as the same.
fn come_back(span: Duration) {
    let nanos = span.as_nanos();
    for (unit, size) in [
        ("ns", 1),
        ("us", 1_000),
        ("ms", 1_000_000),
        ("s", 1_000_000_000),
    ] {
        if nanos.is_multiple_of(size) && u64::try_from(nanos / size).is_ok() {
            let text = format!(" {}{unit}", nanos / size);
            assert_eq!(read(&text), Ok(span), "{text:?}");
        }
    }
    let shown = format!("{span:?}");
    let again = read(&shown).unwrap_or_else(|error| panic!("{shown} is not read: {error}"));
    assert!(
        again.abs_diff(span) <= Duration::from_nanos(1) + span / 1_000_000_000,
        "{shown}: {again:?}"
    );
}

/// In nanoseconds. `None`: it is no duration.
fn nanoseconds(text: &str) -> Option<Amount> {
    let end = text.trim_end_matches(|c: char| c.is_alphabetic());
    let unit = match &text[end.len()..] {
        "ns" => 1,
        "us" | "µs" => 1_000,
        "ms" => 1_000_000,
        "" | "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        _ => return None,
    };
    decimal(end.trim_end(), unit)
}

/// Surely long enough, and short enough.
fn can_be_taken(amount: Amount) -> bool {
    let longest = Duration::MAX.as_nanos();
    match amount {
        Amount::Exact(amount) => (1..=longest).contains(&amount),
        Amount::About(amount) => amount >= 1.0 && amount < longest as f64 * (1.0 - 1e-9),
    }
}
