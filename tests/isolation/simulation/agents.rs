//! Bodies that ask others, or their own service once more, and what they do with the answers.

use std::future::Future;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Waker};
use std::time::Duration;

use resilience_runtime::{database_resilient, llm_resilient, resilient};
use tokio::time::{sleep, timeout};

use super::call::{Answer, Ask, Page, Trouble, Wrapped};
use super::random::Random;
use super::remote::QUESTIONS;
use super::services::{AGENT, COUNTED, DATABASE, ESCORT, PROBED};
use super::services::{ask_model, count, probe, query, read_secret, tool};
use super::shadow::{Body, Lesson};

pub type Asking = for<'a> fn(&'a Ask) -> Pin<Box<dyn Future<Output = Answer> + 'a>>;

/// Calls inside of calls inside of calls, but not more.
const DEEPEST: u32 = 3;

const OTHERS: [Asking; 6] = [
    |ask| Box::pin(ask_model(ask)),
    |ask| Box::pin(read_secret(ask)),
    |ask| Box::pin(transaction(ask)),
    |ask| Box::pin(count_twice(ask)),
    |ask| Box::pin(probe_around(ask)),
    |ask| Box::pin(tool(ask)),
];

/// The body of a call that asks others.
struct Script<'a> {
    ask: &'a Ask,
    body: Rc<Body>,
    random: Random,
    /// Whom it asks.
    others: &'a [Asking],
    /// It fails by itself as well.
    has_own_errors: bool,
}

impl<'a> Script<'a> {
    fn new(ask: &'a Ask, which: usize, most: u32, others: &'a [Asking]) -> Self {
        Self {
            body: ask.begin(which, most),
            ask,
            random: Random::seeded(ask.seed).branch(ask.attempts.get().into()),
            others,
            has_own_errors: !ask.world.is_well.get(),
        }
    }

    fn other(&mut self) -> (Asking, Ask) {
        let others = match self.ask.depth < DEEPEST {
            true => self.others,
            false => &OTHERS[..1],
        };
        let which = self.random.between(0, others.len() as u64) as usize;
        let question = self.random.between(0, QUESTIONS.into()) as u32;
        let inner = self.ask.inside(&self.body, question, self.random.next());
        (others[which], inner)
    }

    async fn play(mut self) -> Answer {
        for _ in 0..self.random.between(1, 4) {
            self.step().await?;
        }
        if self.has_own_errors && self.random.happens(50) {
            return self.own();
        }
        self.body.end(Lesson::Success);
        Ok(self.ask.page(None))
    }

    async fn step(&mut self) -> Result<(), Trouble> {
        let (asking, inner) = self.other();
        match self.random.between(0, 10) {
            0..=2 => self.pass_on(&inner, asking(&inner).await),
            3 | 4 => {
                let said = asking(&inner).await;
                sleep(self.random.ms(0, 30)).await;
                self.pass_on(&inner, said)
            }
            5 => {
                let _ = asking(&inner).await;
                Ok(())
            }
            6 if self.has_own_errors => match asking(&inner).await {
                Err(_) => self.own().map(drop),
                Ok(_) => Ok(()),
            },
            6 | 7 => {
                self.drop_half_way(asking(&inner)).await;
                Ok(())
            }
            _ => self.join((asking, inner)).await,
        }
    }

    /// The body's own error.
    fn own(&self) -> Answer {
        self.body.end(Lesson::Failure);
        Err(Trouble::Own)
    }

    fn pass_on(&self, inner: &Ask, said: Answer) -> Result<(), Trouble> {
        match said {
            Ok(page) => {
                inner.check(&page);
                Ok(())
            }
            Err(trouble) => {
                self.ask.world.note(self.ask, || {
                    format!("{} leaves with {trouble:?} of {inner}", self.ask)
                });
                self.ask.leave_with(inner);
                self.body.end(Lesson::Nothing);
                Err(trouble)
            }
        }
    }

    async fn drop_half_way(&mut self, asking: impl Future) {
        let mut asking = pin!(asking);
        if self.random.happens(500) {
            let mut context = Context::from_waker(Waker::noop());
            let _ = asking.as_mut().poll(&mut context);
            return;
        }
        let _ = timeout(self.random.ms(0, 60), asking).await;
    }

    async fn join(&mut self, first: (Asking, Ask)) -> Result<(), Trouble> {
        let second = self.other();
        let (one, other) = tokio::join!(first.0(&first.1), second.0(&second.1));
        match (one, other) {
            // Two equal errors are not told apart.
            (Err(trouble), Err(_)) => {
                let (one, other) = (&first.1, &second.1);
                let note = || {
                    format!(
                        "{} leaves with {trouble:?} of {one}, not of {other}",
                        self.ask
                    )
                };
                self.ask.world.note(self.ask, note);
                self.body.end(Lesson::Nothing);
                Err(trouble)
            }
            (one, Ok(_)) => self.pass_on(&first.1, one),
            (Ok(_), other) => self.pass_on(&second.1, other),
        }
    }
}

#[database_resilient(
    service = "database",
    idempotent,
    retry(max_attempts = 2, base_delay = "20ms", jitter = "none"),
    timeout = "2s",
    deadline = "6s"
)]
pub async fn transaction(ask: &Ask) -> Answer {
    let inside: [Asking; 1] = [|ask| Box::pin(query(ask))];
    Script::new(ask, DATABASE, 2, &inside).play().await
}

#[resilient(
    service = "counted",
    retry(max_attempts = 3, base_delay = "1ms", jitter = "none"),
    retry_budget = off,
    timeout = off,
    deadline = off,
    idempotent
)]
pub async fn count_twice(ask: &Ask) -> Answer {
    let inside: [Asking; 1] = [|ask| Box::pin(count(ask))];
    Script::new(ask, COUNTED, 3, &inside).play().await
}

#[resilient(
    service = "probed",
    idempotent,
    retry(max_attempts = 2, base_delay = "10ms", jitter = "none"),
    timeout = "2s",
    deadline = "5s"
)]
pub async fn probe_around(ask: &Ask) -> Answer {
    let inside: [Asking; 1] = [|ask| Box::pin(probe(ask))];
    Script::new(ask, PROBED, 2, &inside).play().await
}

#[llm_resilient(
    service = "agent",
    retry(max_attempts = 3, base_delay = "20ms", jitter = "none"),
    circuit_breaker(failure_threshold = 6, recovery_timeout = "2s", success_threshold = 1, half_open_max_calls = 2),
    rate_limit(requests_per_minute = 1_200, burst = 40, key = ask.tenant, max_wait = "1s"),
    bulkhead(max_concurrent = 40, max_wait = "1s"),
    timeout = "20s",
    deadline = "30s"
)]
pub async fn agent(ask: &Ask) -> Answer {
    let others: Vec<Asking> = OTHERS
        .into_iter()
        .chain([(|ask| Box::pin(agent(ask))) as Asking])
        .collect();
    Script::new(ask, AGENT, 3, &others).play().await
}

/// Whoever it asks may fail: its own breaker must not open.
#[resilient(
    service = "escort",
    idempotent,
    retry(max_attempts = 2, base_delay = "1ms", jitter = "none"),
    circuit_breaker(failure_threshold = 1, recovery_timeout = "60s"),
    timeout = off,
    deadline = off
)]
pub async fn escort(ask: &Ask) -> Answer {
    let mut script = Script::new(ask, ESCORT, 2, &OTHERS);
    script.has_own_errors = false;
    script.play().await
}

/// The same, with an error of another type.
#[resilient(
    service = "escort",
    idempotent,
    retry(max_attempts = 2, base_delay = "1ms", jitter = "none"),
    timeout = off,
    deadline = off
)]
pub async fn escort_in_a_wrap(ask: &Ask) -> Result<Page, Wrapped> {
    let mut script = Script::new(ask, ESCORT, 2, &OTHERS);
    let (asking, inner) = script.other();
    match asking(&inner).await {
        Err(Trouble::Resilience(_)) => {
            script.ask.leave_with(&inner);
            script.body.end(Lesson::Nothing);
            Err(Wrapped::Hidden)
        }
        Err(trouble) => {
            sleep(Duration::from_millis(1)).await;
            script.ask.leave_with(&inner);
            script.body.end(Lesson::Nothing);
            Err(Wrapped::Held(trouble))
        }
        Ok(page) => {
            inner.check(&page);
            script.body.end(Lesson::Success);
            Ok(ask.page(None))
        }
    }
}
