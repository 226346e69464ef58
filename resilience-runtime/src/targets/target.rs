//! One target, as it is written down.

use std::fmt;
use std::sync::Arc;

/// Describes one of several places that can serve a call: its name, and what a body needs to reach it.
///
/// ```
/// use resilience_runtime::targets::Target;
///
/// let target = Target::new("azure-eu", "https://eu.example.com").weight(2.0).group("account-1");
/// assert_eq!((target.name(), *target.value()), ("azure-eu", "https://eu.example.com"));
/// ```
pub struct Target<T> {
    pub(super) name: Arc<str>,
    pub(super) value: Arc<T>,
    pub(super) weight: f64,
    pub(super) group: Option<Arc<str>>,
}

impl<T> Target<T> {
    /// Describes a target. Its name is part of the name of its service, and of its variables.
    pub fn new(name: impl Into<Arc<str>>, value: impl Into<Arc<T>>) -> Self {
        Self {
            name: name.into(),
            value: value.into(),
            weight: 1.0,
            group: None,
        }
    }

    /// Sets its share of the calls in relation to the others; 1 by default, and above 0.
    #[must_use]
    pub fn weight(mut self, weight: f64) -> Self {
        self.weight = weight;
        self
    }

    /// Names what it shares its rate limit and cooldowns with: all targets of the group are behind one account.
    #[must_use]
    pub fn group(mut self, group: impl Into<Arc<str>>) -> Self {
        self.group = Some(group.into());
        self
    }

    /// Returns its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns what a body needs to reach it.
    #[must_use]
    pub fn value(&self) -> &T {
        &self.value
    }
}

impl<T, N: Into<Arc<str>>> From<(N, T)> for Target<T> {
    fn from((name, value): (N, T)) -> Self {
        Self::new(name, value)
    }
}

impl<T> Clone for Target<T> {
    fn clone(&self) -> Self {
        Self {
            name: Arc::clone(&self.name),
            value: Arc::clone(&self.value),
            weight: self.weight,
            group: self.group.clone(),
        }
    }
}

/// Never shows the value, which may hold a secret.
impl<T> fmt::Debug for Target<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Target")
            .field("name", &self.name)
            .field("weight", &self.weight)
            .field("group", &self.group)
            .finish_non_exhaustive()
    }
}
