//! Every interleaving of a few threads at a registry and a call site, by the model checker. What `OnceLock` and
//! `ArcSwap` do is one step to it; epochs, the numbers of plans and the lock are taken apart.

use std::sync::Arc;
use std::time::Duration;

use loom::thread;

use super::services::Registry;
use crate::call::Call;
use crate::config::{ServiceSettings, Settings};
use crate::name::ServiceKind;
use crate::plan::{Function, Plan, Site};

static ASK: Function = Function::new("openai", ServiceKind::Llm, "ask", "src/lib.rs:1:1");
const SHORT: Duration = Duration::from_secs(7);

fn site() -> &'static Site {
    Box::leak(Box::new(Site::new()))
}

fn short() -> Settings {
    Settings::new().service("openai", ServiceSettings::new().timeout(SHORT))
}

fn ask(registry: &Registry, site: &'static Site) -> Option<Duration> {
    Call::plan(site, &ASK, Some(registry)).plan().timeout
}

/// Fails with this in `plans.rs`:
/// ```diff
/// -        if !entry.knows(site) {
/// +        if true {
/// ```
#[test]
fn loom_two_who_come_first_make_one_service_and_one_function() {
    for is_static in [false, true] {
        loom::model(move || {
            let registry = Registry::with_life(is_static);
            let site = site();
            let shared = |plan: &Plan| (Arc::clone(&plan.core), Arc::clone(&plan.function));
            let other = {
                let registry = registry.clone();
                thread::spawn(move || shared(Call::plan(site, &ASK, Some(&registry)).plan()))
            };
            let mine = shared(Call::plan(site, &ASK, Some(&registry)).plan());
            let theirs = other.join().expect("no panic");
            assert!(Arc::ptr_eq(&mine.0, &theirs.0) && Arc::ptr_eq(&mine.1, &theirs.1));
            assert_eq!(registry.services().len(), 1);
            assert_eq!(registry.services()[0].config().functions.len(), 1);
        });
    }
}

/// Fails with this in `../plan/site.rs`:
/// ```diff
/// -        self.newest.store(next, Ordering::Relaxed);
/// +        self.valid_for.store(epoch, Ordering::Release); self.newest.store(next, Ordering::Relaxed);
/// ```
#[test]
fn loom_an_epoch_that_is_seen_comes_with_its_plan() {
    loom::model(|| {
        let registry = Registry::with_life(true);
        let site = site();
        assert_ne!(ask(&registry, site), Some(SHORT));
        registry.configure(short()).expect("valid");
        // One of the two makes the plan, and both have it.
        let other = {
            let registry = registry.clone();
            thread::spawn(move || ask(&registry, site))
        };
        assert_eq!(ask(&registry, site), Some(SHORT));
        assert_eq!(other.join().expect("no panic"), Some(SHORT));
    });
}

/// Fails with this in `plans.rs`:
/// ```diff
/// -        if self.inner.is_static {
/// +        drop(state); if self.inner.is_static {
/// ```
#[test]
fn loom_a_change_beside_a_first_call_is_not_missed() {
    for is_static in [false, true] {
        loom::model(move || {
            let registry = Registry::with_life(is_static);
            let site = site();
            let other = {
                let registry = registry.clone();
                thread::spawn(move || {
                    registry.configure(short()).expect("valid");
                    assert_eq!(ask(&registry, site), Some(SHORT));
                })
            };
            let first = ask(&registry, site);
            let second = ask(&registry, site);
            assert!(first != Some(SHORT) || second == Some(SHORT), "never back");
            other.join().expect("no panic");
            assert_eq!(ask(&registry, site), Some(SHORT));
        });
    }
}
