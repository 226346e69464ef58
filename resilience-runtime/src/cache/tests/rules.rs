//! What is served, when, and after which failure.

use std::any::Any;
use std::sync::Arc;

use super::*;
use crate::cache::failure::Meaning;
use crate::config::RefreshAhead;

fn config() -> CacheConfig {
    CacheConfig {
        ttl: seconds(100),
        refresh_ahead: None,
        stale_if_error: Some(seconds(1_000)),
        negative_ttl: Some(seconds(10)),
        max_entries: 3,
    }
}

#[test]
fn an_answer_is_fresh_for_its_ttl_give_or_take_a_tenth() {
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
fn an_expired_answer_stands_in_for_one_that_cannot_be_had() {
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
        let leader = loads(look(&store, 1, at(200)));
        let served = leader.land(failed(verdict), at(200)).expect("the old one");
        assert_eq!(copied::<u32>(&served.value), 1);
        let stale = served.stale.expect("it has expired");
        assert!(seconds(90) <= stale && stale <= seconds(110), "{stale:?}");
    }
}

#[test]
fn an_expired_answer_never_hides_a_permanent_error() {
    for (verdict, forgotten) in [
        (Verdict::permanent(), false),
        (Verdict::permanent().because(Reason::QuotaExhausted), false),
        (Verdict::permanent().because(Reason::Denied), true),
        (Verdict::transient().because(Reason::Denied), true),
        (not_found(), true),
    ] {
        let store = store(config());
        put(&store, 1, 1, at(0));
        let leader = loads(look(&store, 1, at(200)));
        assert!(leader.land(failed(verdict), at(200)).is_none());
        // What can no longer be had is not served later either.
        let now = at(220);
        let again = loads(look(&store, 1, now)).land(failed(Verdict::transient()), now);
        assert_eq!(again.is_none(), forgotten, "{verdict:?}");
    }
}

#[test]
fn a_wrong_configuration_is_hidden_by_nothing() {
    let refresh = config().refresh_ahead(0.1);
    for now in [at(50), at(200)] {
        let store = store(refresh);
        put(&store, 1, 1, at(0));
        let (Look::Load(leader) | Look::Refresh(leader)) = look(&store, 1, now) else {
            panic!("it is due");
        };
        let failure = Failure {
            meaning: Meaning::Misconfigured,
            ..Failure::of(Verdict::permanent())
        };
        assert!(leader.land(End::Failed(failure), now).is_none());
    }
}

#[test]
fn an_answer_is_too_old_in_the_end() {
    let store = store(config());
    put(&store, 1, 1, at(0));
    let leader = loads(look(&store, 1, at(1_111)));
    let end = leader.land(failed(Verdict::transient()), at(1_111));
    assert!(end.is_none());

    let none = CacheConfig {
        stale_if_error: None,
        ..config()
    };
    let store = super::store(none);
    put(&store, 1, 1, at(0));
    let leader = loads(look(&store, 1, at(111)));
    assert!(leader.land(failed(Verdict::transient()), at(111)).is_none());
}

#[test]
fn after_a_failure_the_next_load_is_put_off_ever_longer() {
    let store = store(config());
    put(&store, 1, 1, at(0));
    let mut now = 200;
    for pause in [1, 2, 4, 8, 16, 32, 60, 60] {
        let leader = loads(look(&store, 1, at(now)));
        assert!(leader.land(failed(Verdict::transient()), at(now)).is_some());
        assert_eq!(told(&look(&store, 1, at(now))), "stale 1");
        let almost = Moment(at(now + pause).0 - 1);
        assert_eq!(told(&look(&store, 1, almost)), "stale 1");
        now += pause;
    }
    loads(look(&store, 1, at(now))).land(good(2), at(now));
    // A success forgets it.
    now += 200;
    loads(look(&store, 1, at(now))).land(failed(Verdict::transient()), at(now));
    drop(loads(look(&store, 1, at(now + 1))));
}

#[test]
fn without_an_old_answer_every_call_tries() {
    let store = store(config());
    for _ in 0..3 {
        let leader = loads(look(&store, 1, at(0)));
        assert!(leader.land(failed(Verdict::transient()), at(0)).is_none());
    }
}

#[test]
fn it_is_remembered_for_a_while_that_there_is_nothing() {
    let store = store(config());
    loads(look(&store, 1, at(0))).land(failed(not_found()), at(0));
    let Look::Absent(absence) = look(&store, 1, at(9)) else {
        panic!("it is known");
    };
    assert_eq!(absence.since, at(0));
    assert_eq!(absence.failure.code, Some(ErrorCode::Http(404)));
    loads(look(&store, 1, at(10))).land(good(1), at(10));
    assert_eq!(told(&look(&store, 1, at(10))), "hit 1");

    let off = super::store(CacheConfig {
        negative_ttl: None,
        ..config()
    });
    loads(look(&off, 1, at(0))).land(failed(not_found()), at(0));
    drop(loads(look(&off, 1, at(0))));
}

#[test]
fn one_caller_refreshes_while_all_others_get_the_fresh_answer() {
    for refresh in [RefreshAhead::Fraction(0.5), seconds(50).into()] {
        let store = store(config().refresh_ahead(refresh));
        put(&store, 1, 1, at(0));
        assert_eq!(told(&look(&store, 1, at(39))), "hit 1");
        let Look::Refresh(leader) = look(&store, 1, at(61)) else {
            panic!("it is due");
        };
        assert_eq!(told(&look(&store, 1, at(61))), "hit 1");
        leader.land(good(2), at(62));
        assert_eq!(told(&look(&store, 1, at(62))), "hit 2");
    }
}

#[test]
fn a_refresh_that_fails_leaves_the_fresh_answer_unless_it_is_refused() {
    let refreshing = |verdict| {
        let store = store(config().refresh_ahead(0.5));
        put(&store, 1, 1, at(0));
        let Look::Refresh(leader) = look(&store, 1, at(60)) else {
            panic!("it is due");
        };
        let served = leader.land(failed(verdict), at(60));
        (served, told(&look(&store, 1, at(60))))
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
fn what_stands_in_is_shared_and_not_kept() {
    let store = store(config());
    let failure = Failure::of(Verdict::transient());
    let leader = loads(look(&store, 1, at(0)));
    assert!(
        leader
            .land(End::Makeshift(number(7), failure), at(0))
            .is_none()
    );
    let leader = loads(look(&store, 1, at(0)));
    leader.land(good(1), at(0));
    // It is preferred to an expired answer, because it is what the function says, but not to a fresh one.
    let leader = loads(look(&store, 1, at(200)));
    assert!(
        leader
            .land(End::Makeshift(number(7), failure), at(200))
            .is_none()
    );

    let store = super::store(config().refresh_ahead(0.1));
    put(&store, 1, 1, at(0));
    let Look::Refresh(leader) = look(&store, 1, at(50)) else {
        panic!("it is due");
    };
    let served = leader.land(End::Makeshift(number(7), failure), at(50));
    assert_eq!(copied::<u32>(&served.expect("the fresh one").value), 1);
}

#[test]
fn an_absence_that_something_stood_in_for_is_not_remembered() {
    let store = store(config());
    let failure = Failure::of(not_found());
    loads(look(&store, 1, at(0))).land(End::Makeshift(number(7), failure), at(0));
    drop(loads(look(&store, 1, at(0))));
}

#[test]
fn what_was_loaded_before_it_was_invalidated_is_not_kept() {
    for all in [false, true] {
        let store = store(config());
        let key = store.hash("user");
        let before = loads(look(&store, key, at(0)));
        if all {
            store.invalidate_all();
        } else {
            store.invalidate(key);
        }
        let after = loads(look(&store, key, at(0)));
        assert!(before.land(good(1), at(1)).is_none());
        assert_eq!(told(&look(&store, key, at(1))), "wait", "for the second");
        after.land(good(2), at(1));
        assert_eq!(told(&look(&store, key, at(1))), "hit 2");
        store.invalidate(store.hash("another"));
        assert_eq!(told(&look(&store, key, at(1))), "hit 2");
    }
}

#[test]
fn an_answer_from_elsewhere_overtakes_a_load() {
    let store = store(config());
    let leader = loads(look(&store, 1, at(0)));
    store.insert(1, numbers(), number(5), at(0));
    leader.land(good(1), at(1));
    assert_eq!(told(&look(&store, 1, at(1))), "hit 5");
    assert_eq!(store.flights(), 0);
}

#[test]
fn instances_of_one_function_have_answers_of_their_own() {
    let store = store(config());
    put(&store, 1, 1, at(0));
    let other = store.look(1, Variant::of::<u32>("f<Other>"), at(0));
    drop(loads(other));
    let text = store.look(1, Variant::of::<String>(""), at(0));
    drop(loads(text));
    store.invalidate(1);
    assert_eq!(store.len(), 0);
}

#[test]
fn who_is_nearest_to_the_end_makes_room() {
    let store = store(config());
    for key in 1..=3 {
        put(&store, key, 0, at(key as u64 * 50));
    }
    put(&store, 4, 0, at(200));
    assert_eq!(store.len(), 3);
    assert!(matches!(look(&store, 1, at(200)), Look::Load(_)));
    // An absence goes before an answer, but not before it was of any use.
    for key in [5, 6] {
        loads(look(&store, key, at(200))).land(failed(not_found()), at(200));
        assert_eq!(told(&look(&store, key, at(200))), "absent");
    }
    assert_eq!(store.len(), 3);
    assert!(matches!(look(&store, 5, at(200)), Look::Load(_)));
    assert_eq!(told(&look(&store, 4, at(200))), "hit 0");
}

#[test]
fn what_is_over_makes_room_for_what_comes() {
    let store = store(config());
    for key in 1..=3 {
        put(&store, key, 0, at(0));
    }
    put(&store, 4, 0, at(5_000));
    assert_eq!(store.len(), 1);
}

/// Looks into the cache while it is dropped, which hangs if a lock is held.
struct Nosy(Arc<Store>);

impl Drop for Nosy {
    fn drop(&mut self) {
        let _ = self.0.len();
    }
}

#[test]
fn no_answer_is_dropped_under_the_lock() {
    let store = store(config().max_entries(1).refresh_ahead(0.1));
    let nosy = || -> Arc<dyn Any + Send + Sync> { Arc::new(Nosy(Arc::clone(&store))) };
    let variant = Variant::of::<Nosy>("");
    let failure = Failure::of(Verdict::transient());
    let load = |key, now, end| match store.look(key, variant, now) {
        Look::Load(leader) | Look::Refresh(leader) => drop(leader.land(end, now)),
        other => drop(other),
    };
    load(1, at(0), End::Good(nosy()));
    load(1, at(50), End::Good(nosy()));
    load(2, at(50), End::Good(nosy()));
    load(2, at(80), End::Makeshift(nosy(), failure));
    load(3, at(80), End::Makeshift(nosy(), failure));
    store.insert(2, variant, nosy(), at(90));
    let Look::Load(leader) = store.look(9, variant, at(90)) else {
        panic!("it is to be loaded");
    };
    store.insert(9, variant, nosy(), at(90));
    leader.land(End::Good(nosy()), at(90));
    load(9, at(5_000), End::Good(nosy()));
    store.invalidate(9);
    load(9, at(5_000), End::Good(nosy()));
    store.invalidate_all();
}
