//! What a body can see of the call that it is an attempt of.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use pin_project_lite::pin_project;

use super::entered;
use super::frame::Frame;
use super::notes::note;
use super::shared_context::SharedContext;
use super::told::Told;
use crate::clock::Moment;
use crate::rate_limit::Usage;
use crate::telemetry::CorrelationId;
use crate::thread_slot::ThreadSlot;
use crate::verdict::Verdict;

/// Shows the body of an annotated function, and the hooks of the same call, which attempt of which call runs.
///
/// It is that of the innermost annotated call, and can be kept and sent to other threads. A spawned task sees none by itself:
/// [`scope`](Self::scope) carries it there. (The tasks of a `LocalSet` that a body drives are polled inside of that body, and see
/// its context.)
///
/// ```
/// use std::time::Duration;
/// use resilience_runtime::{BoxError, CallContext, llm_resilient};
///
/// #[llm_resilient(timeout = "30s")]
/// async fn complete(prompt: &str) -> Result<String, BoxError> {
///     let context = CallContext::current().expect("inside of an annotated function");
///     assert_eq!((context.attempt(), context.max_attempts()), (1, 3));
///     assert!(context.remaining() <= Some(Duration::from_secs(30)));
///     // The server executes requests with one key once, however often they arrive.
///     let headers = [("Idempotency-Key", context.idempotency_key())];
///     Ok(format!("{prompt} {headers:?}"))
/// }
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// complete("hello").await.unwrap();
/// assert!(CallContext::current().is_none());
/// # }
/// ```
#[derive(Clone)]
pub struct CallContext {
    told: Told,
    limit: Moment,
    correlation_id: Option<CorrelationId>,
    shared: Arc<SharedContext>,
}

/// Whether any body of the process has ever looked at its call.
static LOOKED_AT: AtomicBool = AtomicBool::new(false);

pub(crate) fn is_looked_at() -> bool {
    LOOKED_AT.load(Ordering::Relaxed)
}

thread_local! {
    static CARRIED: ThreadSlot<CallContext> = const { ThreadSlot::empty() };
}

impl CallContext {
    /// Returns the context of the annotated call whose body or hook runs here, or the one that [`scope`](Self::scope) carries.
    #[must_use]
    pub fn current() -> Option<Self> {
        LOOKED_AT.store(true, Ordering::Relaxed);
        let frame = Frame::current();
        if !frame.is_inside() {
            return CARRIED.with(ThreadSlot::get);
        }
        let told = if frame.is_told() {
            entered::told()?
        } else {
            Told {
                attempt: 1,
                max_attempts: frame.brief().max_attempts(),
                began: frame.began(),
                previous: None,
                shared: None,
            }
        };
        let mut shared = told.shared.clone();
        // The call learns of it, for its later attempts and for what was used.
        note(|notes| {
            let fresh = || (told.attempt, shared.take().unwrap_or_default());
            let (_, known) = notes.context.get_or_insert_with(fresh);
            shared = Some(Arc::clone(known));
        });
        Some(Self {
            told,
            limit: frame.limit(),
            correlation_id: CorrelationId::current(),
            shared: shared.unwrap_or_default(),
        })
    }

    /// Returns the number of the attempt, from 1.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.told.attempt
    }

    /// Returns how many attempts the call may have, the first one included.
    #[must_use]
    pub fn max_attempts(&self) -> u32 {
        self.told.max_attempts
    }

    /// Returns how much time is left until the attempt is cut: by its timeout, by the deadline of the call, or by those of a
    /// call round it. Zero where it is over; `None` where nothing cuts it.
    #[must_use]
    pub fn remaining(&self) -> Option<Duration> {
        match self.limit {
            Moment::FAR_FUTURE => None,
            limit => Some(limit.since(Moment::now())),
        }
    }

    /// Returns how long ago the call began, with its earlier attempts and waits.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        Moment::now().since(self.told.began)
    }

    /// Returns 128 random bits in hexadecimal digits, the same for all attempts and hooks of one call: for servers that
    /// execute requests with one key once. A call inside of this one has a key of its own for each attempt of this one.
    #[must_use]
    pub fn idempotency_key(&self) -> String {
        self.shared.idempotency_key()
    }

    /// Returns the correlation id that the call is logged under, or the one of the
    /// [scope](crate::with_correlation_id) round it.
    #[must_use]
    pub fn correlation_id(&self) -> Option<&str> {
        self.correlation_id.as_ref().map(CorrelationId::as_str)
    }

    /// Returns what the failure of the attempt before this one meant: its class, code and reason. `None` in the first one, and
    /// where no body of the process had looked at its call when that attempt failed: so look in each attempt.
    #[must_use]
    pub fn previous(&self) -> Option<Verdict> {
        self.told.previous
    }

    /// Reports what the attempt used of the language model's tokens: what was reserved by `cost` is corrected to it when
    /// the attempt ends, however it ends; that of a function which returns a stream ends with the stream. The last report counts, and it stands in for the attribute's `usage`. Without a limit
    /// of tokens it does nothing.
    pub fn report_usage(&self, usage: Usage) {
        self.shared.report_usage(self.told.attempt, usage);
    }

    /// Carries the context of this place along with a future, such as one that is spawned. Annotated functions that it calls
    /// have contexts of their own. It does not change when the future is cut.
    ///
    /// ```
    /// use resilience_runtime::{BoxError, CallContext, resilient};
    ///
    /// #[resilient(service = "orders")]
    /// async fn place() -> Result<String, BoxError> {
    ///     let key = || CallContext::current().map(|context| context.idempotency_key());
    ///     let there = tokio::spawn(CallContext::scope(async move { key() })).await?;
    ///     assert_eq!(there, key());
    ///     Ok(there.unwrap_or_default())
    /// }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// assert_eq!(place().await.unwrap().len(), 32);
    /// # }
    /// ```
    pub fn scope<F: Future>(future: F) -> InCallContext<F> {
        InCallContext {
            context: Self::current(),
            future,
        }
    }
}

impl fmt::Debug for CallContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallContext")
            .field("attempt", &self.told.attempt)
            .field("max_attempts", &self.told.max_attempts)
            .finish_non_exhaustive()
    }
}

pin_project! {
    /// Runs the future of [`CallContext::scope`].
    #[must_use = "futures do nothing unless polled"]
    pub struct InCallContext<F> {
        context: Option<CallContext>,
        #[pin]
        future: F,
    }
}

impl<F: Future> Future for InCallContext<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        struct Restore(Option<CallContext>);
        impl Drop for Restore {
            fn drop(&mut self) {
                CARRIED.with(|carried| carried.replace(self.0.take()));
            }
        }
        let this = self.project();
        let context = this.context.clone();
        let _restore = Restore(CARRIED.with(|carried| carried.replace(context)));
        this.future.poll(cx)
    }
}

impl<F> fmt::Debug for InCallContext<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InCallContext").finish_non_exhaustive()
    }
}
