//! One source's values: at most one for each key.

use std::fmt;

use super::adaptive::AdaptiveLimits;
use super::key::Key;
use super::value::Value;

/// The values of one source, partial.
#[derive(Clone, PartialEq)]
pub(crate) struct Layer {
    // Boxed: there are many, and layers are moved around.
    values: Box<[Option<Value>; Key::COUNT]>,
}

impl Default for Layer {
    fn default() -> Self {
        Self {
            values: Box::new([None; Key::COUNT]),
        }
    }
}

impl Layer {
    pub(crate) fn get(&self, key: Key) -> Option<Value> {
        self.values[key as usize]
    }

    pub(crate) fn set(&mut self, key: Key, value: Value) {
        debug_assert!(
            key.value_type() == value.value_type(),
            "{key} does not take {value:?}"
        );
        self.values[key as usize] = Some(value);
    }

    pub(crate) fn set_some(&mut self, key: Key, value: Option<Value>) {
        if let Some(value) = value {
            self.set(key, value);
        }
    }

    /// Takes every value that `newer` has. Of a fixed and an adaptive limit the newer one stays.
    pub(crate) fn overlay(&mut self, newer: &Self) {
        if newer.get(Key::BulkheadMaxConcurrent).is_some() {
            for key in AdaptiveLimits::KEYS {
                self.values[key as usize] = None;
            }
        }
        if AdaptiveLimits::KEYS
            .iter()
            .any(|key| newer.get(*key).is_some())
        {
            self.values[Key::BulkheadMaxConcurrent as usize] = None;
        }
        for (value, newer) in self.values.iter_mut().zip(*newer.values) {
            if newer.is_some() {
                *value = newer;
            }
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (Key, Value)> {
        Key::ALL
            .iter()
            .filter_map(|key| self.get(*key).map(|value| (*key, value)))
    }
}

/// Names only: the values may be those of variables.
impl fmt::Debug for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set()
            .entries(self.iter().map(|(key, _)| key))
            .finish()
    }
}

impl FromIterator<(Key, Value)> for Layer {
    fn from_iter<I: IntoIterator<Item = (Key, Value)>>(values: I) -> Self {
        let mut layer = Self::default();
        for (key, value) in values {
            layer.set(key, value);
        }
        layer
    }
}
