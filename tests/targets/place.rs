//! A place that follows a script, and pools of such places.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use resilience_runtime::telemetry::ServiceStats;
use resilience_runtime::{Registry, TargetPool};
use tokio::time::sleep;

use crate::errors::ApiError;

pub type Answer = Result<u32, ApiError>;

/// What a place does with a request.
#[derive(Clone, Copy, Debug)]
pub enum Does {
    /// Answers with its number, after so many milliseconds.
    Answers(u64),
    Refuses,
    Throttles(Option<u64>),
    Denies,
    Hangs,
}

pub use Does::{Answers, Denies, Hangs, Refuses, Throttles};

#[derive(Debug)]
pub struct Place {
    number: u32,
    does: Mutex<Does>,
    asked: AtomicUsize,
}

impl Place {
    pub fn new(number: u32, does: Does) -> Self {
        Self {
            number,
            does: Mutex::new(does),
            asked: AtomicUsize::new(0),
        }
    }

    pub fn does(&self, does: Does) {
        *self.does.lock().unwrap() = does;
    }

    /// How often it was asked.
    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }

    pub async fn ask(&self) -> Answer {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let does = *self.does.lock().unwrap();
        match does {
            Answers(after) => {
                if after > 0 {
                    sleep(Duration::from_millis(after)).await;
                }
                Ok(self.number)
            }
            Refuses => Err(ApiError::Transient),
            Throttles(wait) => Err(ApiError::Throttled(wait.map(Duration::from_secs))),
            Denies => Err(ApiError::Permanent),
            Hangs => std::future::pending().await,
        }
    }
}

/// Places `a`, `b`, `c`, …, numbered from 0.
pub fn pool(does: impl IntoIterator<Item = Does>) -> TargetPool<Place> {
    let names = ["a", "b", "c", "d", "e", "f"];
    let places = does.into_iter().enumerate();
    let places = places.map(|(number, does)| (names[number], Place::new(number as u32, does)));
    TargetPool::of(places).unwrap()
}

pub fn asked(pool: &TargetPool<Place>) -> Vec<usize> {
    pool.targets().iter().map(|it| it.value().asked()).collect()
}

pub fn stats(registry: &Registry, name: &str) -> ServiceStats {
    registry.get(name).expect(name).stats()
}
