//! What is kept, at the very moment at which its time is up.

use super::*;
use crate::cache::entries::{Entries, Kept};
use crate::cache::key::Key;

fn key(hash: u128) -> Key {
    Key { hash, variant: 0 }
}

/// Entries that keep `hashes` for ten seconds, from the first moment.
fn keep(stale_if_error: Option<Duration>, hashes: &[u128]) -> Entries {
    let mut entries = Entries::new(CacheConfig {
        stale_if_error,
        ..CacheConfig::DEFAULT
    });
    for hash in hashes {
        put_at(&mut entries, *hash, 0);
    }
    entries
}

fn put_at(entries: &mut Entries, hash: u128, second: u64) {
    let life = seconds(10);
    entries.keep(key(hash), number(1), life, at(second), &mut Vec::new());
}

#[test]
fn an_answer_is_stale_once_its_life_is_over_and_gone_after_the_time_for_stale_ones() {
    let mut entries = keep(Some(seconds(5)), &[7]);
    for (now, fresh) in [
        (Moment(at(10).0 - 1), Some(true)),
        (at(10), Some(false)),
        (Moment(at(15).0 - 1), Some(false)),
        (at(15), None),
    ] {
        let found = match entries.find(key(7), now, &mut Vec::new()) {
            Some(Kept::Answer(answer)) => Some(answer.is_fresh(now)),
            _ => None,
        };
        assert_eq!(found, fresh, "{now:?}");
    }
}

#[test]
fn all_whose_time_is_up_make_room_those_of_one_moment_too() {
    for second in [10, 11] {
        let mut entries = keep(None, &[1, 2, 3]);
        put_at(&mut entries, 4, 9);
        assert_eq!(entries.len(), 4);
        put_at(&mut entries, 5, second);
        assert_eq!(entries.len(), 2);
    }
}
