//! The attempts of one call: readiness, copies of the request, and what came of it.

use std::future::poll_fn;
use std::mem;

use tower_service::Service;

use super::rules::RulesFor;
use crate::call::Call;
use crate::call::client::{ClientAttempts, Progress, take_request};
use crate::error::BoxError;
use crate::verdict::Verdict;
use crate::verdict::autoref::{Classified, Identity, Known};

/// Makes the attempts of one call of `service`.
pub(super) struct ServiceAttempts<'r, S, Req, R> {
    service: S,
    readiness: Readiness,
    /// The request, unless the only copy of it was sent.
    request: Option<Req>,
    rules: &'r R,
    /// What the last attempt came to; `None`: a success.
    verdict: Option<Verdict>,
}

/// What the service was asked since it was called last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Readiness {
    /// Nothing: it holds nothing.
    NotAsked,
    /// Whether it is ready. It may have a place in a line.
    Asked,
    /// It is ready, and may have reserved what the next call needs.
    Ready,
    /// It failed, so it is not to be used any more.
    Failed,
}

impl<'r, S, Req, R> ServiceAttempts<'r, S, Req, R> {
    /// The service is ready for its first call.
    pub(super) fn new(ready: S, request: Req, rules: &'r R) -> Self {
        Self {
            service: ready,
            readiness: Readiness::Ready,
            request: Some(request),
            rules,
            verdict: None,
        }
    }
}

impl<S, Req, R> ServiceAttempts<'_, S, Req, R>
where
    S: Service<Req>,
    R: RulesFor<Req, S::Response, S::Error>,
{
    async fn be_ready(&mut self) -> Result<(), BoxError> {
        if self.readiness == Readiness::Ready {
            return Ok(());
        }
        self.readiness = Readiness::Asked;
        let ready = poll_fn(|cx| self.service.poll_ready(cx)).await;
        ready.map_err(|error| {
            self.readiness = Readiness::Failed;
            self.failed_with(error)
        })?;
        self.readiness = Readiness::Ready;
        Ok(())
    }

    fn failed_with(&mut self, error: S::Error) -> BoxError {
        let (verdict, error) = self.rules.judge_error(error);
        self.verdict = Some(verdict);
        error
    }
}

impl<S, Req, R> ClientAttempts for ServiceAttempts<'_, S, Req, R>
where
    S: Service<Req> + Clone,
    R: RulesFor<Req, S::Response, S::Error>,
{
    type Answer = S::Response;
    type Error = BoxError;

    fn prepare(&self, call: &mut Call<'_>) {
        let request = self.request.as_ref().expect("nothing was sent yet");
        if let Some(may_repeat) = self.rules.may_repeat(request) {
            Call::repeatable(call, may_repeat);
        }
        self.rules.set_keys(request, call);
    }

    /// A service gives back what it has reserved when it is dropped, and its clone has reserved nothing.
    fn release(&mut self) {
        if self.readiness != Readiness::NotAsked {
            let fresh = self.service.clone();
            drop(mem::replace(&mut self.service, fresh));
            self.readiness = Readiness::NotAsked;
        }
    }

    async fn attempt(
        &mut self,
        progress: &mut Progress,
        is_last: bool,
    ) -> Result<S::Response, BoxError> {
        *progress = Progress::Waiting;
        self.be_ready().await?;
        let request = take_request(&mut self.request, is_last, |it| self.rules.copy(it));
        *progress = Progress::Sent {
            again: self.request.is_some(),
        };
        self.readiness = Readiness::NotAsked;
        match self.service.call(request).await {
            Ok(response) => {
                self.verdict = self.rules.judge_response(&response);
                Ok(response)
            }
            Err(error) => Err(self.failed_with(error)),
        }
    }

    fn judge_answer(&self, _: &S::Response) -> Option<Verdict> {
        self.verdict
    }

    fn judge_error<'a>(&self, error: &'a BoxError) -> Known<'a, BoxError> {
        let verdict = self.verdict.unwrap_or(Verdict::unclassified());
        let known = Classified::of(verdict).known_by(Identity {
            is_held: None,
            sources: Some(&**error),
            boxed: Some(std::convert::identity),
        });
        match self.readiness {
            // By the contract of `poll_ready` it is of no more use.
            Readiness::Failed => known.retried_if(false),
            _ => known,
        }
    }
}
