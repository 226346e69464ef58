//! An attempt that others may start beside. The first answer is the outcome of all of them.
//!
//! [`Hedged`] is the race, [`judge`] decides which outcome ends it, [`start`] admits another attempt and ends those that lose,
//! and [`beside`] is one of the others. Until the delay is over there are no others, and the first attempt has no timer of its
//! own: the one of the delay comes first.

mod beside;
mod judge;
#[cfg(all(test, resilience_loom))]
mod loom_tests;
mod start;
mod timer;

use std::fmt;
use std::future::Future;
use std::ops::ControlFlow;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::Call;
use super::attempt::Attempt;
use super::outcome::Outcome;
use super::rejection::Interruption;
use super::run::AttemptTimer;
use super::targets::Places;
use crate::clock::Moment;
use crate::plan::Plan;
use crate::rate_limit::Amount;
use crate::verdict::Verdict;
use crate::verdict::autoref::Known;
use beside::Others;
use judge::Judge;
use timer::{Fired, HedgeTimer};

pin_project! {
    /// The future of [`Attempt::run_hedged`].
    #[must_use = "futures do nothing unless polled"]
    #[project = Race]
    pub struct Hedged<'a, 'p, F, M, C, K, U> {
        // Of the first attempt, until it fails beside others.
        #[pin]
        body: Option<F>,
        others: Others<'p, F>,
        make: M,
        judge: Judge<C, K, U>,
        places: Option<Places<'p>>,
        call: &'a mut Call<'p>,
        attempt: &'a mut Attempt<'p>,
        // The number of the first attempt, and when it began.
        number: u32,
        began: Moment,
        #[pin]
        timer: AttemptTimer,
        #[pin]
        next: HedgeTimer,
    }
}

impl<'p> Attempt<'p> {
    /// As [`run`](Self::run), with others beside it that `make` makes the bodies of, as far as the plan allows. Afterwards
    /// `attempt` is the one whose outcome it is.
    #[inline]
    pub fn run_hedged<'a, R, F, M, C, K, U>(
        attempt: &'a mut Self,
        call: &'a mut Call<'p>,
        places: Option<Places<'p>>,
        mut make: M,
        classify: C,
        classify_ok: K,
        usage: U,
    ) -> Hedged<'a, 'p, F, M, C, K, U>
    where
        R: Outcome,
        F: Future<Output = R>,
        M: FnMut(&Attempt<'p>) -> F,
        C: Fn(&R::Error) -> Known<'_, R::Error>,
        K: Fn(&R::Ok) -> Option<Verdict>,
        U: Fn(&R::Ok) -> Option<Amount>,
    {
        #[cfg(feature = "test-util")]
        attempt.arm_fault();
        Hedged {
            body: Some(make(attempt)),
            others: Others::none(),
            make,
            judge: Judge {
                classify,
                classify_ok,
                usage,
            },
            places,
            number: call.attempts,
            began: attempt.started,
            call,
            attempt,
            timer: AttemptTimer::held(),
            next: HedgeTimer::new(),
        }
    }
}

/// How one of the attempts ended.
type Ended<R> = Result<R, Interruption>;

impl<'p, R, F, M, C, K, U> Race<'_, '_, 'p, F, M, C, K, U>
where
    R: Outcome,
    F: Future<Output = R>,
    M: FnMut(&Attempt<'p>) -> F,
    C: Fn(&R::Error) -> Known<'_, R::Error>,
    K: Fn(&R::Ok) -> Option<Verdict>,
    U: Fn(&R::Ok) -> Option<Amount>,
{
    /// Polls the first attempt, if it still runs.
    fn poll_first(&mut self, cx: &mut Context<'_>) -> Option<Ended<R>> {
        let body = self.body.as_mut().as_pin_mut()?;
        let timer = self.timer.as_mut();
        let polled = (self.attempt).poll_as(*self.number, self.call, body, timer, cx);
        match polled {
            Poll::Ready(outcome) => self.first_ended(outcome),
            Poll::Pending if self.next.is_decided() => None,
            Poll::Pending => self.decide(cx),
        }
    }

    /// The body is pending for the first time: decides when another attempt starts.
    fn decide(&mut self, cx: &mut Context<'_>) -> Option<Ended<R>> {
        let first = self.call.first_hedge(self.attempt);
        self.next.as_mut().set_first(first);
        if self.next.is_off() {
            return self.release_timer(cx);
        }
        None
    }

    /// From now on the first attempt has a timer of its own.
    fn release_timer(&mut self, cx: &mut Context<'_>) -> Option<Ended<R>> {
        self.timer.as_mut().release();
        match self.timer.as_mut().poll(self.attempt, self.call, cx) {
            Poll::Ready(interruption) => self.first_ended(Err(interruption)),
            Poll::Pending => None,
        }
    }

    /// The first attempt has ended; `None`: others may still have an answer.
    fn first_ended(&mut self, outcome: Ended<R>) -> Option<Ended<R>> {
        if self.others.is_empty() {
            return Some(self.end(outcome));
        }
        match self.judge.decide(self.call, self.attempt, outcome) {
            ControlFlow::Break(outcome) => Some(self.end(outcome)),
            ControlFlow::Continue(()) => {
                self.body.set(None);
                None
            }
        }
    }

    fn poll_others(&mut self, cx: &mut Context<'_>) -> Option<Ended<R>> {
        let mut at = 0;
        while let Some(polled) = self.others.poll(at, self.call, cx) {
            let Poll::Ready(outcome) = polled else {
                at += 1;
                continue;
            };
            let mut ended = self.others.take(at);
            let is_last = self.body.is_none() && self.others.is_empty();
            let outcome = if is_last {
                outcome
            } else {
                match self.judge.decide(self.call, ended.attempt(), outcome) {
                    ControlFlow::Break(outcome) => outcome,
                    ControlFlow::Continue(()) => continue,
                }
            };
            // It takes the place of the first one.
            let first_runs = self.body.is_some();
            self.body.set(None);
            std::mem::swap(&mut **self.attempt, ended.attempt());
            if first_runs {
                ended.attempt().lose(self.call);
            }
            if self.judge.is_answer(&outcome) {
                self.call.hedge_won();
            }
            return Some(self.end(outcome));
        }
        None
    }

    /// Ends the race with this outcome of the attempt in the first place.
    fn end(&mut self, outcome: Ended<R>) -> Ended<R> {
        self.others.lose(self.call);
        let took_its_time = match &outcome {
            Ok(result) => result.success().is_some(),
            Err(interruption) => matches!(interruption, Interruption::TimedOut),
        };
        if took_its_time {
            self.call.note_latency(*self.began);
        }
        outcome
    }

    /// Starts another attempt when it is time to; `Break`: nothing more is to be done now.
    fn start_next(&mut self, cx: &mut Context<'_>) -> ControlFlow<Option<Ended<R>>> {
        let Poll::Ready(Fired { is_first }) = self.next.as_mut().poll(cx) else {
            return ControlFlow::Break(None);
        };
        if is_first
            && self.body.is_some()
            && let Some(outcome) = self.release_timer(cx)
        {
            return ControlFlow::Break(Some(outcome));
        }
        let now = Moment::now();
        let admitted = match self.places {
            None => self.call.admit_hedge(None, &[], now),
            Some(places) => {
                let others = self.others.plans();
                let running: Vec<&Plan> = others.chain([self.attempt.plan]).collect();
                self.call.admit_hedge(Some(*places), &running, now)
            }
        };
        let started = admitted.is_some();
        if let Some(attempt) = admitted {
            let body = (self.make)(&attempt);
            self.call.begin_hedge(&attempt);
            self.others.push(attempt, self.call.attempts, body);
        }
        let after = self.call.next_hedge(self.next.left(), started, now);
        self.next.as_mut().set_next(after);
        ControlFlow::Continue(())
    }
}

impl<'p, R, F, M, C, K, U> Future for Hedged<'_, 'p, F, M, C, K, U>
where
    R: Outcome,
    F: Future<Output = R>,
    M: FnMut(&Attempt<'p>) -> F,
    C: Fn(&R::Error) -> Known<'_, R::Error>,
    K: Fn(&R::Ok) -> Option<Verdict>,
    U: Fn(&R::Ok) -> Option<Amount>,
{
    type Output = Ended<R>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut race = self.project();
        if let Some(outcome) = race.poll_first(cx) {
            return Poll::Ready(outcome);
        }
        loop {
            if let Some(outcome) = race.poll_others(cx) {
                return Poll::Ready(outcome);
            }
            match race.start_next(cx) {
                ControlFlow::Continue(()) => {}
                ControlFlow::Break(Some(outcome)) => return Poll::Ready(outcome),
                ControlFlow::Break(None) => return Poll::Pending,
            }
        }
    }
}

impl<F, M, C, K, U> fmt::Debug for Hedged<'_, '_, F, M, C, K, U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hedged")
            .field("others", &self.others.len())
            .finish_non_exhaustive()
    }
}
