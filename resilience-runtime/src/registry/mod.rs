//! All services by name, and the settings that configure them.

#[cfg(feature = "test-util")]
mod chaos;
mod configure;
mod current;
mod declarations;
mod entry;
#[cfg(feature = "fleet")]
mod fleet;
mod function;
mod levels;
#[cfg(all(test, resilience_loom))]
mod loom_tests;
mod observe;
mod plans;
mod pool_in_use;
#[cfg(feature = "test-util")]
mod scope;
mod services;
mod shared_values;
mod sources;
mod targets;
mod twins;

pub use services::Registry;
