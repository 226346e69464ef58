//! Configuration of health checks.

use std::time::Duration;

use super::duration::parse_duration;
use super::environment::{Environment, HEALTH_CHECK, HEALTH_VARIABLES};
use super::setters::setters;
use super::unknown_variable::UnknownVariable;
use super::validator::Validator;
use crate::error::{ConfigError, ConfigProblem, ConfigSource};

const INTERVAL: &str = HEALTH_VARIABLES[0];
const TIMEOUT: &str = HEALTH_VARIABLES[1];

/// Configures how often, how long and how patiently services are checked. Each checker may have values of its own.
///
/// ```
/// use std::time::Duration;
/// use resilience_runtime::health::HealthMonitorConfig;
///
/// let config = HealthMonitorConfig::default().interval(Duration::from_secs(10));
/// assert_eq!(config.timeout, Duration::from_secs(5));
/// assert!(config.validate().is_ok());
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct HealthMonitorConfig {
    /// Sets the time from the beginning of a check to that of the next, 30 s. A check that takes longer is followed at
    /// once by the next.
    pub interval: Duration,
    /// Limits a check, which fails when it takes longer, 5 s.
    pub timeout: Duration,
    /// Spreads the intervals, longer or shorter by up to this share (0 ≤ jitter < 1), 0.1.
    pub jitter: f64,
    /// Counts the checks in a row that must be worse before the status is, 3. The first check of all counts at once.
    pub failure_threshold: u32,
    /// Counts the checks in a row that must be better before the status is, 2.
    pub recovery_threshold: u32,
    /// Limits the results that are kept of each checker, 10.
    pub history: usize,
}

impl HealthMonitorConfig {
    /// Returns the default, with `HEALTH_CHECK_INTERVAL` and `HEALTH_CHECK_TIMEOUT` where they are set: seconds,
    /// as `30.0`, or a number with a unit, as `500ms`.
    ///
    /// # Errors
    /// Names every variable whose value cannot be used.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::from_environment(&Environment::capture())
    }

    /// Does the same as [`from_env`](Self::from_env), with the variables given here instead of the process's.
    ///
    /// ```
    /// use std::time::Duration;
    /// use resilience_runtime::health::HealthMonitorConfig;
    ///
    /// let config = HealthMonitorConfig::from_vars([("HEALTH_CHECK_INTERVAL", "15.0")])?;
    /// assert_eq!(config.interval, Duration::from_secs(15));
    /// assert!(HealthMonitorConfig::from_vars([("HEALTH_CHECK_TIMEOUT", "soon")]).is_err());
    /// # Ok::<(), resilience_runtime::config::ConfigError>(())
    /// ```
    ///
    /// # Errors
    /// Names every variable whose value cannot be used.
    pub fn from_vars<N, V>(variables: impl IntoIterator<Item = (N, V)>) -> Result<Self, ConfigError>
    where
        N: Into<String>,
        V: Into<String>,
    {
        Self::from_environment(&Environment::from_variables(variables))
    }

    fn from_environment(environment: &Environment) -> Result<Self, ConfigError> {
        let config = Self::read(environment).map_err(ConfigError::new)?;
        for unknown in slips(environment) {
            unknown.log();
        }
        Ok(config)
    }

    pub(super) fn read(environment: &Environment) -> Result<Self, Vec<ConfigProblem>> {
        let mut config = Self::default();
        let mut problems = Vec::new();
        for (variable, setting) in [
            (INTERVAL, &mut config.interval),
            (TIMEOUT, &mut config.timeout),
        ] {
            let Some(text) = environment.variable(variable) else {
                continue;
            };
            let allowed = match parse_duration(text) {
                Ok(Duration::ZERO) => "must be longer than zero",
                Ok(time) => {
                    *setting = time;
                    continue;
                }
                Err(allowed) => allowed,
            };
            let problem = ConfigProblem::new(variable, text, ConfigSource::Environment, allowed);
            problems.push(problem);
        }
        if problems.is_empty() {
            return Ok(config);
        }
        Err(problems)
    }

    /// Checks that every value is in range and fits the others.
    ///
    /// # Errors
    /// Names each value that is out of range.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let mut validator = Validator::default();
        validator.duration("health.interval", self.interval);
        validator.duration("health.timeout", self.timeout);
        validator.require(
            (0.0..1.0).contains(&self.jitter),
            "health.jitter",
            self.jitter,
            "must be at least 0 and below 1",
        );
        validator.count("health.failure_threshold", self.failure_threshold);
        validator.count("health.recovery_threshold", self.recovery_threshold);
        validator.require(
            self.history > 0,
            "health.history",
            self.history,
            "must be at least 1",
        );
        validator.finish()
    }
}

setters! {
    HealthMonitorConfig {
        interval: Duration,
        timeout: Duration,
        jitter: f64,
        failure_threshold: u32,
        recovery_threshold: u32,
        history: usize,
    }
}

impl Default for HealthMonitorConfig {
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(30),
            timeout: Duration::from_secs(5),
            jitter: 0.1,
            failure_threshold: 3,
            recovery_threshold: 2,
            history: 10,
        }
    }
}

/// Variables that are one of ours but for a slip. Others under this prefix belong to other programs.
fn slips(environment: &Environment) -> Vec<UnknownVariable> {
    const ALIKE: f64 = 0.9;
    let rest = |variable: &str| {
        variable
            .strip_prefix(HEALTH_CHECK)
            .unwrap_or_default()
            .to_owned()
    };
    let mut slips = Vec::new();
    for variable in environment.variables_under(HEALTH_CHECK) {
        for known in [INTERVAL, TIMEOUT] {
            let alike = strsim::jaro_winkler(&rest(variable), &rest(known));
            if variable != known && alike >= ALIKE {
                slips.push(UnknownVariable::new(variable, known));
            }
        }
    }
    slips
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_told_from_the_variables_of_others() {
        let environment = Environment::from_variables([
            ("HEALTH_CHECK_INTERVALL", "3"),
            ("HEALTH_CHECK_TIMEOUT_MS", "3"),
            ("HEALTH_CHECK_INTERVAL", "3"),
            ("HEALTH_CHECK_PATH", "/up"),
            ("HEALTH_CHECK_PORT", "80"),
        ]);
        let found: Vec<String> = slips(&environment)
            .iter()
            .map(|slip| slip.variable().to_owned())
            .collect();
        assert_eq!(found, ["HEALTH_CHECK_INTERVALL", "HEALTH_CHECK_TIMEOUT_MS"]);
    }

    #[test]
    fn every_value_out_of_range_is_named() {
        let broken = HealthMonitorConfig {
            interval: Duration::ZERO,
            timeout: Duration::ZERO,
            jitter: f64::NAN,
            failure_threshold: 0,
            recovery_threshold: 0,
            history: 0,
        };
        let error = broken.validate().expect_err("all are wrong");
        assert_eq!(error.problems().len(), 6, "{error}");
    }
}
