//! What is asked, and what comes of it.

use std::cell::Cell;
use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use resilience_runtime::{Classify, ResilienceError, Verdict};

use tokio::time::Instant;

use super::shadow::{Body, Lesson};
use super::world::World;

/// One call: its arguments, and its log.
pub struct Ask {
    pub world: Rc<World>,
    pub number: u64,
    pub began: Instant,
    pub tenant: usize,
    pub question: u32,
    /// The body in which it is asked, by the same task.
    pub around: Option<Rc<Body>>,
    /// How many calls there are round it.
    pub depth: u32,
    /// Decides what its body does.
    pub seed: u64,
    pub attempts: Cell<u32>,
    /// The last attempt has left with the error of a call inside that is not to be repeated.
    pub is_given_up: Cell<bool>,
}

/// An answer says to whom and to what it is one.
#[derive(Clone, Debug)]
pub struct Page {
    pub tenant: usize,
    pub question: u32,
    pub number: u64,
    /// Of a secret.
    pub version: Option<u64>,
}

#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    #[error("down")]
    Down,
    #[error("lost")]
    Lost,
    #[error("busy")]
    Busy(Option<Duration>),
    #[error("denied")]
    Denied,
    #[error("session lost")]
    SessionLost,
    /// Of a body that asks others.
    #[error("own")]
    Own,
    #[error(transparent)]
    Resilience(#[from] ResilienceError),
}

impl Classify for Trouble {
    fn classify(&self) -> Verdict {
        match self {
            Self::Down | Self::Own => Verdict::transient(),
            Self::Lost => Verdict::outcome_unknown(),
            Self::Busy(wait) => Verdict::throttled(*wait),
            Self::Denied => Verdict::denied(),
            Self::SessionLost => Verdict::session_lost(),
            Self::Resilience(error) => error.classify(),
        }
    }
}

impl Trouble {
    pub fn lesson(&self) -> Lesson {
        match self {
            Self::Down | Self::Lost | Self::Own => Lesson::Failure,
            Self::Denied => Lesson::Success,
            Self::Busy(_) | Self::SessionLost | Self::Resilience(_) => Lesson::Nothing,
        }
    }
}

/// The error of another type, which holds that of a call inside.
#[derive(Debug, thiserror::Error)]
pub enum Wrapped {
    #[error("held")]
    Held(#[source] Trouble),
    /// It says nothing of what it was.
    #[error("hidden")]
    Hidden,
    #[error(transparent)]
    Resilience(#[from] ResilienceError),
}

impl Classify for Wrapped {
    fn classify(&self) -> Verdict {
        match self {
            Self::Held(_) | Self::Hidden => Verdict::transient(),
            Self::Resilience(error) => error.classify(),
        }
    }
}

pub type Answer = Result<Page, Trouble>;

impl fmt::Display for Ask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (took, attempts) = (self.began.elapsed(), self.attempts.get());
        write!(f, "call {} ({attempts} attempts, {took:?})", self.number)
    }
}

impl Ask {
    pub fn new(world: &Rc<World>, tenant: usize, question: u32, seed: u64) -> Self {
        Self {
            number: world.next_number(),
            began: Instant::now(),
            world: Rc::clone(world),
            tenant,
            question,
            around: None,
            depth: 0,
            seed,
            attempts: Cell::new(0),
            is_given_up: Cell::new(false),
        }
    }

    /// A call in the body of this one.
    pub fn inside(&self, body: &Rc<Body>, question: u32, seed: u64) -> Self {
        let inner = Self::new(&self.world, self.tenant, question, seed);
        Self {
            around: Some(Rc::clone(body)),
            depth: self.depth + 1,
            ..inner
        }
    }

    /// Its body begins once more.
    pub fn begin_attempt(&self, most: u32) {
        let attempts = self.attempts.get() + 1;
        self.attempts.set(attempts);
        assert!(attempts <= most, "{attempts} attempts");
        let repeated = self.is_given_up.replace(false);
        assert!(!repeated, "what a call inside gave up on is repeated");
    }

    /// Its body leaves with the error of a call inside.
    pub fn leave_with(&self, inner: &Self) {
        let given_up = inner.attempts.get() >= 2 || inner.is_given_up.get();
        self.is_given_up.set(given_up);
    }

    pub fn page(&self, version: Option<u64>) -> Page {
        Page {
            tenant: self.tenant,
            question: self.question,
            number: self.number,
            version,
        }
    }

    /// An answer is to this question of this tenant, whosever call it was that asked.
    pub fn check(&self, page: &Page) {
        let asked = (self.tenant, self.question);
        assert_eq!((page.tenant, page.question), asked, "it crossed");
    }
}
