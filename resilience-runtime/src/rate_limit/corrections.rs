//! What comes after a call has taken its tokens: they are given back or settled, and the server says what is left, or asks
//! for a pause.

use std::time::Duration;

use super::algorithms::limits::Remaining;
use super::amount::Amount;
use super::cooldown_scope::CooldownScope;
use super::grant::Grant;
use super::key_hash::KeyHash;
use super::limited_keys::LimitedKeys;
use super::state::{State, Target, at};
use super::waiting::queue::Wakers;
use crate::clock::Moment;

impl State {
    pub(super) fn refund(&mut self, grant: Grant, now: Moment, wakers: &mut Wakers) {
        let Grant {
            key, amount, at, ..
        } = grant;
        if grant.unit.is_some_and(|unit| unit != self.unit()) {
            return;
        }
        at!(self, key,
        one(keys, key) => keys.refund((key, amount, at), now, wakers),
        both(joint) => {
            joint.of_keys.refund((key, amount, at), now, wakers);
            joint.service.refund((KeyHash::NONE, amount, at), now, wakers);
        });
    }

    pub(super) fn settle(&mut self, grant: Grant, used: Amount, now: Moment, wakers: &mut Wakers) {
        let Grant {
            key, amount, at, ..
        } = grant;
        if grant.unit.is_some_and(|unit| unit != self.unit()) {
            return;
        }
        let forgiven = at!(self, key,
        one(keys, key) => keys.settle((key, amount, at), used, now, wakers),
        both(joint) => {
            let of_key = joint.of_keys.settle((key, amount, at), used, now, wakers);
            let of_service = (KeyHash::NONE, amount, at);
            of_key.max(joint.service.settle(of_service, used, now, wakers))
        });
        self.forgiven = self.forgiven.saturating_add(forgiven);
    }

    /// Lowers what remains to what the server reported: of its account, unless it is about the key alone.
    pub(super) fn cap_remaining(
        &mut self,
        key: KeyHash,
        scope: CooldownScope,
        remaining: Remaining,
        now: Moment,
        wakers: &mut Wakers,
    ) {
        if key.is_per_key() && scope == CooldownScope::Key {
            if let Some(of_keys) = &mut self.of_keys {
                of_keys.cap_remaining(key, remaining, now, wakers);
            }
        } else {
            let key = key.of_service();
            self.service.cap_remaining(key, remaining, now, wakers);
        }
    }

    /// Holds back all calls with the key; beside limits per key, those of the whole service unless it is the key alone.
    pub(super) fn cool_down(
        &mut self,
        key: KeyHash,
        scope: CooldownScope,
        retry_after: Duration,
        now: Moment,
        wakers: &mut Wakers,
    ) {
        let span = retry_after.min(self.max_cooldown);
        if span.is_zero() {
            return;
        }
        self.cooldowns_end = self.cooldowns_end.max(now.after(span));
        if key.is_per_key() && scope == CooldownScope::Key {
            let max_keys = self.max_keys;
            let of_keys =
                (self.of_keys).get_or_insert_with(|| Box::new(LimitedKeys::unlimited(max_keys)));
            of_keys.cool_down(key, span, now, wakers);
        } else {
            self.service.cool_down(key.of_service(), span, now, wakers);
        }
    }

    pub(super) fn cooldown(&mut self, key: KeyHash, now: Moment) -> Option<Moment> {
        at!(self, key,
        one(keys, key) => keys.cooldown(key, now),
        both(joint) => {
            let of_key = joint.of_keys.cooldown(key, now);
            of_key.max(joint.service.cooldown(KeyHash::NONE, now))
        })
    }
}
