//! Callers who never tire, more of them at some times than at others.

use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use crate::remote::{Dice, RemoteError, Remotes};
use crate::services;

/// Calls `work` so often in each second, more or less: in waves as long as this many seconds.
macro_rules! callers {
    ($all:ident, $remotes:ident, $($call:path, $each_second:literal, waves of $wave:literal s;)*) => {
        $(
            $all.spawn(async move {
                let began = Instant::now();
                let mut dice = Dice::new($wave);
                for number in 0_u64.. {
                    let phase = began.elapsed().as_secs_f64() / f64::from($wave);
                    let often = $each_second * (1.0 + 0.5 * (phase * std::f64::consts::TAU).sin());
                    let pause = -(1.0 - dice.roll()).ln() / often;
                    sleep(Duration::from_secs_f64(pause.min(1.0))).await;
                    // Each caller on its own, as in a server. What comes of it is counted.
                    tokio::spawn(async move {
                        let _: Result<u64, RemoteError> = $call(&$remotes, number).await;
                    });
                }
            });
        )*
    };
}

/// Goes on until what it returns is dropped.
pub fn start(remotes: &Remotes) -> JoinSet<()> {
    let remotes = *remotes;
    let mut all = JoinSet::new();
    callers! {
        all, remotes,
        services::complete, 6.0, waves of 40 s;
        services::summarize, 1.5, waves of 25 s;
        services::find_order, 25.0, waves of 30 s;
        services::search, 9.0, waves of 20 s;
        services::call_tool, 3.0, waves of 35 s;
        services::pay, 5.0, waves of 45 s;
        services::read_secret, 4.0, waves of 15 s;
    }
    all
}
