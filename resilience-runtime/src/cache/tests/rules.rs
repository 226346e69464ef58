//! Which value is served, when, and after which failure.

use std::any::Any;
use std::sync::Arc;

use super::*;
use crate::cache::failure::CacheEffect;
use crate::config::RefreshAhead;

fn config() -> CacheConfig {
    CacheConfig {
        ttl: seconds(100),
        refresh_ahead: None,
        stale_if_error: Some(seconds(1_000)),
        negative_ttl: Some(seconds(10)),
        max_entries: 3,
        private: false,
    }
}

#[test]
fn value_is_fresh_for_ttl_with_jitter() {
    let mut lives = Vec::new();
    for _ in 0..200 {
        let store = store(config());
        put(&store, 1, 1, at(0));
        let life = (80..120).find(|second| store.fresh(1, numbers(), at(*second)).is_none());
        lives.push(life.expect("it expires"));
    }
    let (least, most) = (lives.iter().min(), lives.iter().max());
    assert!(
        *least.expect("some") >= 90 && *most.expect("some") <= 111,
        "{lives:?}"
    );
    assert!(lives.iter().any(|life| *life < 97) && lives.iter().any(|life| *life > 103));
}

#[test]
fn stale_value_is_served_after_a_temporary_failure() {
    let passing = [
        Verdict::transient(),
        Verdict::outcome_unknown(),
        Verdict::throttled(None),
        Verdict::unclassified(),
        Verdict::permanent().because(Reason::Rejected),
    ];
    for verdict in passing {
        let store = store(config());
        put(&store, 1, 1, at(0));
        let leader = loads(lookup(&store, 1, at(200)));
        let served = leader
            .complete(failed(verdict), at(200))
            .expect("the old one");
        assert_eq!(copied::<u32>(&served.value), 1);
        let stale = served.stale.expect("it has expired");
        assert!(seconds(90) <= stale && stale <= seconds(110), "{stale:?}");
    }
}

#[test]
fn stale_value_is_not_served_after_a_permanent_failure() {
    for (verdict, forgotten) in [
        (Verdict::permanent(), false),
        (Verdict::permanent().because(Reason::QuotaExhausted), false),
        (Verdict::permanent().because(Reason::Denied), true),
        (Verdict::transient().because(Reason::Denied), true),
        (not_found(), true),
    ] {
        let store = store(config());
        put(&store, 1, 1, at(0));
        let leader = loads(lookup(&store, 1, at(200)));
        assert!(leader.complete(failed(verdict), at(200)).is_none());
        // A removed value is not served later either.
        let now = at(220);
        let again = loads(lookup(&store, 1, now)).complete(failed(Verdict::transient()), now);
        assert_eq!(again.is_none(), forgotten, "{verdict:?}");
    }
}

#[test]
fn misconfiguration_is_never_covered_by_a_value() {
    let refresh = config().refresh_ahead(0.1);
    for now in [at(50), at(200)] {
        let store = store(refresh);
        put(&store, 1, 1, at(0));
        let (Lookup::Load(leader) | Lookup::Refresh(leader)) = lookup(&store, 1, now) else {
            panic!("it is due");
        };
        let failure = Failure {
            effect: CacheEffect::Misconfigured,
            ..Failure::of(Verdict::permanent())
        };
        assert!(leader.complete(LoadResult::Failed(failure), now).is_none());
    }
}

#[test]
fn stale_value_is_not_served_after_stale_if_error() {
    let store = store(config());
    put(&store, 1, 1, at(0));
    let leader = loads(lookup(&store, 1, at(1_111)));
    let end = leader.complete(failed(Verdict::transient()), at(1_111));
    assert!(end.is_none());

    let none = CacheConfig {
        stale_if_error: None,
        ..config()
    };
    let store = super::store(none);
    put(&store, 1, 1, at(0));
    let leader = loads(lookup(&store, 1, at(111)));
    assert!(
        leader
            .complete(failed(Verdict::transient()), at(111))
            .is_none()
    );
}

#[test]
fn failed_loads_back_off_exponentially() {
    let store = store(config());
    put(&store, 1, 1, at(0));
    let mut now = 200;
    for pause in [1, 2, 4, 8, 16, 32, 60, 60] {
        let leader = loads(lookup(&store, 1, at(now)));
        assert!(
            leader
                .complete(failed(Verdict::transient()), at(now))
                .is_some()
        );
        assert_eq!(describe(&lookup(&store, 1, at(now))), "stale 1");
        let almost = Moment(at(now + pause).0 - 1);
        assert_eq!(describe(&lookup(&store, 1, almost)), "stale 1");
        now += pause;
    }
    loads(lookup(&store, 1, at(now))).complete(good(2), at(now));
    // A success clears the failure.
    now += 200;
    loads(lookup(&store, 1, at(now))).complete(failed(Verdict::transient()), at(now));
    drop(loads(lookup(&store, 1, at(now + 1))));
}

#[test]
fn every_call_loads_without_a_stale_value() {
    let store = store(config());
    for _ in 0..3 {
        let leader = loads(lookup(&store, 1, at(0)));
        assert!(
            leader
                .complete(failed(Verdict::transient()), at(0))
                .is_none()
        );
    }
}

#[test]
fn absence_is_remembered_for_negative_ttl() {
    let store = store(config());
    loads(lookup(&store, 1, at(0))).complete(failed(not_found()), at(0));
    let Lookup::Absent(absence) = lookup(&store, 1, at(9)) else {
        panic!("it is known");
    };
    assert_eq!(absence.since, at(0));
    assert_eq!(absence.failure.code, Some(ErrorCode::Http(404)));
    loads(lookup(&store, 1, at(10))).complete(good(1), at(10));
    assert_eq!(describe(&lookup(&store, 1, at(10))), "hit 1");

    let off = super::store(CacheConfig {
        negative_ttl: None,
        ..config()
    });
    loads(lookup(&off, 1, at(0))).complete(failed(not_found()), at(0));
    drop(loads(lookup(&off, 1, at(0))));
}

#[test]
fn one_caller_refreshes_and_others_get_the_fresh_value() {
    for refresh in [RefreshAhead::Fraction(0.5), seconds(50).into()] {
        let store = store(config().refresh_ahead(refresh));
        put(&store, 1, 1, at(0));
        assert_eq!(describe(&lookup(&store, 1, at(39))), "hit 1");
        let Lookup::Refresh(leader) = lookup(&store, 1, at(61)) else {
            panic!("it is due");
        };
        assert_eq!(describe(&lookup(&store, 1, at(61))), "hit 1");
        leader.complete(good(2), at(62));
        assert_eq!(describe(&lookup(&store, 1, at(62))), "hit 2");
    }
}

#[test]
fn failed_refresh_keeps_the_fresh_value_unless_denied() {
    let refreshing = |verdict| {
        let store = store(config().refresh_ahead(0.5));
        put(&store, 1, 1, at(0));
        let Lookup::Refresh(leader) = lookup(&store, 1, at(60)) else {
            panic!("it is due");
        };
        let served = leader.complete(failed(verdict), at(60));
        (served, describe(&lookup(&store, 1, at(60))))
    };
    for verdict in [Verdict::transient(), Verdict::permanent()] {
        let (served, after) = refreshing(verdict);
        let served = served.expect("the fresh answer");
        assert_eq!((copied::<u32>(&served.value), served.stale), (1, None));
        assert_eq!(after, "hit 1", "the next refresh is put off");
    }
    for (verdict, then) in [
        (Verdict::permanent().because(Reason::Denied), "load"),
        (not_found(), "absent"),
    ] {
        let (served, after) = refreshing(verdict);
        assert!(served.is_none());
        assert_eq!(after, then);
    }
}

#[test]
fn fallback_value_is_shared_and_not_kept() {
    let store = store(config());
    let failure = Failure::of(Verdict::transient());
    let leader = loads(lookup(&store, 1, at(0)));
    assert!(
        leader
            .complete(
                LoadResult::FallbackValue(number(7), failure, Keep::Configured),
                at(0)
            )
            .is_none()
    );
    let leader = loads(lookup(&store, 1, at(0)));
    leader.complete(good(1), at(0));
    // It is preferred to an expired answer, because it is the newer result, but not to a fresh one.
    let leader = loads(lookup(&store, 1, at(200)));
    assert!(
        leader
            .complete(
                LoadResult::FallbackValue(number(7), failure, Keep::Configured),
                at(200)
            )
            .is_none()
    );

    let store = super::store(config().refresh_ahead(0.1));
    put(&store, 1, 1, at(0));
    let Lookup::Refresh(leader) = lookup(&store, 1, at(50)) else {
        panic!("it is due");
    };
    let served = leader.complete(
        LoadResult::FallbackValue(number(7), failure, Keep::Configured),
        at(50),
    );
    assert_eq!(copied::<u32>(&served.expect("the fresh one").value), 1);
}

#[test]
fn absence_with_a_fallback_value_is_not_remembered() {
    let store = store(config());
    let failure = Failure::of(not_found());
    loads(lookup(&store, 1, at(0))).complete(
        LoadResult::FallbackValue(number(7), failure, Keep::Configured),
        at(0),
    );
    drop(loads(lookup(&store, 1, at(0))));
}

#[test]
fn load_begun_before_invalidate_is_not_kept() {
    for all in [false, true] {
        let store = store(config());
        let key = store.hash("user");
        let before = loads(lookup(&store, key, at(0)));
        if all {
            store.invalidate_all(at(0));
        } else {
            store.invalidate(key, at(0));
        }
        let after = loads(lookup(&store, key, at(0)));
        assert!(before.complete(good(1), at(1)).is_none());
        assert_eq!(
            describe(&lookup(&store, key, at(1))),
            "wait",
            "for the second"
        );
        after.complete(good(2), at(1));
        assert_eq!(describe(&lookup(&store, key, at(1))), "hit 2");
        store.invalidate(store.hash("another"), at(1));
        assert_eq!(describe(&lookup(&store, key, at(1))), "hit 2");
    }
}

#[test]
fn insert_completes_a_load_in_progress() {
    let store = store(config());
    let leader = loads(lookup(&store, 1, at(0)));
    store.insert(1, numbers(), number(5), Keep::Configured, at(0));
    leader.complete(good(1), at(1));
    assert_eq!(describe(&lookup(&store, 1, at(1))), "hit 5");
    assert_eq!(store.flights(), 0);
}

#[test]
fn entries_are_separate_for_instances_of_a_function() {
    let store = store(config());
    put(&store, 1, 1, at(0));
    let other = store.lookup(1, Instance::of_type::<(u32, u32)>(), at(0));
    drop(loads(other));
    let text = store.lookup(1, Instance::of_type::<String>(), at(0));
    drop(loads(text));
    store.invalidate(1, at(0));
    assert_eq!(store.held(), 0);
}

#[test]
fn full_cache_evicts_the_entry_that_expires_first() {
    let store = store(config());
    for key in 1..=3 {
        put(&store, key, 0, at(key as u64 * 50));
    }
    put(&store, 4, 0, at(200));
    assert_eq!(store.held(), 3);
    assert!(matches!(lookup(&store, 1, at(200)), Lookup::Load(_)));
    // An absence is evicted before a value, but not at once.
    for key in [5, 6] {
        loads(lookup(&store, key, at(200))).complete(failed(not_found()), at(200));
        assert_eq!(describe(&lookup(&store, key, at(200))), "absent");
    }
    assert_eq!(store.held(), 3);
    assert!(matches!(lookup(&store, 5, at(200)), Lookup::Load(_)));
    assert_eq!(describe(&lookup(&store, 4, at(200))), "hit 0");
}

#[test]
fn expired_entries_are_evicted_first() {
    let store = store(config());
    for key in 1..=3 {
        put(&store, key, 0, at(0));
    }
    put(&store, 4, 0, at(5_000));
    assert_eq!(store.held(), 1);
}

/// Looks into the cache while it is dropped, which hangs if a lock is held.
struct Nosy(Arc<Store>);

impl Drop for Nosy {
    fn drop(&mut self) {
        let _ = self.0.held();
    }
}

#[test]
fn values_are_dropped_outside_the_lock() {
    let store = store(config().max_entries(1).refresh_ahead(0.1));
    let nosy = || -> Arc<dyn Any + Send + Sync> { Arc::new(Nosy(Arc::clone(&store))) };
    let instance = Instance::of_type::<Nosy>();
    let failure = Failure::of(Verdict::transient());
    let load = |key, now, end| match store.lookup(key, instance, now) {
        Lookup::Load(leader) | Lookup::Refresh(leader) => drop(leader.complete(end, now)),
        other => drop(other),
    };
    load(1, at(0), LoadResult::Value(nosy(), Keep::Configured));
    load(1, at(50), LoadResult::Value(nosy(), Keep::Configured));
    load(2, at(50), LoadResult::Value(nosy(), Keep::Configured));
    load(
        2,
        at(80),
        LoadResult::FallbackValue(nosy(), failure, Keep::Configured),
    );
    load(
        3,
        at(80),
        LoadResult::FallbackValue(nosy(), failure, Keep::Configured),
    );
    store.insert(2, instance, nosy(), Keep::Configured, at(90));
    let Lookup::Load(leader) = store.lookup(9, instance, at(90)) else {
        panic!("it is to be loaded");
    };
    store.insert(9, instance, nosy(), Keep::Configured, at(90));
    leader.complete(LoadResult::Value(nosy(), Keep::Configured), at(90));
    load(9, at(5_000), LoadResult::Value(nosy(), Keep::Configured));
    store.invalidate(9, at(0));
    load(9, at(5_000), LoadResult::Value(nosy(), Keep::Configured));
    store.invalidate_all(at(0));
}
