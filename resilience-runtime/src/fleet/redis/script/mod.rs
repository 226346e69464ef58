//! The script's call: what it is given, and what it answers.

use std::sync::OnceLock;
use std::time::Duration;

use ::redis::{Cmd, FromRedisValue as _, RedisError, Script, Value, cmd};

use super::channel::Channel;
use super::failure::{Failed, mistake};
use crate::config::RateLimitStrategy;
use crate::fleet::authority::Terms;
use crate::fleet::{Grant, LimitId, StoreError};

/// One script, whose parts stand in the order in which they need each other.
const SOURCE: &str = concat!(
    include_str!("request.lua"),
    include_str!("bucket.lua"),
    include_str!("sliding.lua"),
    include_str!("fixed.lua"),
    include_str!("grant.lua"),
);

/// Instead of a `run_id`: the script has to look for it.
pub(super) const LOOK_FOR_RUN: &str = "?";

fn hash() -> &'static str {
    static SCRIPT: OnceLock<Script> = OnceLock::new();
    SCRIPT.get_or_init(|| Script::new(SOURCE)).get_hash()
}

/// What the script is given beside the request.
pub(super) struct Circumstances<'a> {
    /// The time in microseconds, instead of the server's.
    pub(super) clock: Option<u64>,
    pub(super) run: &'a str,
    /// How long ago the server may have lost its data, in microseconds.
    pub(super) missing_ago: Option<u64>,
}

/// Sends the script's hash, and its text to a server that does not know it: the first time, and after `SCRIPT FLUSH`.
pub(super) async fn call(
    channel: &mut Channel,
    id: LimitId,
    terms: &Terms,
    circumstances: &Circumstances<'_>,
) -> Result<Grant, Failed> {
    let by_hash = command("EVALSHA", hash(), id, terms, circumstances);
    let answer = match channel.send(&by_hash).await {
        Err(error) if is_unknown(&error) => {
            let by_text = command("EVAL", SOURCE, id, terms, circumstances);
            channel.send(&by_text).await
        }
        answer => answer,
    };
    read(answer?, terms.limits.len()).map_err(|error| Failed {
        error,
        is_broken: false,
        is_timeout: false,
    })
}

fn is_unknown(error: &RedisError) -> bool {
    error.code() == Some("NOSCRIPT")
}

fn command(
    verb: &str,
    script: &str,
    id: LimitId,
    terms: &Terms,
    circumstances: &Circumstances<'_>,
) -> Cmd {
    let mut command = cmd(verb);
    command
        .arg(script)
        .arg(1)
        .arg(format!("resilience:{{{id}}}"));
    match circumstances.clock {
        Some(now) => command.arg(now),
        None => command.arg("-"),
    };
    command.arg(circumstances.run);
    match circumstances.missing_ago {
        Some(ago) => command.arg(ago),
        None => command.arg(-1),
    };
    command
        .arg(format!("{:x}", terms.holder))
        .arg(terms.demand)
        .arg(terms.life)
        .arg(terms.ahead)
        .arg(terms.cooldown);
    match terms.settled {
        Some(settled) => command
            .arg(settled.number)
            .arg(settled.epoch)
            .arg(settled.ends_at),
        None => command.arg(0).arg(0).arg(0),
    };
    command.arg(terms.limits.len());
    for term in &terms.limits {
        let strategy = match term.strategy {
            RateLimitStrategy::TokenBucket => "b",
            RateLimitStrategy::SlidingWindow => "w",
            RateLimitStrategy::FixedWindow => "f",
        };
        command
            .arg(strategy)
            .arg(term.limit)
            .arg(term.period)
            .arg(term.burst)
            .arg(term.refill)
            .arg(term.price)
            .arg(term.per_life)
            .arg(term.least)
            .arg(term.wanted)
            .arg(term.used);
    }
    command
}

fn read(answer: Value, limits: usize) -> Result<Grant, StoreError> {
    let numbers = Vec::<i64>::from_redis_value(answer).unwrap_or_default();
    let Some((
        [
            starts_in,
            life,
            ends_at,
            retry_after,
            cooldown,
            holders,
            epoch,
        ],
        granted,
    )) = numbers.split_first_chunk()
    else {
        return Err(mistake("Redis answered what is no grant"));
    };
    if granted.len() != limits {
        return Err(mistake("Redis answered of other limits"));
    }
    let micros = |number: &i64| Duration::from_micros(u64::try_from(*number).unwrap_or(0));
    Ok(Grant {
        granted: granted.iter().map(|&tokens| clamped(tokens)).collect(),
        starts_in: micros(starts_in),
        life: micros(life),
        ends_at: u64::try_from(*ends_at).unwrap_or(0),
        retry_after: (*retry_after >= 0).then(|| micros(retry_after)),
        cooldown: micros(cooldown),
        holders: clamped(*holders),
        epoch: u64::try_from(*epoch).unwrap_or(0),
    })
}

fn clamped(number: i64) -> u32 {
    u32::try_from(number.max(0)).unwrap_or(u32::MAX)
}
