//! Calls whose attempts are made by a client that the user has already: a `tower::Service`, a chain of middlewares.
//!
//! Beside what a call by hand does, such a client may hold a place for the next request while the call waits, may have
//! used up the only copy of a request, and may never have come to send it.

use std::future::Future;
use std::ops::ControlFlow;

use http::{HeaderMap, StatusCode};

use super::Call;
use super::attempt::Attempt;
use super::conclude::{Checked, finished, unchanged};
use super::past::Past;
use super::rejection::Interruption;
use crate::error::ResilienceError;
use crate::service::Service;
use crate::verdict::Verdict;
use crate::verdict::autoref::Known;

/// Makes the attempts of one call.
pub(crate) trait ClientAttempts {
    type Answer;
    type Error: From<ResilienceError>;

    /// Sets what the request decides: keys, and whether it may be repeated.
    fn prepare(&self, call: &mut Call<'_>);

    /// Gives back what is held of the client. The call is going to wait, and others can use it meanwhile.
    fn release(&mut self);

    /// Makes an attempt, and reports how far it has come. The last possible one leaves no copy of the request behind.
    fn attempt(
        &mut self,
        progress: &mut Progress,
        is_last: bool,
    ) -> impl Future<Output = Result<Self::Answer, Self::Error>>;

    /// Returns the verdict on an answer that is a failure.
    fn judge_answer(&self, answer: &Self::Answer) -> Option<Verdict>;

    /// Returns what is known of an error.
    fn judge_error<'a>(&self, error: &'a Self::Error) -> Known<'a, Self::Error>;
}

/// Returns what an attempt sends: a copy, where there is one and another attempt may follow.
pub(crate) fn take_request<Req>(
    request: &mut Option<Req>,
    is_last: bool,
    copy: impl FnOnce(&Req) -> Option<Req>,
) -> Req {
    let original = request.take().expect("an attempt has a request");
    if !is_last && let Some(copied) = copy(&original) {
        *request = Some(original);
        return copied;
    }
    original
}

/// Returns the verdict on a response whose status is an error.
pub(crate) fn judge_status(status: StatusCode, headers: &HeaderMap) -> Option<Verdict> {
    let is_error = status.is_client_error() || status.is_server_error();
    is_error.then(|| Verdict::from_http(status, headers))
}

/// How far an attempt has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// The client was not asked for anything.
    NotBegun,
    /// The client is not ready to take the request, so nothing was sent.
    #[cfg_attr(
        not(feature = "tower"),
        allow(dead_code, reason = "a chain of middlewares is always ready")
    )]
    Waiting,
    /// The client has the request.
    Sent {
        /// Another copy of it is left.
        again: bool,
    },
}

impl Service {
    /// Calls the service by the attempts of a client.
    pub(crate) async fn call_client<A: ClientAttempts>(
        &self,
        mut attempts: A,
    ) -> Result<A::Answer, A::Error> {
        let plan = self.plan();
        let mut call = Call::start(&plan);
        attempts.prepare(&mut call);
        call.run_client(&mut attempts).await
    }
}

impl<'p> Call<'p> {
    /// Sets whether an attempt of unknown outcome may be repeated.
    pub(crate) fn repeatable(call: &mut Self, repeatable: bool) {
        call.repeatable = Some(repeatable);
    }

    async fn run_client<A: ClientAttempts>(
        &mut self,
        attempts: &mut A,
    ) -> Result<A::Answer, A::Error> {
        loop {
            let mut attempt = Attempt::new(self);
            let admission = match Attempt::admit_now(&mut attempt, self) {
                Some(decided) => decided,
                None => {
                    attempts.release();
                    Attempt::admit(&mut attempt, self).await
                }
            };
            if let Err(rejection) = admission {
                return Self::reject(self, rejection);
            }
            let is_last = self.attempts >= self.plan.max_attempts();
            let mut progress = Progress::NotBegun;
            let sending = attempts.attempt(&mut progress, is_last);
            let outcome = Attempt::run(&mut attempt, self, sending).await;
            let concluded = self.conclude_client(&mut attempt, attempts, outcome, progress);
            if let ControlFlow::Break(out) = concluded {
                return out;
            }
        }
    }

    fn conclude_client<A: ClientAttempts>(
        &mut self,
        attempt: &mut Attempt<'p>,
        attempts: &A,
        outcome: Result<Result<A::Answer, A::Error>, Interruption>,
        progress: Progress,
    ) -> ControlFlow<Result<A::Answer, A::Error>> {
        let judged = |answer: &A::Answer| attempts.judge_answer(answer);
        let Checked::Failure(verdict) = Self::check(self, attempt, &outcome, judged) else {
            return ControlFlow::Break(finished(outcome));
        };
        match progress {
            Progress::NotBegun | Progress::Sent { again: true } => {}
            Progress::Waiting => attempt.not_executed = true,
            Progress::Sent { again: false } => self.past.add(Past::REQUEST_USED_UP),
        }
        Self::conclude(
            self,
            attempt,
            outcome,
            verdict,
            |error| attempts.judge_error(error),
            unchanged,
        )
    }
}
