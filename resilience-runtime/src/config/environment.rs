//! The environment's variables: a snapshot, read for one name at a time.

use std::collections::BTreeSet;

use super::key::{Key, PREFIXES};
use super::layer::Layer;
use super::renamed::RENAMED;
use super::unknown_variable::{UnknownVariable, has_other_word, unknown_among};
use super::value::parse_flag;
use super::variables::Variables;
use crate::error::{ConfigProblem, ConfigSource};
use crate::name::ServiceKind;

const ENABLED: &str = "RESILIENCE_ENABLED";

/// The first words of the variables of health checks.
pub(super) const HEALTH_CHECK: &str = "HEALTH_CHECK_";

/// The variables of health checks.
pub(super) const HEALTH_VARIABLES: [&str; 2] = ["HEALTH_CHECK_INTERVAL", "HEALTH_CHECK_TIMEOUT"];

/// The variables that may be ours, as they were when read. Values that nothing needs are not kept.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Environment {
    variables: Variables,
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
    /// The process's variables, with the values of those that name a kind.
    pub(crate) fn capture() -> Self {
        let ours = own_variables([]);
        Self {
            variables: Variables::of_process(is_candidate, |name| ours.contains(name)),
        }
    }

    pub(crate) fn from_variables<N: Into<String>, V: Into<String>>(
        variables: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        let variables = variables.into_iter();
        let variables = variables.map(|(name, value)| (name.into(), value.into()));
        Self {
            variables: Variables::given(variables.filter(|(name, _)| is_candidate(name))),
        }
    }

    /// Reads the values of the variables of these services, where they are not kept.
    pub(crate) fn adopt<'a>(&mut self, services: impl IntoIterator<Item = &'a str>) {
        if self.variables.is_of_process() && !self.variables.is_empty() {
            let ours = own_variables(services);
            self.variables.adopt(|name| ours.contains(name));
        }
    }

    /// Forgets the values of variables that are neither of these services nor of a kind.
    pub(crate) fn forget_others<'a>(&mut self, services: impl IntoIterator<Item = &'a str>) {
        let ours = own_variables(services);
        self.variables.forget_others(|name| ours.contains(name));
    }

    pub(super) fn variable(&self, name: &str) -> Option<&str> {
        self.variables.get(name).flatten()
    }

    pub(super) fn variables_under(&self, prefix: &str) -> impl Iterator<Item = &str> {
        let names = self.variables.names().map(String::as_str);
        names.filter(move |name| name.starts_with(prefix))
    }

    /// `RESILIENCE_ENABLED`, if it is set.
    pub(crate) fn enabled(&self) -> Result<Option<bool>, ConfigProblem> {
        let Some(text) = self.variable(ENABLED) else {
            return Ok(None);
        };
        parse_flag(text).map(Some).map_err(|allowed| {
            ConfigProblem::new(ENABLED, text, ConfigSource::Environment, allowed)
        })
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
                let variable = key.variable(&name);
                let Some(text) = self.variables.get(&variable) else {
                    continue;
                };
                // A text that was not kept is no value: what could be one was.
                let parsed = key.value_type().parse(text.unwrap_or_default());
                let problem = match parsed {
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
                problems.push(problem_of(variable, text, problem));
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
            let mut variables = keys.map(|key| key.variable(name));
            variables.find(|variable| self.variables.get(variable).is_some())
        };
        names.iter().find_map(of_name)
    }

    /// The variables that set this key under a name that it no longer has.
    fn renamed(&self, key: Key, name: &str) -> impl Iterator<Item = ConfigProblem> {
        old_names(key, name).filter_map(|(old, new)| {
            let text = self.variables.get(&old)?;
            Some(problem_of(old, text, format!("is called `{new}` now")))
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
        let variables = self.variables.names();
        unknown_among(variables.filter(|name| *name != ENABLED), &names)
    }
}

/// Whether a variable begins as ours do.
fn is_candidate(name: &str) -> bool {
    name == ENABLED
        || name.starts_with(HEALTH_CHECK)
        || has_other_word(name)
        || PREFIXES.iter().any(|prefix| {
            name.strip_prefix(prefix)
                .is_some_and(|rest| rest.starts_with('_'))
        })
}

/// The variables that mean something for a kind, for one of these services, or for everything; old names included.
fn own_variables<'a>(services: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
    let kinds = ServiceKind::ALL.iter().map(|kind| kind.name());
    let mut own: BTreeSet<String> = HEALTH_VARIABLES.map(str::to_owned).into();
    own.insert(ENABLED.to_owned());
    for name in kinds.chain(services).flat_map(upper_names) {
        for key in Key::ALL {
            own.insert(key.variable(&name));
            own.extend(old_names(*key, &name).map(|(old, _)| old));
        }
    }
    own
}

/// The names that the variables of this key had once, each with its new one.
fn old_names(key: Key, name: &str) -> impl Iterator<Item = (String, String)> {
    let variable = key.variable(name);
    RENAMED.iter().filter_map(move |(old, new)| {
        let stem = variable.strip_suffix(&new.to_ascii_uppercase())?;
        let old = old.to_ascii_uppercase();
        Some((format!("{stem}{old}"), variable.clone()))
    })
}

fn problem_of(variable: String, text: Option<&str>, allowed: String) -> ConfigProblem {
    let origin = ConfigSource::Environment;
    match text {
        Some(text) => ConfigProblem::new(variable, text, origin, allowed),
        None => ConfigProblem::without_value(variable, origin, allowed),
    }
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
    fn limits_of_several_periods_hold_together() {
        let layer = Environment::from_variables([
            ("RATE_LIMIT_LLM_REQUESTS_PER_MINUTE", "60"),
            ("RATE_LIMIT_LLM_REQUESTS_PER_SECOND", "2"),
        ])
        .layer("llm")
        .expect("both may be set");
        for (key, limit) in [
            (Key::RateLimitRequestsPerMinute, 60),
            (Key::RateLimitRequestsPerSecond, 2),
        ] {
            assert_eq!(layer.values.get(key), Some(Value::Count(limit)), "{key}");
        }
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
            ("RATE_LIMIT_LLM_DISTRIBUTED", "RATE_LIMIT_LLM_SHARED"),
            ("RATE_LIMIT_DB_FLEET", "RATE_LIMIT_DB_SHARED"),
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

    #[test]
    fn process_values_of_others_are_not_kept() {
        const CHILD: &str = "TEST_RUNS_AS_CHILD";
        if std::env::var_os(CHILD).is_none() {
            let test = "config::environment::tests::process_values_of_others_are_not_kept";
            let output = std::process::Command::new(std::env::current_exe().expect("its own"))
                .args(["--exact", test])
                .envs([
                    (CHILD, "1"),
                    ("TIMEOUT_STOP", "tweet-1f0c"),
                    ("TIMEOUT_LLM", "7"),
                ])
                .output()
                .expect("it runs again");
            let said = String::from_utf8_lossy(&output.stdout);
            assert!(
                output.status.success() && said.contains("1 passed"),
                "{said}"
            );
            return;
        }
        let mut environment = Environment::capture();
        let stop = |environment: &Environment| {
            let kept = environment
                .variables
                .get("TIMEOUT_STOP")
                .expect("it is set");
            kept.map(str::to_owned)
        };
        assert_eq!(stop(&environment), None);
        assert_eq!(environment.variable("TIMEOUT_LLM"), Some("7"));
        environment.adopt(["stop"]);
        assert_eq!(stop(&environment).as_deref(), Some("tweet-1f0c"));
        environment.forget_others(["start"]);
        assert_eq!(stop(&environment), None);
    }
}
