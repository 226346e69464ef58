//! One rule at a time.

use super::*;

#[test]
fn bucket_refills_evenly_and_promises_in_turn() {
    let one = request(&[limit(TokenBucket, 10, 1, 2)]);
    let ahead = GrantRequest {
        ahead: Duration::from_secs(1),
        ..one.clone()
    };
    let mut authority = Authority::new();
    assert_eq!(authority.granted(&one), 1);
    assert_eq!(authority.granted(&one), 1);
    let refused = authority.ask(&one);
    assert_eq!(
        (refused.granted[0], refused.retry_after),
        (0, Some(100_000))
    );
    for turn in 1..=10 {
        let promised = authority.ask(&ahead);
        assert_eq!(
            (promised.granted[0], promised.starts_in),
            (1, turn * 100_000)
        );
    }
    let refused = authority.ask(&ahead);
    assert_eq!(refused.retry_after, Some(1_100_000));
    authority.now += 1_000_000;
    assert_eq!(authority.granted(&one), 0, "all of it was promised");
    authority.now += 100_000;
    assert_eq!(authority.granted(&one), 1);
}

#[test]
fn leases_need_room_in_the_bucket() {
    let leased = |burst| GrantRequest {
        wanted: vec![1_000],
        life: Duration::from_secs(1),
        ..request(&[limit(TokenBucket, 10, 1, burst)])
    };
    let decision = Authority::new().ask(&leased(20));
    assert_eq!((decision.granted[0], decision.life), (10, SECOND));
    let decision = Authority::new().ask(&leased(19));
    assert_eq!(
        (decision.granted[0], decision.life),
        (1, 0),
        "for use at once"
    );
}

#[test]
fn more_than_the_reserve_leaves_comes_after_a_rest() {
    let limits = [limit(TokenBucket, 10, 1, 20)];
    let leased = GrantRequest {
        life: Duration::from_secs(1),
        ..request(&limits)
    };
    let all = of(20, &request(&limits));
    let mut authority = Authority::new();
    assert_eq!(authority.granted(&leased), 1);
    assert_eq!(authority.ask(&all).retry_after, Some(100_000 + SECOND));
    authority.now += 100_000 + SECOND;
    assert_eq!(authority.granted(&all), 20);
    assert_eq!(authority.ask(&of(21, &all)).retry_after, None, "never");
}

#[test]
fn sliding_window_counts_from_the_end_of_the_lease() {
    let one = GrantRequest {
        life: Duration::from_secs(1),
        ..request(&[limit(SlidingWindow, 1, 60, 0)])
    };
    let mut authority = Authority::new();
    assert_eq!(authority.granted(&one), 1);
    let retry = authority.ask(&one).retry_after.expect("later");
    assert!((61 * SECOND..62 * SECOND).contains(&retry), "{retry}");
    authority.now += retry - 1;
    assert_eq!(authority.granted(&one), 0);
    authority.now += 1;
    assert_eq!(authority.granted(&one), 1);
}

#[test]
fn fixed_window_is_aligned_and_cuts_the_life() {
    let leased = GrantRequest {
        life: Duration::from_secs(1),
        ahead: Duration::from_secs(9),
        ..request(&[limit(FixedWindow, 2, 60, 0)])
    };
    let mut authority = Authority::new();
    authority.now = (START / (60 * SECOND) + 1) * 60 * SECOND - 400_000;
    for _ in 0..2 {
        let decision = authority.ask(&leased);
        assert_eq!((decision.granted[0], decision.life), (1, 400_000));
    }
    let refused = authority.ask(&leased);
    assert_eq!(refused.retry_after, Some(400_000), "nothing is promised");
    authority.now += 400_000;
    assert_eq!(authority.granted(&leased), 1);
}

#[test]
fn all_limits_grant_or_none() {
    let limits = [
        limit(TokenBucket, 10, 1, 10),
        limit(SlidingWindow, 3, 60, 0),
    ];
    let three = of(3, &request(&limits));
    let mut authority = Authority::new();
    assert_eq!(authority.granted(&three), 3);
    for _ in 0..5 {
        assert_eq!(authority.ask(&three).granted, [0, 0]);
    }
    // Nothing of the bucket went with them.
    let seven = request(&limits[..1]);
    assert_eq!(authority.granted(&of(7, &seven)), 7);
}

fn settling(number: u64, used: i64, epoch: u64, request: &GrantRequest) -> GrantRequest {
    GrantRequest {
        settlement: Some(Settlement {
            number,
            used: vec![used; request.limits.len()],
            epoch,
            ends_at: 0,
        }),
        ..request.clone()
    }
}

#[test]
fn settlement_counts_once() {
    for strategy in [TokenBucket, SlidingWindow, FixedWindow] {
        let limits = [limit(strategy, 10, 60, 10)];
        let none = GrantRequest {
            least: vec![0],
            wanted: vec![0],
            ..request(&limits)
        };
        let mut authority = Authority::new();
        authority.now = START / (60 * SECOND) * 60 * SECOND;
        let epoch = authority.ask(&of(5, &none)).epoch;
        for _ in 0..3 {
            authority.ask(&settling(4, 3, epoch, &none));
        }
        // An older one counts no longer, nor one of tokens of another epoch.
        authority.ask(&settling(3, 3, epoch, &none));
        authority.ask(&settling(5, -8, epoch + 1, &none));
        assert_eq!(authority.granted(&of(3, &none)), 0, "{strategy:?}");
        assert_eq!(authority.granted(&of(2, &none)), 2, "{strategy:?}");
        for _ in 0..3 {
            authority.ask(&settling(6, -8, epoch, &none));
        }
        assert_eq!(authority.granted(&of(9, &none)), 0, "{strategy:?}");
        assert_eq!(authority.granted(&of(8, &none)), 8, "{strategy:?}");
        // Of another holder, it is another one.
        let other = GrantRequest {
            holder: 2,
            ..none.clone()
        };
        authority.ask(&settling(1, -1, epoch, &other));
        assert_eq!(authority.granted(&of(1, &none)), 1, "{strategy:?}");
    }
}

#[test]
fn debt_of_a_bucket_is_paid_after_a_period() {
    let one = request(&[limit(TokenBucket, 10, 1, 5)]);
    let mut authority = Authority::new();
    authority.ask(&settling(1, 1_000_000, 0, &one));
    assert_eq!(authority.ask(&one).retry_after, Some(1_100_000));
}

#[test]
fn cooldown_is_the_longest_and_on_every_answer() {
    let one = request(&[limit(TokenBucket, 10, 1, 10)]);
    let cooling = |seconds| GrantRequest {
        cooldown: Duration::from_secs(seconds),
        ..one.clone()
    };
    let mut authority = Authority::new();
    authority.ask(&cooling(5));
    let refused = authority.ask(&cooling(2));
    assert_eq!(refused.granted, [0]);
    assert_eq!(
        (refused.retry_after, refused.cooldown),
        (Some(5 * SECOND), 5 * SECOND)
    );
    authority.now += 5 * SECOND;
    let granted = authority.ask(&one);
    assert_eq!((granted.granted[0], granted.cooldown), (1, 0));
}

#[test]
fn lost_state_begins_empty_in_a_new_epoch() {
    for strategy in [TokenBucket, SlidingWindow, FixedWindow] {
        let one = request(&[limit(strategy, 10, 60, 10)]);
        let terms = Terms::new(&one).expect("no mistake");
        let now = (START / (60 * SECOND) + 1) * 60 * SECOND + 5 * SECOND;
        let mut state = None;
        let decision = State::decide(&mut state, &terms, Some(0), now, 77);
        assert_eq!(
            (decision.granted[0], decision.epoch),
            (0, 77),
            "{strategy:?}"
        );
        let after = decision.retry_after.expect("later");
        assert!((5 * SECOND..=61 * SECOND).contains(&after), "{strategy:?}");
        let decision = State::decide(&mut state, &terms, Some(0), now + after, 78);
        assert_eq!(
            (decision.granted[0], decision.epoch),
            (1, 77),
            "{strategy:?}"
        );
        // What was lost so long ago that all is there again.
        let decision = State::decide(&mut None, &of_all(&one), Some(61 * SECOND), now, 79);
        assert_eq!(decision.granted[0], 10, "{strategy:?}");
    }
}

fn of_all(request: &GrantRequest) -> Terms {
    Terms::new(&of(10, request)).expect("no mistake")
}

#[test]
fn clock_that_goes_back_is_held_and_far_back_is_a_loss() {
    let one = request(&[limit(TokenBucket, 1, 1, 1)]);
    let mut authority = Authority::new();
    let epoch = authority.ask(&one).epoch;
    authority.now -= 10 * SECOND;
    let held = authority.ask(&one);
    assert_eq!((held.granted[0], held.epoch), (0, epoch));
    authority.now += 11 * SECOND;
    assert_eq!(authority.granted(&one), 1);
    authority.now -= 3_600 * SECOND;
    let lost = authority.ask(&one);
    assert_eq!(lost.granted, [0]);
    assert_ne!(lost.epoch, epoch);
    authority.now += SECOND;
    assert_eq!(authority.granted(&one), 1, "no hour is lost");
}

#[test]
fn two_versions_of_a_limit_share_what_is_used() {
    for strategy in [TokenBucket, SlidingWindow, FixedWindow] {
        let old = request(&[limit(strategy, 10, 60, 10)]);
        let new = request(&[limit(strategy, 6, 30, 6)]);
        let mut authority = Authority::new();
        authority.now = START / (60 * SECOND) * 60 * SECOND;
        let mut sum = 0;
        for turn in 0..200 {
            authority.now += 1_000;
            sum += authority.granted(if turn % 2 == 0 { &old } else { &new });
        }
        assert_eq!(sum, 10, "{strategy:?}");
        // Neither starves: what a bucket gets back in a minute, and what was in a window.
        authority.now += 61 * SECOND;
        assert_eq!(authority.granted(&of(6, &new)), 6, "{strategy:?}");
    }
}

#[test]
fn change_of_strategy_or_number_keeps_what_is_used() {
    let all = [TokenBucket, SlidingWindow, FixedWindow];
    for (from, to) in all
        .iter()
        .flat_map(|from| all.iter().map(move |to| (*from, *to)))
    {
        let mut authority = Authority::new();
        authority.now = START / (60 * SECOND) * 60 * SECOND;
        let old = request(&[limit(from, 10, 60, 10), limit(to, 90, 60, 90)]);
        let new = request(&[limit(to, 10, 60, 10)]);
        assert_eq!(authority.granted(&of(6, &old)), 6);
        assert_eq!(authority.granted(&of(5, &new)), 0, "{from:?} {to:?}");
        assert_eq!(authority.granted(&of(4, &new)), 4, "{from:?} {to:?}");
        assert_eq!(authority.granted(&old), 0, "{from:?} {to:?}");
    }
}

#[test]
fn lowered_bucket_is_paid_after_a_period_once_the_larger_one_is_gone() {
    let large = of(1_000, &request(&[limit(TokenBucket, 1_000, 1, 1_000)]));
    let small = request(&[limit(TokenBucket, 1, 1, 2)]);
    let mut authority = Authority::new();
    assert_eq!(authority.granted(&large), 1_000);
    // Nobody gets all again because somebody with a smaller bucket has asked.
    let refused = authority.ask(&small);
    assert_eq!(refused.retry_after, Some(999 * SECOND));
    assert_eq!(authority.granted(&large), 0);
    authority.now += 31 * SECOND;
    let refused = authority.ask(&small);
    assert_eq!(refused.retry_after, Some(2 * SECOND));
}
