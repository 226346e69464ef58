//! What `vaultrs`'s errors mean, for HashiCorp Vault and OpenBao.
//!
//! Supported: vaultrs 0.8, with its feature `rustls` or `rustls-no-provider`. It does not compile without
//! TLS, so this feature switches `rustls-no-provider` on: a program that uses `native-tls` would be handed
//! rustls without cryptography. Judge by [`Verdict::from_vault`] there.
//!
//! | error | verdict |
//! |---|---|
//! | `APIError` and other answers with a status | [`Verdict::from_vault`], without headers |
//! | 503 with `Vault is sealed` | transient |
//! | the request did not come through | by the rules of `reqwest` |
//! | the answer is not what was expected, wrong paths, wrong configuration | permanent |
//!
//! The errors hold no headers, so `Retry-After` is lost. They do hold secrets: the `Display` and the
//! `Debug` of a value that does not parse contain the value. vaultrs does not retry by itself.

use ::vaultrs::error::ClientError;
use rustify::errors::ClientError as RestError;

use super::source_chain;
use crate::verdict::{Classify, Verdict};

/// What a sealed server answers to everything. A proxy may answer 503 after the request was executed.
const SEALED: &str = "Vault is sealed";

impl Classify for ClientError {
    fn classify(&self) -> Verdict {
        match self {
            Self::APIError { code, errors } => {
                let verdict = Verdict::from_vault(*code, &());
                if *code == 503 && errors.iter().any(|error| error == SEALED) {
                    verdict.not_executed()
                } else {
                    verdict
                }
            }
            Self::RestClientError { source } => source.classify(),
            // All of the rest was found out here, before or after the request.
            _ => Verdict::permanent(),
        }
    }
}

impl Classify for RestError {
    fn classify(&self) -> Verdict {
        match self {
            Self::ServerResponseError { code, .. } => Verdict::from_vault(*code, &()),
            // While sending, and while the answer came.
            Self::RequestError { source, .. } | Self::ResponseError { source } => {
                source_chain::find(source.as_ref()).unwrap_or(Verdict::outcome_unknown())
            }
            Self::GenericError { source } => {
                source_chain::find(source.as_ref()).unwrap_or(Verdict::unclassified())
            }
            _ => Verdict::permanent(),
        }
    }
}

#[cfg(test)]
mod tests {
    use ::vaultrs::client::{VaultClient, VaultClientSettingsBuilder};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;
    use crate::verdict::chain_test_util::found;
    use crate::verdict::{ErrorCode, Reason};

    async fn read(port: u16) -> ClientError {
        let settings = VaultClientSettingsBuilder::default()
            .address(format!("http://127.0.0.1:{port}"))
            .token("hunter2")
            .build()
            .expect("settings");
        let client = VaultClient::new(settings).expect("a client");
        let secret = ::vaultrs::kv2::read::<u64>(&client, "secret", "path").await;
        secret.expect_err("no such server")
    }

    async fn answer(status: u16, body: &'static str) -> ClientError {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut request = [0; 4096];
                let _ = stream.read(&mut request).await;
                let length = body.len();
                let head = format!("HTTP/1.1 {status} X\r\ncontent-length: {length}\r\n\r\n");
                let _ = stream.write_all(format!("{head}{body}").as_bytes()).await;
            }
        });
        read(port).await
    }

    #[tokio::test]
    async fn api_error_is_classified_by_vault_status() {
        for (status, body, expected, reason) in [
            (
                403,
                r#"{"errors":["permission denied"]}"#,
                Verdict::permanent(),
                Some(Reason::Denied),
            ),
            (
                404,
                r#"{"errors":[]}"#,
                Verdict::permanent(),
                Some(Reason::NotFound),
            ),
            (
                412,
                r#"{"errors":["required index state not present"]}"#,
                Verdict::transient().ignored_by_breaker(),
                None,
            ),
            (
                429,
                r#"{"errors":["rate limit quota exceeded"]}"#,
                Verdict::throttled(None),
                None,
            ),
            (473, r#"{"errors":[]}"#, Verdict::permanent(), None),
            (
                500,
                r#"{"errors":["internal error"]}"#,
                Verdict::outcome_unknown(),
                None,
            ),
            (
                501,
                r#"{"errors":[]}"#,
                Verdict::permanent().counts_as_failure(),
                None,
            ),
            (
                503,
                r#"{"errors":["Vault is sealed"]}"#,
                Verdict::transient(),
                None,
            ),
            // Not Vault's own words, e.g. of a proxy.
            (503, "<html>", Verdict::outcome_unknown(), None),
            (
                503,
                r#"{"errors":["the words Vault is sealed"]}"#,
                Verdict::outcome_unknown(),
                None,
            ),
        ] {
            let error = answer(status, body).await;
            let verdict = found(error);
            assert_eq!(verdict, expected, "{status} {body}");
            assert_eq!(verdict.reason(), reason, "{status}");
            assert_eq!(verdict.code(), Some(ErrorCode::Http(status)));
        }
    }

    #[tokio::test]
    async fn refused_connection_is_transient() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        drop(listener);
        assert_eq!(found(read(port).await), Verdict::transient());
    }

    #[tokio::test]
    async fn unparsed_response_is_permanent() {
        let body = r#"{"request_id":"","lease_id":"","renewable":false,"lease_duration":0,"data":{"data":"hunter2","metadata":{"created_time":"","deletion_time":"","custom_metadata":null,"destroyed":false,"version":1}},"wrap_info":null,"warnings":null,"auth":null}"#;
        for body in ["not JSON", body] {
            let verdict = found(answer(200, body).await);
            assert_eq!(verdict, Verdict::permanent(), "{body}");
            assert_eq!(verdict.code(), None);
        }
    }
}
