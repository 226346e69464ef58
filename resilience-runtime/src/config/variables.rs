//! The variables that may be ours: the names of all, and the values of those that are.

use std::collections::BTreeMap;
use std::fmt;

use super::key::Key;

/// Variables by name. A value is only kept where it may be needed: it can be another program's secret.
#[derive(Clone, Default, PartialEq)]
pub(super) struct Variables {
    /// `None`: the value is not kept.
    values: BTreeMap<String, Option<String>>,
    /// They are those of the process, so that a value which is not kept can be read when it is needed.
    of_process: bool,
}

impl Variables {
    /// The process's variables of which `is_candidate` holds, with the values of those of which `is_ours` holds.
    pub(super) fn of_process(
        is_candidate: impl Fn(&str) -> bool,
        is_ours: impl Fn(&str) -> bool,
    ) -> Self {
        // Names and values that are not Unicode are kept: they are refused with a message instead of overlooked.
        let variables = std::env::vars_os().filter_map(|(name, value)| {
            let name = name.to_string_lossy().into_owned();
            is_candidate(&name).then(|| {
                let value = is_ours(&name).then(|| value.to_string_lossy().into_owned());
                (name, value)
            })
        });
        Self {
            values: variables.collect(),
            of_process: true,
        }
    }

    /// Variables that the caller gives.
    pub(super) fn given(variables: impl Iterator<Item = (String, String)>) -> Self {
        let variables = variables.map(|(name, value)| (name, Some(value)));
        Self {
            values: variables.collect(),
            of_process: false,
        }
    }

    /// The value of a variable that is set; `Some(None)`: it was not kept.
    pub(super) fn get(&self, name: &str) -> Option<Option<&str>> {
        self.values.get(name).map(Option::as_deref)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &String> {
        self.values.keys()
    }

    /// Whether values that are not kept can be read again.
    pub(super) fn is_of_process(&self) -> bool {
        self.of_process
    }

    /// Reads from the process the values that are not kept of the variables of which `is_ours` holds.
    pub(super) fn adopt(&mut self, is_ours: impl Fn(&str) -> bool) {
        self.values.retain(|name, value| {
            if value.is_none() && is_ours(name) {
                let read = std::env::var_os(name);
                *value = read.map(|value| value.to_string_lossy().into_owned());
                // It was unset in the meantime.
                return value.is_some();
            }
            true
        });
    }

    /// Forgets the values of all variables but those of which `is_ours` holds, and those that a service which is not known
    /// yet could run with: these were given and cannot be read again.
    pub(super) fn forget_others(&mut self, is_ours: impl Fn(&str) -> bool) {
        for (name, value) in &mut self.values {
            let usable = |text: &String| !self.of_process && is_usable(name, text);
            if !is_ours(name) && !value.as_ref().is_some_and(usable) {
                *value = None;
            }
        }
    }
}

/// Whether a setting of some service could take this text from the variable of this name.
fn is_usable(variable: &str, text: &str) -> bool {
    const ANY: &str = "*";
    Key::ALL.iter().any(|key| {
        let pattern = key.variable(ANY);
        let names_a_service = pattern.split_once(ANY).is_some_and(|(head, tail)| {
            let rest = variable.strip_prefix(head);
            rest.and_then(|rest| rest.strip_suffix(tail))
                .is_some_and(|service| !service.is_empty())
        });
        names_a_service && key.value_type().parse(text).is_ok()
    })
}

/// Names only.
impl fmt::Debug for Variables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.values.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CANARY: &str = "tweet-1f0c";

    fn given(variables: &[(&str, &str)]) -> Variables {
        let owned = variables
            .iter()
            .map(|(a, b)| (a.to_string(), b.to_string()));
        Variables::given(owned)
    }

    #[test]
    fn values_of_others_are_forgotten_after_the_check() {
        let mut variables = given(&[
            ("TIMEOUT_STOP", CANARY),
            ("TIMEOUT_LLM", CANARY),
            ("TIMEOUT_LATER", "3s"),
            ("RETRY_LATER_JITTER", "full"),
            ("RETRY_JITTER", "full"),
            ("HEALTH_CHECK_PATH", CANARY),
        ]);
        variables.forget_others(|name| name == "TIMEOUT_LLM");
        assert_eq!(variables.get("TIMEOUT_STOP"), Some(None));
        assert_eq!(variables.get("TIMEOUT_LLM"), Some(Some(CANARY)));
        assert_eq!(variables.get("TIMEOUT_LATER"), Some(Some("3s")));
        assert_eq!(variables.get("RETRY_LATER_JITTER"), Some(Some("full")));
        assert_eq!(variables.get("RETRY_JITTER"), Some(None));
        assert_eq!(variables.get("HEALTH_CHECK_PATH"), Some(None));
        assert_eq!(variables.get("TIMEOUT_OTHER"), None);
    }

    #[test]
    fn values_of_the_process_are_read_when_they_are_ours() {
        let mut variables = Variables::of_process(|_| true, |_| false);
        let path = std::env::var("PATH").expect("tests have a path");
        assert_eq!(variables.get("PATH"), Some(None));
        variables.adopt(|name| name == "PATH");
        assert_eq!(variables.get("PATH"), Some(Some(&*path)));
        variables.forget_others(|_| false);
        assert_eq!(variables.get("PATH"), Some(None));
    }

    #[test]
    fn debug_shows_names_only() {
        let shown = format!("{:?}", given(&[("TIMEOUT_STOP", CANARY)]));
        assert_eq!(shown, r#"{"TIMEOUT_STOP"}"#);
    }
}
