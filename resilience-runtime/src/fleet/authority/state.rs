//! What a store knows of some limits and one key, and how it decides.

use super::meter::Meter;
use super::presence::{Presence, REMEMBERED};
use super::{Term, Terms};

/// How far the store's clock may go back and is only held, in microseconds. Beyond that its past is lost.
const MAX_STEP_BACK: u64 = 60_000_000;

/// A whole, of which parts are counted.
const PART: u64 = 1 << 20;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::fleet) struct State {
    /// The clock, which never goes back.
    now: u64,
    epoch: u64,
    /// Until when nothing is granted, because a server asked for it.
    cooldown: u64,
    /// The last start that was promised.
    promised: u64,
    meters: Vec<Meter>,
    presence: Presence,
}

/// An answer, in microseconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::fleet) struct Decision {
    pub(in crate::fleet) granted: Vec<u64>,
    pub(in crate::fleet) starts_in: u64,
    pub(in crate::fleet) life: u64,
    pub(in crate::fleet) ends_at: u64,
    pub(in crate::fleet) retry_after: Option<u64>,
    pub(in crate::fleet) cooldown: u64,
    pub(in crate::fleet) holders: u64,
    pub(in crate::fleet) epoch: u64,
}

impl State {
    /// Decides one request. `epoch` is for a state that begins now, and `lost` is how long ago the store may have lost its
    /// data, in microseconds: then one that is missing begins as empty as it could be.
    pub(in crate::fleet) fn decide(
        kept: &mut Option<Self>,
        terms: &Terms,
        lost: Option<u64>,
        now: u64,
        epoch: u64,
    ) -> Decision {
        let lost_at = match kept {
            Some(state) if state.now > now + MAX_STEP_BACK => {
                *kept = None;
                Some(now)
            }
            Some(_) => None,
            None => lost.map(|ago| now.saturating_sub(ago)),
        };
        kept.get_or_insert_with(|| Self::new(terms, lost_at, now, epoch))
            .decide_known(terms, now)
    }

    fn new(terms: &Terms, lost_at: Option<u64>, now: u64, epoch: u64) -> Self {
        let meter = |term: &Term| match lost_at {
            Some(then) => Meter::lost(term, then, terms.life, terms.ahead),
            None => Meter::new(term, now),
        };
        Self {
            now,
            epoch,
            cooldown: 0,
            promised: 0,
            meters: terms.limits.iter().map(meter).collect(),
            presence: Presence::new(now),
        }
    }

    fn decide_known(&mut self, terms: &Terms, now: u64) -> Decision {
        let now = now.max(self.now);
        self.now = now;
        self.adopt(terms, now);
        self.presence.note(terms.holder, terms.demand, now);
        self.settle(terms, now);
        if terms.cooldown > 0 {
            self.cooldown = self.cooldown.max(now + terms.cooldown);
        }
        let cooldown = self.cooldown.saturating_sub(now);
        let mut decision = Decision {
            granted: vec![0; terms.limits.len()],
            starts_in: 0,
            life: 0,
            ends_at: 0,
            retry_after: None,
            cooldown,
            holders: self.presence.holders(),
            epoch: self.epoch,
        };
        if cooldown > 0 {
            decision.retry_after = Some(cooldown);
            return decision;
        }
        // The earliest start for what is needed at least.
        let least = |term: &Term| term.least;
        let Some(earliest) = self.start_of(terms, &self.tokens(terms, least), now) else {
            return decision;
        };
        let deadline = if earliest == now {
            now
        } else {
            now + terms.ahead
        };
        if earliest > deadline {
            decision.retry_after = Some(earliest - now);
            return decision;
        }
        let granted = self.sizes(terms, deadline, now);
        // What is between least and wanted was measured to fit.
        let start = self.start_of(terms, &granted, now).unwrap_or(deadline);
        let dies_at = terms
            .limits
            .iter()
            .filter_map(|term| Meter::dies_at(term, now));
        let life = dies_at.fold(terms.life, |life, end| life.min(end - now));
        for (meter, tokens) in self.meters.iter_mut().zip(&granted) {
            meter.charge(life, *tokens, start, now);
        }
        // Not before what was promised until now.
        self.promised = start;
        decision.granted = granted;
        decision.starts_in = start - now;
        decision.life = life;
        decision.ends_at = start + life;
        decision
    }

    /// Goes on with these limits: one of another strategy, and one that is new, begin with what is known.
    fn adopt(&mut self, terms: &Terms, now: u64) {
        self.meters.truncate(terms.limits.len());
        for (index, term) in terms.limits.iter().enumerate() {
            match self.meters.get_mut(index) {
                Some(meter) => meter.adopt(term, terms.life, self.promised, now),
                None => self.meters.push(Meter::new(term, now)),
            }
        }
    }

    fn settle(&mut self, terms: &Terms, now: u64) {
        let Some(settled) = terms.settled else { return };
        if !self.presence.settle(terms.holder, settled.number) {
            return;
        }
        for (meter, term) in self.meters.iter_mut().zip(&terms.limits) {
            let tokens = term.used.unsigned_abs();
            if term.used > 0 {
                meter.owe(term, tokens, now);
            } else if term.used < 0 && settled.epoch == self.epoch {
                let ended = (settled.ends_at, terms.life + terms.ahead);
                meter.give_back(term, tokens, ended, now);
            }
        }
    }

    fn pairs<'a>(&'a self, terms: &'a Terms) -> impl Iterator<Item = (&'a Meter, &'a Term)> {
        self.meters.iter().zip(&terms.limits)
    }

    fn tokens(&self, terms: &Terms, of: impl Fn(&Term) -> u64) -> Vec<u64> {
        terms.limits.iter().map(of).collect()
    }

    /// When all limits have so many tokens; not before what was promised. `None`: never.
    fn start_of(&self, terms: &Terms, tokens: &[u64], now: u64) -> Option<u64> {
        self.pairs(terms).zip(tokens).try_fold(
            now.max(self.promised),
            |start, ((meter, term), tokens)| {
                let ready = meter.ready_at(term, terms.life, *tokens, now)?;
                Some(start.max(ready))
            },
        )
    }

    /// How many tokens are granted: the same part of what is wanted of each limit, because a call needs some of all.
    fn sizes(&self, terms: &Terms, deadline: u64, now: u64) -> Vec<u64> {
        let sizes: Vec<u64> = self
            .pairs(terms)
            .map(|(meter, term)| self.size(terms, meter, term, deadline, now))
            .collect();
        let limits = || terms.limits.iter().zip(&sizes);
        let part = limits()
            .filter(|(term, _)| term.wanted > 0)
            .map(|(term, size)| size * PART / term.wanted)
            .min()
            .unwrap_or(PART);
        limits()
            .map(|(term, size)| (term.wanted * part).div_ceil(PART).clamp(term.least, *size))
            .collect()
    }

    /// How many tokens of one limit there are for this holder: a fair part, as far as it fits in time.
    fn size(&self, terms: &Terms, meter: &Meter, term: &Term, deadline: u64, now: u64) -> u64 {
        if terms.life == 0 {
            return term.least;
        }
        let there = meter.fits_by(term, terms.life, now, now);
        let part = self.presence.part(term.per_life.max(there), terms.demand);
        let fitting = meter.fits_by(term, terms.life, deadline, now);
        term.wanted.min(part).min(fitting).max(term.least)
    }

    /// When nothing is left to remember: a state that begins then decides alike.
    pub(in crate::fleet) fn rest_at(&self) -> u64 {
        let meters = self.meters.iter().map(|meter| meter.rest_at(self.now));
        meters
            .max()
            .unwrap_or(self.now)
            .max(self.cooldown)
            .max(self.promised)
            .max(self.now + REMEMBERED)
    }
}
