//! Settings: partial configuration that a person writes, for kinds and for services.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use super::circuit_breaker::{OnAbandoned, Window};
use super::declaration::settings;
use super::environment::Environment;
use super::health::HealthMonitorConfig;
use super::hedge::HedgeDelay;
use super::key::Key;
use super::layer::Layer;
use super::mode::PatternMode;
use super::on_store_loss::OnStoreLoss;
#[cfg(feature = "serde")]
use super::renamed::Renamed;
use super::retry::Jitter;
use super::setters::setters;
use super::slot::Slot as _;
use super::strategy::RateLimitStrategy;
use super::unknown_variable::UnknownVariable;
use crate::error::{ConfigError, ConfigProblem, ConfigSource};
use crate::name::ServiceKind;

/// Holds the partial configuration of kinds and of services, from code, from a file or from the environment.
///
/// Settings of a service override the attribute; settings of a kind are defaults beneath it.
/// Environment variables override both, each at its level.
///
/// ```
/// use std::time::Duration;
/// use resilience_runtime::{Registry, ServiceKind, ServiceSettings, Settings};
///
/// let settings = Settings::new()
///     .kind(ServiceKind::Llm, ServiceSettings::new().timeout(Duration::from_secs(20)))
///     .service("openai", ServiceSettings::new().deadline(Duration::from_secs(60)));
///
/// let registry = Registry::new();
/// registry.configure(settings)?;
/// let openai = registry.service("openai", ServiceKind::Llm)?;
/// assert_eq!(openai.config().timeout, Some(Duration::from_secs(20)));
/// assert_eq!(openai.config().deadline, Some(Duration::from_secs(60)));
/// # Ok::<(), resilience_runtime::config::ConfigError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
#[non_exhaustive]
pub struct Settings {
    /// Switches everything but the fallbacks off (`false`), as `RESILIENCE_ENABLED` does.
    pub enabled: Option<bool>,
    /// Holds the settings of every service of a kind.
    pub kinds: BTreeMap<ServiceKind, ServiceSettings>,
    /// Holds the settings of one service.
    pub services: BTreeMap<String, ServiceSettings>,
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(crate) environment: Option<Environment>,
}

impl Settings {
    /// Returns settings that set nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads the environment's variables and checks those that name a kind. Those that name a service
    /// are checked when the service is known: at once in
    /// [`Registry::configure`](crate::Registry::configure), else when it first appears.
    ///
    /// Unknown variables under the name of a kind are logged at WARN with the nearest right one, and
    /// listed by [`warnings`](Self::warnings).
    ///
    /// # Errors
    /// Names every variable whose value cannot be used.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::from_environment(Environment::capture())
    }

    /// Does the same as [`from_env`](Self::from_env), with the variables given here instead of the process's.
    ///
    /// ```
    /// use resilience_runtime::Settings;
    ///
    /// let error = Settings::from_vars([("RETRY_LLM_MAX_ATTEMPTS", "many")]).unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "`RETRY_LLM_MAX_ATTEMPTS` is `many` (environment variable): \
    ///      must be a whole number, such as `3`"
    /// );
    /// ```
    ///
    /// # Errors
    /// Names every variable whose value cannot be used.
    pub fn from_vars<N, V>(variables: impl IntoIterator<Item = (N, V)>) -> Result<Self, ConfigError>
    where
        N: Into<String>,
        V: Into<String>,
    {
        Self::from_environment(Environment::from_variables(variables))
    }

    /// Returns settings under which no environment variable counts, for tests and programs that are configured in
    /// other ways.
    #[must_use]
    pub fn without_env() -> Self {
        Self {
            environment: Some(Environment::default()),
            ..Self::default()
        }
    }

    fn from_environment(environment: Environment) -> Result<Self, ConfigError> {
        let mut problems = Vec::new();
        if let Err(problem) = environment.enabled() {
            problems.push(problem);
        }
        // They configure no service, but who checks the environment at start-up wants to know.
        problems.extend(
            HealthMonitorConfig::read(&environment)
                .err()
                .unwrap_or_default(),
        );
        for &kind in ServiceKind::ALL {
            match environment.layer(kind.name()) {
                Ok(layer) => problems.extend(layer.problems()),
                Err(found) => problems.extend(found),
            }
        }
        ConfigError::check(problems)?;
        for warning in
            environment.unknown_variables(ServiceKind::ALL.iter().map(|kind| kind.name()))
        {
            warning.log();
        }
        Ok(Self {
            environment: Some(environment),
            ..Self::default()
        })
    }

    /// Returns the variables under the name of a kind, or of a service named in here, that mean nothing, each
    /// with the nearest that does.
    #[must_use]
    pub fn warnings(&self) -> Vec<UnknownVariable> {
        let names = ServiceKind::ALL
            .iter()
            .map(|kind| kind.name())
            .chain(self.services.keys().map(String::as_str));
        self.environment
            .as_ref()
            .map(|environment| environment.unknown_variables(names))
            .unwrap_or_default()
    }

    /// Sets the settings of every service of `kind`.
    #[must_use]
    pub fn kind(mut self, kind: ServiceKind, settings: ServiceSettings) -> Self {
        self.kinds.insert(kind, settings);
        self
    }

    /// Sets the settings of the service `name`.
    #[must_use]
    pub fn service(mut self, name: impl Into<String>, settings: ServiceSettings) -> Self {
        self.services.insert(name.into(), settings);
        self
    }

    /// Switches everything but the fallbacks off (`false`).
    #[must_use]
    pub fn enabled(mut self, enabled: bool) -> Self {
        self.enabled = Some(enabled);
        self
    }
}

/// The type that a setting has in code.
macro_rules! typed {
    (Count) => {
        u32
    };
    (Number) => {
        f64
    };
    (Time) => {
        Duration
    };
    (Jitter) => {
        Jitter
    };
    (Window) => {
        Window
    };
    (OnAbandoned) => {
        OnAbandoned
    };
    (RateLimitStrategy) => {
        RateLimitStrategy
    };
    (Mode) => {
        PatternMode
    };
    (HedgeDelay) => {
        HedgeDelay
    };
    (Flag) => {
        bool
    };
    (OnStoreLoss) => {
        OnStoreLoss
    };
}

/// The setter of a setting.
macro_rules! setter {
    (Window $field:ident) => {
        setters! { @one [some into] $field Window }
    };
    (HedgeDelay $field:ident) => {
        setters! { @one [some into] $field HedgeDelay }
    };
    ($value:ident $field:ident) => {
        setters! { @one [some] $field typed!($value) }
    };
}

/// Declares the settings of each pattern, and of a service.
macro_rules! groups {
    (
        groups { $(
            $(#[$group_doc:meta])*
            $group:ident($pattern:ident, $args:ident, $settings:ident, $prefix:literal) {
                settings { $(
                    $(#[$doc:meta])*
                    $field:ident: $value:ident, $arg:ident, $sharing:ident => $key:ident at $($place:ident).+;
                )* }
                $(renamed { $($old:ident: $index:literal,)* })?
                $(code { $($code:ident: $code_arg:ident,)* })?
            }
        )* }
        limits { $(
            $(#[$limit_doc:meta])* $limit:ident($limit_key:ident, $limit_prefix:literal) at $($limit_place:ident).+;
        )* }
    ) => {
        $(
            $(#[$group_doc])*
            #[derive(Clone, Default, PartialEq)]
            #[cfg_attr(feature = "serde", derive(serde::Deserialize))]
            #[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
            #[non_exhaustive]
            pub struct $settings {
                $(
                    $(#[$doc])*
                    #[cfg_attr(feature = "serde", serde(deserialize_with = "super::read::setting"))]
                    pub $field: Option<typed!($value)>,
                )*
                $($(
                    #[cfg(feature = "serde")]
                    $old: Renamed<$index>,
                )*)?
            }

            impl fmt::Debug for $settings {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.debug_struct(stringify!($settings))
                        $( .field(stringify!($field), &self.$field) )*
                        .finish()
                }
            }

            impl $settings {
                /// Returns settings that set nothing.
                #[must_use]
                pub fn new() -> Self {
                    Self::default()
                }

                $( setter!($value $field); )*

                fn fill(&self, layer: &mut Layer) {
                    $( layer.set_some(Key::$key, self.$field.get()); )*
                }
            }
        )*

        /// Holds the partial configuration of one service or kind; what is `None` is left to the levels beneath.
        #[derive(Clone, Default, PartialEq)]
        #[cfg_attr(feature = "serde", derive(serde::Deserialize))]
        #[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
        #[non_exhaustive]
        pub struct ServiceSettings {
            $(
                #[doc = concat!("Holds the settings of `", stringify!($group), "`.")]
                pub $group: $settings,
            )*
            $(
                $(#[$limit_doc])*
                #[cfg_attr(feature = "serde", serde(deserialize_with = "super::read::setting"))]
                pub $limit: Option<Duration>,
            )*
            #[cfg(feature = "serde")]
            circuit: Renamed<0>,
        }

        impl fmt::Debug for ServiceSettings {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct("ServiceSettings")
                    $( .field(stringify!($group), &self.$group) )*
                    $( .field(stringify!($limit), &self.$limit) )*
                    .finish()
            }
        }

        setters! {
            ServiceSettings {
                $($group: $settings,)*
                $([some] $limit: Duration,)*
            }
        }

        impl ServiceSettings {
            fn fill(&self, layer: &mut Layer) {
                $( self.$group.fill(layer); )*
                $( layer.set_some(Key::$limit_key, self.$limit.get()); )*
            }
        }
    };
}

settings!(groups);

impl ServiceSettings {
    /// Returns settings that set nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The values as a layer; `scope` names whose they are, for errors.
    pub(crate) fn layer(&self, scope: &str) -> Result<Layer, Vec<ConfigProblem>> {
        let origin = ConfigSource::Settings(scope.to_owned());
        let mut layer = Layer::default();
        self.fill(&mut layer);
        let problems = layer.problems(&origin, |key| key.name().to_owned());
        if problems.is_empty() {
            Ok(layer)
        } else {
            Err(problems)
        }
    }
}
