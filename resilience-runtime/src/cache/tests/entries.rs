//! Entries at the very moment of their expiry.

use super::*;
use crate::cache::entries::{Entries, Entry};
use crate::cache::key::Key;

fn key(hash: u128) -> Key {
    Key { hash, instance: 0 }
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
    let ttl = seconds(10);
    entries.insert(key(hash), number(1), ttl, at(second), &mut Vec::new());
}

#[test]
fn value_is_stale_after_ttl_and_removed_after_stale_if_error() {
    let mut entries = keep(Some(seconds(5)), &[7]);
    for (now, fresh) in [
        (Moment(at(10).0 - 1), Some(true)),
        (at(10), Some(false)),
        (Moment(at(15).0 - 1), Some(false)),
        (at(15), None),
    ] {
        let found = match entries.find(key(7), now, &mut Vec::new()) {
            Some(Entry::Answer(answer)) => Some(answer.is_fresh(now)),
            _ => None,
        };
        assert_eq!(found, fresh, "{now:?}");
    }
}

#[test]
fn insert_removes_all_expired_entries() {
    for second in [10, 11] {
        let mut entries = keep(None, &[1, 2, 3]);
        put_at(&mut entries, 4, 9);
        assert_eq!(entries.len(), 4);
        put_at(&mut entries, 5, second);
        assert_eq!(entries.len(), 2);
    }
}
