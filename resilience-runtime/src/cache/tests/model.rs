//! Any sequence of events, compared with a naive model that looks at everything.

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
    End(Way),
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
    Makeshift,
}

fn step() -> impl Strategy<Value = Step> {
    let way = prop_oneof![
        3 => Just(Way::Good),
        3 => Just(Way::Transient),
        1 => Just(Way::Permanent),
        1 => Just(Way::Denied),
        1 => Just(Way::NotFound),
        1 => Just(Way::Makeshift),
    ];
    prop_oneof![
        8 => (0..6_u8).prop_map(Step::Ask),
        8 => way.prop_map(Step::End),
        1 => Just(Step::Drop),
        1 => (0..6_u8).prop_map(Step::Invalidate),
        1 => Just(Step::InvalidateAll),
        6 => prop_oneof![1..4_u64, 20..60_u64, 100..200_u64].prop_map(Step::Wait),
    ]
}

#[derive(Clone, Debug)]
struct Kept {
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
    kept: Vec<Kept>,
    /// Loads in progress by key; `false`: invalidated since.
    loads: Vec<(u8, bool)>,
}

impl Model {
    fn find(&self, key: u8) -> Option<&Kept> {
        self.kept
            .iter()
            .find(|kept| kept.key == key && !self.is_over(kept))
    }

    /// Not certain within a tenth of the ttl.
    fn is_over(&self, kept: &Kept) -> bool {
        let end = match kept.answer {
            Some(_) => TTL + STALE_FOR,
            None => NEGATIVE,
        };
        self.now >= kept.at + end
    }

    fn is_fresh(&self, kept: &Kept) -> bool {
        self.now < kept.at + TTL
    }

    /// Whether the jitter decides about an answer now.
    fn is_uncertain(&self) -> bool {
        self.kept.iter().any(|kept| {
            let age = self.now - kept.at;
            kept.answer.is_some()
                && [TTL, TTL + STALE_FOR]
                    .iter()
                    .any(|edge| age.abs_diff(*edge) <= TTL / 10)
        })
    }

    fn look(&mut self, key: u8) -> String {
        let waits = self.loads.contains(&(key, true));
        match self.find(key) {
            Some(Kept { answer: None, .. }) => return "absent".to_owned(),
            Some(kept) if self.is_fresh(kept) => {
                return format!("hit {}", kept.answer.expect("an answer"));
            }
            Some(kept) if self.now < kept.pause_until => {
                return format!("stale {}", kept.answer.expect("an answer"));
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
        self.kept.retain(|kept| kept.key != key);
    }

    fn put(&mut self, key: u8, answer: Option<u32>) {
        self.remove(key);
        let over: Vec<u8> = self
            .kept
            .iter()
            .filter(|kept| self.is_over(kept))
            .map(|kept| kept.key)
            .collect();
        over.into_iter().for_each(|key| self.remove(key));
        self.kept.push(Kept {
            key,
            answer,
            at: self.now,
            failures: 0,
            pause_until: 0,
        });
    }

    /// What is given in place of the load's result.
    fn end(&mut self, way: Way, answer: u32) -> Option<u32> {
        let (key, counts) = self.loads.remove(0);
        if !counts {
            return None;
        }
        let now = self.now;
        let fresh = self.find(key).is_some_and(|kept| self.is_fresh(kept));
        match way {
            Way::Good => self.put(key, Some(answer)),
            Way::Denied => self.remove(key),
            Way::NotFound => self.put(key, None),
            Way::Transient | Way::Permanent | Way::Makeshift => {
                if fresh || matches!(way, Way::Transient) {
                    self.find(key)?;
                    let kept = self.kept.iter_mut().find(|kept| kept.key == key)?;
                    let old = kept.answer?;
                    kept.pause_until = now + (1 << kept.failures.min(6)).min(60);
                    kept.failures += 1;
                    return Some(old);
                }
            }
        }
        None
    }
}

proptest! {
    #[test]
    fn behaves_like_the_model(steps in prop::collection::vec(step(), 1..120)) {
        let store = store(CacheConfig {
            ttl: seconds(TTL),
            refresh_ahead: None,
            stale_if_error: Some(seconds(STALE_FOR)),
            negative_ttl: Some(seconds(NEGATIVE)),
            max_entries: 100,
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
                    let found = look(&store, u128::from(key), now);
                    prop_assert_eq!(told(&found), model.look(key), "at {}", model.now);
                    if let Look::Load(leader) = found {
                        leaders.push_back(leader);
                    }
                }
                Step::End(way) => if let Some(leader) = leaders.pop_front() {
                    answer += 1;
                    let transient = Failure::of(Verdict::transient());
                    let end = match way {
                        Way::Good => good(answer),
                        Way::Transient => failed(Verdict::transient()),
                        Way::Permanent => failed(Verdict::permanent()),
                        Way::Denied => failed(Verdict::permanent().because(Reason::Denied)),
                        Way::NotFound => failed(not_found()),
                        Way::Makeshift => End::Makeshift(number(answer), transient),
                    };
                    let served = leader.land(end, now).map(|served| copied::<u32>(&served.value));
                    prop_assert_eq!(served, model.end(way, answer), "{:?} at {}", way, model.now);
                },
                Step::Drop => if leaders.pop_front().is_some() {
                    model.loads.remove(0);
                },
                Step::Invalidate(key) => {
                    store.invalidate(u128::from(key));
                    model.remove(key);
                    for load in &mut model.loads {
                        load.1 &= load.0 != key;
                    }
                }
                Step::InvalidateAll => {
                    store.invalidate_all();
                    model.kept.clear();
                    model.loads.iter_mut().for_each(|load| load.1 = false);
                }
            }
            prop_assert_eq!(store.flights(), model.loads.len());
        }
    }

    #[test]
    fn never_more_than_there_is_room_for(steps in prop::collection::vec((0..50_u8, 0..40_u64, any::<bool>()), 1..200)) {
        let store = store(CacheConfig::DEFAULT.max_entries(ROOM));
        let mut now = 0;
        for (key, wait, there) in steps {
            now += wait;
            let end = if there { good(1) } else { failed(not_found()) };
            if let Look::Load(leader) | Look::Refresh(leader) = look(&store, u128::from(key), at(now)) {
                leader.land(end, at(now));
                let after = told(&look(&store, u128::from(key), at(now)));
                prop_assert_eq!(after, if there { "hit 1" } else { "absent" });
            }
            prop_assert!(store.len() <= ROOM);
        }
    }
}
