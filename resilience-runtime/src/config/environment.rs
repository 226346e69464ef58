//! The environment's variables: a snapshot, read for one name at a time.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use super::aliases::ALIASES;
use super::key::{Key, PREFIXES};
use super::layer::Layer;
use super::renamed::RENAMED;
use crate::error::{ConfigProblem, ConfigSource};

const ENABLED: &str = "RESILIENCE_ENABLED";

/// The first words of the variables of health checks.
pub(super) const HEALTH_CHECK: &str = "HEALTH_CHECK_";

/// The variables that may be ours, as they were when read.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Environment {
    variables: BTreeMap<String, String>,
}

/// The values that the environment has for one name.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct EnvironmentLayer {
    pub(crate) values: Layer,
    variables: Vec<(Key, String)>,
}

impl EnvironmentLayer {
    /// What is wrong with these values by themselves.
    pub(crate) fn problems(&self) -> Vec<ConfigProblem> {
        self.values.problems(&ConfigSource::Environment, |key| {
            self.variable(key).unwrap_or_else(|| key.name().to_owned())
        })
    }

    /// The variable that set this key.
    pub(crate) fn variable(&self, key: Key) -> Option<String> {
        self.variables
            .iter()
            .find(|(set, _)| *set == key)
            .map(|(_, variable)| variable.clone())
    }
}

impl Environment {
    /// The process's variables.
    pub(crate) fn capture() -> Self {
        Self::from_variables(std::env::vars_os().map(|(name, value)| {
            // Not Unicode: kept, so that it is refused with a message instead of overlooked.
            (
                name.to_string_lossy().into_owned(),
                value.to_string_lossy().into_owned(),
            )
        }))
    }

    pub(crate) fn from_variables<N: Into<String>, V: Into<String>>(
        variables: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        let is_candidate = |name: &str| {
            name == ENABLED
                || name.starts_with(HEALTH_CHECK)
                || PREFIXES.iter().any(|prefix| {
                    name.strip_prefix(prefix)
                        .is_some_and(|rest| rest.starts_with('_'))
                })
        };
        Self {
            variables: variables
                .into_iter()
                .map(|(name, value)| (name.into(), value.into()))
                .filter(|(name, _)| is_candidate(name))
                .collect(),
        }
    }

    pub(super) fn variable(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str)
    }

    pub(super) fn variables_under(&self, prefix: &str) -> impl Iterator<Item = &str> {
        let names = self.variables.keys().map(String::as_str);
        names.filter(move |name| name.starts_with(prefix))
    }

    /// `RESILIENCE_ENABLED`, if it is set.
    pub(crate) fn enabled(&self) -> Result<Option<bool>, ConfigProblem> {
        let Some(text) = self.variables.get(ENABLED) else {
            return Ok(None);
        };
        match text.trim().to_ascii_lowercase().as_str() {
            "true" | "1" | "on" | "yes" => Ok(Some(true)),
            "false" | "0" | "off" | "no" => Ok(Some(false)),
            _ => Err(ConfigProblem::new(
                ENABLED,
                text,
                ConfigSource::Environment,
                "must be true or false",
            )),
        }
    }

    /// The values that the variables set for a service or kind.
    pub(crate) fn layer(&self, name: &str) -> Result<EnvironmentLayer, Vec<ConfigProblem>> {
        let mut layer = EnvironmentLayer::default();
        if self.variables.is_empty() {
            return Ok(layer);
        }
        let mut problems = Vec::new();
        for key in Key::ALL {
            for name in upper_names(name) {
                problems.extend(self.renamed(*key, &name));
                for (variable, seconds) in key.variables(&name) {
                    let Some(text) = self.variables.get(&variable) else {
                        continue;
                    };
                    let period = Duration::from_secs(seconds.unwrap_or_default());
                    let problem = match key.value_type().parse(text, period) {
                        Err(allowed) => allowed.to_owned(),
                        Ok(value) => match (layer.values.get(*key), layer.variable(*key)) {
                            (Some(before), Some(other)) if before != value => {
                                format!(
                                    "`{other}` sets another value of the same setting; set one of them"
                                )
                            }
                            _ => {
                                layer.values.set(*key, value);
                                layer.variables.push((*key, variable));
                                continue;
                            }
                        },
                    };
                    problems.push(ConfigProblem::new(
                        variable,
                        text,
                        ConfigSource::Environment,
                        problem,
                    ));
                }
            }
        }
        if problems.is_empty() {
            return Ok(layer);
        }
        // What could be read may be out of range: all of it is reported at once.
        problems.extend(layer.problems());
        Err(problems)
    }

    /// A variable that sets something for the service of this name.
    pub(crate) fn variable_for(&self, name: &str) -> Option<String> {
        let names = upper_names(name);
        let of_name = |name: &String| {
            let keys = Key::ALL.iter();
            let mut variables = keys.flat_map(|key| key.variables(name));
            variables.find(|(variable, _)| self.variables.contains_key(variable))
        };
        names.iter().find_map(of_name).map(|(variable, _)| variable)
    }

    /// The variables that set this key under a name that it no longer has.
    fn renamed(&self, key: Key, name: &str) -> impl Iterator<Item = ConfigProblem> {
        let old_names = key.variables(name).into_iter().flat_map(|(variable, _)| {
            RENAMED.iter().filter_map(move |(old, new)| {
                let stem = variable.strip_suffix(&new.to_ascii_uppercase())?;
                let old = old.to_ascii_uppercase();
                Some((format!("{stem}{old}"), variable.clone()))
            })
        });
        old_names.filter_map(|(old, new)| {
            let text = self.variables.get(&old)?;
            let allowed = format!("is called `{new}` now");
            Some(ConfigProblem::new(
                old,
                text,
                ConfigSource::Environment,
                allowed,
            ))
        })
    }

    /// The variables that name one of these services or kinds but no setting.
    pub(crate) fn unknown_variables<'a>(
        &self,
        names: impl IntoIterator<Item = &'a str>,
    ) -> Vec<UnknownVariable> {
        if self.variables.is_empty() {
            return Vec::new();
        }
        let names: Vec<String> = names.into_iter().flat_map(upper_names).collect();
        let known: Vec<String> = names
            .iter()
            .flat_map(|name| Key::ALL.iter().flat_map(|key| key.variables(name)))
            .map(|(variable, _)| variable)
            .collect();
        self.variables
            .keys()
            .filter(|variable| *variable != ENABLED && !known.contains(variable))
            .filter(|variable| {
                names
                    .iter()
                    .any(|name| is_under(variable, name) && !is_of_longer_name(variable, name))
            })
            .map(|variable| UnknownVariable {
                nearest: nearest(variable, &names, &known),
                variable: variable.clone(),
            })
            .collect()
    }
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
    Key::ALL
        .iter()
        .flat_map(|key| key.variables(name))
        .any(|(right, _)| {
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

/// A name as variables write it. `DB` and `DATABASE` are the same.
pub(crate) fn upper_names(name: &str) -> Vec<String> {
    let upper = canonical_upper(name);
    if upper == "DATABASE" {
        vec![upper, "DB".to_owned()]
    } else {
        vec![upper]
    }
}

/// The one upper-case form of a name; two services must not share it where a variable uses it.
pub(crate) fn canonical_upper(name: &str) -> String {
    let upper: String = name
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() {
                c.to_ascii_uppercase()
            } else {
                '_'
            }
        })
        .collect();
    if upper == "DB" {
        "DATABASE".to_owned()
    } else {
        upper
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::value::Value;

    #[test]
    fn a_name_is_upper_case_with_underscores() {
        assert_eq!(canonical_upper("my-svc.v2"), "MY_SVC_V2");
        assert_eq!(upper_names("database"), ["DATABASE", "DB"]);
        assert_eq!(upper_names("db"), ["DATABASE", "DB"]);
    }

    #[test]
    fn both_spellings_of_the_database_must_agree() {
        let agreeing = [
            ("TIMEOUT_DB", "5"),
            ("TIMEOUT_DATABASE", "5s"),
            ("RETRY_DB_MAX_ATTEMPTS", "4"),
        ];
        let layer = Environment::from_variables(agreeing)
            .layer("database")
            .expect("they agree");
        assert_eq!(
            layer.values.get(Key::RetryMaxAttempts),
            Some(Value::Count(4))
        );

        let clashing = [("TIMEOUT_DB", "5"), ("TIMEOUT_DATABASE", "6")];
        let problems = Environment::from_variables(clashing)
            .layer("database")
            .expect_err("they clash");
        assert_eq!(problems.len(), 1);
        assert!(problems[0].allowed().contains("TIMEOUT_DATABASE"));
    }

    #[test]
    fn only_one_rate_may_be_set() {
        let problems = Environment::from_variables([
            ("RATE_LIMIT_LLM_REQUESTS_PER_MINUTE", "60"),
            ("RATE_LIMIT_LLM_REQUESTS_PER_SECOND", "2"),
        ])
        .layer("llm")
        .expect_err("they clash");
        assert_eq!(problems.len(), 1, "{problems:?}");
    }

    #[test]
    fn slips_are_found_and_other_programs_left_alone() {
        let environment = Environment::from_variables([
            ("RETRY_LLM_MAX_ATTEMPS", "3"),
            ("RETRY_LLM_EU_MAX_ATTEMPTS", "3"),
            ("TIMEOUT_STOP", "3"),
            ("RETRY_LLM_MAX_ATTEMPTS", "3"),
            ("PATH", "x"),
        ]);
        let unknown = environment.unknown_variables(["llm"]);
        assert_eq!(unknown.len(), 1, "{unknown:?}");
        assert_eq!(unknown[0].variable(), "RETRY_LLM_MAX_ATTEMPS");
        assert_eq!(unknown[0].nearest(), "RETRY_LLM_MAX_ATTEMPTS");
    }

    #[test]
    fn alias_of_a_setting_suggests_its_variable() {
        for (alias, meant) in [
            ("RATE_LIMIT_LLM_RPM", "RATE_LIMIT_LLM_REQUESTS_PER_MINUTE"),
            ("RATE_LIMIT_DB_TPM", "RATE_LIMIT_DB_TOKENS_PER_MINUTE"),
            ("RETRY_LLM_MAX_RETRIES", "RETRY_LLM_MAX_ATTEMPTS"),
        ] {
            let environment = Environment::from_variables([(alias, "3")]);
            let unknown = environment.unknown_variables(["llm", "database"]);
            assert_eq!(unknown[0].nearest(), meant, "{alias}");
        }
    }

    #[test]
    fn renamed_variable_is_an_error_with_its_new_name() {
        let environment = Environment::from_variables([("RATE_LIMIT_LLM_MAX_PARK", "3s")]);
        let problems = environment.layer("llm").expect_err("an old name");
        let texts: Vec<String> = problems.iter().map(ToString::to_string).collect();
        assert_eq!(
            texts,
            [
                "`RATE_LIMIT_LLM_MAX_PARK` is `3s` (environment variable): is called \
              `RATE_LIMIT_LLM_MAX_COOLDOWN` now"
            ]
        );
    }

    #[test]
    fn every_bad_variable_is_named() {
        let problems = Environment::from_variables([
            ("RETRY_LLM_MAX_ATTEMPTS", "-1"),
            ("RETRY_LLM_MULTIPLIER", "NaN"),
            ("TIMEOUT_LLM", "soon"),
        ])
        .layer("llm")
        .expect_err("all are bad");
        let keys: Vec<&str> = problems.iter().map(ConfigProblem::key).collect();
        assert_eq!(
            keys,
            [
                "RETRY_LLM_MAX_ATTEMPTS",
                "RETRY_LLM_MULTIPLIER",
                "TIMEOUT_LLM"
            ]
        );
    }
}
