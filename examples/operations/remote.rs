//! What the services talk to: nothing. Each answers as its timetable says, the same in every run.

use std::time::Duration;

use resilience_runtime::{Classify, ResilienceError, Verdict};
use tokio::time::{Instant, sleep};

/// A dice of one's own: the same numbers in every run.
pub struct Dice(u64);

impl Dice {
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// From 0 up to 1.
    pub fn roll(&mut self) -> f64 {
        // SplitMix64, by Sebastiano Vigna.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        (mixed >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[derive(Clone, Copy)]
pub enum Mood {
    /// It does not answer connections.
    Down,
    /// It takes so many times as long.
    Slow(f64),
    /// It asks to be left alone for so many seconds.
    Busy(u64),
    /// So large a share of answers are failures.
    Flaky(f64),
}

/// From this second of the round to that one.
struct Spell(u64, u64, Mood);

pub struct Remote {
    name: &'static str,
    began: Instant,
    /// How long answers usually take, in milliseconds.
    usual: f64,
    /// Seconds until everything comes again.
    round: u64,
    spells: &'static [Spell],
}

#[derive(Debug, thiserror::Error)]
pub enum RemoteError {
    #[error("the connection was refused")]
    Refused,
    #[error("too many requests")]
    Busy(Duration),
    #[error(transparent)]
    Resilience(#[from] ResilienceError),
}

impl Classify for RemoteError {
    fn classify(&self) -> Verdict {
        match self {
            Self::Refused => Verdict::transient(),
            Self::Busy(after) => Verdict::throttled(Some(*after)),
            Self::Resilience(error) => error.classify(),
        }
    }
}

impl Remote {
    fn new(name: &'static str, usual: f64, round: u64, spells: &'static [Spell]) -> &'static Self {
        // It lasts as long as the program.
        Box::leak(Box::new(Self {
            name,
            began: Instant::now(),
            usual,
            round,
            spells,
        }))
    }

    pub fn name(&self) -> &'static str {
        self.name
    }

    fn mood(&self) -> Option<Mood> {
        let now = self.began.elapsed().as_secs() % self.round;
        let spell = self
            .spells
            .iter()
            .find(|Spell(from, to, _)| (*from..*to).contains(&now));
        spell.map(|Spell(_, _, mood)| *mood)
    }

    /// Answers request number `number`, whose fate is the same in every run.
    pub async fn answer(&self, number: u64) -> Result<(), RemoteError> {
        let mut dice = Dice::new(number ^ self.usual.to_bits());
        // Most take about as long as usual, some few much longer.
        let spread = 0.6 + 0.5 * dice.roll() + 1.5 * dice.roll().powi(12);
        let mut takes = self.usual * spread;
        let luck = dice.roll();
        match self.mood() {
            None => {}
            Some(Mood::Slow(factor)) => takes *= factor,
            Some(Mood::Down) => return Err(RemoteError::Refused),
            Some(Mood::Busy(seconds)) => {
                return Err(RemoteError::Busy(Duration::from_secs(seconds)));
            }
            Some(Mood::Flaky(share)) if luck < share => return Err(RemoteError::Refused),
            Some(Mood::Flaky(_)) => {}
        }
        sleep(Duration::from_secs_f64(takes / 1_000.0)).await;
        Ok(())
    }

    /// What its health check asks.
    pub async fn ping(&self) -> Result<(), RemoteError> {
        match self.mood() {
            Some(Mood::Down) => Err(RemoteError::Refused),
            _ => Ok(()),
        }
    }
}

#[derive(Clone, Copy)]
pub struct Remotes {
    pub openai: &'static Remote,
    pub small: &'static Remote,
    pub orders: &'static Remote,
    pub search: &'static Remote,
    pub tools: &'static Remote,
    pub payments: &'static Remote,
    pub vault: &'static Remote,
}

impl Remotes {
    pub fn new() -> Self {
        Self {
            openai: Remote::new(
                "openai",
                400.0,
                50,
                &[
                    Spell(1, 9, Mood::Down),
                    Spell(24, 34, Mood::Flaky(0.35)),
                    Spell(40, 46, Mood::Slow(2.5)),
                ],
            ),
            small: Remote::new("small-model", 120.0, 600, &[]),
            orders: Remote::new(
                "orders",
                8.0,
                40,
                &[
                    Spell(5, 8, Mood::Down),
                    Spell(15, 21, Mood::Slow(12.0)),
                    Spell(28, 30, Mood::Down),
                    Spell(32, 33, Mood::Down),
                ],
            ),
            search: Remote::new("search", 25.0, 60, &[Spell(30, 40, Mood::Flaky(0.2))]),
            tools: Remote::new(
                "tools",
                90.0,
                35,
                &[Spell(2, 3, Mood::Busy(6)), Spell(22, 23, Mood::Busy(4))],
            ),
            payments: Remote::new("payments", 150.0, 45, &[Spell(3, 13, Mood::Slow(9.0))]),
            vault: Remote::new("vault", 12.0, 55, &[Spell(10, 26, Mood::Down)]),
        }
    }
}
