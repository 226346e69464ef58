//! Whether a pattern enforces its decisions, or only counts them.

use std::fmt;
use std::str::FromStr;

/// Chooses what a circuit breaker, a rate limiter or a bulkhead does with a call that may not pass.
///
/// ```
/// use resilience_runtime::config::PatternMode;
/// use resilience_runtime::{RateLimitConfig, RateLimiter};
///
/// let config = RateLimitConfig::per_minute(60).burst(1).mode(PatternMode::Shadow);
/// let limiter = RateLimiter::new("search", config)?;
/// assert!(limiter.check("user_123").allowed);
/// assert!(limiter.check("user_123").allowed, "although no token is left");
/// assert_eq!(limiter.shadow_rejected(), 1);
/// # Ok::<(), resilience_runtime::config::ConfigError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "lowercase"))]
#[non_exhaustive]
pub enum PatternMode {
    /// Rejects it, or makes it wait.
    #[default]
    Enforce,
    /// Counts it as `shadow_rejected`, and lets it pass.
    Shadow,
}

impl PatternMode {
    /// Lists all modes, in the order of the documentation.
    pub const ALL: &'static [Self] = &[Self::Enforce, Self::Shadow];

    /// Returns its name in attributes, variables and files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Enforce => "enforce",
            Self::Shadow => "shadow",
        }
    }

    /// What a text that names none may be, for the message of an error.
    pub(super) fn allowed_near(text: &str) -> &'static str {
        let likeness = |mode: &Self| strsim::jaro_winkler(text, mode.name());
        let nearest = Self::ALL
            .iter()
            .max_by(|a, b| likeness(a).total_cmp(&likeness(b)))
            .filter(|mode| likeness(mode) > 0.8);
        match nearest {
            Some(Self::Enforce) => "must be one of enforce, shadow; did you mean `enforce`?",
            Some(Self::Shadow) => "must be one of enforce, shadow; did you mean `shadow`?",
            None => "must be one of enforce, shadow",
        }
    }
}

impl fmt::Display for PatternMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for PatternMode {
    type Err = UnknownMode;

    fn from_str(text: &str) -> Result<Self, UnknownMode> {
        Self::ALL
            .iter()
            .copied()
            .find(|mode| mode.name() == text)
            .ok_or_else(|| UnknownMode(text.to_owned()))
    }
}

/// Rejects a text that names no [`PatternMode`].
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown mode `{0}`; one of enforce, shadow")]
pub struct UnknownMode(String);

/// Never shows the text, which may be a misplaced secret.
impl fmt::Debug for UnknownMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UnknownMode(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_mode_is_told_the_nearest() {
        for (text, near) in [
            ("shadwo", "shadow"),
            ("Shadow", "shadow"),
            ("enforced", "enforce"),
        ] {
            let told = PatternMode::allowed_near(text);
            assert!(told.ends_with(&format!("did you mean `{near}`?")), "{told}");
        }
        assert_eq!(
            PatternMode::allowed_near("dry_run"),
            "must be one of enforce, shadow"
        );
    }

    #[test]
    fn names_are_read_as_they_are_shown() {
        for mode in PatternMode::ALL {
            assert_eq!(mode.to_string().parse(), Ok(*mode));
        }
        assert!("SHADOW".parse::<PatternMode>().is_err());
    }
}
