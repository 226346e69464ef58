//! Every interleaving of a few threads at the fast path and the lock beside it, by the model checker:
//! `RUSTFLAGS="--cfg resilience_loom" cargo test -p resilience-runtime --release --lib loom`.

use std::time::Duration;

use loom::sync::Arc;
use loom::thread;

use super::amount::Amount;
use super::cooldown_scope::CooldownScope;
use super::grant::Grant;
use super::key_hash::KeyHash;
use super::priority::Priority;
use super::shared::Shared;
use crate::clock::Moment;
use crate::config::RateLimitConfig;
use crate::name::ServiceName;

const KEY: KeyHash = KeyHash::NONE;
/// Long before the first token comes back.
const NOW: Moment = Moment(1_000);

fn limiter(burst: u32) -> Arc<Shared> {
    limited(RateLimitConfig::per_hour(1).burst(burst))
}

fn limited(limit: RateLimitConfig) -> Arc<Shared> {
    let (max_keys, max_cooldown) = (limit.max_keys, limit.max_cooldown);
    Arc::new(Shared::new(
        ServiceName::from("llm"),
        Some(limit),
        max_keys,
        max_cooldown,
    ))
}

fn takes(limiter: &Shared) -> u32 {
    let taken = limiter.fast_path.try_take(1, NOW)
        || limiter
            .try_take_locked(KEY, Amount::units(1), Priority::Normal, NOW)
            .0
            .is_ok();
    u32::from(taken)
}

fn remaining(limiter: &Shared) -> u32 {
    (0..9).map(|_| takes(limiter)).sum()
}

/// What two threads got while a third one did something under the lock.
fn taken_beside(limiter: &Arc<Shared>, work: impl FnOnce(&Shared)) -> u32 {
    let threads: Vec<_> = (0..2)
        .map(|_| {
            let limiter = Arc::clone(limiter);
            thread::spawn(move || takes(&limiter))
        })
        .collect();
    work(limiter);
    threads
        .into_iter()
        .map(|thread| thread.join().expect("no panic"))
        .sum()
}

/// Fails with this in `fast_path/mod.rs`:
/// ```diff
/// -            match self.word.compare_exchange_weak(word, next, AcqRel, Acquire) {
/// +            match Ok(self.word.swap(next, AcqRel)) {
///                  Ok(_) => break,
/// ```
#[test]
fn loom_try_take_never_duplicates_or_loses_a_token() {
    loom::model(|| {
        let limiter = limiter(2);
        let mine = std::cell::Cell::new(0);
        let others = taken_beside(&limiter, |limiter| mine.set(takes(limiter)));
        assert_eq!(others + mine.get(), 2);
        assert_eq!(remaining(&limiter), 0);
    });
}

/// Fails with this in `fast_path/mod.rs`:
/// ```diff
/// -        let word = self.word.swap(CLOSED, AcqRel);
/// +        let word = self.word.load(Acquire);
/// ```
#[test]
fn loom_refund_is_counted_once() {
    loom::model(|| {
        let limiter = limiter(3);
        assert_eq!(takes(&limiter), 1);
        let taken = Grant {
            key: KEY,
            amount: Amount::units(1),
            at: Some(NOW),
            unit: None,
        };
        let others = taken_beside(&limiter, |limiter| limiter.refund(taken, NOW));
        assert_eq!(others, 2);
        assert_eq!(remaining(&limiter), 1);
    });
}

/// Fails with this in `fast_path/mod.rs`:
/// ```diff
/// -                Err(other) if !is_counted_by(other, index) => return false,
/// +                Err(other) if other == CLOSED => return false,
/// ```
#[test]
fn loom_set_limit_neither_creates_nor_loses_tokens() {
    loom::model(|| {
        let limiter = limiter(2);
        let others = taken_beside(&limiter, |limiter| {
            // Other rates, the first one again: each keeps its index in the fast path.
            for rate in [7, 1] {
                let limit = RateLimitConfig::per_hour(rate).burst(2);
                limiter.with(KEY, NOW, |state, now, wakers| {
                    state.set_limit(Some(limit.clone()), now, wakers);
                });
            }
        });
        assert_eq!(others + remaining(&limiter), 2);
    });
}

/// Fails with this in `keys/key_states.rs`:
/// ```diff
/// -        (self.keyless.wait_state.is_none()).then_some(&mut self.keyless.state)
/// +        Some(&mut self.keyless.state)
/// ```
#[test]
fn loom_cool_down_closes_the_fast_path() {
    loom::model(|| {
        let limiter = limiter(9);
        taken_beside(&limiter, |limiter| {
            limiter.with(KEY, NOW, |state, now, wakers| {
                state.cool_down(
                    KEY,
                    CooldownScope::Service,
                    Duration::from_secs(1),
                    now,
                    wakers,
                );
            });
            assert_eq!(takes(limiter), 0);
        });
        assert_eq!(takes(&limiter), 0);
    });
}
