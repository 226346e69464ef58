//! The rules of renewals, one by one.

use std::time::Duration;

use super::*;

const NEVER: Moment = Moment::FAR_FUTURE;

async fn turn(session: &Session) -> Option<Turn<'_>> {
    match session.turn(session.current(), NEVER).await {
        Renewal::Turn(turn) => Some(turn),
        _ => None,
    }
}

fn poll<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

#[tokio::test(start_paused = true)]
async fn lost_session_is_renewed_once() {
    let session = Session::default();
    let number = session.current();
    assert!(!session.is_lost(number));
    session.lose(number);
    assert!(session.is_lost(number));
    turn(&session).await.expect("a turn").renewed(0);
    assert!(!session.is_lost(session.current()));
    assert!(matches!(
        session.turn(number, NEVER).await,
        Renewal::Renewed
    ));

    // Reported late, by a call that began before.
    session.lose(number);
    assert!(!session.is_lost(session.current()));
}

#[tokio::test(start_paused = true)]
async fn dropped_turn_goes_to_the_next_call() {
    let session = Session::default();
    session.lose(session.current());
    let first = turn(&session).await.expect("a turn");
    let mut second = pin!(turn(&session));
    assert!(poll(second.as_mut()).is_pending());
    drop(first);
    assert!(session.is_lost(session.current()));
    assert!(matches!(poll(second), Poll::Ready(Some(_))));
}

#[tokio::test(start_paused = true)]
async fn refusal_is_shared_with_those_who_waited_alone() {
    let session = Session::default();
    let first = turn(&session).await.expect("a turn");
    let mut second = pin!(session.turn(0, NEVER));
    assert!(poll(second.as_mut()).is_pending());
    first.refused(Verdict::transient());
    let mut third = pin!(session.turn(0, NEVER));
    assert!(matches!(
        poll(third.as_mut()),
        Poll::Ready(Renewal::Turn(_))
    ));
    assert!(matches!(poll(second), Poll::Ready(Renewal::Refused(_))));
}

#[tokio::test(start_paused = true)]
async fn denied_renewal_is_tried_again_after_a_second() {
    let session = Session::default();
    let first = turn(&session).await.expect("a turn");
    let start = Moment::now();
    first.refused(Verdict::denied());
    let in_a_hurry = start.after(Duration::from_millis(999));
    assert!(matches!(
        session.turn(0, in_a_hurry).await,
        Renewal::Refused(_)
    ));
    assert_eq!(Moment::now(), start);
    let next = turn(&session).await.expect("a turn");
    assert_eq!(Moment::now().since(start), Duration::from_secs(1));
    next.renewed(0);
}

#[tokio::test(start_paused = true)]
async fn renewals_without_a_success_in_between_are_in_vain() {
    let session = Session::default();
    for successes in [0, 0, 1, 1] {
        assert!(!session.is_hopeless(session.current(), successes));
        turn(&session).await.expect("a turn").renewed(successes);
    }
    assert!(!session.is_hopeless(session.current(), 1), "two in a row");
    turn(&session).await.expect("a turn").renewed(1);
    assert!(session.is_hopeless(session.current(), 1));
    assert!(!session.is_hopeless(session.current() - 1, 1), "it is late");
    assert!(!session.is_hopeless(session.current(), 2), "it helped");
    let start = Moment::now();
    turn(&session).await.expect("a turn").renewed(1);
    assert_eq!(Moment::now().since(start), Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn unpolled_turn_gets_a_rival() {
    let session = Session::default();
    let first = turn(&session).await.expect("a turn");
    let mut renewal = pin!(tokio::time::sleep(Duration::from_millis(100)));
    let start = Moment::now();
    assert!(
        first
            .poll(renewal.as_mut(), &mut Context::from_waker(Waker::noop()))
            .is_pending()
    );
    let rival = turn(&session).await.expect("the first is not polled");
    assert_eq!(Moment::now().since(start), Duration::from_millis(150));
    // What becomes of the first one does not concern those who wait for the rival.
    let mut third = pin!(turn(&session));
    assert!(poll(third.as_mut()).is_pending());
    first.refused(Verdict::denied());
    assert!(poll(third.as_mut()).is_pending());
    rival.renewed(0);
    assert!(matches!(poll(third), Poll::Ready(None)));
    assert_eq!(session.current(), 1);
}

#[tokio::test(start_paused = true)]
async fn turn_whose_attempt_is_over_gets_a_rival() {
    let session = Session::default();
    let start = Moment::now();
    let until = start.after(Duration::from_secs(2));
    let Renewal::Turn(_unpolled) = session.turn(0, until).await else {
        panic!("nobody else renews it");
    };
    let _rival = turn(&session).await.expect("its time is over");
    assert_eq!(Moment::now().since(start), Duration::from_secs(2));
}
