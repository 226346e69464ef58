//! What a proxy does to a connection.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// What is done to a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mode {
    /// Nothing.
    Pass,
    /// It is reset, without a word to the server.
    Reset,
    /// Each piece that the server sends arrives this much later.
    Delay(Duration),
    /// Nothing arrives any more, on either side, but the connection stays. What was sent meanwhile arrives when the mode
    /// changes.
    Hang,
    /// After this many bytes in one direction, it ends.
    Cut {
        /// Whose bytes are counted, from when the mode began.
        from: Side,
        /// So many still arrive.
        after: usize,
        /// How it ends for the client.
        ending: Ending,
    },
    /// The request is delivered, the server answers, and the answer is lost: the client cannot know what has happened.
    DropReply {
        /// The bytes that make a request the one; empty for any.
        request: Vec<u8>,
        /// The bytes that make an answer complete enough; empty for any.
        reply: Vec<u8>,
        /// How it ends for the client.
        ending: Ending,
    },
}

/// One of those who talk through a proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The one that connected.
    Client,
    /// The one that was connected to.
    Server,
}

/// How a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// As if the other side had finished: an end of file.
    Close,
    /// As if the other side had died: `ECONNRESET`.
    Reset,
}

impl Mode {
    /// Ends the connection when this many bytes have come from the server.
    pub fn cut_after(bytes: usize) -> Self {
        Self::Cut {
            from: Side::Server,
            after: bytes,
            ending: Ending::Close,
        }
    }

    /// Loses the reply to a request that contains these bytes.
    pub fn drop_reply_to(request: impl Into<Vec<u8>>) -> Self {
        Self::DropReply {
            request: request.into(),
            reply: Vec::new(),
            ending: Ending::Close,
        }
    }

    /// The same, but the server is believed to have answered only when its reply contains these bytes: for protocols in
    /// which the reply begins before the work is done.
    #[must_use]
    pub fn once_answered(mut self, with: impl Into<Vec<u8>>) -> Self {
        if let Self::DropReply { reply, .. } = &mut self {
            *reply = with.into();
        }
        self
    }

    /// The connection ends with a reset instead of an end of file.
    #[must_use]
    pub fn with_reset(mut self) -> Self {
        if let Self::Cut { ending, .. } | Self::DropReply { ending, .. } = &mut self {
            *ending = Ending::Reset;
        }
        self
    }

    /// So many faults, and then [`Pass`](Self::Pass).
    pub fn times(self, times: u32) -> Rule {
        Rule {
            mode: self,
            left: Some(Arc::new(AtomicU32::new(times))),
        }
    }
}

/// A mode, perhaps for a number of faults only.
#[derive(Debug, Clone)]
pub struct Rule {
    pub(super) mode: Mode,
    /// Shared by the connections that the rule is for.
    left: Option<Arc<AtomicU32>>,
}

impl From<Mode> for Rule {
    fn from(mode: Mode) -> Self {
        Self { mode, left: None }
    }
}

impl Rule {
    /// May another fault happen? Then it counts as one that has.
    pub(super) fn claim(&self) -> bool {
        self.left.as_ref().is_none_or(|left| {
            left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                left.checked_sub(1)
            })
            .is_ok()
        })
    }
}
