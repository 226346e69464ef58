//! Those who call: in bursts and with long pauses, some of them without patience.

use std::cell::Cell;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::call::{Answer, Call};
use crate::random::Random;
use crate::retention::Retention;
use crate::services::{Function, KEYS};
use crate::trace::Trace;

/// All that they share.
pub struct World {
    pub functions: Vec<Known>,
    pub services: Vec<Rc<Trace>>,
    /// Calls that are yet to be made.
    pub left: Cell<u64>,
    began: Instant,
    /// What happened, as one number.
    digest: Cell<u64>,
}

/// A function, and what it keeps in this world.
pub struct Known {
    pub function: &'static Function,
    pub service: usize,
    pub retention: Rc<Retention>,
}

enum Ended {
    Answered(Answer),
    Left,
    Panicked,
}

impl World {
    pub fn new(functions: Vec<Known>, services: Vec<Rc<Trace>>) -> Self {
        Self {
            functions,
            services,
            left: Cell::new(0),
            began: Instant::now(),
            digest: Cell::new(0),
        }
    }

    pub fn digest(&self) -> u64 {
        self.digest.get()
    }

    fn note(&self, what: u64) {
        let at = self.began.elapsed().as_millis() as u64;
        let mixed = Random::seeded(self.digest.get() ^ what ^ at << 8).next();
        self.digest.set(mixed);
    }

    /// The functions of a service.
    pub fn functions_of(&self, service: usize) -> impl Iterator<Item = usize> {
        let of = move |(which, known): (usize, &Known)| (known.service == service).then_some(which);
        self.functions.iter().enumerate().filter_map(of)
    }

    /// Forgets what the caches of a service hold, under a key or all of it.
    pub fn forget(&self, service: usize, key: Option<u32>) {
        let trace = &self.services[service];
        match key {
            Some(key) => trace.service().invalidate(&key),
            None => trace.service().invalidate_all(),
        };
        let number = trace.number();
        for which in self.functions_of(service) {
            let keys = key.map_or(0..KEYS, |key| key..key + 1);
            match &*self.functions[which].retention {
                Retention::CacheModel(cache_model) => {
                    let mut cache_model = cache_model.borrow_mut();
                    keys.for_each(|key| cache_model.forget(key, number));
                }
                Retention::LastGood(last_good) => {
                    keys.for_each(|key| last_good.borrow_mut().forget(key, number));
                }
                Retention::Nothing => {}
            }
        }
    }

    /// Until the next full minute, at which many come at once.
    fn next_rush(&self) -> Duration {
        let since = self.began.elapsed().as_millis() as u64 % 60_000;
        Duration::from_millis(60_000 - since)
    }

    /// Calls until none is left to be made.
    pub async fn keep_calling(self: Rc<Self>, mut random: Random) {
        let mut burst = 0;
        while let Some(left) = self.left.get().checked_sub(1) {
            self.left.set(left);
            if burst == 0 {
                burst = random.between(1, 12);
                let pause = match random.between(0, 400) {
                    0 => random.ms(0, 4 * 3_600_000),
                    1..200 => random.ms(0, 60_000),
                    _ => self.next_rush() + random.ms(0, 100),
                };
                sleep(pause).await;
            } else {
                burst -= 1;
                sleep(random.ms(0, 40)).await;
            }
            let which = random.between(0, self.functions.len() as u64) as usize;
            let key = random.between(0, KEYS.into()) as u32;
            let cost =
                random.between(1, u64::from(self.functions[which].function.costs) + 1) as u32;
            let patience = match random.between(0, 20) {
                0 => Some(random.ms(0, 400)),
                1 => Some(random.ms(0, 15_000)),
                _ => None,
            };
            self.call(which, key, cost, patience).await;
            if left.is_multiple_of(64) {
                self.services.iter().for_each(|service| service.compare());
            }
        }
    }

    /// Makes one call; whether the body answered it well.
    pub async fn call(
        &self,
        which: usize,
        key: u32,
        cost: u32,
        patience: Option<Duration>,
    ) -> bool {
        let Known {
            function,
            service,
            retention,
        } = &self.functions[which];
        let trace = &self.services[*service];
        let key = if function.keyed { key } else { 0 };
        let call = Call::new(trace, function.promised, retention, key, cost);
        let ended = race((function.make)(&call), &call, patience).await;
        let answered = matches!(ended, Ended::Answered(Ok(_))) && !call.is_rescued();
        self.note(match ended {
            Ended::Answered(_) if call.is_rescued() => 1,
            Ended::Answered(_) if call.is_uncounted() => 6,
            Ended::Answered(Ok(_)) => {
                call.succeeded();
                2
            }
            Ended::Answered(Err(error)) => {
                call.ended_with(&error);
                3
            }
            Ended::Left => {
                call.abandoned();
                4
            }
            Ended::Panicked => {
                call.abandoned();
                5
            }
        });
        answered
    }
}

/// Polls a call, at least once, until it ends, panics, or its caller has no more patience.
async fn race<'a>(
    mut future: Pin<Box<dyn Future<Output = Answer> + 'a>>,
    call: &Call,
    patience: Option<Duration>,
) -> Ended {
    let mut patience = pin!(patience.map(sleep));
    let ended = std::future::poll_fn(|cx| {
        match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
            Ok(Poll::Ready(out)) => return Poll::Ready(Ended::Answered(out)),
            Ok(Poll::Pending) => call.is_pending(),
            Err(panic) if panic.is::<&str>() => return Poll::Ready(Ended::Panicked),
            // An invariant is broken.
            Err(panic) => std::panic::resume_unwind(panic),
        }
        match patience.as_mut().as_pin_mut().map(|timer| timer.poll(cx)) {
            Some(Poll::Ready(())) => {
                call.leave();
                Poll::Ready(Ended::Left)
            }
            Some(Poll::Pending) | None => Poll::Pending,
        }
    })
    .await;
    drop(future);
    ended
}
