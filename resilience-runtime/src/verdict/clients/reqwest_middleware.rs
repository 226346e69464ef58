//! What `reqwest-middleware`'s errors mean, and those of `reqwest-retry`.
//!
//! Supported: reqwest-middleware 0.5 and reqwest-retry 0.9, both over reqwest 0.13.
//!
//! | error | verdict |
//! |---|---|
//! | `Reqwest` | by the rules of `reqwest` |
//! | `Middleware`: what a middleware failed with | by the first known error in it, else unclassified |
//! | `RetryError::WithRetries` | the same, [after the client's retries](Verdict::after_client_retries) |
//! | `RetryError::Error`: the first and only send | by its error |
//!
//! **`RetryTransientMiddleware` repeats requests**, also a POST, and also after an answer was lost or cut
//! off. Leave it out of the client of a guarded function, or the attempts multiply: 3 attempts with 3
//! retries are 12 requests. It returns an answer that it gave up on as an `Ok`, without a sign that there
//! were others: the error of `error_for_status` says nothing of the first sends, so call
//! [`after_client_retries`](Verdict::after_client_retries) on its verdict where the middleware is used.
//!
//! A middleware that fails with a text of its own (`anyhow!`), as reqwest-retry does for a body that cannot
//! be sent twice, is not known: name the error with `classify`.

use ::reqwest_middleware::Error;
use reqwest_retry::RetryError;

use super::source_chain;
use crate::verdict::{Classify, Verdict};

impl Classify for Error {
    fn classify(&self) -> Verdict {
        match self {
            Self::Reqwest(error) => error.classify(),
            // The variant is transparent, so its first error is no source.
            Self::Middleware(error) => {
                source_chain::find(error.as_ref()).unwrap_or(Verdict::unclassified())
            }
        }
    }
}

impl Classify for RetryError {
    fn classify(&self) -> Verdict {
        match self {
            Self::WithRetries { err, .. } => err.classify().after_client_retries(),
            Self::Error(error) => error.classify(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::Duration;

    use ::reqwest::{Client, Response};
    use ::reqwest_middleware::{ClientBuilder, ClientWithMiddleware};
    use reqwest_retry::RetryTransientMiddleware;
    use reqwest_retry::policies::ExponentialBackoff;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;
    use crate::verdict::ErrorCode;
    use crate::verdict::chain_test_util::found;

    /// A server that answers each request with the next of `answers`, hangs up each time, and is gone after the last.
    async fn server(answers: &'static [&'static str]) -> (String, Arc<AtomicU32>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let requests = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&requests);
        tokio::spawn(async move {
            let mut listener = Some(listener);
            for (index, answer) in answers.iter().enumerate() {
                let accepted = listener.as_ref().expect("not the last").accept().await;
                if index + 1 == answers.len() {
                    listener = None;
                }
                let (mut stream, _) = accepted.expect("a connection");
                let mut request = [0; 1024];
                let _ = stream.read(&mut request).await;
                counted.fetch_add(1, Ordering::SeqCst);
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        });
        (format!("http://{address}/"), requests)
    }

    fn client(retries: u32) -> ClientWithMiddleware {
        let policy = ExponentialBackoff::builder()
            .retry_bounds(Duration::from_millis(5), Duration::from_millis(10))
            .build_with_max_retries(retries);
        let http = Client::builder().no_proxy().build().expect("a client");
        ClientBuilder::new(http)
            .with(RetryTransientMiddleware::new_with_policy(policy))
            .build()
    }

    async fn post(url: &str, retries: u32) -> Result<Response, Error> {
        client(retries).post(url).body("hunter2").send().await
    }

    #[tokio::test]
    async fn last_refused_connection_tells_nothing_of_earlier_sends() {
        // The first send was executed, and its answer was lost.
        let (url, requests) = server(&[""]).await;
        let error = post(&url, 3).await.expect_err("gone");
        assert_eq!(requests.load(Ordering::SeqCst), 1);
        let verdict = found(error);
        assert!(verdict.is_outcome_unknown(), "{verdict:?}");
        assert!(!verdict.may_retry(false));
        assert_eq!(verdict.code(), Some(ErrorCode::Name("connect")));
        assert!(verdict.without_client_retries().is_transient());
    }

    #[tokio::test]
    async fn only_send_is_classified_by_its_error() {
        let (url, _) = server(&[""]).await;
        let verdict = found(post(&url, 0).await.expect_err("hung up"));
        assert_eq!(verdict, Verdict::outcome_unknown());
        // The server is gone.
        let verdict = found(post(&url, 0).await.expect_err("refused"));
        assert_eq!(verdict, Verdict::transient());
        assert!(verdict.may_retry(false));
    }

    #[tokio::test]
    async fn answer_after_retries_is_an_ok_and_shows_none() {
        const BUSY: &str = "HTTP/1.1 429 X\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
        let (url, requests) = server(&["", BUSY, BUSY]).await;
        let answer = post(&url, 2).await.expect("an answer");
        assert_eq!(requests.load(Ordering::SeqCst), 3);
        let verdict = found(answer.error_for_status().expect_err("a status"));
        assert_eq!(verdict, Verdict::throttled(None));
        assert!(!verdict.after_client_retries().may_retry(false));
    }

    #[test]
    fn error_of_a_middleware_is_classified_by_what_it_holds() {
        let refused = || io::Error::from(io::ErrorKind::ConnectionRefused);
        assert_eq!(found(Error::middleware(refused())), Verdict::transient());
        let with_context = anyhow::Error::new(refused()).context("token");
        assert_eq!(found(Error::Middleware(with_context)), Verdict::transient());
        let prose = Error::Middleware(anyhow::anyhow!("hunter2"));
        assert_eq!(found(prose), Verdict::unclassified());
    }
}
