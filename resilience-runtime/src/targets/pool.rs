//! The targets of a function, which can change while calls run.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

use arc_swap::ArcSwapOption;

use super::target::Target;
use crate::config::{ConfigError, ConfigProblem, ConfigSource};

/// Holds the places that can serve the calls of a function, and can be changed while calls run.
///
/// What is known of them, such as open breakers, belongs to the services of the registry and not to the pool.
///
/// ```
/// use resilience_runtime::TargetPool;
///
/// static CHAT: TargetPool<&str> = TargetPool::new();
///
/// CHAT.set([("azure-eu", "https://eu.example.com"), ("azure-us", "https://us.example.com")])?;
/// assert_eq!(CHAT.names(), ["azure-eu", "azure-us"]);
///
/// let twice = CHAT.set([("azure-eu", "https://a.example.com"), ("azure-eu", "https://b.example.com")]);
/// assert!(twice.is_err());
/// assert_eq!(CHAT.len(), 2, "nothing has changed");
/// # Ok::<(), resilience_runtime::targets::TargetPoolError>(())
/// ```
pub struct TargetPool<T> {
    snapshot: ArcSwapOption<Snapshot<T>>,
    /// What registries see of it.
    life: OnceLock<Arc<PoolLife>>,
}

/// Lives as long as a pool.
#[derive(Debug)]
pub(crate) struct PoolLife {
    /// The version of a pool that was never filled.
    unfilled: u64,
    now: Mutex<Now>,
}

/// What a pool holds now.
#[derive(Debug)]
struct Now {
    version: u64,
    len: usize,
    /// Those of its targets and of their groups.
    names: Vec<Arc<str>>,
}

impl PoolLife {
    fn new() -> Self {
        let unfilled = next_version();
        Self {
            unfilled,
            now: Mutex::new(Now {
                version: unfilled,
                len: 0,
                names: Vec::new(),
            }),
        }
    }

    fn now(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the pool holds no target now.
    pub(crate) fn is_empty(&self) -> bool {
        self.now().len == 0
    }

    /// Whether the pool holds a target, or one of a group, of that name now.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.now().names.iter().any(|known| **known == *name)
    }

    pub(crate) fn version(&self) -> u64 {
        self.now().version
    }
}

/// Unique among all pools, and later ones are greater.
fn next_version() -> u64 {
    static VERSIONS: AtomicU64 = AtomicU64::new(1);
    VERSIONS.fetch_add(1, Ordering::Relaxed)
}

/// The targets at one moment.
pub(crate) struct Snapshot<T> {
    version: u64,
    targets: Box<[Target<T>]>,
}

/// What a registry needs to know of a pool, whatever its targets are.
#[derive(Clone, Debug)]
pub(crate) struct PoolView {
    pub(crate) version: u64,
    /// That of the pool.
    pub(crate) life: Weak<PoolLife>,
    pub(crate) targets: Vec<TargetView>,
}

/// What a registry needs to know of a target.
#[derive(Clone, Debug)]
pub(crate) struct TargetView {
    pub(crate) name: Arc<str>,
    pub(crate) weight: f64,
    pub(crate) group: Option<Arc<str>>,
}

/// Describes why a pool does not take its targets.
pub type TargetPoolError = ConfigError;

impl<T> TargetPool<T> {
    /// Limits how many targets a pool holds.
    pub const MAX_TARGETS: usize = 128;

    /// Makes an empty pool. Calls of a function with an empty pool are rejected.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            snapshot: ArcSwapOption::const_empty(),
            life: OnceLock::new(),
        }
    }

    /// Makes a pool of these targets.
    ///
    /// # Errors
    /// Those of [`set`](Self::set).
    pub fn of<I>(targets: I) -> Result<Self, TargetPoolError>
    where
        I: IntoIterator,
        I::Item: Into<Target<T>>,
    {
        let pool = Self::new();
        pool.set(targets)?;
        Ok(pool)
    }

    /// Replaces the targets. Calls that run keep those that they began with; what is known of a target that stays is kept.
    ///
    /// # Errors
    /// Names each target whose name is empty or that of another one, whose weight is not above zero, and a pool that is too
    /// large; then nothing has changed.
    pub fn set<I>(&self, targets: I) -> Result<(), TargetPoolError>
    where
        I: IntoIterator,
        I::Item: Into<Target<T>>,
    {
        let targets: Box<[Target<T>]> = targets.into_iter().map(Into::into).collect();
        check(&targets)?;
        let names = targets.iter().flat_map(|target| {
            let group = target.group.as_ref().map(Arc::clone);
            [Some(Arc::clone(&target.name)), group]
        });
        let (len, names) = (targets.len(), names.flatten().collect());
        // One change at a time, so that what was set last stays. The old targets are dropped after it.
        let _old = {
            let mut now = self.life().now();
            let version = next_version();
            let new = Some(Arc::new(Snapshot { version, targets }));
            let old = self.snapshot.swap(new);
            *now = Now {
                version,
                len,
                names,
            };
            old
        };
        Ok(())
    }

    /// Returns the targets in their order.
    #[must_use]
    pub fn targets(&self) -> Vec<Target<T>> {
        self.snapshot
            .load()
            .as_ref()
            .map_or_else(Vec::new, |it| it.targets.to_vec())
    }

    /// Returns the names of the targets in their order.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let targets = self.targets().into_iter();
        targets.map(|target| target.name.to_string()).collect()
    }

    /// Returns how many targets it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.snapshot
            .load()
            .as_ref()
            .map_or(0, |it| it.targets.len())
    }

    /// Returns whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(crate) fn snapshot(&self) -> Option<Arc<Snapshot<T>>> {
        self.snapshot.load_full()
    }

    /// What registries see of it.
    pub(crate) fn life(&self) -> &Arc<PoolLife> {
        self.life.get_or_init(|| Arc::new(PoolLife::new()))
    }

    pub(crate) fn version_of(&self, snapshot: Option<&Snapshot<T>>) -> u64 {
        snapshot.map_or_else(|| self.life().unfilled, |snapshot| snapshot.version)
    }

    pub(crate) fn view_of(&self, snapshot: Option<&Snapshot<T>>) -> PoolView {
        let targets = snapshot.map_or(&[][..], |snapshot| &snapshot.targets);
        let targets = targets.iter().map(|target| TargetView {
            name: Arc::clone(&target.name),
            weight: target.weight,
            group: target.group.clone(),
        });
        PoolView {
            version: self.version_of(snapshot),
            life: Arc::downgrade(self.life()),
            targets: targets.collect(),
        }
    }
}

/// Everything that is wrong with the targets.
fn check<T>(targets: &[Target<T>]) -> Result<(), ConfigError> {
    let mut problems = Vec::new();
    let mut wrong = |name: &str, what: &'static str, allowed: String| {
        let label = format!("target `{name}`: {what}");
        problems.push(ConfigProblem::without_value(
            label,
            ConfigSource::Code,
            allowed,
        ));
    };
    let most = TargetPool::<T>::MAX_TARGETS;
    if targets.len() > most {
        let count = targets.len();
        wrong(
            "…",
            "pool",
            format!("must hold at most {most} targets, not {count}"),
        );
    }
    for (at, target) in targets.iter().enumerate() {
        if target.name.is_empty() {
            wrong("", "name", "must not be empty".to_owned());
        }
        if targets[..at].iter().any(|other| other.name == target.name) {
            wrong(
                &target.name,
                "name",
                "stands twice; each target needs a name of its own".to_owned(),
            );
        }
        let is_group_of = |other: &Target<T>| other.group.as_ref() == Some(&target.name);
        let is_elsewhere = |group: &Arc<str>| *group != target.name;
        if target.group.as_ref().is_some_and(is_elsewhere) && targets.iter().any(is_group_of) {
            wrong(
                &target.name,
                "group",
                "must be its own name or none, since it is the group of another target".to_owned(),
            );
        }
        if !(target.weight > 0.0 && target.weight <= 1e9) {
            wrong(
                &target.name,
                "weight",
                format!(
                    "must be above 0 and at most 1000000000, not {}",
                    target.weight
                ),
            );
        }
    }
    ConfigError::check(problems)
}

impl<T> Snapshot<T> {
    pub(crate) fn value(&self, index: usize) -> &Arc<T> {
        &self.targets[index].value
    }
}

impl<T> Default for TargetPool<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> fmt::Debug for TargetPool<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TargetPool")
            .field("targets", &self.names())
            .finish()
    }
}

#[cfg(all(test, not(resilience_loom)))]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_wrong_is_said_at_once() {
        let pool = TargetPool::<u8>::new();
        let error = pool
            .set([
                Target::new("a", 1).weight(0.0),
                Target::new("a", 2),
                Target::new("", 3).weight(f64::NAN),
            ])
            .expect_err("all of them are wrong");
        assert_eq!(error.problems().len(), 4, "{error}");
        assert!(pool.is_empty());
        let many = (0..129).map(|number| (number.to_string(), number as u8));
        assert!(pool.set(many).is_err());
    }
}
