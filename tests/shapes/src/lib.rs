//! What the generated functions have in common.
#![deny(warnings, clippy::all, clippy::pedantic)]

#[rustfmt::skip]
pub mod generated;

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicU32, Ordering};

use resilience_runtime::{Classify, ResilienceError};

/// An error as an application has it.
#[derive(Debug, thiserror::Error, Classify)]
pub enum AppError {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error(transparent)]
    Resilience(#[from] ResilienceError),
}

pub type Answer<T> = Result<T, AppError>;

#[derive(Clone, Debug)]
pub struct Point {
    pub x: u32,
    pub y: u32,
}

/// How a body's attempts end.
#[derive(Clone, Copy)]
pub enum Attempts {
    Succeed,
    /// The first one fails, surely not executed.
    FailOnce,
    /// All fail, for good.
    Fail,
}

/// What every body does first.
///
/// # Errors
/// As `attempts` says.
pub async fn attempt(tries: &AtomicU32, attempts: Attempts) -> io::Result<()> {
    let earlier = tries.fetch_add(1, Ordering::Relaxed);
    tokio::task::yield_now().await;
    match attempts {
        Attempts::FailOnce if earlier == 0 => Err(io::ErrorKind::ConnectionRefused.into()),
        Attempts::Fail => Err(io::ErrorKind::PermissionDenied.into()),
        Attempts::Succeed | Attempts::FailOnce => Ok(()),
    }
}

/// A call of a shape. It can be spawned.
pub type Call = Pin<Box<dyn Future<Output = ()> + Send>>;
