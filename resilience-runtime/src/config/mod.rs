//! Defines the settings that a person may write, and the configs that run.
//!
//! A value is taken from the first of these that has it:
//!
//! 1. the environment variable that names the service,
//! 2. [`Registry::configure`](crate::Registry::configure) for the service,
//! 3. the attribute,
//! 4. the [declaration](crate::service!) of the service, which for what functions share stands in place of the attribute,
//! 5. the environment variable that names the kind,
//! 6. `Registry::configure` for the kind,
//! 7. the kind's preset.

mod adaptive;
mod aliases;
mod bulkhead;
mod cache;
mod circuit_breaker;
mod declaration;
mod declared;
mod duration;
mod duration_text;
mod effective;
mod environment;
mod health;
mod hedge;
mod key;
mod layer;
mod limit_choice;
mod mode;
mod on_store_loss;
mod origins;
mod rate_limit;
#[cfg(feature = "serde")]
mod read;
mod renamed;
mod report;
mod resolve;
mod retry;
mod setters;
mod settings;
mod slot;
mod strategy;
mod unknown_variable;
mod validator;
mod value;
mod variables;

#[cfg(all(test, not(resilience_loom)))]
mod tests;

// Public under the module of their pattern.
#[doc(hidden)]
pub use adaptive::AdaptiveConfig;
#[doc(hidden)]
pub use bulkhead::BulkheadConfig;
#[doc(hidden)]
pub use cache::{CacheConfig, RefreshAhead};
#[doc(hidden)]
pub use circuit_breaker::{CircuitBreakerConfig, OnAbandoned, UnknownAbandoned, Window};
#[doc(hidden)]
pub use health::HealthMonitorConfig;
#[doc(hidden)]
pub use hedge::{HedgeConfig, HedgeDelay, UnknownHedgeDelay};
#[doc(hidden)]
pub(crate) use rate_limit::LimitConfig;
pub use rate_limit::RateLimitConfig;
#[doc(hidden)]
pub use retry::{Jitter, RetryBudgetConfig, RetryConfig, UnknownJitter};
pub use strategy::{RateLimitStrategy, UnknownStrategy};

pub use crate::error::{ConfigError, ConfigProblem, ConfigSource};
pub use declared::{Declaration, Declared, kind};
#[doc(hidden)]
pub use declared::{DeclaredAs, DeclaredService, declared};
pub use key::Pattern;
pub use mode::{PatternMode, UnknownMode};
pub use on_store_loss::{OnStoreLoss, UnknownOnStoreLoss};
pub use origins::ConfigValue;
pub use report::{FunctionConfig, ServiceConfig};
// `Settings`, `ServiceSettings`, and one type for each group of the declaration.
pub use settings::*;
pub use unknown_variable::UnknownVariable;

pub(crate) use declaration::rejections;
pub(crate) use effective::{Decided, Effective};
pub(crate) use environment::{Environment, canonical_upper};
#[doc(hidden)]
pub use key::Key;
pub(crate) use key::Patterns;
pub(crate) use layer::Layer;
pub(crate) use resolve::{Levels, Source};
#[doc(hidden)]
pub use value::Value;
