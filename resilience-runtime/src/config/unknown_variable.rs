//! Variables that name a service or kind, but no setting.

use std::fmt;

use super::aliases::ALIASES;
use super::key::{Key, PREFIXES};

/// Describes a variable that names a known service or kind, but no setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownVariable {
    variable: String,
    nearest: String,
}

impl UnknownVariable {
    pub(super) fn new(variable: &str, nearest: &str) -> Self {
        Self {
            variable: variable.to_owned(),
            nearest: nearest.to_owned(),
        }
    }

    /// Returns the name of the variable.
    #[must_use]
    pub fn variable(&self) -> &str {
        &self.variable
    }

    /// Returns the name that was probably meant.
    #[must_use]
    pub fn nearest(&self) -> &str {
        &self.nearest
    }

    pub(crate) fn log(&self) {
        tracing::warn!(
            target: "resilience",
            variable = self.variable,
            nearest = self.nearest,
            "unknown environment variable, it changes nothing"
        );
    }
}

impl fmt::Display for UnknownVariable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` changes nothing; did you mean `{}`?",
            self.variable, self.nearest
        )
    }
}

/// Those of the variables that name one of these services or kinds (in upper case) but no setting.
pub(super) fn unknown_among<'a>(
    variables: impl Iterator<Item = &'a String>,
    names: &[String],
) -> Vec<UnknownVariable> {
    let known: Vec<String> = names
        .iter()
        .flat_map(|name| Key::ALL.iter().map(|key| key.variable(name)))
        .collect();
    let names_one = |read: &str| {
        let mut names = names.iter();
        names.any(|name| is_under(read, name) && !is_of_longer_name(read, name))
    };
    variables
        .filter(|variable| !known.contains(variable))
        .map(|variable| (variable, with_our_word(variable)))
        .filter(|(_, read)| names_one(read))
        .map(|(variable, read)| UnknownVariable {
            nearest: if known.contains(&read) {
                read
            } else {
                nearest(&read, names, &known)
            },
            variable: variable.clone(),
        })
        .collect()
}

/// Words that people write in place of ours.
const OTHER_WORDS: &[(&str, &str)] = &[
    ("CIRCUIT_BREAKER", "CIRCUIT"),
    ("HEDGING", "HEDGE"),
    ("RATELIMIT", "RATE_LIMIT"),
    ("RATE_LIMITER", "RATE_LIMIT"),
    ("RETRIES", "RETRY"),
    ("TARGETS", "TARGET"),
    ("TIMEOUTS", "TIMEOUT"),
];

/// Whether a variable begins with such a word.
pub(super) fn has_other_word(variable: &str) -> bool {
    other_word(variable).is_some()
}

fn other_word(variable: &str) -> Option<(&'static str, &str)> {
    OTHER_WORDS.iter().find_map(|(theirs, ours)| {
        let rest = variable.strip_prefix(theirs)?;
        rest.starts_with('_').then_some((*ours, rest))
    })
}

/// The variable with the word that was meant.
fn with_our_word(variable: &str) -> String {
    other_word(variable).map_or_else(
        || variable.to_owned(),
        |(ours, rest)| format!("{ours}{rest}"),
    )
}

/// The known variable that was probably meant: by an alias of its setting, or by its spelling.
fn nearest(variable: &str, names: &[String], known: &[String]) -> String {
    let by_alias = PREFIXES.iter().find_map(|prefix| {
        let rest = variable.strip_prefix(prefix)?.strip_prefix('_')?;
        names.iter().find_map(|name| {
            let suffix = rest.strip_prefix(name.as_str())?.strip_prefix('_')?;
            let suffix = suffix.to_ascii_lowercase();
            let (_, ours) = ALIASES.iter().find(|(theirs, _)| *theirs == suffix)?;
            let meant = format!("{prefix}_{name}_{}", ours.to_ascii_uppercase());
            known.contains(&meant).then_some(meant)
        })
    });
    let likeness = |known: &String| strsim::jaro_winkler(variable, known);
    by_alias
        .or_else(|| {
            let nearest = |a: &&String, b: &&String| likeness(a).total_cmp(&likeness(b));
            known.iter().max_by(nearest).cloned()
        })
        .unwrap_or_default()
}

/// Whether a variable begins with one of our words and then this name.
fn is_under(variable: &str, name: &str) -> bool {
    PREFIXES.iter().any(|prefix| {
        variable
            .strip_prefix(prefix)
            .and_then(|rest| rest.strip_prefix('_'))
            .and_then(|rest| rest.strip_prefix(name))
            .is_some_and(|rest| rest.starts_with('_'))
    })
}

/// Whether it would be right for a service whose name begins with this one: `RETRY_LLM_EU_MAX_ATTEMPTS`
/// is no slip under `LLM`, it belongs to a service that has not appeared yet.
fn is_of_longer_name(variable: &str, name: &str) -> bool {
    Key::ALL.iter().map(|key| key.variable(name)).any(|right| {
        let Some(at) = right.find(name) else {
            return false;
        };
        let (head, tail) = right.split_at(at + name.len());
        variable
            .strip_prefix(head)
            .and_then(|rest| rest.strip_suffix(tail))
            .is_some_and(|longer| longer.starts_with('_') && longer.len() > 1)
    })
}

#[cfg(all(test, not(resilience_loom)))]
mod tests {
    use super::*;

    #[test]
    fn other_words_are_told_ours() {
        let told = |variable: &str| {
            let variable = variable.to_owned();
            let unknown = unknown_among([&variable].into_iter(), &["CHAT".to_owned()]);
            unknown.first().map(|it| it.nearest().to_owned())
        };
        for (variable, meant) in [
            (
                "CIRCUIT_BREAKER_CHAT_FAILURE_THRESHOLD",
                "CIRCUIT_CHAT_FAILURE_THRESHOLD",
            ),
            ("HEDGING_CHAT_DELAY", "HEDGE_CHAT_DELAY"),
            ("RETRIES_CHAT_MAX_ATEMPTS", "RETRY_CHAT_MAX_ATTEMPTS"),
        ] {
            assert_eq!(told(variable).as_deref(), Some(meant));
        }
        assert_eq!(told("CIRCUIT_CHAT_FAILURE_THRESHOLD"), None);
        assert_eq!(told("CIRCUIT_BREAKER_OTHER_FAILURE_THRESHOLD"), None);
    }
}
