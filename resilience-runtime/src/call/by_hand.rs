//! The same steps for calls without the macro.

use std::future::{Future, poll_fn};
use std::ops::ControlFlow;
use std::pin::pin;

use super::rescue::On;
use super::settle::unchanged;
use super::{Call, ok_is_ok};
use crate::error::{BoxError, ResilienceError};
use crate::fallback::{Answered, FailureCause, Fallback};
use crate::verdict::Verdict;
use crate::verdict::probe::Judgement;

impl Call {
    pub(crate) async fn attempts_by_hand<F, Fut, T, E>(
        &mut self,
        classify: impl Fn(&E) -> Verdict,
        mut attempt: F,
    ) -> Result<T, E>
    where
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, E>>,
        E: From<ResilienceError>,
    {
        loop {
            if !Self::admit(self).await {
                return Self::refuse(self);
            }
            let end = Self::run(self, attempt()).await;
            let judge = |error: &E| Judgement::of(classify(error));
            if let ControlFlow::Break(out) = Self::settle(self, end, judge, ok_is_ok, unchanged) {
                return out;
            }
        }
    }

    pub(crate) async fn answer_by_hand<T, E>(
        &mut self,
        out: Result<T, E>,
        fallback: &Fallback<T, E>,
        keys: &[u128],
    ) -> Result<T, E>
    where
        E: From<ResilienceError> + Into<BoxError>,
    {
        if let Ok(value) = &out {
            fallback.remember(keys, value);
        }
        let error = match Self::rescue(self, out, On::Any) {
            ControlFlow::Break(out) => return out,
            ControlFlow::Continue(error) => error,
        };
        let temporary = self.cause != Some(FailureCause::Permanent);
        let mut failed = 0;
        let answered = {
            let mut answer = pin!(fallback.answer(keys, error, temporary, &mut failed));
            poll_fn(|cx| {
                let _scope = self.enter_scope();
                answer.as_mut().poll(cx)
            })
            .await
        };
        for _ in 0..failed {
            self.fallback_failed("call");
        }
        match answered {
            Answered::By(strategy, value) => Self::rescued(self, strategy, value),
            Answered::Not(error) => Err(error),
            Answered::Failed(failed, error) => {
                Self::unrescued(self, error, Some(("call", failed.into())))
            }
        }
    }
}
