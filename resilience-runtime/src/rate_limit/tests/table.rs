//! The table of keys against a map, and the work of one operation.

use std::collections::HashMap;

use proptest::prelude::*;

use super::super::algorithms::token_bucket::FullAt;
use super::super::key_hash::KeyHash;
use super::super::keys::segment::{slots_for, work};
use super::super::keys::table::{KeyState, Table};

/// Splits so early that a few dozen keys are many segments.
type Numbers = Table<u64, 16>;

/// Slots that one operation may touch: where a segment of up to 1,279 is full, each is looked at twice, the new ones are
/// made, and each key is put into one after a few probes.
const MOST: usize = 8 * 1_024;

fn add<const LARGE: usize>(table: &mut Table<u64, LARGE>, key: KeyHash, value: u64) {
    let index = table.insert(key, usize::MAX, |_| false);
    table.get_mut(index).state = value;
}

/// The key of that number, anywhere.
fn hashed_key(number: u64) -> KeyHash {
    let mixed = number.wrapping_mul(0xD134_2543_DE82_EF95);
    let mixed = (mixed ^ mixed >> 29).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    KeyHash::for_test(mixed ^ mixed >> 32, number + 1)
}

#[test]
fn insert_costs_at_most_64_bytes_and_no_pause() {
    for most in [1_000_000, usize::MAX] {
        let mut table = Table::<FullAt>::new();
        let (mut sum, mut worst) = (0, 0);
        for count in 1..=1_000_000 {
            work::counted();
            table.insert(hashed_key(count as u64), most, |_| false);
            let slots = work::counted();
            sum += slots;
            worst = worst.max(slots);
            if count >= 100 {
                assert!(table.bytes() <= 64 * count, "{count}: {}", table.bytes());
            }
        }
        assert!(worst <= MOST, "{worst} slots touched at once");
        assert!(
            (1_000_000..=40 * 1_000_000).contains(&sum),
            "{sum} slots touched in all"
        );
    }
}

#[test]
fn table_stays_small_and_fast_as_keys_come_and_go() {
    const KEYS: u64 = 20_000;
    let mut table = Table::<u64>::new();
    for number in 0..KEYS {
        add(&mut table, hashed_key(number), number);
    }
    let mut worst = 0;
    for number in KEYS..20 * KEYS {
        work::counted();
        // The oldest keys are idle.
        let is_evictable = |key_state: &mut KeyState<u64>| key_state.state + KEYS * 9 / 10 < number;
        if table.len() < KEYS as usize || table.evict(is_evictable) {
            let index = table.insert(hashed_key(number), KEYS as usize, is_evictable);
            table.get_mut(index).state = number;
        }
        worst = worst.max(work::counted());
    }
    assert!(table.bytes() as u64 <= 64 * KEYS, "{}", table.bytes());
    assert!(worst <= MOST, "{worst} slots touched at once");
}

#[test]
fn evict_reaches_every_key_in_one_round() {
    for keys in [50, 1_000] {
        let mut table = Numbers::new();
        for number in 0..keys {
            add(&mut table, hashed_key(number), number);
        }
        let round = |table: &mut Numbers, wanted| {
            (0..table.slots()).any(|_| table.evict(|key_state| key_state.state == wanted))
        };
        for wanted in [keys - 1, 0, 42, 17] {
            assert!(round(&mut table, wanted));
            assert!(!round(&mut table, wanted));
        }
        assert_eq!(table.len() as u64, keys - 4);
    }
}

#[test]
fn evict_works_while_the_table_grows() {
    let mut table = Numbers::new();
    for number in 0..2_000 {
        add(&mut table, hashed_key(number), number);
        // It stays where it found something, which may be the end of what is split next.
        if number % 3 == 2 {
            let one_of_three = |key_state: &mut KeyState<u64>| key_state.state / 3 == number / 3;
            assert!((0..=table.slots()).any(|_| table.evict(one_of_three)));
        }
    }
    assert_eq!(table.len(), 2_000 - 2_000 / 3);
}

#[test]
fn table_for_few_keys_has_no_more_slots_than_needed() {
    for most in [1, 10, 50, 100] {
        let mut table = Table::<u64>::new();
        for number in 0..most {
            table.insert(hashed_key(number as u64), most, |_| false);
        }
        assert!(
            table.slots() <= slots_for(most).max(8),
            "{most}: {}",
            table.slots()
        );
    }
}

#[test]
fn evict_scans_all_of_a_small_table_and_part_of_a_large_one() {
    assert!(!Table::<u64>::new().evict(|_| true));
    for (keys, looks_at) in [(50, 50..=50), (300, 1..=32)] {
        let mut table = Table::<u64>::new();
        for number in 0..keys {
            add(&mut table, hashed_key(number), number);
        }
        let mut looked_at = 0;
        assert!(!table.evict(|_| {
            looked_at += 1;
            false
        }));
        assert!(looks_at.contains(&looked_at), "{keys}: {looked_at}");
    }
}

#[test]
fn insert_has_room_after_max_keys_was_lowered() {
    for keys in 1..200 {
        let mut table = Table::<u64>::new();
        for number in 0..keys {
            table.insert(hashed_key(number), keys as usize, |_| false);
        }
        for number in keys..keys + 3 {
            table.insert(hashed_key(number), 1, |_| false);
        }
        assert!((0..keys + 3).all(|number| table.find(hashed_key(number)).is_some()));
    }
}

#[test]
fn segment_of_lower_depth_splits() {
    // Keys of both halves, then many of the one, then of the other.
    let half = |number: u64| match number {
        0..40 => number % 2,
        40..600 => 0,
        _ => 1,
    };
    let key = |number: u64| {
        let jitter = number.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 1;
        KeyHash::for_test(half(number) << 63 | jitter, number + 1)
    };
    let mut table = Numbers::new();
    for number in 0..1_200 {
        add(&mut table, key(number), number);
    }
    for number in 0..1_200 {
        let found = table.find(key(number)).map(|index| table.get(index).state);
        assert_eq!(found, Some(number));
    }
}

#[test]
fn insert_evicts_before_it_grows() {
    let mut table = Table::<u64>::new();
    for number in 0..20_000 {
        let index = table.insert(hashed_key(number), usize::MAX, |key_state| {
            key_state.state + 500 < number
        });
        table.get_mut(index).state = number;
    }
    assert!(table.slots() < 2_000, "{}", table.slots());
}

#[derive(Clone, Debug)]
enum Step {
    Add(u8),
    /// Adds one, where those that leave this rest by three may go.
    AddOver(u8, u8),
    Remove(u8),
    Evict(u8),
    Convert(u8),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => any::<u8>().prop_map(Step::Add),
        2 => (any::<u8>(), 0..3_u8).prop_map(|(name, rest)| Step::AddOver(name, rest)),
        2 => any::<u8>().prop_map(Step::Remove),
        1 => any::<u8>().prop_map(Step::Evict),
        1 => (0..3_u8).prop_map(Step::Convert),
    ]
}

fn behaves_like_a_map(steps: Vec<Step>, key: fn(u8) -> KeyHash) -> Result<(), TestCaseError> {
    let mut table = Numbers::new();
    let mut model = HashMap::new();
    for step in steps {
        match step {
            Step::Add(name) => {
                if table.find(key(name)).is_none() {
                    add(&mut table, key(name), u64::from(name));
                    model.insert(name, u64::from(name));
                }
            }
            Step::AddOver(name, rest) => {
                if table.find(key(name)).is_none() {
                    let is_evictable = |state: u64| state % 3 == u64::from(rest);
                    let mut gone = Vec::new();
                    let index = table.insert(key(name), usize::MAX, |key_state| {
                        if is_evictable(key_state.state) {
                            gone.push(key_state.state);
                        }
                        is_evictable(key_state.state)
                    });
                    table.get_mut(index).state = u64::from(name);
                    model.retain(|_, state| !gone.contains(state));
                    model.insert(name, u64::from(name));
                }
            }
            Step::Remove(name) => {
                let index = table.find(key(name));
                prop_assert_eq!(index.is_some(), model.remove(&name).is_some());
                if let Some(index) = index {
                    table.remove(index);
                }
            }
            Step::Evict(name) => {
                let gone = (0..=table.slots() / 32)
                    .any(|_| table.evict(|key_state| key_state.state == u64::from(name)));
                prop_assert_eq!(gone, model.remove(&name).is_some());
            }
            Step::Convert(rest) => {
                table = table
                    .map(|key_state| (key_state.state % 3 != u64::from(rest)).then_some(key_state));
                model.retain(|_, state| *state % 3 != u64::from(rest));
            }
        }
        prop_assert_eq!(table.len(), model.len());
        for name in 0..=u8::MAX {
            let found = table.find(key(name)).map(|index| table.get(index).state);
            prop_assert_eq!(found, model.get(&name).copied());
        }
    }
    Ok(())
}

proptest! {
    /// Every segment splits again and again.
    #[test]
    fn table_equals_a_map_while_it_grows(steps in prop::collection::vec(step(), 1..300)) {
        behaves_like_a_map(steps, |name| hashed_key(name.into()))?;
    }

    /// Few homes, some at the very end: long runs that wrap round, and segments that cannot be split evenly.
    #[test]
    fn table_equals_a_map_with_colliding_hashes(steps in prop::collection::vec(step(), 1..200)) {
        behaves_like_a_map(steps, |name| KeyHash::for_test(
            [0, 1 << 63, u64::MAX, u64::MAX - (1 << 60)][usize::from(name % 4)],
            u64::from(name) + 1,
        ))?;
    }
}
