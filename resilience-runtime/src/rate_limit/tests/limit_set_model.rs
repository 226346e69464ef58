//! Sets of limits behave as naive references of each limit, taken from together.

use proptest::prelude::*;

use super::model::{START, reference};
use super::*;
use crate::rate_limit::RateLimitStrategy as Counting;

const SECOND_NANOS: u64 = 1_000_000_000;

/// Small limits of any dimensions and periods, so that now this one is short and now that one.
fn config() -> impl Strategy<Value = RateLimitConfig> {
    let limit = || prop::option::weighted(0.4, 1..12_u32);
    let limits = prop::collection::vec(limit(), 16);
    (limits, 0..3_usize, any::<bool>()).prop_filter_map("no limit", |(limits, strategy, is_set)| {
        let mut config = RateLimitConfig::default();
        let fields = [
            &mut config.requests_per_second,
            &mut config.requests_per_minute,
            &mut config.requests_per_hour,
            &mut config.requests_per_day,
            &mut config.tokens_per_second,
            &mut config.tokens_per_minute,
            &mut config.tokens_per_hour,
            &mut config.tokens_per_day,
            &mut config.input_tokens_per_second,
            &mut config.input_tokens_per_minute,
            &mut config.input_tokens_per_hour,
            &mut config.input_tokens_per_day,
            &mut config.output_tokens_per_second,
            &mut config.output_tokens_per_minute,
            &mut config.output_tokens_per_hour,
            &mut config.output_tokens_per_day,
        ];
        let any = limits.iter().any(Option::is_some);
        for (field, limit) in fields.into_iter().zip(limits) {
            *field = limit;
        }
        if is_set {
            config = config.strategy(Counting::ALL[strategy]);
        }
        any.then_some(config)
    })
}

#[derive(Clone, Debug)]
enum Step {
    Pass(u64),
    Take(u32, u32),
    Settle(usize, u32, u32),
    GiveBack(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let pause = prop_oneof![
        4 => 0..3 * SECOND_NANOS,
        2 => 0..90 * SECOND_NANOS,
        1 => 0..100_000 * SECOND_NANOS,
    ];
    let step = prop_oneof![
        6 => pause.prop_map(Step::Pass),
        12 => (0..5_u32, 0..5_u32).prop_map(|(input, output)| Step::Take(input, output)),
        2 => (any::<usize>(), 0..9_u32, 0..9_u32)
            .prop_map(|(which, input, output)| Step::Settle(which, input, output)),
        2 => any::<usize>().prop_map(Step::GiveBack),
    ];
    prop::collection::vec(step, 1..100)
}

/// What one request with these tokens takes of a limit.
fn part(name: LimitName, (input, output): (u32, u32)) -> u32 {
    match name.dimension() {
        LimitDimension::Tokens => input + output,
        LimitDimension::InputTokens => input,
        LimitDimension::OutputTokens => output,
        _ => 1,
    }
}

proptest! {
    #[test]
    fn try_take_equals_a_reference_of_each_limit(config in config(), steps in steps()) {
        let limiter = limiter(config.clone());
        let key = limiter.hash_key("a");
        let limits = config.limits();
        let mut references: Vec<_> = limits
            .iter()
            .map(|it| {
                let alone = RateLimitConfig::new(it.limit, it.period).strategy(it.strategy);
                (it.name, it.burst, reference(&alone))
            })
            .collect();
        let (mut now, mut taken) = (START, Vec::new());
        for step in steps {
            match step {
                Step::Pass(nanos) => now += nanos,
                Step::Take(input, output) => {
                    let cost = (input, output);
                    let fits = references
                        .iter()
                        .all(|(name, most, _)| part(*name, cost) <= *most);
                    let passes = |references: &[(LimitName, u32, Box<dyn model::Reference>)], at| {
                        references.iter().all(|(name, _, reference)| {
                            let part = part(*name, cost);
                            // Also who takes no tokens waits for a debt of them.
                            part == 0 && !name.dimension().is_tokens() || reference.passes(part, at)
                        })
                    };
                    let expected = fits && passes(&references, now);
                    match limiter.try_take(key, Amount::split(input, output), Priority::Normal, Moment(now)) {
                        Take::Taken { at } => {
                            prop_assert!(expected);
                            prop_assert_eq!(at, Moment(now));
                            for (name, _, reference) in &mut references {
                                let part = part(*name, cost);
                                if part > 0 {
                                    reference.take(part, now);
                                }
                            }
                            taken.push((now, cost));
                        }
                        Take::Rejected { retry_after: None } => prop_assert!(!fits),
                        Take::Rejected { retry_after: Some(wait) } => {
                            prop_assert!(fits && !expected);
                            let then = now + u64::try_from(wait.as_nanos()).expect("short");
                            prop_assert!(passes(&references, then));
                            prop_assert!(!passes(&references, then - 1));
                            // The one that is short is short until just before.
                            let refusal = limiter.refusal(key, Amount::split(input, output), Priority::Normal, Moment(now));
                            let short = references.iter().find(|it| Some(it.0) == refusal.limit);
                            let (name, _, reference) = short.expect("one of the limits");
                            prop_assert!(!reference.passes(part(*name, cost), then - 1));
                        }
                    }
                }
                Step::Settle(which, input, output) => if !taken.is_empty() {
                    let (at, cost) = taken.swap_remove(which % taken.len());
                    let mut grant = grant(key, 0, Some(Moment(at)));
                    grant.amount = Amount::split(cost.0, cost.1);
                    limiter.settle_grant(grant, Amount::split(input, output), Moment(now));
                    for (name, _, reference) in &mut references {
                        let reserved = part(*name, cost);
                        let used = part(*name, (input, output));
                        if used < reserved {
                            reference.refund(reserved - used, Some(at), now);
                        } else if used > reserved {
                            reference.take(used - reserved, now);
                            reference.forgive(reserved);
                        }
                    }
                }
                Step::GiveBack(which) => if !taken.is_empty() {
                    let (at, cost) = taken.swap_remove(which % taken.len());
                    let mut grant = grant(key, 0, Some(Moment(at)));
                    grant.amount = Amount::split(cost.0, cost.1);
                    limiter.refund_grant(grant, Moment(now));
                    for (name, _, reference) in &mut references {
                        let part = part(*name, cost);
                        if part > 0 {
                            reference.refund(part, Some(at), now);
                        }
                    }
                }
            }
        }
    }

    /// Calls that wait pass in their order, each at the first moment at which the references have enough.
    #[test]
    fn waiters_pass_as_soon_as_all_limits_allow(
        config in config(),
        costs in prop::collection::vec((0..3_u32, 0..3_u32), 1..12),
    ) {
        let limits = config.limits();
        let costs: Vec<_> = costs
            .into_iter()
            .filter(|cost| limits.iter().all(|it| part(it.name, *cost) <= it.burst))
            .collect();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .expect("a runtime");
        let passed = runtime.block_on(async {
            let limiter = limiter(config.clone());
            let start = Moment::now();
            let order = tokio::task::LocalSet::new();
            let times = std::rc::Rc::new(std::cell::RefCell::new(Vec::new()));
            for (turn, &(input, output)) in costs.iter().enumerate() {
                let acquire = limiter.acquire_cost("a", Cost::new(input, output), Duration::MAX);
                let times = std::rc::Rc::clone(&times);
                order.spawn_local(async move {
                    acquire.await.expect("in time");
                    times.borrow_mut().push((turn, Moment::now().since(start)));
                });
            }
            order.await;
            let times = times.borrow().clone();
            (start, times)
        });
        let (start, times) = passed;
        let mut references: Vec<_> = limits
            .iter()
            .map(|it| {
                let alone = RateLimitConfig::new(it.limit, it.period).strategy(it.strategy);
                (it.name, reference(&alone))
            })
            .collect();
        for (expected, (turn, after)) in times.iter().enumerate() {
            prop_assert_eq!(expected, *turn);
            let at = start.after(*after).0;
            for (name, reference) in &mut references {
                let part = part(*name, costs[*turn]);
                if part > 0 {
                    prop_assert!(reference.passes(part, at), "{} at {:?}", name, after);
                    reference.take(part, at);
                }
            }
        }
    }
}
