//! A model of a read-through cache, from outside: which call each answer came from, when it was made, and what was
//! invalidated since.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::Instant;

use crate::retention::Page;

/// The values of the attribute.
#[derive(Clone, Copy)]
pub struct Life {
    /// Give or take a tenth.
    pub ttl: Duration,
    /// After four fifths of that one caller loads a new answer.
    pub refreshed_early: bool,
    pub stale_if_error: Duration,
    pub absent_for: Duration,
}

pub struct CacheModel {
    life: Life,
    keys: HashMap<u32, Known>,
}

#[derive(Default)]
struct Known {
    /// Nothing that was asked for before this number counts any more.
    forgotten: u64,
    kept: Option<Page>,
    /// The call that asks the server now.
    leader: Option<u64>,
    /// Since when it is known that there is nothing, and by what.
    absent: Option<(Instant, u64)>,
    /// Calls that failed: when, and their numbers.
    failures: Vec<(Instant, u64)>,
}

/// The effect of a failed call on the old answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// It may be given, also after its time.
    Passing,
    /// It may be given while it is fresh.
    Lasting,
    Denied,
    Absent,
}

impl Life {
    fn surely_fresh(&self, age: Duration) -> bool {
        age < self.ttl * 9 / 10
    }

    fn surely_expired(&self, age: Duration) -> bool {
        age > self.ttl * 11 / 10
    }

    /// Whether no call is made although the answer is that old.
    fn surely_left_alone(&self, age: Duration) -> bool {
        let share = if self.refreshed_early { 8 } else { 10 };
        age < self.ttl * 9 * share / 100
    }

    fn surely_served(&self, age: Duration, meaning: Meaning) -> bool {
        match meaning {
            Meaning::Passing => age < self.ttl * 9 / 10 + self.stale_if_error,
            Meaning::Lasting => self.surely_fresh(age),
            Meaning::Denied | Meaning::Absent => false,
        }
    }
}

impl CacheModel {
    pub fn new(life: Life) -> Self {
        Self {
            life,
            keys: HashMap::new(),
        }
    }

    /// Whether a call may refresh an answer that is still fresh.
    pub fn refreshes_early(&self) -> bool {
        self.life.refreshed_early
    }

    fn of(&mut self, key: u32) -> &mut Known {
        self.keys.entry(key).or_default()
    }

    /// Before which number everything is forgotten for who comes now.
    pub fn floor(&mut self, key: u32) -> u64 {
        self.of(key).forgotten
    }

    pub fn forget(&mut self, key: u32, number: u64) {
        let known = self.of(key);
        known.forgotten = number;
        known.kept = None;
        known.absent = None;
    }

    /// The server is asked.
    pub fn asks(&mut self, key: u32, call: u64) {
        let life = self.life;
        let known = self.of(key);
        // What was asked for before it was forgotten goes its own way.
        if call <= known.forgotten {
            return;
        }
        assert!(
            known
                .leader
                .is_none_or(|leader| leader == call || leader <= known.forgotten),
            "two calls for one key"
        );
        if let Some(kept) = known.kept.filter(|kept| kept.number < call) {
            let age = kept.at.elapsed();
            assert!(
                !life.surely_left_alone(age),
                "asked anew after {age:?}, of {:?}",
                life.ttl
            );
        }
        if let Some((since, number)) = known.absent {
            assert!(
                number > call || since.elapsed() >= life.absent_for,
                "asked again for what is not there"
            );
        }
        known.leader = Some(call);
    }

    /// The caller goes away.
    pub fn leaves(&mut self, key: u32, call: u64) {
        let known = self.of(key);
        known.leader = known.leader.filter(|leader| *leader != call);
    }

    /// The server has answered the call.
    pub fn stores(&mut self, page: Page) {
        self.leaves(page.key, page.call);
        let known = self.of(page.key);
        if page.call > known.forgotten {
            known.kept = Some(page);
            known.absent = None;
        }
    }

    /// The call is answered with what it did not get from the server itself. `own`: what its own attempts failed of.
    pub fn serves(
        &mut self,
        page: Page,
        (key, call, floor): (u32, u64, u64),
        own: Option<Meaning>,
        rejects: bool,
    ) {
        self.leaves(key, call);
        let life = self.life;
        let known = self.of(key);
        let age = page.at.elapsed();
        assert_eq!(page.key, key, "an answer to another question");
        assert!(page.call > floor, "what was forgotten is served");
        let made_meanwhile = page.number > call;
        assert!(
            made_meanwhile || known.kept == Some(page),
            "not the latest answer"
        );
        assert!(
            age <= life.ttl * 11 / 10 + life.stale_if_error,
            "an answer of {age:?} ago"
        );
        match own {
            Some(Meaning::Denied | Meaning::Absent) if call > known.forgotten => {
                panic!("{own:?}, and still served")
            }
            Some(Meaning::Lasting) => assert!(!life.surely_expired(age), "stale for good"),
            _ => {}
        }
        if life.surely_expired(age) {
            let failed_since = known.failures.iter().any(|(_, at)| *at > page.number);
            assert!(
                own.is_some() || failed_since || rejects,
                "stale although nothing failed"
            );
        }
    }

    /// A call that was made failed, and is seen to.
    pub fn fails(&mut self, key: u32, call: u64, meaning: Meaning, number: u64) {
        self.failed(key, number);
        self.leaves(key, call);
        let life = self.life;
        let known = self.of(key);
        if call <= known.forgotten {
            return;
        }
        if let Some(kept) = known.kept {
            let age = kept.at.elapsed();
            assert!(
                !life.surely_served(age, meaning),
                "{meaning:?} in place of an answer of {age:?} ago"
            );
        }
        if let Meaning::Denied | Meaning::Absent = meaning {
            self.forget(key, number);
            let absent = (Instant::now(), number);
            self.of(key).absent = (meaning == Meaning::Absent).then_some(absent);
        }
    }

    /// A call failed, whether anybody was told or not.
    pub fn failed(&mut self, key: u32, number: u64) {
        let known = self.of(key);
        let long_ago = Duration::from_secs(3_600);
        known.failures.retain(|(at, _)| at.elapsed() < long_ago);
        known.failures.push((Instant::now(), number));
    }

    /// Somebody hears of a failure that was another's.
    pub fn shares(&mut self, (key, call, floor): (u32, u64, u64), age: Duration) {
        let life = self.life;
        let known = self.of(key);
        let explained = known.failures.iter().any(|(at, number)| {
            let in_memory = age < life.absent_for && *number >= floor;
            at.elapsed() == age && (*number > call || in_memory)
        });
        assert!(explained, "a failure of {age:?} ago that nobody had");
    }
}
