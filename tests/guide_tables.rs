//! The tables "what is retried, and what is not" of the guide are those of the verdicts: each row is compared with the verdicts that it
//! speaks of.

use std::collections::BTreeMap;

use resilience_runtime::{ServiceKind, Verdict, verdict::Reason};

/// What a row speaks of.
enum Row {
    /// What these verdicts say.
    Verdicts(Vec<Verdict>),
    /// What the runtime itself does, without a verdict; tested where it is done.
    Runtime,
}

fn verdicts(verdicts: impl IntoIterator<Item = Verdict>) -> Row {
    Row::Verdicts(verdicts.into_iter().collect())
}

/// Returns the cells of the rows of a page's first table.
fn table(page: &str) -> Vec<[String; 3]> {
    let (_, rest) = page
        .split_once("## What is retried, and what is not\n")
        .expect("a section");
    let lines = rest.lines().skip_while(|line| !line.starts_with('|'));
    let rows = lines.take_while(|line| line.starts_with('|')).skip(2);
    rows.map(|row| {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        [0, 1, 2].map(|at| cells[at].to_owned())
    })
    .collect()
}

/// Compares each row of a page with what it speaks of, found by the beginning of its first cell.
fn compare(page: &str, kind: ServiceKind, expected: &[(&str, Row)]) {
    let idempotent = matches!(kind, ServiceKind::Llm | ServiceKind::Secret);
    let mut known: BTreeMap<&str, &Row> = expected.iter().map(|(name, row)| (*name, row)).collect();
    let mut above = String::new();
    for [what, mut retried, breaker] in table(page) {
        if retried.starts_with("the same") {
            retried = retried.replacen("the same", &above, 1);
        }
        above.clone_from(&retried);
        let name = known
            .keys()
            .copied()
            .filter(|name| what.starts_with(name))
            .max_by_key(|name| name.len())
            .unwrap_or_else(|| panic!("the row `{what}` is not compared with a verdict"));
        let Some(Row::Verdicts(verdicts)) = known.remove(name) else {
            continue;
        };
        for verdict in verdicts {
            let about = format!("`{what}`: {retried}, {breaker}: {verdict:?}");
            let (surely, at_all) = (verdict.may_retry(false), verdict.may_retry(true));
            let word = retried.split([' ', ',', ';']).next().expect("a word");
            match word {
                "yes" if idempotent => assert!(at_all, "{about}"),
                "yes" => assert!(surely, "{about}"),
                "only" => assert!(!surely && at_all, "{about}"),
                "after" => assert!(verdict.is_throttled() && surely, "{about}"),
                "once" => assert_eq!(verdict.reason(), Some(Reason::TimedOut), "{about}"),
                "`reconnect`" => assert!(surely && verdict.is_reconnect_needed(), "{about}"),
                "no" => assert!(!at_all, "{about}"),
                other => panic!("an unknown word: {other}"),
            }
            match breaker.as_str() {
                "failure" => assert!(verdict.is_breaker_failure(), "{about}"),
                "success" => assert!(
                    !verdict.is_breaker_failure() && !verdict.is_ignored_by_breaker(),
                    "{about}"
                ),
                ignored if ignored.starts_with("not counted") => {
                    assert!(verdict.is_ignored_by_breaker(), "{about}");
                }
                other => panic!("an unknown word: {other}"),
            }
            let other_connection = retried.contains("another connection");
            assert!(
                !other_connection || verdict.is_reconnect_needed(),
                "{about}"
            );
        }
    }
    let left: Vec<&str> = known.into_keys().collect();
    assert!(left.is_empty(), "no row of the guide says: {left:?}");
}

fn http(status: u16) -> Verdict {
    Verdict::from_http(status, &())
}

#[test]
fn llm_table_is_that_of_the_verdicts() {
    let named = |status, name| Verdict::from_llm_error(status, &(), Some(name), None);
    let inside = |body: &str| Verdict::from_llm_response(200, &(), body.as_bytes());
    let envoy = Verdict::from_http_response(503, &(), b"no healthy upstream");
    let overloaded = Verdict::from_http(503, &[("x-envoy-overloaded", "true")]);
    let by_limit = Verdict::from_http(403, &[("retry-after", "7")]);
    let large = r#"{"error":{"message":"prompt is too long: 2 tokens > 1 maximum"}}"#;
    compare(
        include_str!("../resilience-runtime/guide/llm.md"),
        ServiceKind::Llm,
        &[
            ("429", verdicts([http(429)])),
            (
                "429 with `insufficient_quota`",
                verdicts([
                    named(429, "insufficient_quota"),
                    named(402, ""),
                    named(400, "budget_exceeded"),
                ]),
            ),
            (
                "`overloaded_error`",
                verdicts([
                    named(529, "overloaded_error"),
                    named(503, "server_is_overloaded"),
                    named(503, "slow_down"),
                    envoy,
                    overloaded,
                ]),
            ),
            (
                "503, 529 and other 5xx",
                verdicts([500, 502, 503, 529].map(http)),
            ),
            ("425", verdicts([http(425)])),
            ("409", verdicts([http(409)])),
            ("408, 504", verdicts([408, 504].map(http))),
            (
                "prompt larger",
                verdicts([
                    named(400, "context_length_exceeded"),
                    Verdict::from_llm_response(400, &(), large.as_bytes()),
                ]),
            ),
            ("an error inside a 200", Row::Runtime),
            ("403 with Retry-After", verdicts([by_limit])),
            (
                "400, 401, 403, 404",
                verdicts([400, 401, 403, 404].map(http)),
            ),
            ("Retry-After above", Row::Runtime),
            ("an unclassified error", Row::Runtime),
        ],
    );
    // What the row about errors inside a 200 says.
    assert!(inside(r#"{"error":{"code":429}}"#).is_throttled());
    assert!(inside(r#"{"error":{"type":"server_error"}}"#).is_breaker_failure());
}

#[test]
fn secrets_table_is_that_of_the_verdicts() {
    let vault = |status: u16| Verdict::from_vault(status, &());
    let aws = |code| Verdict::from_aws_code(code);
    compare(
        include_str!("../resilience-runtime/guide/secrets.md"),
        ServiceKind::Secret,
        &[
            (
                "connection refused or lost",
                verdicts([500, 502, 503, 504].map(vault)),
            ),
            (
                "429, AWS throttling",
                verdicts([vault(429), aws("ThrottlingException"), aws("SlowDown")]),
            ),
            ("412", verdicts([vault(412)])),
            ("472, 473", verdicts([472, 473].map(vault))),
            ("501", verdicts([vault(501)])),
            (
                "401, 403",
                verdicts([vault(401), vault(403), aws("AccessDeniedException")]),
            ),
            (
                "404",
                verdicts([vault(404), aws("ResourceNotFoundException")]),
            ),
            (
                "wrong request",
                verdicts([
                    vault(400),
                    aws("DecryptionFailure"),
                    aws("InvalidRequestException"),
                ]),
            ),
            ("an unclassified error", Row::Runtime),
        ],
    );
}

#[test]
fn mcp_table_is_that_of_the_verdicts() {
    let rpc = |code: i64| Verdict::from_jsonrpc(code);
    let says = |code: i64, message: &str| Verdict::from_jsonrpc_error(code, message);
    compare(
        include_str!("../resilience-runtime/guide/mcp.md"),
        ServiceKind::Mcp,
        &[
            ("server not reached", verdicts([Verdict::transient()])),
            (
                "session lost",
                verdicts([
                    Verdict::session_lost(),
                    says(-32001, "Session not found"),
                    says(-32000, "Bad Request: Server not initialized"),
                ]),
            ),
            ("transport closed", verdicts([Verdict::outcome_unknown()])),
            ("internal error", verdicts([rpc(-32603)])),
            (
                "a timeout of the server",
                verdicts([
                    says(-32000, "Request timeout: a"),
                    says(-32001, "Request timed out"),
                ]),
            ),
            (
                "429",
                verdicts([http(429), says(-32000, "Rate limit exceeded")]),
            ),
            ("503", verdicts([http(503)])),
            (
                "wrong request",
                verdicts(
                    [
                        -32700, -32600, -32601, -32602, -32002, -32020, -32021, -32022, -32042,
                    ]
                    .map(rpc),
                ),
            ),
            (
                "not found",
                verdicts([
                    rpc(-32002),
                    says(-32602, "Unknown resource: a"),
                    says(-32001, "Not found: a"),
                    says(-32000, "Permission denied: a"),
                    http(401),
                    http(403),
                ]),
            ),
            ("`is_error`", Row::Runtime),
            ("an unclassified error", Row::Runtime),
        ],
    );
}

#[test]
fn database_table_is_that_of_the_verdicts() {
    let state = |codes: &[&str]| verdicts(codes.iter().copied().map(Verdict::from_sqlstate));
    let contention = ["40001", "40P01", "55P03"].map(Verdict::from_sqlstate);
    let other = [1213, 1205].map(Verdict::from_mysql);
    let sqlite = [5, 6].map(Verdict::from_sqlite);
    compare(
        include_str!("../resilience-runtime/guide/database.md"),
        ServiceKind::Database,
        &[
            (
                "serialization failure",
                verdicts(contention.into_iter().chain(other).chain(sqlite)),
            ),
            (
                "connection refused, too many",
                state(&["53300", "57P03", "08001", "08004"]),
            ),
            (
                "connection lost, server shut down",
                state(&["08000", "08003", "08006", "57P01", "57P02"]),
            ),
            ("outcome unknown, reported", state(&["08007", "40003"])),
            ("this crate's `timeout`", Row::Runtime),
            ("read only (25006)", Row::Runtime),
            ("the session had been idle", Row::Runtime),
            ("a replica ended the session", Row::Runtime),
            ("a prepared statement whose tables", Row::Runtime),
            ("pool exhausted", Row::Runtime),
            ("PgBouncer waits", Row::Runtime),
            ("PgBouncer lost the server", Row::Runtime),
            ("PgBouncer ended an idle", Row::Runtime),
            ("PgBouncer refuses", Row::Runtime),
            ("statement cancelled", state(&["57014"])),
            (
                "out of disk or memory",
                state(&["53100", "53200", "58000", "58030", "XX000"]),
            ),
            (
                "wrong data, constraint",
                state(&["22001", "23505", "42601", "28000", "0A000", "54000"]),
            ),
            ("an unclassified error", Row::Runtime),
        ],
    );
}

/// Each row of the table of headers: with its headers and at its time, each status has that wait.
#[test]
fn table_of_headers_is_that_of_the_verdicts() {
    let page = include_str!("../resilience-runtime/guide/rate_limits.md");
    let (_, rest) = page
        .split_once("## What servers send\n")
        .expect("a section");
    let lines = rest.lines().skip_while(|line| !line.starts_with('|'));
    let mut rows = 0;
    for row in lines.take_while(|line| line.starts_with('|')).skip(2) {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [_, statuses, headers, wait] = cells[..] else {
            panic!("not four cells: {row}");
        };
        let code = headers.split('`').skip(1).step_by(2);
        let headers: Vec<(&str, &str)> = code
            .map(|header| header.split_once(": ").expect("a name and a value"))
            .chain([("Date", "Sat, 31 Jan 2026 12:00:00 GMT")])
            .collect();
        let expected = wait.strip_suffix(" s").map(|seconds| {
            let seconds = seconds.parse().expect("a number of seconds");
            std::time::Duration::from_secs(seconds)
        });
        assert!(expected.is_some() || wait.starts_with("none"), "{row}");
        for status in statuses.split(", ") {
            let status: u16 = status.parse().expect("a status");
            let verdict = Verdict::from_http(status, &headers);
            assert_eq!(verdict.retry_after(), expected, "{status} in {row}");
            assert_eq!(verdict.is_throttled(), status != 503, "{status} in {row}");
        }
        rows += 1;
    }
    assert!(rows > 15, "{rows} rows are too few");
}
