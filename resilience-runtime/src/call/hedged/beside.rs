//! The attempts that run beside the first one.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use crate::call::Call;
use crate::call::attempt::Attempt;
use crate::call::rejection::Interruption;
use crate::call::run::AttemptTimer;
use crate::plan::Plan;

/// The attempts that run beside the first one. Nothing is allocated before there is one.
pub(super) struct Others<'p, F>(Vec<Pin<Box<Beside<'p, F>>>>);

pin_project! {
    /// An attempt that runs beside the first one. The body is dropped before what the attempt holds.
    pub(super) struct Beside<'p, F> {
        #[pin]
        body: Option<F>,
        #[pin]
        timer: AttemptTimer,
        attempt: Attempt<'p>,
        number: u32,
    }
}

impl<'p, F> Beside<'p, F> {
    pub(super) fn attempt(self: &mut Pin<Box<Self>>) -> &mut Attempt<'p> {
        self.as_mut().project().attempt
    }
}

impl<'p, F: Future> Others<'p, F> {
    pub(super) const fn none() -> Self {
        Self(Vec::new())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    #[cfg_attr(not(feature = "test-util"), allow(unused_mut))]
    pub(super) fn push(&mut self, mut attempt: Attempt<'p>, number: u32, body: F) {
        #[cfg(feature = "test-util")]
        attempt.arm_fault();
        self.0.push(Box::pin(Beside {
            body: Some(body),
            timer: AttemptTimer::new(),
            attempt,
            number,
        }));
    }

    /// Polls the one at that place; `None`: there is none.
    pub(super) fn poll(
        &mut self,
        at: usize,
        call: &mut Call<'p>,
        cx: &mut Context<'_>,
    ) -> Option<Poll<Result<F::Output, Interruption>>> {
        let this = self.0.get_mut(at)?.as_mut().project();
        let body = this.body.as_pin_mut()?;
        let number = *this.number;
        Some(this.attempt.poll_as(number, call, body, this.timer, cx))
    }

    /// What they run under.
    pub(super) fn plans(&self) -> impl Iterator<Item = &'p Plan> {
        self.0.iter().map(|it| it.attempt.plan)
    }

    /// Takes the one out that has ended.
    pub(super) fn take(&mut self, at: usize) -> Pin<Box<Beside<'p, F>>> {
        self.0.remove(at)
    }

    /// Ends all of them: another attempt has decided.
    pub(super) fn lose(&mut self, call: &mut Call<'p>) {
        while let Some(mut loser) = self.0.pop() {
            let mut this = loser.as_mut().project();
            this.body.set(None);
            this.attempt.lose(call);
        }
    }
}

impl<F> Others<'_, F> {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

/// A call that one of its attempts is polled with: it has that attempt's number.
struct Numbered<'a, 'p> {
    call: &'a mut Call<'p>,
    newest: u32,
}

impl<'p> Attempt<'p> {
    /// Polls the body of one attempt of several that run, of which it is number `number`.
    pub(super) fn poll_as<F: Future>(
        &mut self,
        number: u32,
        call: &mut Call<'p>,
        body: Pin<&mut F>,
        timer: Pin<&mut AttemptTimer>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<F::Output, Interruption>> {
        let numbered = Numbered {
            newest: std::mem::replace(&mut call.attempts, number),
            call,
        };
        self.poll_body(numbered.call, body, timer, cx)
    }
}

/// Also where the body panics: the call ends with all its attempts.
impl Drop for Numbered<'_, '_> {
    fn drop(&mut self) {
        self.call.attempts = self.newest;
    }
}
