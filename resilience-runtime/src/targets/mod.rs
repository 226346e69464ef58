//! Several places that can serve a call: deployments, API keys, providers, replicas.
//!
//! A [`TargetPool`] names them. A function with `targets = POOL` sends each attempt to one of them, and each is a service of its
//! own with a breaker, limits, cooldowns and statistics, named after the pool's service: `chat/azure-eu`.
//!
//! Of two targets drawn at random by their weights, the attempt goes to the one with the lower (attempts in flight + 1) × latency
//! ÷ weight. The latency is a moving average that follows a slower answer at once and a faster one slowly; only successes and timeouts
//! count, since failures are often fast. A target that is slower than three times the median, and by more than a millisecond, gets at
//! most one call in a hundred, to see whether it has recovered.
//!
//! Sources: Michael Mitzenmacher, "The Power of Two Choices in Randomized Load Balancing", IEEE Transactions on Parallel and
//! Distributed Systems 12 (10), 2001; the moving average is the peak EWMA of Twitter's Finagle.
//!
//! See the [guide](crate::guide::targets).

mod choice;
mod load;
mod pool;
mod set;
mod target;

pub use choice::Pick;
pub(crate) use choice::{Candidate, Excluded};
pub(crate) use load::TargetLoad;
pub(crate) use pool::{PoolLife, PoolView, Snapshot};
pub use pool::{TargetPool, TargetPoolError};
pub(crate) use set::TargetSet;
pub use target::Target;
