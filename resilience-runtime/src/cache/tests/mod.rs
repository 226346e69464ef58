//! The rules of the cache: by example, against a reference model, and with drops at every point.

mod drops;
mod entries;
mod model;
mod public_api;
mod rules;

use std::sync::Arc;
use std::time::Duration;

use super::{Failure, Keep, Leader, LoadResult, Lookup, Store, Value, copied};
use crate::clock::Moment;
use crate::config::{CacheConfig, ConfigSource};
use crate::instance::Instance;
use crate::verdict::{ErrorCode, Reason, Verdict};

const SECOND: u64 = 1_000_000_000;

/// The jitter of the `ttl` is a tenth: tests keep that far away from the moments of expiry.
fn store(config: CacheConfig) -> Arc<Store> {
    Arc::new(Store::new(config, &ConfigSource::Code).expect("a valid configuration"))
}

fn at(second: u64) -> Moment {
    Moment(second * SECOND)
}

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

fn numbers() -> Instance {
    Instance::of_type::<u32>()
}

fn number(number: u32) -> Value {
    Arc::new(number)
}

fn good(answer: u32) -> LoadResult {
    LoadResult::Value(number(answer), Keep::Configured)
}

fn failed(verdict: Verdict) -> LoadResult {
    LoadResult::Failed(Failure::of(verdict))
}

fn not_found() -> Verdict {
    Verdict::permanent()
        .because(Reason::NotFound)
        .with_code(ErrorCode::Http(404))
}

fn lookup(store: &Arc<Store>, key: u128, now: Moment) -> Lookup {
    store.lookup(key, numbers(), now)
}

#[track_caller]
fn loads(lookup: Lookup) -> Leader {
    match lookup {
        Lookup::Load(leader) => leader,
        other => panic!("it was to be loaded: {}", describe(&other)),
    }
}

/// Describes what was found.
fn describe(lookup: &Lookup) -> String {
    match lookup {
        Lookup::Hit(value) => format!("hit {}", copied::<u32>(value)),
        Lookup::Stale(served) => format!("stale {}", copied::<u32>(&served.value)),
        Lookup::Absent(_) => "absent".to_owned(),
        Lookup::Load(_) => "load".to_owned(),
        Lookup::Refresh(_) => "refresh".to_owned(),
        Lookup::Wait(_) => "wait".to_owned(),
    }
}

#[track_caller]
fn put(store: &Arc<Store>, key: u128, answer: u32, now: Moment) {
    let leader = loads(lookup(store, key, now));
    assert!(leader.complete(good(answer), now).is_none());
}
