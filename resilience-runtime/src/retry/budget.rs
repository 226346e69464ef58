//! The budget that limits the retries of a service, so that retries do not add to an overload.

use crate::config::{ConfigError, RetryBudgetConfig};
use crate::sync::Mutex;
use crate::sync::atomic::AtomicU64;
use crate::sync::atomic::Ordering::Relaxed;

/// The cost of one retry: amounts are kept in billionths, so that decimal fractions add up exactly.
const RETRY: u64 = 1_000_000_000;

/// Limits the share of retries among the calls of a service: a bucket that retries are paid from.
///
/// It starts full. A retry costs 1, a success deposits `refill`, and while less than 1 is left there are no retries.
/// Amounts are exact to a billionth: ten successes at 0.1 pay exactly one retry.
///
/// ```
/// use resilience_runtime::{RetryBudget, RetryBudgetConfig};
///
/// let budget = RetryBudget::new(RetryBudgetConfig::default().capacity(1.0).refill(0.5))?;
/// assert!(budget.try_spend());
/// assert!(!budget.try_spend());
/// budget.deposit();
/// budget.deposit();
/// assert!(budget.try_spend());
/// # Ok::<(), resilience_runtime::config::ConfigError>(())
/// ```
#[derive(Debug)]
pub struct RetryBudget {
    /// What was spent and not deposited again. Not the balance, so that "full" is zero whatever the capacity: then a
    /// success costs one load.
    // Relaxed everywhere: the three numbers guard no other data, and each update of `spent` is one atomic operation, so
    // that no amount is lost. A call that reads an older `capacity` or `refill` counts as one that came earlier.
    spent: AtomicU64,
    capacity: AtomicU64,
    refill: AtomicU64,
    config: Mutex<RetryBudgetConfig>,
}

impl RetryBudget {
    /// Creates a budget that is full.
    ///
    /// # Errors
    /// Names each value of `config` that is out of range.
    pub fn new(config: RetryBudgetConfig) -> Result<Self, ConfigError> {
        config.validate()?;
        Ok(Self {
            spent: AtomicU64::new(0),
            capacity: AtomicU64::new(billionths(config.capacity)),
            refill: AtomicU64::new(billionths(config.refill)),
            config: Mutex::new(config),
        })
    }

    /// Spends the cost of one retry, if enough is left.
    #[must_use = "without the payment there is no retry"]
    pub fn try_spend(&self) -> bool {
        let capacity = self.capacity.load(Relaxed);
        self.spent
            .fetch_update(Relaxed, Relaxed, |spent| {
                spent.checked_add(RETRY).filter(|spent| *spent <= capacity)
            })
            .is_ok()
    }

    /// Deposits for one success. On a full budget this is one load.
    #[inline]
    pub fn deposit(&self) {
        if self.spent.load(Relaxed) > 0 {
            self.refill();
        }
    }

    #[cold]
    fn refill(&self) {
        let refill = self.refill.load(Relaxed);
        self.credit(refill);
    }

    /// Refunds the cost of a retry that was not made.
    pub(crate) fn refund(&self) {
        self.credit(RETRY);
    }

    fn credit(&self, amount: u64) {
        // Saturating: other threads may have deposited all that was spent.
        let _before = self
            .spent
            .fetch_update(Relaxed, Relaxed, |spent| Some(spent.saturating_sub(amount)));
    }

    /// Returns what is left, in retries.
    #[must_use]
    pub fn balance(&self) -> f64 {
        let left = self
            .capacity
            .load(Relaxed)
            .saturating_sub(self.spent.load(Relaxed));
        left as f64 / RETRY as f64
    }

    /// Returns the configuration in force.
    #[must_use]
    pub fn config(&self) -> RetryBudgetConfig {
        self.config.lock().clone()
    }

    /// Changes the configuration while the budget is in use. What was spent stays spent, up to the new capacity: a full
    /// budget stays full, a larger one has that much more left at once.
    ///
    /// # Errors
    /// Names each value that is out of range; then nothing is changed.
    pub fn reconfigure(&self, config: RetryBudgetConfig) -> Result<(), ConfigError> {
        config.validate()?;
        let mut current = self.config.lock();
        let capacity = billionths(config.capacity);
        self.capacity.store(capacity, Relaxed);
        self.refill.store(billionths(config.refill), Relaxed);
        self.spent.fetch_min(capacity, Relaxed);
        *current = config;
        Ok(())
    }
}

/// An amount between 0 and 1e9 as a whole number, at least 1.
fn billionths(amount: f64) -> u64 {
    ((amount * RETRY as f64).round() as u64).max(1)
}

#[cfg(all(test, not(resilience_loom)))]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn budget(capacity: f64, refill: f64) -> RetryBudget {
        RetryBudget::new(
            RetryBudgetConfig::default()
                .capacity(capacity)
                .refill(refill),
        )
        .expect("valid")
    }

    fn empty(capacity: f64, refill: f64) -> RetryBudget {
        let budget = budget(capacity, refill);
        while budget.try_spend() {}
        budget
    }

    #[test]
    fn ten_deposits_of_a_tenth_pay_exactly_one_retry() {
        let budget = empty(100.0, 0.1);
        for _ in 0..1_000 {
            for _ in 0..9 {
                budget.deposit();
                assert!(!budget.try_spend());
            }
            budget.deposit();
            assert!(budget.try_spend());
            assert_eq!(budget.balance(), 0.0);
        }
    }

    #[test]
    fn new_is_full_and_deposit_never_exceeds_capacity() {
        let budget = budget(2.5, 10.0);
        assert_eq!(budget.balance(), 2.5);
        budget.deposit();
        assert!(budget.try_spend() && budget.try_spend());
        assert!(!budget.try_spend(), "half a retry is none");
        assert_eq!(budget.balance(), 0.5);
        budget.deposit();
        assert_eq!(budget.balance(), 2.5);
    }

    #[test]
    fn refund_undoes_a_spend() {
        let budget = empty(2.0, 0.5);
        budget.refund();
        assert_eq!(budget.balance(), 1.0);
        budget.deposit();
        budget.deposit();
        budget.refund();
        assert_eq!(budget.balance(), 2.0, "full, and not more");
    }

    #[test]
    fn reconfigure_keeps_what_was_spent() {
        let budget = budget(10.0, 1.0);
        let changed = |capacity, refill| {
            budget
                .reconfigure(
                    RetryBudgetConfig::default()
                        .capacity(capacity)
                        .refill(refill),
                )
                .expect("valid");
            budget.balance()
        };
        assert_eq!(changed(100.0, 1.0), 100.0, "full stays full");
        for _ in 0..30 {
            assert!(budget.try_spend());
        }
        assert_eq!(changed(50.0, 1.0), 20.0);
        assert_eq!(changed(10.0, 2.0), 0.0);
        budget.deposit();
        assert_eq!(budget.balance(), 2.0);
        assert_eq!(budget.config().capacity, 10.0);
        let bad = budget.reconfigure(RetryBudgetConfig::default().capacity(f64::NAN).refill(0.0));
        assert_eq!(bad.expect_err("two bad values").problems().len(), 2);
        assert_eq!(budget.config().capacity, 10.0);
    }

    #[test]
    fn extreme_configs_do_not_overflow() {
        let budget = budget(
            RetryBudgetConfig::MAX_CAPACITY,
            RetryBudgetConfig::MAX_CAPACITY,
        );
        assert!(budget.try_spend());
        budget.deposit();
        assert_eq!(budget.balance(), RetryBudgetConfig::MAX_CAPACITY);
        let tiny = empty(1.0, f64::MIN_POSITIVE);
        tiny.deposit();
        assert!(tiny.balance() > 0.0);
    }

    #[test]
    fn try_spend_is_exact_under_threads() {
        let budget = empty(50.0, 0.1);
        let spent = std::sync::atomic::AtomicU64::new(0);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..10_000 {
                        budget.deposit();
                        if budget.try_spend() {
                            spent.fetch_add(1, Relaxed);
                        }
                    }
                });
            }
        });
        // 40,000 successes at a tenth. Never full on the way, as every thread spends what it can.
        let left = (budget.balance() * 10.0).round() as u64;
        assert_eq!(spent.load(Relaxed) * 10 + left, 40_000);
    }

    #[test]
    fn a_billion_retries_are_counted_exactly() {
        let budget = budget(RetryBudgetConfig::MAX_CAPACITY, 1e-9);
        let all = billionths(RetryBudgetConfig::MAX_CAPACITY);
        budget.spent.store(all - RETRY, Relaxed);
        assert!(budget.try_spend() && !budget.try_spend());
        budget.deposit();
        assert!(!budget.try_spend(), "a billionth");
        budget.spent.fetch_sub(RETRY - 2, Relaxed);
        assert!(!budget.try_spend(), "all but a billionth");
        budget.deposit();
        assert!(budget.try_spend() && !budget.try_spend());
        budget.spent.store(1, Relaxed);
        budget.deposit();
        budget.deposit();
        assert_eq!(budget.balance(), RetryBudgetConfig::MAX_CAPACITY);
    }

    #[derive(Clone, Debug)]
    enum Step {
        Spend,
        Deposit,
        Refund,
        Reconfigure(u64, u64),
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            20 => Just(Step::Spend),
            20 => Just(Step::Deposit),
            5 => Just(Step::Refund),
            2 => (1_000..20_000_u64, 1..5_000_u64).prop_map(|(size, refill)| Step::Reconfigure(size, refill)),
        ];
        prop::collection::vec(step, 0..500)
    }

    proptest! {
        /// Every payment and everything that came back, kept one by one.
        #[test]
        fn budget_equals_a_list_of_coins(capacity in 1_000..20_000_u64, refill in 1..5_000_u64, steps in steps()) {
            let thousandths = |amount: u64| amount as f64 / 1e3;
            let budget = budget(thousandths(capacity), thousandths(refill));
            let (mut capacity, mut refill) = (capacity, refill);
            // One coin for each thousandth that is missing.
            let mut missing: Vec<()> = Vec::new();
            for step in steps {
                match step {
                    Step::Spend => {
                        let pays = missing.len() as u64 + 1_000 <= capacity;
                        prop_assert_eq!(budget.try_spend(), pays);
                        if pays {
                            missing.extend([(); 1_000]);
                        }
                    }
                    Step::Deposit => {
                        budget.deposit();
                        missing.truncate(missing.len().saturating_sub(refill as usize));
                    }
                    Step::Refund => {
                        budget.refund();
                        missing.truncate(missing.len().saturating_sub(1_000));
                    }
                    Step::Reconfigure(size, new) => {
                        budget
                            .reconfigure(RetryBudgetConfig::default().capacity(thousandths(size)).refill(thousandths(new)))
                            .expect("valid");
                        (capacity, refill) = (size, new);
                        missing.truncate(capacity as usize);
                    }
                }
                let left = thousandths(capacity - missing.len() as u64);
                prop_assert!((budget.balance() - left).abs() < 1e-9);
                prop_assert!(budget.balance() >= 0.0 && budget.balance() <= thousandths(capacity));
            }
        }

        #[test]
        fn budget_equals_integer_arithmetic(
            capacity in 1_000_u64..100_000,
            refill in 1_u64..5_000,
            steps in prop::collection::vec(any::<bool>(), 0..500),
        ) {
            // Thousandths.
            let budget = budget(capacity as f64 / 1e3, refill as f64 / 1e3);
            let mut left = capacity;
            for spend in steps {
                if spend {
                    prop_assert_eq!(budget.try_spend(), left >= 1_000);
                    left -= if left >= 1_000 { 1_000 } else { 0 };
                } else {
                    budget.deposit();
                    left = (left + refill).min(capacity);
                }
                prop_assert_eq!(budget.balance(), left as f64 / 1e3);
            }
        }
    }
}
