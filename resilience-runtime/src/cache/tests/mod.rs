//! The cache against what it promises: by example, against a naive model, and dropped at every point.

mod by_hand;
mod drops;
mod entries;
mod model;
mod rules;

use std::sync::Arc;
use std::time::Duration;

use super::{End, Failure, Leader, Look, Store, Value, Variant, copied};
use crate::clock::Moment;
use crate::config::{CacheConfig, ConfigSource};
use crate::verdict::{ErrorCode, Reason, Verdict};

const SECOND: u64 = 1_000_000_000;

/// Without jitter worth mentioning: tests that are about moments keep a tenth away from them.
fn store(config: CacheConfig) -> Arc<Store> {
    Arc::new(Store::new(config, &ConfigSource::Code).expect("a valid configuration"))
}

fn at(second: u64) -> Moment {
    Moment(second * SECOND)
}

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

fn numbers() -> Variant {
    Variant::of::<u32>("")
}

fn number(number: u32) -> Value {
    Arc::new(number)
}

fn good(answer: u32) -> End {
    End::Good(number(answer))
}

fn failed(verdict: Verdict) -> End {
    End::Failed(Failure::of(verdict))
}

fn not_found() -> Verdict {
    Verdict::permanent()
        .because(Reason::NotFound)
        .with_code(ErrorCode::Http(404))
}

fn look(store: &Arc<Store>, key: u128, now: Moment) -> Look {
    store.look(key, numbers(), now)
}

#[track_caller]
fn loads(look: Look) -> Leader {
    match look {
        Look::Load(leader) => leader,
        other => panic!("it was to be loaded: {}", told(&other)),
    }
}

/// What was found, as text.
fn told(look: &Look) -> String {
    match look {
        Look::Hit(value) => format!("hit {}", copied::<u32>(value)),
        Look::Stale(served) => format!("stale {}", copied::<u32>(&served.value)),
        Look::Absent(_) => "absent".to_owned(),
        Look::Load(_) => "load".to_owned(),
        Look::Refresh(_) => "refresh".to_owned(),
        Look::Wait(_) => "wait".to_owned(),
    }
}

#[track_caller]
fn put(store: &Arc<Store>, key: u128, answer: u32, now: Moment) {
    let leader = loads(look(store, key, now));
    assert!(leader.land(good(answer), now).is_none());
}
