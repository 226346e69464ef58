//! The events of the toolkit, shown as part of the story and kept so that promises about them can be
//! checked.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tracing::Level;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// What a scene shows before the rest is only counted.
const SHOWN: usize = 3;

/// Where the log lines go.
#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<Lines>>);

#[derive(Default)]
struct Lines {
    /// Of this scene.
    all: Vec<String>,
    /// How many have been shown since something was told.
    shown: usize,
    hidden: usize,
}

impl Log {
    /// Sends the events of target `resilience` here.
    pub fn install() -> Self {
        let log = Self::default();
        let format = tracing_subscriber::fmt::layer()
            .compact()
            .without_time()
            .with_target(false)
            .with_ansi(false)
            .with_writer(log.clone());
        tracing_subscriber::registry()
            .with(Targets::new().with_target("resilience", Level::INFO))
            .with(format)
            .init();
        log
    }

    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets the lines so far, and returns them. What was not shown is at least counted.
    pub fn take(&self) -> Vec<String> {
        let lines = std::mem::take(&mut *self.lines());
        if lines.hidden > 0 {
            println!("  │ … and {} more lines like these", lines.hidden);
        }
        lines.all
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// One call of `write` is one event.
impl Write for Log {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let line = String::from_utf8_lossy(event).trim().to_owned();
        let mut lines = self.lines();
        if lines.shown < SHOWN {
            lines.shown += 1;
            println!("  │ {line}");
        } else {
            lines.hidden += 1;
        }
        lines.all.push(line);
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Whether there are lines about calls, and all of them carry this correlation id. What happens to a
/// breaker happens to all callers, so those lines have none.
pub fn all_carry(lines: &[String], id: &str) -> bool {
    let field = format!("correlation_id={id} ");
    let mut calls = lines
        .iter()
        .filter(|line| line.contains("function="))
        .peekable();
    calls.peek().is_some() && calls.all(|line| line.contains(&field))
}
