//! Random events, compared with a reference model.

use proptest::prelude::*;

use super::*;

/// Long enough that the jitter of a tenth decides nothing: all moments are multiples of a second, all
/// spans are chosen so that no moment falls within a tenth of `ttl` round an expiry.
const TTL: u64 = 100;
const STALE_FOR: u64 = 300;
const NEGATIVE: u64 = 7;
const ROOM: usize = 4;

#[derive(Clone, Copy, Debug)]
enum Step {
    Ask(u8),
    /// The oldest load in progress ends like this.
    LoadResult(Way),
    /// The oldest load in progress is dropped.
    Drop,
    Invalidate(u8),
    InvalidateAll,
    Wait(u64),
}

#[derive(Clone, Copy, Debug)]
enum Way {
    Good,
    Transient,
    Permanent,
    Denied,
    NotFound,
    FallbackValue,
}

fn step() -> impl Strategy<Value = Step> {
    let way = prop_oneof![
        3 => Just(Way::Good),
        3 => Just(Way::Transient),
        1 => Just(Way::Permanent),
        1 => Just(Way::Denied),
        1 => Just(Way::NotFound),
        1 => Just(Way::FallbackValue),
    ];
    prop_oneof![
        8 => (0..6_u8).prop_map(Step::Ask),
        8 => way.prop_map(Step::LoadResult),
        1 => Just(Step::Drop),
        1 => (0..6_u8).prop_map(Step::Invalidate),
        1 => Just(Step::InvalidateAll),
        6 => prop_oneof![1..4_u64, 20..60_u64, 100..200_u64].prop_map(Step::Wait),
    ]
}

#[derive(Clone, Debug)]
struct Entry {
    key: u8,
    /// `None`: there is nothing.
    answer: Option<u32>,
    at: u64,
    failures: u32,
    pause_until: u64,
}

#[derive(Default)]
struct Model {
    now: u64,
    entry: Vec<Entry>,
    /// Loads in progress by key; `false`: invalidated since.
    loads: Vec<(u8, bool)>,
}

impl Model {
    fn find(&self, key: u8) -> Option<&Entry> {
        self.entry
            .iter()
            .find(|entry| entry.key == key && !self.is_over(entry))
    }

    /// Not certain within a tenth of the ttl.
    fn is_over(&self, entry: &Entry) -> bool {
        let end = match entry.answer {
            Some(_) => TTL + STALE_FOR,
            None => NEGATIVE,
        };
        self.now >= entry.at + end
    }

    fn is_fresh(&self, entry: &Entry) -> bool {
        self.now < entry.at + TTL
    }

    /// Whether the jitter decides about an answer now.
    fn is_uncertain(&self) -> bool {
        self.entry.iter().any(|entry| {
            let age = self.now - entry.at;
            entry.answer.is_some()
                && [TTL, TTL + STALE_FOR]
                    .iter()
                    .any(|edge| age.abs_diff(*edge) <= TTL / 10)
        })
    }

    fn lookup(&mut self, key: u8) -> String {
        let waits = self.loads.contains(&(key, true));
        match self.find(key) {
            Some(Entry { answer: None, .. }) => return "absent".to_owned(),
            Some(entry) if self.is_fresh(entry) => {
                return format!("hit {}", entry.answer.expect("an answer"));
            }
            Some(entry) if self.now < entry.pause_until => {
                return format!("stale {}", entry.answer.expect("an answer"));
            }
            _ => {}
        }
        if waits {
            return "wait".to_owned();
        }
        self.loads.push((key, true));
        "load".to_owned()
    }

    fn remove(&mut self, key: u8) {
        self.entry.retain(|entry| entry.key != key);
    }

    fn put(&mut self, key: u8, answer: Option<u32>) {
        self.remove(key);
        let over: Vec<u8> = self
            .entry
            .iter()
            .filter(|entry| self.is_over(entry))
            .map(|entry| entry.key)
            .collect();
        over.into_iter().for_each(|key| self.remove(key));
        self.entry.push(Entry {
            key,
            answer,
            at: self.now,
            failures: 0,
            pause_until: 0,
        });
    }

    /// Returns the value that is served in place of the result of the load.
    fn end(&mut self, way: Way, answer: u32) -> Option<u32> {
        let (key, counts) = self.loads.remove(0);
        if !counts {
            return None;
        }
        let now = self.now;
        let fresh = self.find(key).is_some_and(|entry| self.is_fresh(entry));
        match way {
            Way::Good => self.put(key, Some(answer)),
            Way::Denied => self.remove(key),
            Way::NotFound => self.put(key, None),
            Way::Transient | Way::Permanent | Way::FallbackValue => {
                if fresh || matches!(way, Way::Transient) {
                    self.find(key)?;
                    let entry = self.entry.iter_mut().find(|entry| entry.key == key)?;
                    let old = entry.answer?;
                    entry.pause_until = now + (1 << entry.failures.min(6)).min(60);
                    entry.failures += 1;
                    return Some(old);
                }
            }
        }
        None
    }
}

proptest! {
    #[test]
    fn store_equals_the_model(steps in prop::collection::vec(step(), 1..120)) {
        let store = store(CacheConfig {
            ttl: seconds(TTL),
            refresh_ahead: None,
            stale_if_error: Some(seconds(STALE_FOR)),
            negative_ttl: Some(seconds(NEGATIVE)),
            max_entries: 100,
            private: false,
        });
        let mut model = Model::default();
        let mut leaders = std::collections::VecDeque::new();
        let mut answer = 0;
        for step in steps {
            let now = at(model.now);
            match step {
                Step::Wait(wait) => {
                    model.now += wait;
                    while model.is_uncertain() {
                        model.now += 1;
                    }
                }
                Step::Ask(key) => {
                    let found = lookup(&store, u128::from(key), now);
                    prop_assert_eq!(describe(&found), model.lookup(key), "at {}", model.now);
                    if let Lookup::Load(leader) = found {
                        leaders.push_back(leader);
                    }
                }
                Step::LoadResult(way) => if let Some(leader) = leaders.pop_front() {
                    answer += 1;
                    let transient = Failure::of(Verdict::transient());
                    let end = match way {
                        Way::Good => good(answer),
                        Way::Transient => failed(Verdict::transient()),
                        Way::Permanent => failed(Verdict::permanent()),
                        Way::Denied => failed(Verdict::permanent().because(Reason::Denied)),
                        Way::NotFound => failed(not_found()),
                        Way::FallbackValue => LoadResult::FallbackValue(number(answer), transient, Keep::Configured),
                    };
                    let served = leader.complete(end, now).map(|served| copied::<u32>(&served.value));
                    prop_assert_eq!(served, model.end(way, answer), "{:?} at {}", way, model.now);
                },
                Step::Drop => if leaders.pop_front().is_some() {
                    model.loads.remove(0);
                },
                Step::Invalidate(key) => {
                    store.invalidate(u128::from(key), now);
                    model.remove(key);
                    for load in &mut model.loads {
                        load.1 &= load.0 != key;
                    }
                }
                Step::InvalidateAll => {
                    store.invalidate_all(now);
                    model.entry.clear();
                    model.loads.iter_mut().for_each(|load| load.1 = false);
                }
            }
            prop_assert_eq!(store.flights(), model.loads.len());
        }
    }

    #[test]
    fn len_never_exceeds_max_entries(steps in prop::collection::vec((0..50_u8, 0..40_u64, any::<bool>()), 1..200)) {
        let store = store(CacheConfig::DEFAULT.max_entries(ROOM));
        let mut now = 0;
        for (key, wait, there) in steps {
            now += wait;
            let end = if there { good(1) } else { failed(not_found()) };
            if let Lookup::Load(leader) | Lookup::Refresh(leader) = lookup(&store, u128::from(key), at(now)) {
                leader.complete(end, at(now));
                let after = describe(&lookup(&store, u128::from(key), at(now)));
                prop_assert_eq!(after, if there { "hit 1" } else { "absent" });
            }
            prop_assert!(store.held() <= ROOM);
        }
    }
}
