//! A remote that returns scripted answers and records the time of each request.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::Duration;

use tokio::time::Instant;

use crate::errors::ApiError;

pub type Answer = Result<u32, ApiError>;

pub struct Remote {
    began: Instant,
    script: Mutex<VecDeque<Answer>>,
    rest: fn() -> Answer,
    asked: Mutex<Vec<Duration>>,
}

impl Remote {
    /// Gives these answers, then succeeds.
    pub fn scripted(answers: impl IntoIterator<Item = Answer>) -> Self {
        Self {
            began: Instant::now(),
            script: Mutex::new(answers.into_iter().collect()),
            rest: || Ok(0),
            asked: Mutex::default(),
        }
    }

    pub fn healthy() -> Self {
        Self::scripted([])
    }

    /// Always answers like this.
    pub fn always(rest: fn() -> Answer) -> Self {
        Self {
            rest,
            ..Self::healthy()
        }
    }

    pub fn failing() -> Self {
        Self::always(|| Err(ApiError::Transient))
    }

    pub fn answer(&self) -> Answer {
        self.asked.lock().unwrap().push(self.began.elapsed());
        let scripted = self.script.lock().unwrap().pop_front();
        scripted.unwrap_or_else(|| (self.rest)())
    }

    /// How often it was asked.
    pub fn asked(&self) -> usize {
        self.asked.lock().unwrap().len()
    }

    /// When it was asked, since it was made.
    pub fn asked_at(&self) -> Vec<Duration> {
        self.asked.lock().unwrap().clone()
    }
}
