//! The attempts of one request: what is sent, and what came of it.

use ::reqwest::{Request, Response};
use ::reqwest_middleware::{Error, Next};
use http::Extensions;

use super::idempotent::Idempotent;
use crate::call::Call;
use crate::call::client::{ClientAttempts, Progress, judge_status, take_request};
use crate::poll_context::hint;
use crate::verdict::autoref::{Classified, Known, KnownByType as _, Probe};
use crate::verdict::{Classify, Verdict};

/// Sets a key of a call by its request.
pub(super) type SetKey = Box<dyn Fn(&Request, &mut Call<'_>) + Send + Sync>;

/// Makes the attempts of one request, by the middlewares behind.
pub(super) struct RequestAttempts<'a> {
    /// The request, unless the only copy of it was sent.
    request: Option<Request>,
    extensions: &'a mut Extensions,
    next: Next<'a>,
    keys: &'a [SetKey],
}

impl<'a> RequestAttempts<'a> {
    pub(super) fn new(
        request: Request,
        extensions: &'a mut Extensions,
        next: Next<'a>,
        keys: &'a [SetKey],
    ) -> Self {
        Self {
            request: Some(request),
            extensions,
            next,
            keys,
        }
    }
}

impl ClientAttempts for RequestAttempts<'_> {
    type Answer = Response;
    type Error = Error;

    fn prepare(&self, call: &mut Call<'_>) {
        let request = self.request.as_ref().expect("nothing was sent yet");
        let by_method = || request.method().is_idempotent();
        let said = self.extensions.get::<Idempotent>();
        Call::repeatable(call, said.map_or_else(by_method, |said| said.0));
        for set in self.keys {
            set(request, call);
        }
    }

    /// A chain of middlewares reserves nothing.
    fn release(&mut self) {}

    async fn attempt(&mut self, progress: &mut Progress, is_last: bool) -> Result<Response, Error> {
        let request = take_request(&mut self.request, is_last, Request::try_clone);
        *progress = Progress::Sent {
            again: self.request.is_some(),
        };
        let answered = self.next.clone().run(request, self.extensions).await;
        if let Ok(response) = &answered {
            hint::response(response.headers());
        }
        answered
    }

    fn judge_answer(&self, response: &Response) -> Option<Verdict> {
        judge_status(response.status(), response.headers())
    }

    fn judge_error<'e>(&self, error: &'e Error) -> Known<'e, Error> {
        Classified::of(error.classify()).known_by((&&Probe(error)).identity())
    }
}
