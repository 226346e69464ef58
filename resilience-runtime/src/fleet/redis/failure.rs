//! What a failed command means: an outage, or a mistake that waiting does not repair.

use std::fmt;

use ::redis::{ErrorKind, RedisError};

use crate::fleet::StoreError;

/// What a server answers that cannot serve at the moment.
const OUTAGES: [&str; 14] = [
    "ASK",
    "BUSY",
    "CLUSTERDOWN",
    "LOADING",
    "MASTERDOWN",
    "MISCONF",
    "MOVED",
    "NOREPLICAS",
    "OOM",
    "READONLY",
    "TIMEOUT",
    "TRYAGAIN",
    "UNBLOCKED",
    "UNKILLABLE",
];

const SILENT: &str = "Redis did not answer in time";

/// What is told of a failure: neither addresses, nor users, nor keys.
#[derive(Debug)]
struct Failure(String);

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Failure {}

/// A command that failed, with what is to be done about the connection.
#[derive(Debug)]
pub(super) struct Failed {
    pub(super) error: StoreError,
    /// The connection is no longer of use.
    pub(super) is_broken: bool,
    /// The connection may be of no use.
    pub(super) is_timeout: bool,
}

impl Failed {
    pub(super) fn timed_out() -> Self {
        Self {
            error: unreachable(SILENT),
            is_broken: false,
            is_timeout: true,
        }
    }
}

impl From<RedisError> for Failed {
    fn from(error: RedisError) -> Self {
        let (is_outage, text) = match error.kind() {
            _ if error.is_timeout() => (true, SILENT.to_owned()),
            ErrorKind::Io => (true, by_io(&error)),
            ErrorKind::MasterNameNotFoundBySentinel
            | ErrorKind::NoValidReplicasFoundBySentinel
            | ErrorKind::ClusterConnectionNotFound => (true, error.category().to_owned()),
            ErrorKind::Server(_) | ErrorKind::Extension => by_server(&error),
            _ => (false, error.category().to_owned()),
        };
        Self {
            is_broken: is_outage && !error.is_timeout() && !stays(&error),
            is_timeout: error.is_timeout(),
            error: if is_outage {
                StoreError::Unreachable(Failure(text).into())
            } else {
                StoreError::Mistake(Failure(text).into())
            },
        }
    }
}

pub(super) fn unreachable(words: &str) -> StoreError {
    StoreError::Unreachable(Failure(words.to_owned()).into())
}

pub(super) fn mistake(words: &str) -> StoreError {
    StoreError::Mistake(Failure(words.to_owned()).into())
}

/// Without the words of the error, which may name an address.
fn by_io(error: &RedisError) -> String {
    let source = std::error::Error::source(error);
    match source.and_then(|source| source.downcast_ref::<std::io::Error>()) {
        Some(error) => format!("the connection to Redis: {}", error.kind()),
        None => error.category().to_owned(),
    }
}

/// Only the code is told, because the rest of some answers names a user; except of plain errors, which are those of scripts
/// and of connections, and of ours.
fn by_server(error: &RedisError) -> (bool, String) {
    let code = error.code().unwrap_or("ERR");
    let detail = error.detail().unwrap_or_default();
    if OUTAGES.contains(&code) {
        return (true, format!("Redis answered {code}"));
    }
    if code != "ERR" && code != "FORMAT" {
        return (false, format!("Redis answered {code}"));
    }
    // Before Redis 7, what a command in a script is answered is in the words of the script's error.
    let is_outage = detail.contains("max number of clients")
        || OUTAGES
            .iter()
            .any(|outage| detail.contains(&format!("-{outage} ")));
    (is_outage, format!("Redis answered {code} {detail}"))
}

/// Whether the server that answered so will be the right one again.
fn stays(error: &RedisError) -> bool {
    match error.kind() {
        ErrorKind::Server(_) | ErrorKind::Extension => {
            !matches!(error.code(), Some("READONLY" | "UNBLOCKED" | "NOREPLICAS"))
        }
        ErrorKind::ClusterConnectionNotFound => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use super::*;

    fn reply(line: &str) -> Failed {
        let value = ::redis::parse_redis_value(format!("-{line}\r\n").as_bytes()).expect("a reply");
        value.extract_error().expect_err("an error reply").into()
    }

    #[test]
    fn outages_are_no_mistakes() {
        for line in [
            "LOADING Redis is loading the dataset in memory",
            "READONLY You can't write against a read only replica.",
            "MASTERDOWN Link with MASTER is down",
            "CLUSTERDOWN Hash slot not served",
            "OOM command not allowed when used memory > 'maxmemory'.",
            "ERR max number of clients reached",
            "ERR Error running script: @user_script:1: -READONLY You can't write",
        ] {
            let failed = reply(line);
            assert!(
                matches!(failed.error, StoreError::Unreachable(_)),
                "{line}: {failed:?}"
            );
        }
        assert!(reply("READONLY You can't write").is_broken);
        assert!(!reply("LOADING Redis is loading").is_broken);
    }

    #[test]
    fn mistakes_are_no_outages_and_name_no_user() {
        for line in [
            "NOPERM User ada has no permissions to run the 'evalsha' command",
            "NOAUTH Authentication required.",
            "WRONGTYPE Operation against a key holding the wrong kind of value",
            "CROSSSLOT Keys in request don't hash to the same slot",
            "FORMAT of a shared limit is 9, and this version knows 1",
            "ERR Error compiling script",
        ] {
            let failed = reply(line);
            assert!(
                matches!(failed.error, StoreError::Mistake(_)),
                "{line}: {failed:?}"
            );
            let source = failed.error.source().expect("a source").to_string();
            assert!(!source.contains("ada"), "{source}");
        }
    }
}
