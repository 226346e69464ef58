//! One connection, with what is known of the server behind it.

use std::sync::atomic::{AtomicU32, Ordering};

use ::redis::{FromRedisValue as _, RedisError, cmd};

use super::channel::Channel;
use super::failure::Failed;
use super::script;
use super::target::Opener;

/// So many commands in a row without an answer, and the connection is given up: what a black hole swallows is never refused.
const MAX_SILENT: u32 = 3;

pub(super) struct Connection {
    pub(super) channel: Channel,
    /// The `run_id` of the server. Empty: not known.
    pub(super) run: String,
    silent: AtomicU32,
}

impl Connection {
    pub(super) async fn open(opener: &Opener) -> Result<Self, Failed> {
        let mut channel = opener.open().await?;
        let run = match channel {
            Channel::Server(_) => read_run(&mut channel).await?,
            // Each node has its own.
            Channel::Cluster(_) => script::LOOK_FOR_RUN.to_owned(),
        };
        warn_of_eviction(&mut channel).await;
        Ok(Self {
            channel,
            run,
            silent: AtomicU32::new(0),
        })
    }

    /// Counts what commands ended with; whether to give the connection up.
    pub(super) fn is_lost(&self, failed: Option<&Failed>) -> bool {
        // That of a cluster is several: those of the other nodes are of use as long as they answer.
        let is_one = matches!(self.channel, Channel::Server(_));
        match failed {
            Some(failed) if failed.is_broken && is_one => true,
            Some(failed) if failed.is_timeout || failed.is_broken => {
                self.silent.fetch_add(1, Ordering::Relaxed) + 1 >= MAX_SILENT
            }
            _ => {
                self.silent.store(0, Ordering::Relaxed);
                false
            }
        }
    }
}

/// Where `INFO` is not permitted, a restart is not noticed.
async fn read_run(channel: &mut Channel) -> Result<String, Failed> {
    let info = match channel.send(cmd("INFO").arg("server")).await {
        Ok(info) => String::from_redis_value(info).unwrap_or_default(),
        Err(error) if is_refused(&error) => String::new(),
        Err(error) => return Err(error.into()),
    };
    let run = info.lines().find_map(|line| line.strip_prefix("run_id:"));
    let is_run = |run: &&str| run.bytes().all(|byte| byte.is_ascii_alphanumeric());
    Ok(run.filter(is_run).unwrap_or_default().to_owned())
}

fn is_refused(error: &RedisError) -> bool {
    matches!(error.code(), Some("NOPERM" | "ERR"))
}

/// A limit that is evicted begins anew. Servers that do not tell, as hosted ones, are not asked again.
async fn warn_of_eviction(channel: &mut Channel) {
    if let Channel::Cluster(_) = channel {
        return;
    }
    let memory = setting(channel, "maxmemory").await;
    let policy = setting(channel, "maxmemory-policy").await;
    if let (Some(memory), Some(policy)) = (memory, policy)
        && memory != "0"
        && policy != "noeviction"
    {
        tracing::warn!(
            target: "resilience::fleet",
            policy,
            "Redis may evict shared limits, which then begin anew: set `maxmemory-policy noeviction`"
        );
    }
}

async fn setting(channel: &mut Channel, name: &str) -> Option<String> {
    let answer = channel
        .send(cmd("CONFIG").arg("GET").arg(name))
        .await
        .ok()?;
    let pairs = Vec::<String>::from_redis_value(answer).ok()?;
    pairs.into_iter().nth(1)
}
