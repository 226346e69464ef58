//! Resolves the values of all sources to those in effect: precedence, clamping, and the final check.

use super::circuit_breaker::Window;
use super::effective::Effective;
use super::environment::EnvironmentLayer;
use super::key::Key;
use super::layer::Layer;
use super::validator::{Validator, Violation};
use super::value::Value;
use crate::error::{ConfigProblem, ConfigSource};
use crate::name::ServiceKind;

/// One level's values and whose they are.
#[derive(Clone, Copy)]
pub(crate) enum Source<'a> {
    Environment(&'a EnvironmentLayer),
    Settings(&'a Layer, &'a str),
    Attribute(&'a Layer, &'a str),
    Declaration(&'a Layer, &'a str),
}

impl Source<'_> {
    /// Whether this level sets the key.
    pub(crate) fn has(self, key: Key) -> bool {
        self.get(key).is_some()
    }

    fn get(self, key: Key) -> Option<Value> {
        match self {
            Self::Environment(layer) => layer.values.get(key),
            Self::Settings(layer, _) | Self::Attribute(layer, _) | Self::Declaration(layer, _) => {
                layer.get(key)
            }
        }
    }

    fn label(self, key: Key) -> (String, ConfigSource) {
        match self {
            Self::Environment(layer) => (
                layer.variable(key).unwrap_or_else(|| key.name().to_owned()),
                ConfigSource::Environment,
            ),
            Self::Settings(_, scope) => (
                key.name().to_owned(),
                ConfigSource::Settings((*scope).to_owned()),
            ),
            Self::Attribute(_, place) => (
                key.name().to_owned(),
                ConfigSource::Attribute((*place).to_owned()),
            ),
            Self::Declaration(_, place) => (
                key.name().to_owned(),
                ConfigSource::Declaration((*place).to_owned()),
            ),
        }
    }
}

/// All levels of one function or service, strongest first; beneath them lies the preset.
pub(crate) struct Levels<'a>(pub(crate) Vec<Source<'a>>);

impl Levels<'_> {
    /// The first level that has the key, with its rank: the lower, the stronger.
    pub(super) fn lookup(&self, key: Key) -> Option<(usize, Value)> {
        self.0
            .iter()
            .enumerate()
            .find_map(|(rank, source)| source.get(key).map(|value| (rank, value)))
    }

    pub(super) fn rank(&self, key: Key) -> usize {
        self.lookup(key).map_or(self.0.len(), |(rank, _)| rank)
    }

    /// The variable or the name under which the value was written, and where; beneath all lies the preset.
    pub(super) fn label(&self, key: Key) -> (String, ConfigSource) {
        self.0
            .get(self.rank(key))
            .map_or((key.name().to_owned(), ConfigSource::Preset), |source| {
                source.label(key)
            })
    }

    /// Returns what runs.
    pub(crate) fn resolve(&self, kind: ServiceKind) -> Result<Effective, Vec<ConfigProblem>> {
        self.validated(kind).map_err(|violations| {
            let problem = |violation: Violation| match violation.key() {
                Some(key) => {
                    let (label, origin) = self.label(key);
                    violation.at(label, origin)
                }
                None => violation.in_config(ConfigSource::Code),
            };
            violations.into_iter().map(problem).collect()
        })
    }

    fn validated(&self, kind: ServiceKind) -> Result<Effective, Vec<Violation>> {
        let mut effective = Effective::preset(kind);
        let mut validator = Validator::default();
        for key in Key::ALL {
            let Some((_, value)) = self.lookup(*key) else {
                continue;
            };
            match value {
                Value::Count(count) if u32::try_from(count).is_err() => {
                    validator.require(false, *key, count, "must be at most 4294967295");
                }
                _ => effective.set(*key, value),
            }
        }
        // The preset's threshold gives way to a rate; one that was written counts beside it.
        if self.lookup(Key::CircuitFailureRate).is_some()
            && self.lookup(Key::CircuitFailureThreshold).is_none()
        {
            effective.circuit.failure_threshold = None;
        }
        self.clamp_conflicts(&mut effective);
        self.choose_limit(&mut effective, &mut validator);
        effective.build_limits(&mut validator);
        effective.check(&mut validator);
        if validator.violations.is_empty() {
            Ok(effective)
        } else {
            Err(validator.violations)
        }
    }

    /// Two values that cannot both hold: the one from the weaker level gives way. Of one level, both
    /// stay and the final check refuses them. A value that is out of range by itself clamps nothing, or
    /// the error would show a value that was never written.
    fn clamp_conflicts(&self, effective: &mut Effective) {
        let weaker = |a: Key, b: Key| self.rank(a).cmp(&self.rank(b));

        let retry = &mut effective.retry;
        if retry.base_delay > retry.max_delay && !retry.max_delay.is_zero() {
            match weaker(Key::RetryBaseDelay, Key::RetryMaxDelay) {
                std::cmp::Ordering::Less => retry.max_delay = retry.base_delay,
                std::cmp::Ordering::Greater => retry.base_delay = retry.max_delay,
                std::cmp::Ordering::Equal => {}
            }
        }
        let circuit = &mut effective.circuit;
        if circuit.recovery_timeout > circuit.max_recovery_timeout
            && !circuit.max_recovery_timeout.is_zero()
        {
            match weaker(Key::CircuitRecoveryTimeout, Key::CircuitMaxRecoveryTimeout) {
                std::cmp::Ordering::Less => circuit.max_recovery_timeout = circuit.recovery_timeout,
                std::cmp::Ordering::Greater => {
                    circuit.recovery_timeout = circuit.max_recovery_timeout;
                }
                std::cmp::Ordering::Equal => {}
            }
        }
        if let Window::Calls(calls) = circuit.window
            && calls > 0
            && circuit.minimum_calls > calls
        {
            match weaker(Key::CircuitMinimumCalls, Key::CircuitWindow) {
                std::cmp::Ordering::Less if circuit.minimum_calls <= Window::MAX_CALLS => {
                    circuit.window = Window::Calls(circuit.minimum_calls);
                }
                std::cmp::Ordering::Greater => circuit.minimum_calls = calls,
                std::cmp::Ordering::Less | std::cmp::Ordering::Equal => {}
            }
        }
    }
}

impl Layer {
    /// What is wrong with these values by themselves, whatever the other levels set.
    pub(crate) fn problems(
        &self,
        origin: &ConfigSource,
        label: impl Fn(Key) -> String,
    ) -> Vec<ConfigProblem> {
        let levels = Levels(vec![Source::Settings(self, "")]);
        let Err(violations) = levels.validated(ServiceKind::Custom) else {
            return Vec::new();
        };
        violations
            .into_iter()
            // Half of a pair may find its other half at another level.
            .filter(|violation| violation.missing.is_none())
            .filter_map(|violation| {
                let key = violation.key()?;
                Some(violation.at(label(key), origin.clone()))
            })
            .collect()
    }
}
