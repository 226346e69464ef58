//! What a store has to do for the processes of a fleet.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use crate::config::RateLimitStrategy;
use crate::error::BoxError;

/// What a store answers later.
pub type StoreFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Holds the limits that all processes of a fleet share.
///
/// [`MemoryStore`](super::MemoryStore) and, with the feature `fleet-redis`, `RedisStore` are two. Another engine has to pass
/// the conformance suite (feature `test-util`).
///
/// A store decides by a clock of its own, in whole microseconds, which never goes backwards. It hands out tokens before they
/// are used: what it [grants](Self::grant) is charged at once, and dies if it is not used in time.
pub trait FleetStore: Send + Sync + 'static {
    /// Charges tokens of some limits and hands them to a process, or says when there could be some.
    ///
    /// Dropping the future may leave the tokens charged: they are lost. So are those of an answer that got lost; a store
    /// never sends a request twice.
    ///
    /// # Errors
    /// [`StoreError`]: nothing is known of what was charged.
    fn grant(&self, request: GrantRequest) -> StoreFuture<'_, Grant>;
}

/// Stands for some limits and one of their keys: a hash under the fleet's secret, from which no name can be read.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LimitId(pub(crate) u128);

impl LimitId {
    /// Makes one of its 128 bits.
    #[must_use]
    pub const fn from_bits(bits: u128) -> Self {
        Self(bits)
    }

    /// Returns its 128 bits.
    #[must_use]
    pub const fn to_bits(self) -> u128 {
        self.0
    }
}

/// Writes 32 hexadecimal digits.
impl fmt::Display for LimitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Debug for LimitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// One limit of those that hold together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SharedLimit {
    /// How many tokens there are in a period; at least 1.
    pub limit: u32,
    /// The period; at least one second.
    pub period: Duration,
    /// The size of a token bucket; windows have none.
    pub burst: u32,
    /// How they are counted.
    pub strategy: RateLimitStrategy,
}

impl SharedLimit {
    /// Allows `limit` in each `period`, with a bucket of `burst` tokens.
    #[must_use]
    pub const fn new(
        limit: u32,
        period: Duration,
        burst: u32,
        strategy: RateLimitStrategy,
    ) -> Self {
        Self {
            limit,
            period,
            burst,
            strategy,
        }
    }
}

/// What a process wants of some limits.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct GrantRequest {
    /// Whose limits and which key.
    pub id: LimitId,
    /// The limits, which hold together.
    pub limits: Arc<[SharedLimit]>,
    /// Who asks: a random number for each process.
    pub holder: u64,
    /// How much it needs in all, in tokens of its first limit for each 1,000 seconds: its weight beside others.
    pub demand: u64,
    /// What it cannot do without, of each limit: all of it is granted, or nothing.
    pub least: Vec<u32>,
    /// What it would like to have, of each limit; not less than `least`.
    pub wanted: Vec<u32>,
    /// How long after their beginning the tokens are used at the latest.
    pub life: Duration,
    /// How long it is willing to hold tokens that may not be used yet.
    pub ahead: Duration,
    /// What was used otherwise than it was charged, since the last settlement.
    pub settlement: Option<Settlement>,
    /// How long a server asked all callers to wait, from now on.
    pub cooldown: Duration,
}

/// What calls used beyond what was charged for them, or did not use of it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Settlement {
    /// Counts up for each holder and [`LimitId`]. A store takes no account of one that it has seen, or a later one than.
    pub number: u64,
    /// For each limit; below zero, it is given back.
    pub used: Vec<i64>,
    /// The [end](Grant::ends_at) of the tokens that are given back, by which a window knows where it counted them; zero: they
    /// are of no single grant.
    pub ends_at: u64,
    /// The [epoch](Grant::epoch) of the tokens that are given back. Those of another one are not.
    pub epoch: u64,
}

/// What a store answers.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Grant {
    /// What was charged, of each limit: nothing at all, or at least what was asked for as `least`.
    pub granted: Vec<u32>,
    /// How long after the decision the tokens may be used first. Zero: at once.
    pub starts_in: Duration,
    /// How long they may be used from then on. Zero where a bucket has no room for tokens that are used late: then they are for
    /// what asked for them, and not more than `least`.
    pub life: Duration,
    /// The end of that, in microseconds of the store's clock.
    pub ends_at: u64,
    /// If nothing was granted: when it could be.
    pub retry_after: Option<Duration>,
    /// How long all callers have to wait, because a server asked for it.
    pub cooldown: Duration,
    /// How many processes have asked lately.
    pub holders: u32,
    /// Changes where the store has lost what it knew.
    pub epoch: u64,
}

impl Grant {
    /// Makes an answer of a store: so much is granted of each limit, at once, for so long. One process asks, the other fields are zero, and
    /// nothing is refused.
    ///
    /// ```
    /// use std::time::Duration;
    /// use resilience_runtime::fleet::Grant;
    ///
    /// let granted = Grant::new(vec![5], Duration::from_secs(1), 1);
    /// assert_eq!((granted.granted[0], granted.retry_after), (5, None));
    ///
    /// let mut refused = Grant::new(vec![0], Duration::ZERO, 1);
    /// refused.retry_after = Some(Duration::from_secs(20));
    /// ```
    #[must_use]
    pub const fn new(granted: Vec<u32>, life: Duration, epoch: u64) -> Self {
        Self {
            granted,
            starts_in: Duration::ZERO,
            life,
            ends_at: 0,
            retry_after: None,
            cooldown: Duration::ZERO,
            holders: 1,
            epoch,
        }
    }
}

/// Why a store did not answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// It cannot be reached, or does not answer in time.
    #[error("the fleet's store cannot be reached")]
    Unreachable(#[source] BoxError),
    /// It answered that the request is a mistake: a right that is missing, a key of another type, a script that fails. Waiting
    /// does not help.
    #[error("the fleet's store refuses the request")]
    Mistake(#[source] BoxError),
}
