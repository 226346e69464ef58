//! Random scripts against a naive reference of the contract: when each request is sent, how the call ends, and what is counted.

use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use resilience_runtime::config::{HedgeSettings, RetrySettings};
use resilience_runtime::{Registry, ServiceSettings, Settings, resilient};
use tokio::time::Instant;

use crate::errors::ApiError;
use crate::server::{Answer, Does, Server, millis_since, stats, tokens_left};

const TIMEOUT: u64 = 1_000;
const BACKOFF: u64 = 50;
const TOKENS: u32 = 1_000;

#[resilient(
    service = "api",
    idempotent,
    timeout = 1,
    retry(base_delay = "50ms", multiplier = 1.0, jitter = "none"),
    circuit_breaker(failure_threshold = 1_000),
    rate_limit(requests_per_day = 1_000, key = "one"),
    bulkhead(max_concurrent = 20),
    hedge(delay = "500ms")
)]
async fn ask(server: Arc<Server>) -> Answer {
    server.ask().await
}

/// How one request ends, if nothing comes before that.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Ends {
    Answer,
    Transient,
    Permanent,
    Panic,
    Never,
}

/// Times are even numbers of milliseconds, and that of the drop is odd, so that a drop is at the same moment as nothing.
#[derive(Clone, Debug)]
struct Case {
    script: Vec<(u64, Ends)>,
    delay: u64,
    max_hedges: u32,
    max_attempts: u32,
    deadline: u64,
    dropped_at: u64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum End {
    Answered,
    Transient,
    Permanent,
    TimedOut,
    Deadline,
    Panicked,
    Dropped,
}

/// What is seen of a call.
#[derive(Debug, Default, PartialEq)]
struct Seen {
    asked_at: Vec<u64>,
    ended: Option<(u64, End)>,
    hedges: u64,
    hedge_wins: u64,
    hedge_cancelled: u64,
    retries: u64,
    timeouts: u64,
    transient: u64,
    permanent: u64,
    successes: u64,
}

/// The contract, moment by moment: every millisecond is looked at.
struct Reference<'a> {
    case: &'a Case,
    seen: Seen,
    now: u64,
    /// When each attempt that runs began and how it ends; of a round the first one comes first.
    running: Vec<Running>,
    next_hedge: Option<u64>,
    hedges_left: u32,
}

#[derive(Clone, Copy)]
struct Running {
    is_first: bool,
    began: u64,
    ends: (u64, Ends),
}

impl<'a> Reference<'a> {
    fn run(case: &'a Case) -> Seen {
        let mut reference = Self {
            case,
            seen: Seen::default(),
            now: 0,
            running: Vec::new(),
            next_hedge: None,
            hedges_left: 0,
        };
        reference.begin_round();
        while reference.seen.ended.is_none() {
            reference.now += 1;
            reference.moment();
        }
        reference.seen
    }

    fn end(&mut self, end: End) {
        self.seen.ended = Some((self.now, end));
    }

    fn attempts(&self) -> u32 {
        self.seen.asked_at.len() as u32
    }

    fn begin(&mut self, is_first: bool) {
        let number = self.seen.asked_at.len();
        let after = |(after, ends): &(u64, Ends)| (self.now + after, *ends);
        let ends = self
            .case
            .script
            .get(number)
            .map_or((u64::MAX, Ends::Never), after);
        self.seen.asked_at.push(self.now);
        self.running.push(Running {
            is_first,
            began: self.now,
            ends,
        });
    }

    fn begin_round(&mut self) {
        self.begin(true);
        self.hedges_left = self.case.max_hedges;
        self.plan_hedge();
        // One that could not start before the first attempt is cut is not waited for.
        self.next_hedge = self.next_hedge.filter(|_| self.case.delay < TIMEOUT);
    }

    fn plan_hedge(&mut self) {
        let at = self.now + self.case.delay;
        let may = self.hedges_left > 0
            && self.attempts() < self.case.max_attempts
            && at < self.case.deadline;
        self.next_hedge = may.then_some(at);
    }

    fn moment(&mut self) {
        if self.now == self.case.dropped_at {
            return self.end(End::Dropped);
        }
        // Between two rounds.
        if self.running.is_empty() {
            if self.next_hedge == Some(self.now) {
                self.seen.retries += 1;
                self.begin_round();
            }
            return;
        }
        let mut at = 0;
        while let Some(attempt) = self.running.get(at).copied() {
            let Some(end) = self.ended(attempt) else {
                at += 1;
                continue;
            };
            self.running.remove(at);
            match end {
                End::Transient => self.seen.transient += 1,
                End::TimedOut => self.seen.timeouts += 1,
                End::Permanent => self.seen.permanent += 1,
                End::Answered => {
                    self.seen.successes += 1;
                    self.seen.hedge_wins += u64::from(!attempt.is_first);
                }
                End::Deadline | End::Panicked | End::Dropped => {}
            }
            let is_failure = matches!(end, End::Transient | End::TimedOut);
            if !is_failure {
                // Those that a panic drops have not lost.
                if end != End::Panicked {
                    self.seen.hedge_cancelled += self.running.len() as u64;
                }
                return self.end(end);
            }
            if self.running.is_empty() {
                return self.retry(end);
            }
        }
        if self.next_hedge == Some(self.now) {
            self.hedges_left -= 1;
            self.seen.hedges += 1;
            self.begin(false);
            self.plan_hedge();
        }
    }

    fn ended(&self, attempt: Running) -> Option<End> {
        let (at, ends) = attempt.ends;
        match ends {
            Ends::Answer if at == self.now => return Some(End::Answered),
            Ends::Transient if at == self.now => return Some(End::Transient),
            Ends::Permanent if at == self.now => return Some(End::Permanent),
            Ends::Panic if at == self.now => return Some(End::Panicked),
            _ => {}
        }
        if self.now == self.case.deadline {
            return Some(End::Deadline);
        }
        (self.now == attempt.began + TIMEOUT).then_some(End::TimedOut)
    }

    fn retry(&mut self, end: End) {
        let at = self.now + BACKOFF;
        if self.attempts() >= self.case.max_attempts || at >= self.case.deadline {
            return self.end(end);
        }
        self.next_hedge = Some(at);
    }
}

/// What the library does.
async fn run(case: &Case) -> Seen {
    let registry = Registry::new();
    let hedge = HedgeSettings::new()
        .delay(Duration::from_millis(case.delay))
        .max_hedges(case.max_hedges);
    let retry = RetrySettings::new().max_attempts(case.max_attempts);
    let api = ServiceSettings::new()
        .hedge(hedge)
        .retry(retry)
        .deadline(Duration::from_millis(case.deadline));
    registry
        .configure(Settings::new().service("api", api))
        .unwrap();
    let does = case.script.iter().map(|(after, ends)| match ends {
        Ends::Answer => Does::Answers(*after, 1),
        Ends::Transient => Does::Fails(*after, ApiError::Transient),
        Ends::Permanent => Does::Fails(*after, ApiError::Permanent),
        Ends::Panic => Does::Panics(*after),
        Ends::Never => Does::Hangs,
    });
    let began = Instant::now();
    let server = Arc::new(Server::new(does));
    let call = registry.scope(ask(Arc::clone(&server)));
    let task = tokio::spawn(tokio::time::timeout(
        Duration::from_millis(case.dropped_at),
        call,
    ));
    let end = match task.await {
        Err(panicked) => {
            assert!(panicked.is_panic());
            End::Panicked
        }
        Ok(Err(_)) => End::Dropped,
        Ok(Ok(Ok(_))) => End::Answered,
        Ok(Ok(Err(ApiError::Transient))) => End::Transient,
        Ok(Ok(Err(ApiError::Permanent))) => End::Permanent,
        Ok(Ok(Err(error))) if error.is_timeout() => End::TimedOut,
        Ok(Ok(Err(error))) if error.is_deadline() => End::Deadline,
        Ok(Ok(Err(error))) => panic!("{error:?}"),
    };
    let stats = stats(&registry);
    let asked_at = server.asked_at();
    // Whatever came: nothing is left, and every attempt is counted once.
    assert_eq!((stats.calls, stats.in_flight), (1, 0));
    assert_eq!(stats.attempts, asked_at.len() as u64);
    assert_eq!(TOKENS - tokens_left(&registry), asked_at.len() as u32);
    let budget = 100.0 - (stats.hedges + stats.retries) as f64 + 0.1 * stats.successes as f64;
    let began_retries = f64::from(u8::from(end == End::Dropped));
    let least = budget.min(100.0) - began_retries - 1e-6;
    assert!(stats.retry_budget >= least && stats.retry_budget <= budget.min(100.0) + 1e-6);
    let left = matches!(end, End::Dropped | End::Panicked);
    assert_eq!(stats.abandoned, u64::from(left));
    Seen {
        asked_at,
        ended: Some((millis_since(began), end)),
        hedges: stats.hedges,
        hedge_wins: stats.hedge_wins,
        hedge_cancelled: stats.hedge_cancelled,
        retries: stats.retries,
        timeouts: stats.timeouts,
        transient: stats.failures.transient,
        permanent: stats.failures.permanent,
        successes: stats.successes,
    }
}

fn even(range: std::ops::Range<u64>) -> impl Strategy<Value = u64> {
    range.prop_map(|half| 2 * half)
}

fn cases() -> impl Strategy<Value = Case> {
    let ends = prop_oneof![
        4 => Just(Ends::Answer),
        4 => Just(Ends::Transient),
        1 => Just(Ends::Permanent),
        1 => Just(Ends::Panic),
        2 => Just(Ends::Never),
    ];
    // Few different times, so that many things happen at one moment.
    let after = prop_oneof![
        even(1..20),
        (1..13_u64).prop_map(|it| 50 * it),
        Just(TIMEOUT)
    ];
    (
        prop::collection::vec((after, ends), 0..6),
        prop_oneof![even(1..30), Just(50), Just(100), Just(TIMEOUT)],
        0..4_u32,
        1..6_u32,
        prop_oneof![3 => Just(3_600_000), 1 => even(1..800)],
        prop_oneof![3 => Just(7_200_001), 1 => even(0..600).prop_map(|it| it + 1)],
    )
        .prop_map(
            |(script, delay, max_hedges, max_attempts, deadline, dropped_at)| Case {
                script,
                delay,
                max_hedges,
                max_attempts,
                deadline,
                dropped_at,
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 1_000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn calls_end_as_the_reference_says(case in cases()) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        prop_assert_eq!(runtime.block_on(run(&case)), Reference::run(&case));
    }
}
