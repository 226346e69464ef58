//! The errors of HTTP that prove that the server did not process the request, whichever client they are found in.
//!
//! | error | why nothing was executed |
//! |---|---|
//! | the server reset the stream with `REFUSED_STREAM` | RFC 9113, section 8.7: sent before any processing |
//! | the server's `GOAWAY` reached the request | h2 hands it only to streams above the last one that the server took |
//! | hyper's "operation was canceled" | the request was still in the queue of the connection |
//!
//! One proxy breaks the first rule: HAProxy refuses a stream as well when the server behind it has read the request and hung up.
//! Nothing in the frame tells the two apart, so the guide says what to do there.

use std::error::Error;

use super::source_chain;
use crate::verdict::display_prefix::display_prefix;

/// What is known of a request for which no answer came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NotProcessed {
    /// The server refused the stream. The connection is well.
    Refused,
    /// The server takes no more streams on this connection.
    GoingAway {
        /// The server gave no error as its reason.
        gracefully: bool,
    },
    /// It was not sent, since its connection was closed.
    NotSent,
}

/// Returns why the request was surely not processed, if an error in the chain of sources proves it.
pub(super) fn find(error: &(dyn Error + 'static)) -> Option<NotProcessed> {
    for error in source_chain::chain(error) {
        if let Some(error) = error.downcast_ref::<::h2::Error>() {
            return by_h2(error);
        }
        if let Some(error) = error.downcast_ref::<::hyper::Error>()
            && is_not_sent(error)
        {
            return Some(NotProcessed::NotSent);
        }
    }
    None
}

fn by_h2(error: &::h2::Error) -> Option<NotProcessed> {
    if !error.is_remote() {
        return None;
    }
    let reason = error.reason();
    if error.is_go_away() {
        let gracefully = reason == Some(::h2::Reason::NO_ERROR);
        return Some(NotProcessed::GoingAway { gracefully });
    }
    (reason == Some(::h2::Reason::REFUSED_STREAM)).then_some(NotProcessed::Refused)
}

/// Returns whether the request was still queued. An upgrade that does not come about is "canceled", too, but then the
/// server has answered; its error has a source of a private type, so the other causes are told by their texts.
fn is_not_sent(error: &::hyper::Error) -> bool {
    /// As in hyper's `client/dispatch.rs` and `client/conn/http1.rs`, `http2.rs`.
    const QUEUED: [&str; 2] = ["connection closed", "connection was not ready"];
    error.is_canceled()
        && error.source().is_some_and(|cause| {
            // The error with which the connection ended before it took the request.
            cause.is::<::hyper::Error>() || QUEUED.contains(&&*display_prefix(&cause, 32))
        })
}
