//! Correlation ids, which connect the log entries of one call.

use std::fmt::{self, Write as _};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use crate::random::seed;
use crate::thread_slot::ThreadSlot;

thread_local! {
    static CURRENT: ThreadSlot<CorrelationId> = const { ThreadSlot::empty() };
}

/// Connects the log entries of one call.
///
/// An id usually comes from a request, so it is cleaned where it enters: it has at most [`MAX_LEN`](Self::MAX_LEN) bytes,
/// cut between characters, and no control characters, line or paragraph separators, or marks of text direction, which
/// could forge lines of a log.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// use resilience_runtime::{telemetry::CorrelationId, with_correlation_id};
///
/// let seen = with_correlation_id("request-7\nlevel=ERROR", async { CorrelationId::current() }).await;
/// assert_eq!(seen.unwrap().as_str(), "request-7level=ERROR");
/// # }
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct CorrelationId(Arc<str>);

impl CorrelationId {
    /// Limits the length of an id, in bytes of UTF-8.
    pub const MAX_LEN: usize = 128;

    /// The one place where an id enters.
    pub(crate) fn new(id: impl fmt::Display) -> Self {
        let mut clean = Clean::default();
        // It fails where it is full, which ends the formatting of what is longer; what was written by then stays.
        let _full = write!(clean, "{id}");
        Self(clean.text.into())
    }

    /// Returns a new random id.
    pub(crate) fn random() -> Self {
        Self::new(format_args!("{:016x}", seed()))
    }

    /// Returns the id of the scope that the current code runs in.
    #[must_use]
    pub fn current() -> Option<Self> {
        CURRENT.with(ThreadSlot::get)
    }

    /// Makes this id the current one until the guard is dropped.
    pub(crate) fn enter(&self) -> EnteredCorrelation {
        EnteredCorrelation {
            outer: Self::replace(Some(self.clone())),
        }
    }

    /// Replaces the current id, and returns the one before.
    pub(crate) fn replace(id: Option<Self>) -> Option<Self> {
        CURRENT.with(|current| current.replace(id))
    }

    /// Returns the id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Takes the first characters that an id may have.
#[derive(Default)]
struct Clean {
    text: String,
    /// Counts what was dropped, so that an endless id of nothing else ends as well.
    dropped: usize,
}

impl Clean {
    const MAX_DROPPED: usize = 1_024;
}

impl fmt::Write for Clean {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for c in text.chars() {
            if can_forge(c) {
                self.dropped += 1;
                if self.dropped > Self::MAX_DROPPED {
                    return Err(fmt::Error);
                }
                continue;
            }
            if self.text.len() + c.len_utf8() > CorrelationId::MAX_LEN {
                return Err(fmt::Error);
            }
            self.text.push(c);
        }
        Ok(())
    }
}

/// Whether a character can end a line, control a terminal, or change the order in which a text is shown.
fn can_forge(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{2028}' | '\u{2029}'
            | '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

impl fmt::Display for CorrelationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for CorrelationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

/// Restores the id before on drop.
pub(crate) struct EnteredCorrelation {
    outer: Option<CorrelationId>,
}

impl Drop for EnteredCorrelation {
    fn drop(&mut self) {
        CorrelationId::replace(self.outer.take());
    }
}

/// Logs every guarded call inside `future` under `id`, unless its attribute names another one. The id does not reach
/// across `tokio::spawn`: wrap the spawned future as well. It is cut and cleaned, see [`CorrelationId`].
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// use resilience_runtime::{telemetry::CorrelationId, with_correlation_id};
///
/// let seen = with_correlation_id("request-7", async { CorrelationId::current() }).await;
/// assert_eq!(seen.unwrap().as_str(), "request-7");
/// assert_eq!(CorrelationId::current(), None);
/// # }
/// ```
pub fn with_correlation_id<F: Future>(id: impl fmt::Display, future: F) -> WithCorrelationId<F> {
    WithCorrelationId {
        id: CorrelationId::new(id),
        future,
    }
}

pin_project! {
    /// Runs a future under a correlation id; it is what [`with_correlation_id`] returns.
    #[must_use = "futures do nothing unless polled"]
    pub struct WithCorrelationId<F> {
        id: CorrelationId,
        #[pin]
        future: F,
    }
}

impl<F: Future> Future for WithCorrelationId<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let _entered = this.id.enter();
        this.future.poll(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clean(id: impl fmt::Display) -> String {
        CorrelationId::new(id).as_str().to_owned()
    }

    #[test]
    fn id_is_cut_between_characters() {
        assert_eq!(clean("a".repeat(128)), "a".repeat(128));
        assert_eq!(clean("a".repeat(129)), "a".repeat(128));
        assert_eq!(clean(format!("{}ä", "a".repeat(127))), "a".repeat(127));
        assert_eq!(clean("ä".repeat(100)), "ä".repeat(64));
    }

    #[test]
    fn id_loses_what_can_forge_a_log() {
        let forged = "a\n\r\t\u{1b}[31m\u{7f}\u{85}\u{9b}\u{2028}\u{2029}\u{61c}\u{200e}\u{200f}\u{202a}\u{202e}\u{2066}\u{2069}b";
        assert_eq!(clean(forged), "a[31mb");
        assert_eq!(
            clean("Ärger / 注文 7 👩\u{200d}🚀"),
            "Ärger / 注文 7 👩\u{200d}🚀"
        );
    }

    #[test]
    fn formatting_of_an_endless_id_ends() {
        struct Endless(&'static str);
        impl fmt::Display for Endless {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                loop {
                    f.write_str(self.0)?;
                }
            }
        }
        assert_eq!(clean(Endless("id")).len(), 128);
        assert_eq!(clean(Endless("\n")), "");
    }

    #[test]
    fn id_that_fails_to_format_keeps_its_beginning() {
        struct Fails;
        impl fmt::Display for Fails {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("half")?;
                Err(fmt::Error)
            }
        }
        assert_eq!(clean(Fails), "half");
    }
}
