use std::any::TypeId;
use std::time::Duration;

use ::rmcp::model::ErrorCode as McpCode;

use super::*;
use crate::verdict::Reason;
use crate::verdict::chain_test_util::found;

fn mcp(code: i32, message: &'static str) -> ServiceError {
    ServiceError::McpError(ErrorData::new(McpCode(code), message, None))
}

fn transport(
    name: &'static str,
    error: impl Into<Box<dyn Error + Send + Sync>>,
) -> DynamicTransportError {
    DynamicTransportError::from_parts(name, TypeId::of::<()>(), error.into())
}

const HTTP: &str = "WorkerTransport<rmcp::transport::streamable_http_client::Worker>";

#[test]
fn error_data_is_classified_by_jsonrpc_code() {
    for (code, message, expected) in [
        (-32700, "Parse error", Verdict::permanent()),
        (-32600, "Invalid Request", Verdict::permanent()),
        (-32601, "Method not found", Verdict::permanent()),
        (-32602, "Invalid params", Verdict::permanent()),
        (-32002, "Resource not found", Verdict::permanent()),
        (-32020, "Header mismatch", Verdict::permanent()),
        (-32021, "Missing capability", Verdict::permanent()),
        (-32022, "Unsupported version", Verdict::permanent()),
        (-32042, "URL elicitation required", Verdict::permanent()),
        (-32603, "Internal error", Verdict::outcome_unknown()),
        (-32000, "Connection closed", Verdict::outcome_unknown()),
        (-32001, "Request timed out", Verdict::outcome_unknown()),
        (-32050, "made up", Verdict::unclassified()),
        (-32000, "Rate limit exceeded", Verdict::throttled(None)),
        // A lost session, in the words of some servers.
        (
            -32000,
            "Bad Request: No valid session ID provided",
            Verdict::session_lost(),
        ),
        (
            -32000,
            "Bad Request: Mcp-Session-Id header is required",
            Verdict::session_lost(),
        ),
        (-32600, "Session terminated", Verdict::session_lost()),
        (-32600, "Missing session ID", Verdict::session_lost()),
        (-32001, "Session not found", Verdict::session_lost()),
        (
            -32000,
            "Bad Request: Server not initialized",
            Verdict::session_lost(),
        ),
        // Other codes may speak of sessions.
        (-32602, "no such session", Verdict::permanent()),
        (-32603, "session", Verdict::outcome_unknown()),
        (-32000, "obsession", Verdict::outcome_unknown()),
    ] {
        let verdict = found(mcp(code, message));
        assert_eq!(verdict, expected, "{code} {message}");
        let reason = match code {
            -32002 => Some(Reason::NotFound),
            -32001 if expected == Verdict::outcome_unknown() => Some(Reason::TimedOut),
            _ => None,
        };
        assert_eq!(verdict.reason(), reason, "{code}");
        assert_eq!(verdict.code(), Some(ErrorCode::JsonRpc(code.into())));
        let data = ErrorData::new(McpCode(code), message, None);
        assert_eq!(found(data), expected, "{code} {message}");
    }
}

#[test]
fn other_errors_are_classified_by_variant() {
    let lost = Verdict::outcome_unknown().needs_reconnect();
    let ignored = Verdict::permanent().ignored_by_breaker();
    let timeout = Duration::from_secs(1);
    for (error, expected) in [
        (ServiceError::TransportClosed, lost),
        (
            ServiceError::Timeout { timeout },
            Verdict::outcome_unknown(),
        ),
        (ServiceError::UnexpectedResponse, Verdict::permanent()),
        (
            ServiceError::Cancelled {
                reason: Some("hunter2".into()),
            },
            ignored,
        ),
        (ServiceError::SubscriptionLagged { capacity: 1 }, ignored),
        (
            ServiceError::InputRequiredRoundsExceeded { max_rounds: 1 },
            ignored,
        ),
    ] {
        let shown = format!("{error:?}");
        assert_eq!(found(error), expected, "{shown}");
    }
}

#[test]
fn failed_pipe_write_is_transient() {
    let not_sent = Verdict::transient().needs_reconnect();
    for kind in [io::ErrorKind::BrokenPipe, io::ErrorKind::NotConnected] {
        let error = transport("stdio", io::Error::from(kind));
        let verdict = found(ServiceError::TransportSend(error));
        assert_eq!(verdict, not_sent, "{kind:?}");
        assert_eq!(verdict.code(), Some(ErrorCode::Io(kind)));
    }
    assert_eq!(found(transport("mine", "hunter2")), not_sent);
}

#[test]
fn unknown_http_client_is_classified_by_displayed_status() {
    for (shown, expected) in [
        ("HTTP 503", Verdict::outcome_unknown()),
        ("HTTP 429", Verdict::throttled(None)),
        (
            "unexpected server response: HTTP 503 Service Unavailable: x",
            Verdict::outcome_unknown(),
        ),
        (
            "unexpected server response: HTTP 502 Bad Gateway: x",
            Verdict::outcome_unknown(),
        ),
        (
            "unexpected server response: HTTP 401 Unauthorized: x",
            Verdict::permanent(),
        ),
        (
            "unexpected server response: HTTP 400 Bad Request: no",
            Verdict::permanent(),
        ),
        (
            "unexpected server response: HTTP 400 Bad Request: No valid session ID",
            Verdict::session_lost(),
        ),
        (
            "unexpected server response: HTTP 404 Not Found: Session not found",
            Verdict::session_lost(),
        ),
        (
            "unexpected server response: HTTP 500 X: session",
            Verdict::outcome_unknown(),
        ),
        ("Client error: hunter2", Verdict::outcome_unknown()),
        ("HTTP 5030", Verdict::outcome_unknown()),
        ("HTTP ", Verdict::outcome_unknown()),
        ("HTTP +50", Verdict::outcome_unknown()),
    ] {
        let verdict = found(ServiceError::TransportSend(transport(HTTP, shown)));
        assert_eq!(verdict, expected, "{shown}");
    }
}

#[test]
fn initialize_error_is_never_outcome_unknown() {
    let internal = ErrorData::internal_error("hunter2", None);
    for (error, expected) in [
        (
            ClientInitializeError::ConnectionClosed("hunter2".into()),
            Verdict::transient(),
        ),
        (
            ClientInitializeError::JsonRpcError(internal),
            Verdict::transient(),
        ),
        (
            ClientInitializeError::JsonRpcError(ErrorData::invalid_params("x", None)),
            Verdict::permanent(),
        ),
        (
            ClientInitializeError::TransportError {
                error: transport(HTTP, "Client error: hunter2"),
                context: "x".into(),
            },
            Verdict::transient(),
        ),
        (
            ClientInitializeError::NoPreferredProtocolVersion,
            Verdict::permanent(),
        ),
        (
            ClientInitializeError::Cancelled,
            Verdict::permanent().ignored_by_breaker(),
        ),
    ] {
        let shown = format!("{error:?}");
        assert_eq!(found(error), expected, "{shown}");
    }
}

#[cfg(feature = "reqwest")]
mod over_http {
    use ::rmcp::transport::streamable_http_client::{
        AuthRequiredError, HttpStatusError, InsufficientScopeError, StreamableHttpError,
    };

    use super::*;

    fn judge(error: HttpError) -> Verdict {
        let direct = error.classify();
        let verdict = found(ServiceError::TransportSend(transport(HTTP, error)));
        assert_eq!(verdict, direct);
        verdict
    }

    #[tokio::test]
    async fn reqwest_error_is_found_in_the_transport_error() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        drop(listener);
        let client = ::reqwest::Client::builder().no_proxy().build();
        let request = client.expect("a client").post(format!("http://{address}/"));
        let refused = request.send().await.expect_err("no listener");
        let verdict = judge(StreamableHttpError::Client(refused));
        assert_eq!(verdict, Verdict::transient());
        assert_eq!(verdict.code(), Some(ErrorCode::Name("connect")));
    }

    #[test]
    fn streamable_http_error_is_classified_by_variant() {
        let status = |status, wait: Option<&str>| {
            StreamableHttpError::HttpStatus(HttpStatusError::new(status, wait.map(str::to_owned)))
        };
        let response =
            |text: &'static str| StreamableHttpError::UnexpectedServerResponse(text.into());
        let lost = Verdict::outcome_unknown().needs_reconnect();
        for (error, expected, reason) in [
            (status(429, None), Verdict::throttled(None), None),
            (
                status(429, Some("7")),
                Verdict::throttled(Some(Duration::from_secs(7))),
                None,
            ),
            (status(503, None), Verdict::outcome_unknown(), None),
            (status(500, None), Verdict::outcome_unknown(), None),
            (
                response("HTTP 401 Unauthorized: x"),
                Verdict::permanent(),
                Some(Reason::Denied),
            ),
            (
                response("HTTP 404 Not Found: x"),
                Verdict::permanent(),
                Some(Reason::NotFound),
            ),
            (
                response("HTTP 400 Bad Request: No valid session ID"),
                Verdict::session_lost(),
                None,
            ),
            (
                response("could not parse JSON response"),
                Verdict::permanent(),
                None,
            ),
            (
                StreamableHttpError::SessionExpired,
                Verdict::session_lost(),
                None,
            ),
            (StreamableHttpError::SessionRecoveryTimeout, lost, None),
            (StreamableHttpError::TransportChannelClosed, lost, None),
            (
                StreamableHttpError::ReinitializationFailed(ErrorData::internal_error("x", None)),
                Verdict::transient().needs_reconnect(),
                None,
            ),
            (
                StreamableHttpError::UnexpectedEndOfStream,
                Verdict::outcome_unknown(),
                None,
            ),
            (
                StreamableHttpError::ControlRequestTimeout,
                Verdict::outcome_unknown(),
                None,
            ),
            (
                StreamableHttpError::Io(io::ErrorKind::ConnectionReset.into()),
                Verdict::outcome_unknown(),
                None,
            ),
            (
                StreamableHttpError::AuthRequired(AuthRequiredError::new("hunter2".into())),
                Verdict::permanent(),
                Some(Reason::Denied),
            ),
            (
                StreamableHttpError::InsufficientScope(InsufficientScopeError::new(
                    "x".into(),
                    None,
                )),
                Verdict::permanent(),
                Some(Reason::Denied),
            ),
            (
                StreamableHttpError::UnexpectedContentType(None),
                Verdict::permanent(),
                None,
            ),
            (
                StreamableHttpError::ResponseBodyTooLarge { max_size: 1 },
                Verdict::permanent(),
                None,
            ),
            (
                StreamableHttpError::ServerDoesNotSupportSse,
                Verdict::permanent(),
                None,
            ),
            (
                StreamableHttpError::MissingSessionIdInResponse,
                Verdict::permanent(),
                None,
            ),
        ] {
            let shown = format!("{error:?}");
            let verdict = judge(error);
            assert_eq!(verdict, expected, "{shown}");
            assert_eq!(verdict.reason(), reason, "{shown}");
        }
    }
}
