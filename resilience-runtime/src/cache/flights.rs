//! Loads in progress (single flight): for each key at most one current flight, which one caller leads and others wait
//! for.
//!
//! A leader that cannot be counted on gets a rival, which loads as well; whichever ends first ends the flight for all.
//! The rule is in [`Flight::late_at`].
//!
//! Invariant: a waiter is in the list of its flight; or it is not, and is among its leaders; or the flight does not exist
//! any more, and its result cell is set. Only a bystander can find neither.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, OnceLock};
use std::task::Waker;
use std::time::Duration;

use super::key::{ByKey, Key};
use super::watch::{PATIENCE, Watch};
use crate::clock::Moment;
use crate::wake::wake;

/// How long no rival begins after one that was rejected.
const PAUSE: Duration = Duration::from_millis(100);

/// The places in the list that are looked at; further behind, a waiter looks once a second.
const NEAR: usize = 127;
const FAR: Duration = Duration::from_secs(1);

/// Holds the outcome of a flight for its waiters.
pub(super) type ResultCell<L> = Arc<OnceLock<L>>;

/// All loads in progress, with outcomes of type `L`.
pub(super) struct Flights<L> {
    flights: HashMap<u64, Flight<L>>,
    /// The flight that a new caller joins, and whose value is to be kept.
    current: ByKey<u64>,
    next: u64,
}

struct Flight<L> {
    key: Key,
    cell: ResultCell<L>,
    /// In the order in which they began: each after the first is the rival of the one before. Never empty.
    leaders: Vec<(u64, Arc<Watch>)>,
    /// In the order of arrival.
    waiting: BTreeMap<u64, Place>,
    no_rival_before: Moment,
}

/// The place of a waiter in the list.
#[derive(Default)]
struct Place {
    /// Absent until the first poll.
    waker: Option<Waker>,
    /// Its own load was rejected: it waits for the others' as long as there is hope, and does not lead.
    is_bystander: bool,
}

/// Identifies a leader, with what it shares with the others.
pub(super) struct Lead<L> {
    pub(super) flight: u64,
    pub(super) number: u64,
    pub(super) key: Key,
    pub(super) watch: Arc<Watch>,
    pub(super) cell: ResultCell<L>,
}

/// Identifies a waiter, and has the cell where it finds the outcome.
pub(super) struct WaiterId<L> {
    pub(super) flight: u64,
    pub(super) number: u64,
    pub(super) cell: ResultCell<L>,
}

/// What is to be woken or dropped when no lock is held: wakers and values are foreign code.
pub(super) struct Completed<L> {
    waiting: BTreeMap<u64, Place>,
    leaders: Vec<(u64, Arc<Watch>)>,
    _cell: ResultCell<L>,
}

impl<L> Completed<L> {
    /// Wakes all waiters, and its other leaders, which may stand before their body.
    pub(super) fn notify(self) {
        wake(wakers(self.waiting));
        if self.leaders.len() > 1 {
            wake(self.leaders.into_iter().map(|(_, watch)| watch.into()));
        }
    }
}

fn wakers(waiting: BTreeMap<u64, Place>) -> impl Iterator<Item = Waker> {
    waiting.into_values().filter_map(|place| place.waker)
}

/// The status of a waiter.
pub(super) enum Waiting<L> {
    /// To be polled again when it is woken, and at that moment.
    Pending(Moment),
    /// It leads now: the leader was dropped.
    Leads(Lead<L>),
    /// The leader cannot be counted on: it is to be its rival.
    Due,
    Completed,
    /// A bystander for whom nobody loads.
    Alone,
}

/// Returns how long after the first of them the waiter at that place becomes a rival: those before it may be out of
/// use as well.
fn stagger(place: usize) -> Duration {
    if place < NEAR {
        PATIENCE * (place + 1).ilog2()
    } else {
        FAR
    }
}

impl<L> Flight<L> {
    fn lead(&self, flight: u64, number: u64) -> Option<Lead<L>> {
        let (_, watch) = self.leaders.iter().find(|leader| leader.0 == number)?;
        Some(Lead {
            flight,
            number,
            key: self.key,
            watch: Arc::clone(watch),
            cell: Arc::clone(&self.cell),
        })
    }

    /// When the leader that began last gets a rival: it was woken and not polled, or it stands alone before its body.
    /// In a line a second one would only take one more place.
    fn late_at(&self) -> Moment {
        let unpolled = self.leaders.last().map(|(_, watch)| watch.unpolled_at());
        let outside = match self.leaders.as_slice() {
            [(_, only)] => only.outside_at(),
            _ => Moment::FAR_FUTURE,
        };
        let late = unpolled.unwrap_or_default().min(outside);
        late.max(self.no_rival_before)
    }

    fn is_hopeless(&self, now: Moment) -> bool {
        self.leaders
            .iter()
            .all(|(_, watch)| watch.unpolled_at() <= now)
    }

    /// When a waiter may become a rival, and until when it has to look again.
    fn turn(&self, number: u64, now: Moment) -> (Moment, Moment) {
        let before = self.waiting.range(..number).take(NEAR);
        let place = before.filter(|(_, place)| !place.is_bystander).count();
        let turn = self.late_at().after(stagger(place));
        // A leader that is woken from now on is late after this at the soonest.
        let look_at = turn.min(now.after(PATIENCE + stagger(place)));
        (turn, look_at)
    }

    /// Passes the lead to the longest waiter, which is to be woken.
    fn pass_on(&mut self, now: Moment) -> Option<Option<Waker>> {
        let candidates = self.waiting.iter();
        let (&number, _) = candidates.into_iter().find(|(_, it)| !it.is_bystander)?;
        let place = self.waiting.remove(&number)?;
        self.leaders.push((number, Watch::woken(now)));
        Some(place.waker)
    }
}

impl<L> Flights<L> {
    pub(super) fn new() -> Self {
        Self {
            flights: HashMap::new(),
            current: ByKey::default(),
            next: 0,
        }
    }

    fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    /// Begins the flight of a key that has none; the caller leads it.
    pub(super) fn begin(&mut self, key: Key) -> Lead<L> {
        let (flight, number) = (self.number(), self.number());
        let lead = Lead {
            flight,
            number,
            key,
            watch: Watch::new(),
            cell: ResultCell::default(),
        };
        self.current.insert(key, flight);
        self.flights.insert(
            flight,
            Flight {
                key,
                cell: Arc::clone(&lead.cell),
                leaders: vec![(number, Arc::clone(&lead.watch))],
                waiting: BTreeMap::new(),
                no_rival_before: Moment::default(),
            },
        );
        lead
    }

    pub(super) fn is_loading(&self, key: Key) -> bool {
        self.current.contains_key(&key)
    }

    /// Joins the current flight of the key, if there is one.
    pub(super) fn join(&mut self, key: Key) -> Option<WaiterId<L>> {
        let id = *self.current.get(&key)?;
        self.enter(id, Place::default())
    }

    fn enter(&mut self, id: u64, place: Place) -> Option<WaiterId<L>> {
        let number = self.number();
        let flight = self.flights.get_mut(&id)?;
        flight.waiting.insert(number, place);
        Some(WaiterId {
            flight: id,
            number,
            cell: Arc::clone(&flight.cell),
        })
    }

    /// Returns the status of a waiter. The waker is swapped for the one that was there.
    pub(super) fn poll_waiter(
        &mut self,
        id: &WaiterId<L>,
        now: Moment,
        waker: &mut Option<Waker>,
    ) -> Waiting<L> {
        let Some(flight) = self.flights.get_mut(&id.flight) else {
            return match id.cell.get() {
                Some(_) => Waiting::Completed,
                None => Waiting::Alone,
            };
        };
        if let Some(lead) = flight.lead(id.flight, id.number) {
            return Waiting::Leads(lead);
        }
        let (turn, look_at) = flight.turn(id.number, now);
        let hopeless = flight.is_hopeless(now);
        let Some(place) = flight.waiting.get_mut(&id.number) else {
            return Waiting::Alone;
        };
        std::mem::swap(&mut place.waker, waker);
        match place.is_bystander {
            true if hopeless => Waiting::Alone,
            true => Waiting::Pending(now.after(PATIENCE)),
            false if now < turn => Waiting::Pending(look_at),
            false => Waiting::Due,
        }
    }

    /// Makes a waiter that is due a rival. Its waker is to be dropped.
    pub(super) fn rival(&mut self, id: &WaiterId<L>) -> Option<(Lead<L>, Option<Waker>)> {
        let flight = self.flights.get_mut(&id.flight)?;
        let place = flight.waiting.remove(&id.number)?;
        flight.leaders.push((id.number, Watch::new()));
        Some((flight.lead(id.flight, id.number)?, place.waker))
    }

    /// Removes a waiter. If it leads by now, the next one does. What is returned is to be woken if it is `Ok`, and
    /// dropped if it is `Err`.
    pub(super) fn leave(
        &mut self,
        flight: u64,
        number: u64,
        now: Moment,
    ) -> Result<Vec<Waker>, Option<Waker>> {
        match self.flights.get_mut(&flight) {
            None => Err(None),
            Some(found) => match found.waiting.remove(&number) {
                Some(place) => Err(place.waker),
                None => Ok(self.abandon(flight, number, now)),
            },
        }
    }

    /// Removes a leader. Without another one the longest waiter leads now, and without a waiter the flight ends. Those
    /// returned are to be woken.
    pub(super) fn abandon(&mut self, id: u64, number: u64, now: Moment) -> Vec<Waker> {
        let Some(flight) = self.flights.get_mut(&id) else {
            return Vec::new();
        };
        let newest = flight.leaders.last().map(|leader| leader.0) == Some(number);
        flight.leaders.retain(|leader| leader.0 != number);
        if !flight.leaders.is_empty() {
            // The one before it is late already, unless it was polled again.
            let mut waiting = flight.waiting.values_mut().filter(|_| newest);
            let first = waiting.find(|it| !it.is_bystander);
            return first.and_then(|it| it.waker.take()).into_iter().collect();
        }
        if let Some(heir) = flight.pass_on(now) {
            return heir.into_iter().collect();
        }
        let key = flight.key;
        let flight = self.flights.remove(&id);
        if self.current.get(&key) == Some(&id) {
            self.current.remove(&key);
        }
        let bystanders = flight.map(|flight| flight.waiting);
        wakers(bystanders.unwrap_or_default()).collect()
    }

    /// Removes a leader that was rejected. While others lead, it can wait for them, and the next rival is put off.
    pub(super) fn withdraw(
        &mut self,
        id: u64,
        number: u64,
        now: Moment,
    ) -> (Vec<Waker>, Option<WaiterId<L>>) {
        let others = self.has_rivals(id);
        let woken = self.abandon(id, number, now);
        let flight = self.flights.get_mut(&id).filter(|_| others);
        let Some(flight) = flight else {
            return (woken, None);
        };
        flight.no_rival_before = now.after(PAUSE);
        let place = Place {
            waker: None,
            is_bystander: true,
        };
        (woken, self.enter(id, place))
    }

    /// Whether more than one caller leads the flight.
    pub(super) fn has_rivals(&self, id: u64) -> bool {
        let flight = self.flights.get(&id);
        flight.is_some_and(|flight| flight.leaders.len() > 1)
    }

    /// Returns the key of a flight, if its value is to be kept.
    pub(super) fn current_key(&self, id: u64) -> Option<Key> {
        let key = self.flights.get(&id)?.key;
        (self.current.get(&key) == Some(&id)).then_some(key)
    }

    /// Ends a flight. One that has ended already gives the outcome back, to be dropped where no lock is held.
    pub(super) fn complete(&mut self, id: u64, outcome: L) -> Result<Completed<L>, L> {
        let Some(flight) = self.flights.remove(&id) else {
            return Err(outcome);
        };
        if self.current.get(&flight.key) == Some(&id) {
            self.current.remove(&flight.key);
        }
        // Set once: a flight completes once.
        let _ = flight.cell.set(outcome);
        Ok(Completed {
            waiting: flight.waiting,
            leaders: flight.leaders,
            _cell: flight.cell,
        })
    }

    /// Ends the current flight of the key with a value that did not come from its leader.
    pub(super) fn complete_early(&mut self, key: Key, outcome: L) -> Result<Completed<L>, L> {
        match self.current.get(&key) {
            Some(&id) => self.complete(id, outcome),
            None => Err(outcome),
        }
    }

    /// Detaches the current flight of the key: later callers do not join it, and its value is not to be kept.
    pub(super) fn detach(&mut self, key: Key) {
        self.current.remove(&key);
    }

    pub(super) fn detach_all(&mut self) {
        self.current.clear();
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.flights.len()
    }
}
