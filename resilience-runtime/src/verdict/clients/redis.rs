//! What `redis`'s errors mean (redis-rs).
//!
//! Supported: redis 1.8 and later 1.x.
//!
//! | error | verdict |
//! |---|---|
//! | refused | transient |
//! | dropped, timed out, any other I/O error | outcome unknown; dropped: on a new connection |
//! | `LOADING`, `BUSY`, `MASTERDOWN`, sentinels without a master | transient |
//! | `NOREPLICAS` (perhaps the old primary after a failover) | transient, on a new connection |
//! | `READONLY`, `UNBLOCKED` (the server became a replica) | transient, ignored by the breaker, on a new connection |
//! | cluster: `CLUSTERDOWN`, no connection to a node (on a new connection) | outcome unknown; transient without the client's own retries |
//! | cluster: `TRYAGAIN` (slots on the move) | the same, ignored by the breaker |
//! | cluster: `MOVED`, `ASK`, where the client does not follow, or no longer | the same, ignored by the breaker |
//! | `OOM`, `MISCONF` | permanent, a breaker failure |
//! | `NOAUTH`, `WRONGPASS`, `NOPERM`, a failed authentication | permanent, denied |
//! | the rest: wrong types, wrong commands, conversions | permanent |
//!
//! In a pipeline that is no transaction other commands may have been executed: there, transient becomes
//! outcome unknown. In an aborted transaction none was: its first cause decides.
//!
//! A `MultiplexedConnection` does not connect again by itself: give the attribute a `reconnect`, or use a
//! `ConnectionManager`. That one retries to connect, 6 times by default: bring it down with
//! `ConnectionManagerConfig::set_number_of_retries`.
//!
//! **A cluster client sends a command again by itself**, 16 times by default, also after its reply was lost: an `INCR` counts
//! twice, and the client returns `Ok`. `ClusterClientBuilder::retries(0)` leaves the retries to the attribute; say so with
//! `client_retries = off`. Its other errors cannot be told from those of a single connection: with its own retries on, let a
//! `classify` return `error.classify().after_client_retries()`.

use ::redis::{ErrorKind, RedisError, RetryMethod, ServerError};

use crate::verdict::{Classify, ErrorCode, Reason, Verdict};

impl Classify for RedisError {
    fn classify(&self) -> Verdict {
        match self.kind() {
            ErrorKind::Server(_) | ErrorKind::Extension => by_server(self),
            ErrorKind::Io => by_io(self),
            ErrorKind::AuthenticationFailed => Verdict::permanent().because(Reason::Denied),
            // Asked the sentinels, which know of no master at the moment.
            ErrorKind::MasterNameNotFoundBySentinel | ErrorKind::NoValidReplicasFoundBySentinel => {
                Verdict::transient()
            }
            ErrorKind::ClusterConnectionNotFound => Verdict::transient()
                .needs_reconnect()
                .after_client_retries(),
            ErrorKind::Parse
            | ErrorKind::UnexpectedReturnType
            | ErrorKind::InvalidClientConfig
            | ErrorKind::Client
            | ErrorKind::EmptySentinelList
            | ErrorKind::RESP3NotSupported => Verdict::permanent(),
            _ if matches!(self.retry_method(), RetryMethod::NoRetry) => Verdict::permanent(),
            _ => Verdict::unclassified(),
        }
    }
}

impl Classify for ServerError {
    fn classify(&self) -> Verdict {
        by_code(self.code())
    }
}

fn by_io(error: &RedisError) -> Verdict {
    // Refused and dropped are one to `retry_method`.
    if error.is_connection_refusal() {
        Verdict::transient()
    } else if error.is_connection_dropped() {
        Verdict::outcome_unknown().needs_reconnect()
    } else if matches!(error.retry_method(), RetryMethod::NoRetry) {
        Verdict::permanent()
    } else {
        Verdict::outcome_unknown()
    }
}

fn by_server(error: &RedisError) -> Verdict {
    let error = match ServerError::try_from(error.clone()) {
        Ok(one) => return one.classify(),
        Err(several) => several,
    };
    let aborted = error.code() == Some("EXECABORT");
    let own = error.code().map(by_code);
    let errors = error.into_server_errors();
    let first = errors.as_deref().and_then(|errors| errors.first());
    match first {
        None => own.unwrap_or(Verdict::unclassified()),
        Some((_, first)) if aborted => first.classify(),
        Some((_, first)) => {
            // Whatever the client repeats.
            let verdict = first.classify().without_client_retries();
            if !verdict.is_transient() {
                return verdict;
            }
            // The other commands of the pipeline may have been executed.
            let mut open = Verdict::outcome_unknown();
            if verdict.is_ignored_by_breaker() {
                open = open.ignored_by_breaker();
            }
            if verdict.is_reconnect_needed() {
                open = open.needs_reconnect();
            }
            verdict.code().map_or(open, |code| open.with_code(code))
        }
    }
}

/// By the word that an error reply begins with.
fn by_code(code: &str) -> Verdict {
    let busy = Verdict::transient();
    let moving = Verdict::transient().ignored_by_breaker();
    // Only nodes of a cluster say so, and a cluster client has sent the command several times by then.
    let in_cluster = |verdict: Verdict| verdict.after_client_retries();
    let sick = Verdict::permanent().counts_as_failure();
    let denied = Verdict::permanent().because(Reason::Denied);
    let wrong = Verdict::permanent();
    let (verdict, name) = match code {
        "LOADING" => (busy, "LOADING"),
        "BUSY" => (busy, "BUSY"),
        "CLUSTERDOWN" => (in_cluster(busy), "CLUSTERDOWN"),
        "MASTERDOWN" => (busy, "MASTERDOWN"),
        // Too few replicas to take a write: refused before it was executed. After a failover it is the old primary that
        // says so, for as long as the connection lasts.
        "NOREPLICAS" => (busy.needs_reconnect(), "NOREPLICAS"),
        "TRYAGAIN" => (in_cluster(moving), "TRYAGAIN"),
        "READONLY" => (moving.needs_reconnect(), "READONLY"),
        "UNBLOCKED" => (moving.needs_reconnect(), "UNBLOCKED"),
        "OOM" => (sick, "OOM"),
        // Cannot write its snapshot, so it takes no writes.
        "MISCONF" => (sick, "MISCONF"),
        "NOAUTH" => (denied, "NOAUTH"),
        "WRONGPASS" => (denied, "WRONGPASS"),
        "NOPERM" => (denied, "NOPERM"),
        "ERR" => (wrong, "ERR"),
        "WRONGTYPE" => (wrong, "WRONGTYPE"),
        // A cluster client without retries of its own returns it, and asks the new home next; one with them if it was its last
        // send.
        "MOVED" => (in_cluster(moving), "MOVED"),
        "ASK" => (in_cluster(moving), "ASK"),
        "CROSSSLOT" => (wrong, "CROSSSLOT"),
        "EXECABORT" => (wrong, "EXECABORT"),
        "NOSCRIPT" => (wrong, "NOSCRIPT"),
        "NOTBUSY" => (wrong, "NOTBUSY"),
        "NOSUB" => (wrong, "NOSUB"),
        "BUSYGROUP" => (wrong, "BUSYGROUP"),
        "BUSYKEY" => (wrong, "BUSYKEY"),
        "NOGROUP" => (wrong, "NOGROUP"),
        "NOPROTO" => (wrong, "NOPROTO"),
        "UNKILLABLE" => (wrong, "UNKILLABLE"),
        // Made up by a module or a script, which ran.
        _ => return wrong,
    };
    verdict.with_code(ErrorCode::Name(name))
}

#[cfg(test)]
mod tests {
    use std::io;

    use ::redis::{ServerErrorKind, parse_redis_value};

    use super::*;
    use crate::verdict::chain_test_util::found;

    /// The error that a server's reply becomes.
    fn reply(line: &str) -> RedisError {
        let value = parse_redis_value(format!("-{line}\r\n").as_bytes()).expect("a reply");
        value.extract_error().expect_err("an error reply")
    }

    /// The error of a pipeline of two commands, of which the second gets this reply.
    fn pipeline(line: &str) -> RedisError {
        use std::io::{Read as _, Write as _};

        let server = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("redis://{}", server.local_addr().expect("an address"));
        let answer = format!(":1\r\n-{line}\r\n");
        let server = std::thread::spawn(move || {
            let (mut client, _) = server.accept().expect("a client");
            let mut taken = [0; 4096];
            while let Ok(length @ 1..) = client.read(&mut taken) {
                let taken = String::from_utf8_lossy(&taken[..length]);
                // What the client says of itself comes first.
                let ok = "+OK\r\n".repeat(taken.matches('*').count());
                let answer = if taken.contains("INCR") { &answer } else { &ok };
                client.write_all(answer.as_bytes()).expect("sent");
            }
        });
        let client = ::redis::Client::open(url).expect("an address");
        let mut connection = client.get_connection().expect("a connection");
        let result = ::redis::pipe()
            .cmd("INCR")
            .arg("a")
            .cmd("INCR")
            .arg("b")
            .query::<()>(&mut connection);
        drop(connection);
        server.join().expect("no panic");
        result.expect_err("refused")
    }

    #[test]
    fn error_reply_is_classified_by_its_prefix() {
        let sick = Verdict::permanent().counts_as_failure();
        let moving = Verdict::transient().ignored_by_breaker();
        for (line, expected, reason) in [
            (
                "LOADING Redis is loading the dataset in memory",
                Verdict::transient(),
                None,
            ),
            (
                "BUSY Redis is busy running a script",
                Verdict::transient(),
                None,
            ),
            (
                "CLUSTERDOWN The cluster is down",
                Verdict::outcome_unknown(),
                None,
            ),
            (
                "MASTERDOWN Link with MASTER is down",
                Verdict::transient(),
                None,
            ),
            (
                "NOREPLICAS Not enough good replicas to write.",
                Verdict::transient().needs_reconnect(),
                None,
            ),
            (
                "TRYAGAIN Multiple keys request during rehashing of slot",
                Verdict::outcome_unknown().ignored_by_breaker(),
                None,
            ),
            (
                "READONLY You can't write against a read only replica.",
                moving.needs_reconnect(),
                None,
            ),
            (
                "UNBLOCKED force unblock from blocking operation",
                moving.needs_reconnect(),
                None,
            ),
            (
                "OOM command not allowed when used memory > 'maxmemory'.",
                sick,
                None,
            ),
            (
                "MISCONF Redis is configured to save RDB snapshots",
                sick,
                None,
            ),
            (
                "NOAUTH Authentication required.",
                Verdict::permanent(),
                Some(Reason::Denied),
            ),
            (
                "WRONGPASS invalid username-password pair",
                Verdict::permanent(),
                Some(Reason::Denied),
            ),
            (
                "NOPERM this user has no permissions",
                Verdict::permanent(),
                Some(Reason::Denied),
            ),
            (
                "WRONGTYPE Operation against a key",
                Verdict::permanent(),
                None,
            ),
            ("ERR unknown command", Verdict::permanent(), None),
            (
                "MOVED 3999 127.0.0.1:6381",
                Verdict::outcome_unknown().ignored_by_breaker(),
                None,
            ),
            (
                "ASK 3999 127.0.0.1:6381",
                Verdict::outcome_unknown().ignored_by_breaker(),
                None,
            ),
            ("CROSSSLOT Keys in request", Verdict::permanent(), None),
            (
                "EXECABORT Transaction discarded",
                Verdict::permanent(),
                None,
            ),
            ("NOSCRIPT No matching script", Verdict::permanent(), None),
            ("HUNTER2 made up", Verdict::permanent(), None),
        ] {
            let verdict = found(reply(line));
            assert_eq!(verdict, expected, "{line}");
            assert_eq!(verdict.reason(), reason, "{line}");
            let name = match verdict.code() {
                Some(ErrorCode::Name(name)) => name,
                other => {
                    assert_eq!(other, None);
                    "HUNTER2"
                }
            };
            assert!(line.starts_with(name), "{line}");
        }
    }

    #[test]
    fn cluster_error_is_transient_without_the_clients_retries() {
        let lost = RedisError::from((ErrorKind::ClusterConnectionNotFound, "hunter2")).classify();
        assert!(!lost.may_retry(false));
        let once = lost.without_client_retries();
        assert_eq!(once, Verdict::transient().needs_reconnect());
        let down = reply("CLUSTERDOWN The cluster is down").classify();
        assert_eq!(down.without_client_retries(), Verdict::transient());
        let moved = reply("MOVED 3999 127.0.0.1:6381").classify();
        let moving = Verdict::transient().ignored_by_breaker();
        assert_eq!(moved.without_client_retries(), moving);
    }

    /// The other commands were executed, whoever repeats.
    #[test]
    fn pipeline_is_outcome_unknown_also_without_the_clients_retries() {
        for line in [
            "CLUSTERDOWN The cluster is down",
            "TRYAGAIN Multiple keys request during rehashing of slot",
            "MOVED 3999 127.0.0.1:6381",
            "LOADING Redis is loading the dataset in memory",
            "READONLY You can't write against a read only replica.",
        ] {
            let verdict = pipeline(line).classify();
            assert!(verdict.is_outcome_unknown(), "{line}");
            let once = verdict.without_client_retries();
            assert!(!once.may_retry(false), "{line}");
        }
    }

    #[test]
    fn refused_is_transient_and_dropped_is_outcome_unknown() {
        let io = |kind| RedisError::from(io::Error::from(kind));
        let lost = Verdict::outcome_unknown().needs_reconnect();
        for (error, expected) in [
            (io(io::ErrorKind::ConnectionRefused), Verdict::transient()),
            // No socket file: the server is down.
            (io(io::ErrorKind::NotFound), Verdict::transient()),
            (io(io::ErrorKind::ConnectionReset), lost),
            (io(io::ErrorKind::BrokenPipe), lost),
            (io(io::ErrorKind::UnexpectedEof), lost),
            (io(io::ErrorKind::TimedOut), Verdict::outcome_unknown()),
            (io(io::ErrorKind::Other), Verdict::outcome_unknown()),
            (io(io::ErrorKind::PermissionDenied), Verdict::permanent()),
            ((ErrorKind::Io, "the driver terminated").into(), lost),
        ] {
            let shown = format!("{error:?}");
            assert_eq!(found(error), expected, "{shown}");
        }
    }

    #[test]
    fn client_error_is_classified_by_kind() {
        for (kind, expected, reason) in [
            (
                ErrorKind::AuthenticationFailed,
                Verdict::permanent(),
                Some(Reason::Denied),
            ),
            (
                ErrorKind::MasterNameNotFoundBySentinel,
                Verdict::transient(),
                None,
            ),
            (
                ErrorKind::NoValidReplicasFoundBySentinel,
                Verdict::transient(),
                None,
            ),
            (
                ErrorKind::ClusterConnectionNotFound,
                Verdict::outcome_unknown().needs_reconnect(),
                None,
            ),
            (ErrorKind::UnexpectedReturnType, Verdict::permanent(), None),
            (ErrorKind::InvalidClientConfig, Verdict::permanent(), None),
            (ErrorKind::EmptySentinelList, Verdict::permanent(), None),
            (ErrorKind::Client, Verdict::permanent(), None),
            (ErrorKind::Parse, Verdict::permanent(), None),
            (
                ErrorKind::Server(ServerErrorKind::BusyLoading),
                Verdict::transient(),
                None,
            ),
        ] {
            let verdict = found(RedisError::from((kind, "hunter2")));
            assert_eq!(verdict, expected, "{kind:?}");
            assert_eq!(verdict.reason(), reason, "{kind:?}");
        }
    }
}
