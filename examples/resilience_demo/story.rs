//! What is printed, and whether all of it was true.

use std::fmt::Display;
use std::process::ExitCode;
use std::time::Duration;

/// The storyteller. It remembers every promise that was not kept.
pub struct Story {
    scenes: u32,
    kept: u32,
    broken: Vec<String>,
}

impl Story {
    pub const fn new() -> Self {
        Self {
            scenes: 0,
            kept: 0,
            broken: Vec::new(),
        }
    }

    /// Begins a scene.
    pub fn scene(&mut self, title: &str) {
        self.scenes += 1;
        println!("\n━━ {}. {title}", self.scenes);
    }

    /// Says what happens next.
    pub fn tell(&self, text: impl Display) {
        println!("\n  {text}");
    }

    /// Says what must hold now, and whether it does.
    pub fn promise(&mut self, holds: bool, text: impl Display) {
        println!("  {} {text}", if holds { '✓' } else { '✗' });
        if holds {
            self.kept += 1;
        } else {
            self.broken.push(text.to_string());
        }
    }

    /// The last word, and the exit code.
    pub fn finish(self, took: Duration) -> ExitCode {
        println!(
            "\n{} promises kept, {} broken, in {:.1} s",
            self.kept,
            self.broken.len(),
            took.as_secs_f64()
        );
        for broken in &self.broken {
            println!("  ✗ {broken}");
        }
        if self.broken.is_empty() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        }
    }
}

/// A duration without the digits that nobody reads.
pub fn ms(duration: Duration) -> String {
    format!("{} ms", duration.as_millis())
}
