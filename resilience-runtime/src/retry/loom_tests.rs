//! Every interleaving of a few threads at the budget, by the model checker.

use loom::sync::Arc;
use loom::thread;

use super::RetryBudget;
use crate::config::RetryBudgetConfig;

fn budget(capacity: f64, refill: f64) -> Arc<RetryBudget> {
    Arc::new(
        RetryBudget::new(
            RetryBudgetConfig::default()
                .capacity(capacity)
                .refill(refill),
        )
        .expect("valid"),
    )
}

fn beside<T: 'static>(
    budget: &Arc<RetryBudget>,
    work: impl FnOnce(&RetryBudget) -> T + 'static,
) -> thread::JoinHandle<T> {
    let budget = Arc::clone(budget);
    thread::spawn(move || work(&budget))
}

/// Fails with this in `budget.rs`:
/// ```diff
/// -                spent.checked_add(RETRY).filter(|spent| *spent <= capacity)
/// +                spent.checked_add(RETRY).filter(|_| spent <= capacity)
/// ```
#[test]
fn loom_try_spend_never_spends_twice() {
    loom::model(|| {
        let budget = budget(2.0, 0.1);
        let spend =
            |budget: &RetryBudget| u32::from(budget.try_spend()) + u32::from(budget.try_spend());
        let other = beside(&budget, spend);
        assert_eq!(spend(&budget) + other.join().expect("no panic"), 2);
        assert_eq!(budget.balance(), 0.0);
    });
}

/// Fails with this in `budget.rs`:
/// ```diff
/// -            .fetch_update(Relaxed, Relaxed, |spent| Some(spent.saturating_sub(amount)));
/// +            .fetch_update(Relaxed, Relaxed, |spent| Some(spent.wrapping_sub(amount)));
/// ```
#[test]
fn loom_concurrent_deposits_leave_it_full() {
    loom::model(|| {
        let budget = budget(1.0, 1.0);
        assert!(budget.try_spend());
        let other = beside(&budget, RetryBudget::deposit);
        budget.deposit();
        other.join().expect("no panic");
        assert_eq!(budget.balance(), 1.0);
        assert!(budget.try_spend() && !budget.try_spend());
    });
}

/// Fails with this in `budget.rs`:
/// ```diff
/// -        self.spent.fetch_min(capacity, Relaxed);
/// +        self.spent.store(self.spent.load(Relaxed).min(capacity), Relaxed);
/// ```
#[test]
fn loom_reconfigure_keeps_a_concurrent_spend() {
    loom::model(|| {
        let budget = budget(3.0, 0.1);
        let other = beside(&budget, RetryBudget::try_spend);
        let (capacity, refill) = (2.0, 0.1);
        let changed = budget.reconfigure(
            RetryBudgetConfig::default()
                .capacity(capacity)
                .refill(refill),
        );
        changed.expect("valid");
        assert!(other.join().expect("no panic"), "there was enough");
        assert_eq!(budget.balance(), 1.0);
    });
}
