//! When two plans are one to a call site, and which it keeps.

use super::*;
use crate::config::{ConfigProblem, ConfigSource};
use crate::name::ServiceKind;
use crate::registry::Registry;

fn core() -> Arc<ServiceCore> {
    let service = Registry::new().service("api", ServiceKind::Custom);
    let plan = service.expect("a good name").plan.load();
    let plan = plan.as_ref().expect("a service has a plan");
    Arc::clone(&plan.core)
}

fn plan(
    epoch: u64,
    core: &Arc<ServiceCore>,
    function: &Arc<FunctionState>,
    effective: &Effective,
) -> Plan {
    let (core, function) = (Arc::clone(core), Arc::clone(function));
    Plan::new(
        epoch,
        core,
        function,
        false,
        Patterns::default(),
        Ok(effective),
    )
}

fn error() -> ConfigError {
    ConfigProblem::new("timeout", "-1", ConfigSource::Preset, "more than nothing").into()
}

type Change = fn(&mut Plan);

const HOUR: Duration = Duration::from_secs(3_600);

#[test]
fn plans_that_differ_in_anything_do_not_run_alike() {
    let (core, function) = (
        self::core(),
        Arc::new(FunctionState::by_hand(&"api".into())),
    );
    let effective = Effective::preset(ServiceKind::Custom);
    let plan = |epoch| self::plan(epoch, &core, &function, &effective);
    assert!(plan(1).runs_like(&plan(2)), "but for the epoch");

    let changes: [(&str, Change); 16] = [
        ("core", |plan| plan.core = self::core()),
        ("function", |plan| {
            plan.function = Arc::new(FunctionState::by_hand(&"api".into()));
        }),
        ("refusal", |plan| plan.refusal = Some(error())),
        ("bare", |plan| plan.bare ^= true),
        ("retry", |plan| plan.retry = None),
        ("max_retry_after", |plan| plan.max_retry_after = HOUR),
        ("budget", |plan| plan.budget ^= true),
        ("circuit", |plan| plan.circuit ^= true),
        ("rate_limit", |plan| plan.rate_limit ^= true),
        ("rate_limit_wait", |plan| plan.rate_limit_wait = HOUR),
        ("counts_tokens", |plan| plan.counts_tokens ^= true),
        ("bulkhead", |plan| plan.bulkhead ^= true),
        ("bulkhead_wait", |plan| plan.bulkhead_wait = HOUR),
        ("timeout", |plan| plan.timeout = None),
        ("deadline", |plan| plan.deadline = None),
        ("idempotent", |plan| plan.idempotent ^= true),
    ];
    for (name, change) in changes {
        let mut changed = plan(2);
        change(&mut changed);
        assert!(!plan(1).runs_like(&changed), "{name}");
        assert!(!changed.runs_like(&plan(1)), "{name}");
    }
}

#[test]
fn a_plan_of_one_attempt_has_no_retries() {
    let mut effective = Effective::preset(ServiceKind::Custom);
    let function = Arc::new(FunctionState::by_hand(&"api".into()));
    assert!(plan(1, &core(), &function, &effective).retry.is_some());
    effective.retry.max_attempts = 1;
    assert!(plan(1, &core(), &function, &effective).retry.is_none());
}

#[test]
fn retries_that_cannot_run_are_refused() {
    let mut effective = Effective::preset(ServiceKind::Custom);
    let function = Arc::new(FunctionState::by_hand(&"api".into()));
    effective.retry.multiplier = f64::NAN;
    let plan = plan(1, &core(), &function, &effective);
    assert!(plan.retry.is_none());
    let problems = plan.refusal.expect("there is a reason");
    assert_eq!(problems.problems().len(), 1);
}

fn kept(plan: &PlanRef) -> Option<&'static Plan> {
    plan.kept_plan()
}

#[test]
fn a_site_keeps_its_first_plans_and_shares_the_others() {
    let (core, function) = (core(), Arc::new(FunctionState::by_hand(&"api".into())));
    let mut effective = Effective::preset(ServiceKind::Custom);
    let site: &'static Site = Box::leak(Box::new(Site::new()));
    assert!(site.kept(1).is_none());
    let mut epoch = 0;
    for number in 0..8 {
        epoch += 2;
        effective.timeout = Duration::from_secs(number + 1);
        let made = Arc::new(plan(epoch, &core, &function, &effective));
        let first = kept(&site.keep(Arc::clone(&made))).expect("there is room");
        assert_eq!(first.timeout, Some(effective.timeout), "{number}");
        assert!(std::ptr::eq(site.kept(epoch).expect("it holds"), first));

        // Another epoch, in which nothing has changed for the function.
        let again = Arc::new(plan(epoch + 1, &core, &function, &effective));
        let second = kept(&site.keep(again)).expect("it is the same");
        assert!(std::ptr::eq(first, second), "{number}");
        assert!(site.kept(epoch).is_none(), "that is over");
        assert!(std::ptr::eq(site.kept(epoch + 1).expect("it holds"), first));
    }

    effective.timeout = HOUR;
    let made = Arc::new(plan(epoch + 2, &core, &function, &effective));
    let shared = site.keep(made);
    assert!(kept(&shared).is_none(), "no room is left");
    assert_eq!(shared.plan().timeout, Some(HOUR));
    assert!(site.kept(epoch + 2).is_none());
    assert_eq!(
        site.shared(epoch + 2).expect("it holds").plan().timeout,
        Some(HOUR)
    );
    assert!(site.shared(epoch + 1).is_none());
}

#[test]
fn a_plan_that_refuses_takes_no_room() {
    let (core, function) = (core(), Arc::new(FunctionState::by_hand(&"api".into())));
    let site: &'static Site = Box::leak(Box::new(Site::new()));
    for epoch in 1..20 {
        let refusing = Plan::new(
            epoch,
            Arc::clone(&core),
            Arc::clone(&function),
            false,
            Patterns::default(),
            Err(error()),
        );
        assert!(kept(&site.keep(Arc::new(refusing))).is_none());
        assert!(
            site.shared(epoch)
                .expect("it holds")
                .plan()
                .refusal
                .is_some()
        );
    }
    let effective = Effective::preset(ServiceKind::Custom);
    let good = Arc::new(plan(20, &core, &function, &effective));
    assert!(kept(&site.keep(good)).is_some());
}
