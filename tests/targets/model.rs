//! Random scripts against a naive reference of the contract: where each attempt of a call goes, how the call ends, and when.

use std::time::Duration;

use proptest::prelude::*;
use resilience_runtime::{Registry, TargetPool, resilient};
use tokio::time::{Instant, sleep};

use crate::errors::ApiError;
use crate::place::{Answer, Answers, Denies, Does, Place, Refuses, Throttles, asked, pool};

const ATTEMPTS: usize = 3;
const BACKOFF: u64 = 50;
const LONGEST_WAIT: u64 = 2_000;
const FAILURES: u32 = 3;
const RECOVERY: u64 = 1_500;

#[resilient(
    service = "chat",
    idempotent,
    retry(
        max_attempts = 3,
        base_delay = "50ms",
        multiplier = 1.0,
        jitter = "none",
        max_retry_after = "2s"
    ),
    retry_budget = off,
    circuit_breaker(
        failure_threshold = 3,
        recovery_timeout = "1500ms",
        success_threshold = 1
    ),
    rate_limit(max_wait = "0s"),
    targets = pool,
    pick = "ordered"
)]
async fn ask(#[target] to: &Place, pool: &TargetPool<Place>) -> Answer {
    to.ask().await
}

#[derive(Clone, Copy, Debug)]
enum Step {
    /// From now on this target does that.
    Does(usize, Does),
    Passes(u64),
    Call,
}

/// How a call ends.
#[derive(Debug, PartialEq)]
enum Ends {
    AnswerOf(u32),
    Transient,
    Throttled,
    Permanent,
    /// With when to come back.
    Rejected(u64),
}

/// A target as the reference knows it. All times are in milliseconds.
#[derive(Clone)]
struct Target {
    does: Does,
    asked: usize,
    failures: u32,
    open_until: Option<u64>,
    cooldown_until: u64,
}

impl Target {
    fn new(does: Does) -> Self {
        Self {
            does,
            asked: 0,
            failures: 0,
            open_until: None,
            cooldown_until: 0,
        }
    }

    fn free_at(&self) -> u64 {
        self.open_until.unwrap_or(0).max(self.cooldown_until)
    }
}

struct Reference {
    now: u64,
    targets: Vec<Target>,
}

impl Reference {
    fn first_free(&self, is_allowed: impl Fn(usize) -> bool) -> Option<usize> {
        let mut all = 0..self.targets.len();
        all.find(|at| is_allowed(*at) && self.targets[*at].free_at() <= self.now)
    }

    fn soonest(&self) -> u64 {
        let free = self.targets.iter().map(Target::free_at).min();
        free.unwrap_or(0).saturating_sub(self.now)
    }

    fn call(&mut self) -> Ends {
        let mut failed = Vec::new();
        for attempt in 1..=ATTEMPTS {
            let fresh = self.first_free(|at| !failed.contains(&at));
            let Some(at) = fresh.or_else(|| self.first_free(|_| true)) else {
                return Ends::Rejected(self.soonest());
            };
            let ends = self.attempt(at);
            if !matches!(ends, Ends::Transient | Ends::Throttled) || attempt == ATTEMPTS {
                return ends;
            }
            failed.push(at);
            if self.first_free(|at| !failed.contains(&at)).is_none() {
                // For breakers no call waits, beyond its backoff.
                let is_open = |it: &Target| it.open_until.is_some_and(|until| until > self.now);
                let longest = if self.targets.iter().all(is_open) {
                    BACKOFF
                } else {
                    LONGEST_WAIT
                };
                if self.soonest() > longest {
                    return ends;
                }
                self.now += self.soonest().max(BACKOFF);
            }
        }
        unreachable!("the last attempt returns")
    }

    fn attempt(&mut self, at: usize) -> Ends {
        let (now, target) = (self.now, &mut self.targets[at]);
        target.asked += 1;
        match target.does {
            Answers(_) => {
                target.failures = 0;
                target.open_until = None;
                Ends::AnswerOf(at as u32)
            }
            Throttles(wait) => {
                let wait = wait.unwrap_or(0) * 1_000;
                target.cooldown_until = target.cooldown_until.max(now + wait);
                Ends::Throttled
            }
            // It lives.
            Denies => {
                target.failures = 0;
                target.open_until = None;
                Ends::Permanent
            }
            _ => {
                target.failures += 1;
                // A trial that fails opens it again.
                if target.open_until.is_some() || target.failures >= FAILURES {
                    target.failures = 0;
                    target.open_until = Some(now + RECOVERY);
                }
                Ends::Transient
            }
        }
    }
}

fn ends(answer: Answer) -> Ends {
    match answer {
        Ok(number) => Ends::AnswerOf(number),
        Err(ApiError::Transient) => Ends::Transient,
        Err(ApiError::Throttled(_)) => Ends::Throttled,
        Err(ApiError::Permanent) => Ends::Permanent,
        Err(ApiError::Resilience(error)) => {
            let retry_after = error.retry_after().expect("when to come back");
            Ends::Rejected(retry_after.as_millis() as u64)
        }
        Err(error) => panic!("{error:?}"),
    }
}

async fn run(first: Vec<Does>, steps: Vec<Step>) {
    let registry = Registry::new();
    let places = pool(first.iter().copied());
    let targets = first.into_iter().map(Target::new).collect();
    let mut reference = Reference { now: 0, targets };
    let began = Instant::now();
    for (number, step) in steps.into_iter().enumerate() {
        match step {
            Step::Does(at, does) => {
                let at = at % reference.targets.len();
                reference.targets[at].does = does;
                places.targets()[at].value().does(does);
            }
            Step::Passes(millis) => {
                sleep(Duration::from_millis(millis)).await;
                reference.now += millis;
            }
            Step::Call => {
                let ended = ends(registry.scope(ask(&places)).await);
                let expected = reference.call();
                let at = u64::try_from(began.elapsed().as_millis()).unwrap();
                assert_eq!((&ended, at), (&expected, reference.now), "step {number}");
                let counted: Vec<_> = reference.targets.iter().map(|it| it.asked).collect();
                assert_eq!(asked(&places), counted, "step {number}");
            }
        }
    }
}

fn does() -> impl Strategy<Value = Does> {
    prop_oneof![
        3 => Just(Answers(0)),
        3 => Just(Refuses),
        2 => (1_u64..5).prop_map(|wait| Throttles(Some(wait))),
        1 => Just(Denies),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => (0_usize..5, does()).prop_map(|(at, does)| Step::Does(at, does)),
        1 => (1_u64..3_000).prop_map(Step::Passes),
        4 => Just(Step::Call),
    ]
}

proptest! {
    #[test]
    fn attempts_go_where_the_reference_says(
        first in prop::collection::vec(does(), 1..6),
        steps in prop::collection::vec(step(), 1..60),
    ) {
        tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap()
            .block_on(run(first, steps));
    }
}
