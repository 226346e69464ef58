//! The servers: with outages, slow hours, throttling of one tenant, and secrets that are revoked.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::call::{Ask, Trouble};
use super::random::Random;

pub const TENANTS: usize = 2;
pub const QUESTIONS: u32 = 6;

#[derive(Clone, Copy, Debug)]
enum Weather {
    Fine,
    Down,
    Losing,
    Slow,
    Silent,
    /// Throttles this tenant.
    Busy(usize),
    Mixed,
}

/// One server.
pub struct Remote {
    random: RefCell<Random>,
    weather: Cell<(Weather, Option<Instant>)>,
    meters: Option<[Meter; TENANTS]>,
    /// Longer than any timeout, where there is one.
    silence: Duration,
    pub asked: Cell<u64>,
    /// Whether its session lives.
    pub session: Cell<bool>,
    secrets: RefCell<Vec<Secret>>,
}

/// What each tenant may ask: so many at once, and one each `each`.
struct Meter {
    each: Duration,
    burst: u32,
    /// When all of it is there again.
    full_at: Cell<Option<Instant>>,
}

#[derive(Clone, Copy)]
struct Secret {
    version: u64,
    revoked: bool,
    /// The newest version of which somebody has been told that it is revoked.
    dead: u64,
}

impl Meter {
    fn take(&self, now: Instant) {
        let full_at = self.full_at.get().map_or(now, |at| at.max(now)) + self.each;
        let capacity = self.each * self.burst;
        let over = (full_at - now).saturating_sub(capacity);
        // What is due at a moment is there within the resolution of a timer.
        assert!(over <= Duration::from_millis(1), "{over:?} too early");
        self.full_at.set(Some(full_at));
    }
}

impl Remote {
    pub fn new(random: Random, silence: Duration) -> Self {
        let secret = Secret {
            version: 1,
            revoked: false,
            dead: 0,
        };
        Self {
            random: RefCell::new(random),
            weather: Cell::new((Weather::Fine, None)),
            meters: None,
            silence,
            asked: Cell::new(0),
            session: Cell::new(false),
            secrets: RefCell::new(vec![secret; TENANTS * QUESTIONS as usize]),
        }
    }

    /// Nobody may ask it more often.
    pub fn metered(self, each: Duration, burst: u32) -> Self {
        let meter = || Meter {
            each,
            burst,
            full_at: Cell::new(None),
        };
        Self {
            meters: Some([meter(), meter()]),
            ..self
        }
    }

    /// It is well until it is asked to [`go on`](Self::go_on), and everybody has a new secret.
    pub fn heal(&self) {
        self.weather.set((Weather::Fine, None));
        for secret in self.secrets.borrow_mut().iter_mut() {
            secret.version += u64::from(std::mem::take(&mut secret.revoked));
        }
    }

    pub fn go_on(&self) {
        self.weather.set((Weather::Fine, Some(Instant::now())));
    }

    fn weather(&self, now: Instant) -> Weather {
        let (weather, until) = self.weather.get();
        if until.is_none_or(|until| now < until) {
            return weather;
        }
        let mut random = self.random.borrow_mut();
        let weather = match random.between(0, 16) {
            0 => Weather::Down,
            1 => Weather::Losing,
            2 => Weather::Slow,
            3 => Weather::Silent,
            4 => Weather::Busy(random.between(0, TENANTS as u64) as usize),
            5 | 6 => Weather::Mixed,
            _ => Weather::Fine,
        };
        let until = now + random.ms(200, 15_000);
        self.weather.set((weather, Some(until)));
        weather
    }

    /// Answers with the version of a secret. All is decided when it is asked, and may lie in the socket from then on.
    pub async fn answer(&self, ask: &Ask) -> Result<u64, Trouble> {
        let now = Instant::now();
        self.asked.set(self.asked.get() + 1);
        if let Some(meters) = &self.meters {
            meters[ask.tenant].take(now);
        }
        let weather = self.weather(now);
        let (quick, said) = self.reply(ask, weather);
        let takes = match weather {
            Weather::Slow => quick * 20,
            Weather::Silent => self.silence,
            _ => quick,
        };
        sleep(takes).await;
        said
    }

    fn reply(&self, ask: &Ask, weather: Weather) -> (Duration, Result<u64, Trouble>) {
        let mut random = self.random.borrow_mut();
        let quick = random.ms(1, 60);
        let wait = random.happens(500).then(|| random.ms(10, 3_000));
        let secret = self.secrets.borrow()[secret_of(ask)];
        let well = match secret.revoked {
            true => Err(Trouble::Denied),
            false => Ok(secret.version),
        };
        let said = match weather {
            Weather::Down => Err(Trouble::Down),
            Weather::Losing => Err(Trouble::Lost),
            Weather::Busy(tenant) if tenant == ask.tenant => Err(Trouble::Busy(wait)),
            Weather::Mixed => match random.between(0, 6) {
                0 => Err(Trouble::Down),
                1 => Err(Trouble::Lost),
                2 => Err(Trouble::Busy(wait)),
                _ => well,
            },
            _ => well,
        };
        (quick, said)
    }

    /// Somebody revokes a secret, or gives out its next version.
    pub fn change_secret(&self, which: usize) {
        let mut secrets = self.secrets.borrow_mut();
        let secret = &mut secrets[which];
        secret.revoked = !secret.revoked;
        secret.version += u64::from(!secret.revoked);
    }

    pub fn secrets(&self) -> usize {
        self.secrets.borrow().len()
    }

    /// The caller is told that it is revoked.
    pub fn is_denied(&self, ask: &Ask, version: u64) {
        let secret = &mut self.secrets.borrow_mut()[secret_of(ask)];
        secret.dead = secret.dead.max(version);
    }

    pub fn version(&self, ask: &Ask) -> u64 {
        self.secrets.borrow()[secret_of(ask)].version
    }

    pub fn dead(&self, ask: &Ask) -> u64 {
        self.secrets.borrow()[secret_of(ask)].dead
    }
}

fn secret_of(ask: &Ask) -> usize {
    ask.tenant * QUESTIONS as usize + ask.question as usize
}
