//! The source of each effective value.

use super::effective::Effective;
use super::key::Key;
use super::resolve::Levels;
use crate::error::ConfigSource;
use crate::name::ServiceKind;

/// Describes a setting as it runs, and where it came from.
///
/// ```
/// use resilience_runtime::{Registry, ServiceKind};
///
/// let config = Registry::new().service("openai", ServiceKind::Llm)?.config();
/// let attempts = config.values.iter().find(|value| value.key == "retry.max_attempts").unwrap();
/// assert_eq!((&*attempts.value, &*attempts.from), ("3", "preset of kind `llm`"));
/// # Ok::<(), resilience_runtime::config::ConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct ConfigValue {
    /// Names the setting, as in `retry.max_attempts`.
    pub key: &'static str,
    /// Holds what it is set to. Each is a number, a time or a name from a fixed list.
    pub value: String,
    /// Explains where that was written, and what clamped it where a value of a stronger level did.
    pub from: String,
    /// Names the level that it was taken from.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub origin: ConfigSource,
    #[cfg_attr(feature = "serde", serde(skip))]
    setting: Key,
}

impl ConfigValue {
    /// Returns the setting.
    pub(crate) fn setting(&self) -> Key {
        self.setting
    }

    /// Names the attribute that it was written in, where only that it was one is known.
    pub(crate) fn set_attribute(&mut self, place: &str) {
        if let ConfigSource::Attribute(of) = &mut self.origin {
            self.from = self.from.replacen(of.as_str(), place, 1);
            place.clone_into(of);
        }
    }
}

impl Levels<'_> {
    /// Every value of `effective`, which is what these levels resolve to.
    pub(crate) fn values(&self, kind: ServiceKind, effective: &Effective) -> Vec<ConfigValue> {
        let preset = Effective::preset(kind);
        let runs = Key::ALL
            .iter()
            .filter_map(|key| Some((*key, effective.value(*key)?)));
        runs.map(|(key, value)| {
            let written = self.lookup(key).map(|(_, value)| value);
            let written = written.or_else(|| preset.value(key)).unwrap_or(value);
            let (variable, origin) = self.label(key);
            let mut from = match origin {
                ConfigSource::Environment => format!("{origin} `{variable}`"),
                ConfigSource::Preset => format!("{origin} of kind `{kind}`"),
                _ => origin.to_string(),
            };
            if written != value
                && let Some(other) = clashes_with(key)
            {
                from += &format!(", where it is {written}: clamped by `{other}`");
            }
            ConfigValue {
                key: key.name(),
                value: value.to_string(),
                from,
                origin,
                setting: key,
            }
        })
        .collect()
    }
}

/// The setting that can clamp this one.
const fn clashes_with(key: Key) -> Option<Key> {
    Some(match key {
        Key::RetryBaseDelay => Key::RetryMaxDelay,
        Key::RetryMaxDelay => Key::RetryBaseDelay,
        Key::CircuitRecoveryTimeout => Key::CircuitMaxRecoveryTimeout,
        Key::CircuitMaxRecoveryTimeout => Key::CircuitRecoveryTimeout,
        Key::CircuitMinimumCalls => Key::CircuitWindow,
        Key::CircuitWindow => Key::CircuitMinimumCalls,
        Key::BulkheadAdaptiveMin => Key::BulkheadAdaptiveMax,
        Key::BulkheadAdaptiveMax => Key::BulkheadAdaptiveMin,
        Key::BulkheadAdaptiveInitial => Key::BulkheadAdaptiveMax,
        _ => return None,
    })
}
