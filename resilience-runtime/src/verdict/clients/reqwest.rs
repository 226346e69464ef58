//! What `reqwest`'s errors mean.
//!
//! Supported: reqwest 0.13 (feature `reqwest`) and 0.12 (feature `reqwest-0_12`).
//!
//! | error | verdict |
//! |---|---|
//! | not connected, name not resolved | transient |
//! | over HTTP/2 the server refused the stream, or went away below it | transient |
//! | the connection was closed before the request was written | transient |
//! | timed out | outcome unknown, [`Reason::TimedOut`] |
//! | broken while sending or in the middle of the answer | outcome unknown |
//! | the request's own body failed | outcome unknown, ignored by the breaker |
//! | `error_for_status` | by [`Verdict::from_http`], without headers |
//! | the answer came, but is not what was expected; too many redirects; no valid request | permanent |
//!
//! `error_for_status` throws the headers and the body away, and with them `Retry-After` and what a proxy says of a request that
//! reached no server: where that matters, look at `Response::status()` and make an error of your own with
//! [`Verdict::from_http_response`].
//!
//! **The client follows redirects**, and its error has the first address with the cause of the last request: "not connected" may be the
//! page to which a server redirects after it has executed a `POST`. Where a function is not idempotent, build the client with `redirect(Policy::none())`.
//!
//! The client does not retry by itself, except twice where HTTP/2 says that the server did not read the request; `retry(retry::never())`
//! switches that off, and a policy of one's own repeats what it is told to.

use std::error::Error as _;
use std::io;

use super::{not_processed, source_chain};
use crate::verdict::{Classify, ErrorCode, Reason, Verdict};

/// One version of reqwest.
macro_rules! classify_reqwest {
    ($reqwest:ident) => {
        impl Classify for ::$reqwest::Error {
            fn classify(&self) -> Verdict {
                if let Some(status) = self.status() {
                    return Verdict::from_http(status, &());
                }
                let (verdict, name) = if self.is_connect() {
                    (Verdict::transient(), "connect")
                } else if self.is_timeout() {
                    let late = Verdict::outcome_unknown().because(Reason::TimedOut);
                    (late, "timeout")
                } else if self.is_decode() {
                    // What broke the answer off calls itself a failure to decode, too.
                    let source = self.source();
                    if let Some(inner) = source.and_then(|inner| inner.downcast_ref::<Self>()) {
                        return inner.classify();
                    }
                    if source.is_some_and(is_lost) {
                        (Verdict::outcome_unknown(), "body")
                    } else {
                        (Verdict::permanent(), "decode")
                    }
                } else if self.is_body() {
                    (Verdict::outcome_unknown(), "body")
                } else if self.is_request() {
                    if not_processed::find(self).is_some() {
                        (Verdict::transient(), "not processed")
                    } else if is_fault_of_the_caller(self) {
                        (Verdict::outcome_unknown().ignored_by_breaker(), "user")
                    } else {
                        (Verdict::outcome_unknown(), "request")
                    }
                } else if self.is_upgrade() {
                    (Verdict::outcome_unknown(), "upgrade")
                } else if self.is_builder() {
                    (Verdict::permanent(), "builder")
                } else if self.is_redirect() {
                    (Verdict::permanent(), "redirect")
                } else {
                    return Verdict::unclassified();
                };
                verdict.with_code(ErrorCode::Name(name))
            }
        }
    };
}

#[cfg(feature = "reqwest")]
classify_reqwest!(reqwest);
#[cfg(feature = "reqwest-0_12")]
classify_reqwest!(reqwest_0_12);

/// Whether the request's own body failed, which the server has a part of.
fn is_fault_of_the_caller(error: &(dyn std::error::Error + 'static)) -> bool {
    source_chain::chain(error).any(|error| {
        error
            .downcast_ref::<hyper::Error>()
            .is_some_and(hyper::Error::is_user)
    })
}

fn is_lost(error: &(dyn std::error::Error + 'static)) -> bool {
    error.is::<hyper::Error>() || error.is::<io::Error>()
}

// The same tests for each version.
#[cfg(all(test, feature = "reqwest-0_12"))]
mod tests_of_0_12;
#[cfg(all(test, feature = "reqwest"))]
mod tests_of_0_13;
