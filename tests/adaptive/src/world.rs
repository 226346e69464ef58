//! Callers that come at random, a limit, and a service; and what came of it.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use crate::limiters::{End, Limiter, Permit};
use crate::random::Random;
use crate::server::{Arrival, Model, Server};

/// How long the service needs to say that it has no room.
const REFUSAL: Duration = Duration::from_millis(5);

#[derive(Clone, Debug)]
pub struct World {
    pub name: &'static str,
    pub model: Model,
    /// How many callers come in a second, from when on, in order.
    pub callers: Vec<(Duration, f64)>,
    /// What is measured.
    pub measured: (Duration, Duration),
}

/// What came of it.
#[derive(Clone, Copy, Debug)]
pub struct Outcome {
    /// Answers in a second.
    pub goodput: f64,
    /// The 95th percentile of the time that the service needed for them.
    pub p95: Duration,
    /// Calls that were sent and refused, in a second.
    pub refused: f64,
    /// The limit, on average over the callers.
    pub limit: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Caller,
    Refused(usize),
    Answered(usize),
}

struct Call {
    began: Duration,
    permit: Option<Permit>,
}

struct Run<'a> {
    world: &'a World,
    limiter: &'a dyn Limiter,
    random: Random,
    now: Duration,
    /// With the number of the event, so that the order of those of the same time is that of their planning.
    events: BinaryHeap<Reverse<(Duration, u64, Event)>>,
    planned: u64,
    server: Server,
    calls: Vec<Call>,
    latencies: Vec<Duration>,
    refused: u32,
    limits: (f64, f64),
}

impl World {
    /// Runs it under a paused clock.
    pub fn run(&self, limiter: impl FnOnce() -> Box<dyn Limiter>, seed: u64) -> Outcome {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .expect("a runtime");
        runtime.block_on(async {
            let limiter = limiter();
            let mut run = Run {
                world: self,
                limiter: &*limiter,
                random: Random::new(seed),
                now: Duration::ZERO,
                events: BinaryHeap::new(),
                planned: 0,
                server: Server::default(),
                calls: Vec::new(),
                latencies: Vec::new(),
                refused: 0,
                limits: (0.0, 0.0),
            };
            run.run().await;
            run.outcome()
        })
    }
}

impl Run<'_> {
    async fn run(&mut self) {
        self.plan(Duration::ZERO, Event::Caller);
        while let Some(Reverse((at, _, event))) = self.events.pop() {
            if at > self.world.measured.1 {
                break;
            }
            let passed = at - self.now;
            tokio::time::advance(passed).await;
            self.limiter.passed(passed);
            self.now = at;
            match event {
                Event::Caller => self.caller(),
                Event::Refused(call) => self.end(call, End::Throttled),
                Event::Answered(call) => {
                    if let Some(next) = self.server.finish(&self.world.model, at) {
                        self.start(next);
                    }
                    self.end(call, End::Answered);
                }
            }
        }
    }

    fn plan(&mut self, after: Duration, event: Event) {
        self.planned += 1;
        self.events
            .push(Reverse((self.now + after, self.planned, event)));
    }

    fn is_measured(&self) -> bool {
        self.now >= self.world.measured.0
    }

    fn caller(&mut self) {
        let rates = self.world.callers.iter().rev();
        let rate = rates.clone().find(|(from, _)| *from <= self.now);
        let pause = Duration::from_secs_f64(1.0 / rate.expect("it begins at zero").1);
        let next = self.random.exponential(pause);
        self.plan(next, Event::Caller);
        if self.is_measured() {
            self.limits.0 += self.limiter.limit() as f64;
            self.limits.1 += 1.0;
        }
        let Some(permit) = self.limiter.try_acquire() else {
            return;
        };
        let call = self.calls.len();
        self.calls.push(Call {
            began: self.now,
            permit: Some(permit),
        });
        match self.server.arrive(&self.world.model, call, self.now) {
            Arrival::Starts => self.start(call),
            Arrival::Throttled => self.plan(REFUSAL, Event::Refused(call)),
            Arrival::Queued => {}
        }
    }

    fn start(&mut self, call: usize) {
        let model = &self.world.model;
        let takes = self.random.lognormal(model.mean(self.now), model.spread);
        self.plan(takes, Event::Answered(call));
    }

    fn end(&mut self, call: usize, end: End) {
        let is_measured = self.is_measured();
        let call = &mut self.calls[call];
        let permit = call.permit.take().expect("it ends once");
        permit(end);
        if is_measured {
            match end {
                End::Answered => self.latencies.push(self.now - call.began),
                End::Throttled => self.refused += 1,
            }
        }
    }

    fn outcome(mut self) -> Outcome {
        let (from, to) = self.world.measured;
        let seconds = (to - from).as_secs_f64();
        self.latencies.sort_unstable();
        let count = self.latencies.len();
        let p95 = self.latencies.get(count * 95 / 100).copied();
        Outcome {
            goodput: count as f64 / seconds,
            p95: p95.unwrap_or_default(),
            refused: f64::from(self.refused) / seconds,
            limit: self.limits.0 / self.limits.1,
        }
    }
}
