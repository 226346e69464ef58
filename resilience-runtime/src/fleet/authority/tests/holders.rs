//! Who gets how much.

use super::*;

fn leased(holder: u64, demand: u64) -> GrantRequest {
    GrantRequest {
        holder,
        demand,
        wanted: vec![9_000],
        life: Duration::from_secs(1),
        ..request(&[limit(SlidingWindow, 6_000, 60, 0)])
    }
}

#[test]
fn greedy_holder_gets_a_fair_part() {
    let mut authority = Authority::new();
    for holder in 0..10 {
        authority.ask(&GrantRequest {
            least: vec![0],
            wanted: vec![0],
            ..leased(holder, 5)
        });
    }
    let decision = authority.ask(&leased(3, 5));
    assert_eq!((decision.holders, decision.granted[0]), (10, 600));
    // The one that needs as much as nine others gets half.
    let decision = authority.ask(&leased(3, 45));
    assert_eq!(decision.granted[0], 2_700);
}

#[test]
fn holders_are_counted_for_a_while() {
    let mut authority = Authority::new();
    for holder in 0..10 {
        authority.ask(&leased(holder, 1));
    }
    authority.now += 2 * SECOND;
    assert_eq!(authority.ask(&leased(0, 1)).holders, 10);
    authority.now += 2 * SECOND;
    assert_eq!(authority.ask(&leased(0, 1)).holders, 1);
}

#[test]
fn settlements_of_holders_that_are_gone_are_forgotten() {
    let mut authority = Authority::new();
    for holder in 0..1_000 {
        authority.ask(&leased(holder, 1));
    }
    authority.now += 300 * SECOND;
    authority.ask(&leased(0, 1));
    let text = format!("{:?}", authority.state);
    assert_eq!(text.matches("Holder {").count(), 1);
}
