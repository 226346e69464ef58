//! What the simulated remotes do: episodes of health, outage, slowness, throttling, lost replies, flapping.

use std::time::Duration;

use tokio::time::Instant;

use crate::random::Random;
use crate::rules::Rules;

/// How a remote answers one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    Fine,
    /// Surely not executed.
    Refused,
    /// Perhaps executed.
    Lost,
    Throttled(Option<Duration>),
    /// Would fail again.
    Wrong,
    /// The caller may not have it.
    Denied,
    /// There is none.
    Gone,
    /// The client's code panics.
    Panic,
}

#[derive(Clone, Copy, Debug)]
enum Episode {
    Fine,
    Refusing,
    Losing,
    /// Answers late, most of them too late.
    Slow,
    Silent,
    Throttling,
    /// Up and down for so long each.
    Flapping(Duration),
    /// A bit of everything.
    Mixed,
}

pub struct Outages {
    random: Random,
    episode: Episode,
    began: Instant,
    until: Instant,
    /// Nothing happens any more.
    healed: bool,
    /// Whether it answers 429.
    throttles: bool,
    /// How often in a thousand times it is asked for what it cannot give.
    wrong: u64,
    /// How long clients wait for it.
    timeout: Duration,
}

impl Outages {
    pub fn new(random: Random, rules: &Rules) -> Self {
        let now = Instant::now();
        Self {
            random,
            episode: Episode::Fine,
            began: now,
            until: now,
            healed: false,
            throttles: rules.max_cooldown.is_some(),
            wrong: rules.wrong,
            timeout: rules.timeout,
        }
    }

    pub fn heal(&mut self) {
        self.healed = true;
    }

    pub fn go_on(&mut self) {
        self.healed = false;
    }

    fn change(&mut self, now: Instant) {
        let random = &mut self.random;
        let (episode, longest_s) = match random.between(0, 16) {
            0..=5 => (Episode::Fine, 900),
            6 => (Episode::Refusing, 600),
            7 => (Episode::Losing, 600),
            8 | 9 => (Episode::Slow, 600),
            10 => (Episode::Silent, 300),
            11..=13 if self.throttles => (Episode::Throttling, 900),
            11 | 12 => (Episode::Flapping(random.ms(200, 20_000)), 1_200),
            _ => (Episode::Mixed, 900),
        };
        self.episode = episode;
        self.began = now;
        self.until = now + random.ms(1_000, longest_s * 1_000);
    }

    /// How long one request takes, and its answer.
    pub fn answer(&mut self) -> (Duration, Reply) {
        let now = Instant::now();
        let quick = match self.random.between(0, 4) {
            0 => Duration::ZERO,
            _ => self.random.ms(1, 400).min(self.timeout / 4),
        };
        if self.healed {
            return (quick, Reply::Fine);
        }
        while now >= self.until {
            let end = self.until.max(now - Duration::from_secs(600));
            self.change(end);
        }
        let random = &mut self.random;
        if random.happens(1) {
            return (quick, Reply::Panic);
        }
        if random.happens(self.wrong) {
            return (quick, Reply::Wrong);
        }
        let timeout_ms = self.timeout.as_millis() as u64;
        let up = |flip: Duration| {
            (now - self.began)
                .as_millis()
                .checked_div(flip.as_millis())
                .is_some_and(|turn| turn.is_multiple_of(2))
        };
        match self.episode {
            Episode::Fine => (quick, Reply::Fine),
            Episode::Refusing => (quick, Reply::Refused),
            Episode::Losing => (quick, Reply::Lost),
            Episode::Slow => (random.ms(timeout_ms / 4, timeout_ms * 2), Reply::Fine),
            Episode::Silent => (2 * self.timeout, Reply::Fine),
            Episode::Throttling => {
                let asks = random.happens(800).then(|| random.ms(100, 90_000));
                (quick, Reply::Throttled(asks))
            }
            Episode::Flapping(flip) if up(flip) => (quick, Reply::Fine),
            Episode::Flapping(_) => (quick, Reply::Refused),
            Episode::Mixed => match random.between(0, 10) {
                0 => (quick, Reply::Refused),
                1 => (quick, Reply::Lost),
                2 => (random.ms(timeout_ms / 2, timeout_ms * 2), Reply::Lost),
                3 if self.throttles => (quick, Reply::Throttled(Some(random.ms(10, 5_000)))),
                _ => (quick, Reply::Fine),
            },
        }
    }
}
