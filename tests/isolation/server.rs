//! A server that counts who asks, and the error of those who ask it.

use std::cell::Cell;

use resilience_runtime::{Classify, ResilienceError};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Says {
    Well,
    Down,
    Busy,
}

#[derive(Debug, thiserror::Error, Classify)]
pub enum Failure {
    #[error("down")]
    #[classify(transient)]
    Down,
    #[error("busy")]
    #[classify(throttled)]
    Busy,
    #[error("own")]
    #[classify(transient)]
    Own,
    #[error(transparent)]
    Resilience(#[from] ResilienceError),
}

/// A server that counts who asks.
pub struct Server {
    pub says: Cell<Says>,
    pub asked: Cell<u32>,
}

impl Server {
    pub fn new(says: Says) -> Self {
        Self {
            says: Cell::new(says),
            asked: Cell::new(0),
        }
    }

    pub fn answer(&self) -> Result<u32, Failure> {
        self.asked.set(self.asked.get() + 1);
        match self.says.get() {
            Says::Well => Ok(1),
            Says::Down => Err(Failure::Down),
            Says::Busy => Err(Failure::Busy),
        }
    }
}

pub type Answer = Result<u32, Failure>;
